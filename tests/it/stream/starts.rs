//! Where the log is followed from.

use std::time::{Duration, SystemTime};

use oms_sources::mysql::binlog::{BinlogOptions, BinlogPosition, BinlogSource, GtidSet, StartPosition};
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, Run, connect, log_end, until};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, v INT)";

fn follow(migration: &Migration, start: StartPosition) -> Run {
    let shop = migration.shop.name().to_owned();
    let source = BinlogSource::new(connect(&migration.source_url), move |table| table.database() == shop)
        .with_options(BinlogOptions::default().with_start(start));
    Run::of(migration.pipeline_of(source, migration.sink(|options| options)))
}

/// Rows 1 to 3 come before the start, 4 to 6 behind it.
async fn starts_behind(
    test: &str,
    source: ServerBuilder,
    start: impl Fn(BinlogPosition, SystemTime) -> StartPosition,
) {
    let Some(migration) = Box::pin(Migration::start(test, source, Servers::mysql80(), SCRIPT)).await else {
        return;
    };
    migration.shop.query("INSERT INTO t VALUES (1,1),(2,2); INSERT INTO t VALUES (3,3)").await.unwrap();
    // Times in the log are whole seconds.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let (end, time) = (log_end(&migration.source).await, SystemTime::now() - Duration::from_secs(1));
    migration.shop.query("INSERT INTO t VALUES (4,4); INSERT INTO t VALUES (5,5)").await.unwrap();
    let run = follow(&migration, start(end, time));
    migration.caught_up(&run).await;
    migration.shop.query("INSERT INTO t VALUES (6,6)").await.unwrap();
    migration.caught_up(&run).await;
    run.stop().await;
    let rows = migration.copy.query("SELECT GROUP_CONCAT(id ORDER BY id) FROM t").await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("4,5,6"), "{test}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_position() {
    let place = |end: BinlogPosition, _| StartPosition::At(BinlogPosition::new(end.file, end.offset));
    starts_behind("stream::starts::position57", Servers::mysql57(), place).await;
    starts_behind("stream::starts::position", Servers::mysql(), |end, _| StartPosition::At(end)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_position_without_gtids_of_a_server_that_has_them() {
    let place = |end: BinlogPosition, _| StartPosition::At(BinlogPosition::new(end.file, end.offset));
    starts_behind("stream::starts::file97", Servers::mysql(), place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_set_of_gtids() {
    let set = |end: BinlogPosition, _| StartPosition::Gtids(end.gtids.expect("GTIDs"));
    starts_behind("stream::starts::gtids", Servers::mysql(), set).await;
    starts_behind("stream::starts::gtids57", Servers::mysql57(), set).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_time() {
    starts_behind("stream::starts::time", Servers::mysql(), |_, time| StartPosition::Time(time)).await;
    starts_behind("stream::starts::time80", Servers::mysql80().private(), |_, time| {
        StartPosition::Time(time)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn now() {
    let test = "stream::starts::now";
    let Some(migration) =
        Box::pin(Migration::start(test, Servers::mysql(), Servers::mysql80(), SCRIPT)).await
    else {
        return;
    };
    migration.shop.query("INSERT INTO t VALUES (1,1)").await.unwrap();
    let run = follow(&migration, StartPosition::Now);
    until("it has a position", || async {
        run.assert_running();
        run.handle.progress().position
    })
    .await;
    migration.shop.query("INSERT INTO t VALUES (2,2)").await.unwrap();
    migration.caught_up(&run).await;
    run.stop().await;
    let rows = migration.copy.query("SELECT GROUP_CONCAT(id) FROM t").await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_gtids_that_the_source_never_had() {
    let test = "stream::starts::errant";
    let Some(migration) =
        Box::pin(Migration::start(test, Servers::mysql(), Servers::mysql80(), SCRIPT)).await
    else {
        return;
    };
    let foreign: GtidSet = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5".parse().unwrap();
    let mut set = log_end(&migration.source).await.gtids.expect("GTIDs");
    set.union(&foreign);
    let error = follow(&migration, StartPosition::Gtids(set)).fails().await;
    assert!(matches!(error, oms_core::Error::PositionLost { .. }), "{error:?}");
    assert!(error.to_string().contains("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"), "{error}");
}
