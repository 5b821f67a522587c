//! The log that is needed is not there any more.

use std::time::Instant;

use oms_core::Error;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::Migration;

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, v INT)";

async fn is_told_once(test: &str, source: ServerBuilder, names: impl Fn(&str) -> bool) {
    let Some(migration) = Box::pin(Migration::start(test, source, Servers::mysql80(), SCRIPT)).await else {
        return;
    };
    migration.shop.query("INSERT INTO t VALUES (1,1)").await.unwrap();
    migration.run_until_caught_up().await;
    migration
        .shop
        .query("INSERT INTO t VALUES (2,2); FLUSH BINARY LOGS; INSERT INTO t VALUES (3,3)")
        .await
        .unwrap();
    let files = migration.source.query("SHOW BINARY LOGS").await.unwrap();
    let newest = files.last().unwrap()[0].clone().unwrap();
    migration.source.query(&format!("PURGE BINARY LOGS TO '{newest}'")).await.unwrap();
    let begun = Instant::now();
    let error = migration.run().fails().await;
    assert!(begun.elapsed().as_secs() < 30, "it was tried again for {:?}", begun.elapsed());
    assert!(matches!(error, Error::PositionLost { .. }), "{error:?}");
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(names(&text) && text.contains("copy the tables anew"), "{text}");
    // As the message says.
    migration.copy.query("DROP TABLE checkpoint; TRUNCATE TABLE t").await.unwrap();
    migration.run_until_caught_up().await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purged_transactions_are_named() {
    is_told_once("stream::purged::gtids", Servers::mysql().private(), |text| {
        text.contains("purged the transactions") && text.contains(":1-")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purged_files_are_named() {
    let source =
        Servers::mysql57().with_option("--gtid-mode=OFF").with_option("--enforce-gtid-consistency=OFF");
    is_told_once("stream::purged::files", source, |text| text.contains(".000001")).await;
}
