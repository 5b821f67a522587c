//! Locks at the target that somebody else holds for a while.

use std::time::Duration;

use oms_test_servers::mysql_async::prelude::Queryable;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, Run, until};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, v INT)";

/// Others hold a row for longer than a statement waits, then let go of it.
async fn are_waited_for(test: &str, target: ServerBuilder) {
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    migration.shop.query("INSERT INTO t VALUES (1,0),(2,0),(3,0)").await.unwrap();
    let sink = migration.sink(|options| options.with_lock_wait_timeout(Duration::from_secs(1)));
    let run = Run::of(migration.pipeline_of(migration.all_of_it(Migration::small_chunks()), sink));
    migration.caught_up(&run).await;
    let mut other = migration.copy.connect().await.unwrap();
    other.query_drop("BEGIN; UPDATE t SET v=v WHERE id=2").await.unwrap();
    for v in 1..=20 {
        migration
            .shop
            .query(&format!("UPDATE t SET v={v} WHERE id=2; UPDATE t SET v={v} WHERE id=3"))
            .await
            .unwrap();
    }
    // Longer than the statement waits; the pipeline neither ends nor passes over the row.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    run.assert_running();
    let waiting = migration.copy.query("SELECT v FROM t WHERE id=2").await.unwrap();
    assert_eq!(waiting[0][0].as_deref(), Some("0"));
    other.query_drop("ROLLBACK").await.unwrap();
    migration.caught_up(&run).await;
    run.stop().await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_at_mysql_are_waited_for() {
    are_waited_for("sink::locks::mysql", Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_at_oceanbase_are_waited_for() {
    are_waited_for("sink::locks::oceanbase", Servers::seekdb()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_at_mysql_are_tried_again() {
    let test = "sink::locks::deadlocks";
    let target = Servers::mysql80();
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    migration.shop.query("INSERT INTO t VALUES (1,0),(2,0)").await.unwrap();
    let run = migration.run();
    migration.caught_up(&run).await;
    // Takes the rows in the other order, again and again, and holds many so that the server lets us lose.
    let deadlocks = "SELECT COUNT FROM information_schema.INNODB_METRICS WHERE NAME='lock_deadlocks'";
    migration.target.query("SET GLOBAL innodb_monitor_enable='lock_deadlocks'").await.unwrap();
    migration.copy.query("CREATE TABLE checkpoint_weight (n INT)").await.unwrap();
    let count = async || -> u64 {
        migration.target.query(deadlocks).await.unwrap()[0][0].as_deref().unwrap_or("0").parse().unwrap()
    };
    let before = count().await;
    let mut other = migration.copy.connect().await.unwrap();
    let mut v = 0;
    while count().await == before {
        v += 1;
        assert!(v < 60, "no deadlock in {v} attempts");
        let values: Vec<String> = (0..500).map(|n| format!("({n})")).collect();
        other.query_drop("BEGIN; UPDATE t SET v=v WHERE id=2").await.unwrap();
        other.query_drop(format!("INSERT INTO checkpoint_weight VALUES {}", values.join(","))).await.unwrap();
        let change = format!("BEGIN; UPDATE t SET v={v} WHERE id=1; UPDATE t SET v={v} WHERE id=2; COMMIT");
        migration.shop.query(&change).await.unwrap();
        // INNODB_TRX would not do: it is not read anew while somebody looks into it more often than ten times a second.
        let waits = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE info LIKE 'UPDATE `{}`.%'",
            migration.copy.name()
        );
        until("the worker waits for the row", || async {
            let waiting = migration.target.query(&waits).await.expect("the transactions");
            (waiting[0][0].as_deref() != Some("0")).then_some(())
        })
        .await;
        let _ = other.query_drop("UPDATE t SET v=v WHERE id=1").await;
        other.query_drop("ROLLBACK").await.unwrap();
        migration.caught_up(&run).await;
    }
    migration.copy.query("DROP TABLE checkpoint_weight").await.unwrap();
    assert_eq!(run.stop().await.retries, 0, "the worker tries again by itself");
    migration.assert_equal().await;
}
