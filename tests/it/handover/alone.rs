//! A copy that stands alone first, with the log followed by a later run.

use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Bank, Dice, Migration, Run};

/// The tables are copied while they are written to, and the log is followed only afterwards.
async fn copies_then_follows(test: &str, target: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(1500, 1500);
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, Bank::SCRIPT)).await
    else {
        return;
    };
    // Values that move between rows would meet themselves in a copy without its log.
    let unbound = "ALTER TABLE orders DROP KEY by_code";
    migration.copy.query(unbound).await.expect("a target without the second key");
    migration.shop.query(unbound).await.expect("a source without the second key");
    bank.fill(&migration.shop).await;
    let traffic = bank.open(&migration.shop, 2, &mut dice);
    let alone = migration.all_of_it(Migration::small_chunks().with_follow(false));
    // A transaction as large as this is applied while it comes in, also where it meets rows that are copied already.
    let sink = || migration.sink(|options| options.with_large_transaction_bytes(20_000));
    let pipeline = migration.pipeline_of(alone, sink());
    let large = "INSERT INTO accounts SELECT id + 1000000, 0, 0, REPEAT('x', 30) FROM accounts; \
                 UPDATE accounts SET note='large' WHERE id >= 1000000";
    let (ended, written) = tokio::join!(Run::of(pipeline).end(), migration.shop.query(large));
    written.expect("a large transaction");
    ended.expect("a copy that ends by itself");
    migration.shop.query(large.split(';').next_back().expect("an update")).await.expect("one more of them");
    let run = Run::of(migration.pipeline_of(migration.all_of_it(Migration::small_chunks()), sink()));
    traffic.stop().await;
    migration.caught_up(&run).await;
    run.stop().await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_alone_and_the_log_later_make_one_whole() {
    copies_then_follows("handover::alone::mysql", Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_alone_and_the_log_later_make_one_whole_at_oceanbase() {
    copies_then_follows("handover::alone::oceanbase", Servers::seekdb()).await;
}
