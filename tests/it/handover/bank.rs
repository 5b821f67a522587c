//! A bank that is open while its tables are copied and followed.

use std::time::Duration;

use oms_sources::mysql::handover::HandoverPosition;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Bank, Dice, Migration, until};

/// Copies and follows under load, and looks at the sum at the target all the while.
async fn moves(test: &str, source: ServerBuilder, target: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(4000, 6000);
    let Some(migration) = Box::pin(Migration::start(test, source, target, Bank::SCRIPT)).await else {
        return;
    };
    bank.fill(&migration.shop).await;
    let traffic = bank.open(&migration.shop, 4, &mut dice);
    let run = migration.run();
    until("all tables are copied", || async {
        run.assert_running();
        let position = run.handle.progress().position?;
        HandoverPosition::try_from(&position).expect("our position").is_scanned().then_some(())
    })
    .await;
    // From here on no transaction is ever seen in part.
    for _ in 0..40 {
        let sum = migration.copy.query("SELECT SUM(balance) FROM accounts").await.expect("the sum");
        assert_eq!(sum[0][0].as_deref(), Some(bank.sum().to_string().as_str()), "a torn transaction");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let transactions = traffic.stop().await;
    migration.caught_up(&run).await;
    let summary = run.stop().await;
    println!("{test}: {transactions} transactions, {} rows, {} retries", summary.rows(), summary.retries);
    assert_eq!(summary.retries, 0, "nothing broke, so nothing had to be retried");
    migration.assert_equal().await;
    assert!(summary.tally.balances());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_moves_to_mysql_while_it_is_open() {
    moves("handover::bank::mysql", Servers::mysql(), Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_moves_to_oceanbase_while_it_is_open() {
    moves("handover::bank::oceanbase", Servers::mysql(), Servers::seekdb()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_moves_from_a_server_without_gtids() {
    let source =
        Servers::mysql57().with_option("--gtid-mode=OFF").with_option("--enforce-gtid-consistency=OFF");
    moves("handover::bank::without_gtids", source, Servers::mysql80()).await;
}
