//! Files of the log end all the time, and so do runs, and the source itself.

use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Bank, Dice, Migration};

async fn survives(test: &str, source: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(300, 300);
    let source = source.with_option("--max-binlog-size=4096");
    let Some(migration) = Box::pin(Migration::start(test, source, Servers::mysql80(), Bank::SCRIPT)).await
    else {
        return;
    };
    bank.fill(&migration.shop).await;
    for round in 0..6 {
        let traffic = bank.open(&migration.shop, 2, &mut dice);
        // Larger than a file of the log.
        let large =
            format!("UPDATE accounts SET note=REPEAT('{round}', 30); FLUSH BINARY LOGS; FLUSH BINARY LOGS");
        let run = migration.run();
        migration.shop.query(&large).await.unwrap();
        // Stopped in the middle of it.
        tokio::time::sleep(std::time::Duration::from_millis(100 + dice.below(400))).await;
        run.stop().await;
        traffic.stop().await;
        if round == 3 {
            let run = migration.run();
            migration.source.restart().await.unwrap();
            migration.shop.query("UPDATE accounts SET note='restarted' WHERE id < 9").await.unwrap();
            migration.caught_up(&run).await;
            run.stop().await;
        }
    }
    migration.run_until_caught_up().await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_log_with_gtids() {
    survives("stream::rotation::gtids", Servers::mysql()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_log_without_gtids() {
    let source =
        Servers::mysql57().with_option("--gtid-mode=OFF").with_option("--enforce-gtid-consistency=OFF");
    survives("stream::rotation::without_gtids", source).await;
}
