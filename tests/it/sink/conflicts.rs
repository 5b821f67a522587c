//! The target does not hold what a change expects there.

use std::sync::{Arc, Mutex};

use oms_core::error::Chain;
use oms_core::event::ChangeKind;
use oms_core::sink::Sink;
use oms_core::value::Value;
use oms_core::{Error, ErrorClass};
use oms_sinks::mysql::{Conflict, ConflictKind, ConflictPolicy, MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, Run, connect};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY, u INT, v VARCHAR(10), UNIQUE KEY by_u (u)); \
                      CREATE TABLE k (a INT, b VARCHAR(10))";
const ROWS: &str = "INSERT INTO t VALUES (1,1010,'one'),(2,2020,'two'),(3,3030,'three'); \
                    INSERT INTO k VALUES (7,'x'),(7,'x'),(8,'y')";

/// What was reported.
type Reports = Arc<Mutex<Vec<Conflict>>>;

/// How transactions are applied: held until they end, or part by part while they come in.
#[derive(Clone, Copy)]
enum Way {
    Whole,
    InParts,
}

fn run(migration: &Migration, policy: ConflictPolicy, way: Way) -> (Run, Reports) {
    let reports = Reports::default();
    let report = {
        let reports = Arc::clone(&reports);
        move |conflict: &Conflict| reports.lock().unwrap().push(conflict.clone())
    };
    let target = connect(&migration.target_url);
    let options = |options: MySqlSinkOptions| {
        let options =
            options.with_checkpoint_database(migration.checkpoint_database()).with_conflicts(policy);
        match way {
            Way::Whole => options,
            Way::InParts => options.with_large_transaction_bytes(0),
        }
    };
    let sink: Box<dyn Sink> = match migration.target.kind() {
        "seekdb" => Box::new(
            OceanBaseSink::new(target)
                .with_options(options(OceanBaseSink::default_options()))
                .with_conflict_report(report),
        ),
        _ => Box::new(
            MySqlSink::new(target)
                .with_options(options(MySqlSinkOptions::default()))
                .with_conflict_report(report),
        ),
    };
    let source = migration.all_of_it(Migration::small_chunks());
    (Run::of(migration.pipeline_of(source, sink)), reports)
}

/// The run ends with a conflict in this table that shows no value, and reports it once.
async fn stops(migration: &Migration, table: &str, way: Way) -> Conflict {
    let (run, reports) = run(migration, ConflictPolicy::Stop, way);
    let error = run.fails().await;
    assert!(matches!(error, Error::Conflict { .. }), "{}", Chain(&error));
    assert_eq!(error.class(), ErrorClass::Data);
    assert_eq!(error.table().map(ToString::to_string), Some(migration.copy.table(table)));
    let text = Chain(&error).to_string();
    for value in ["1010", "2020", "3030", "dirty", "two"] {
        assert!(!text.contains(value), "a value in an error: {text}");
    }
    let mut reports = std::mem::take(&mut *reports.lock().unwrap());
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(!reports[0].is_resolved);
    reports.remove(0)
}

fn of_source<'a>(conflict: &'a Conflict, column: &str) -> &'a Value {
    &conflict.source_row.iter().find(|(name, _)| &**name == column).expect("the column").1
}

fn of_target(conflict: &Conflict, row: usize, column: &str) -> String {
    let (_, value) =
        conflict.target_rows[row].iter().find(|(name, _)| &**name == column).expect("the column");
    String::from_utf8(value.as_deref().expect("a value").to_vec()).expect("text")
}

async fn dirty_targets_are_reported(test: &str, target: ServerBuilder, way: Way) {
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    migration.shop.query(ROWS).await.unwrap();
    migration.copy.query("INSERT INTO t VALUES (99,2020,'dirty')").await.unwrap();

    // Rows of the scan.
    let conflict = stops(&migration, "t", way).await;
    assert_eq!((conflict.kind, conflict.change), (ConflictKind::Duplicate, ChangeKind::Read));
    assert_eq!(of_source(&conflict, "id"), &Value::Int(2));
    assert_eq!(conflict.target_rows.len(), 1);
    assert_eq!((of_target(&conflict, 0, "id"), of_target(&conflict, 0, "v")), ("99".into(), "dirty".into()));
    let kept = migration.copy.query("SELECT v FROM t WHERE id=99").await.unwrap();
    assert_eq!(kept[0][0].as_deref(), Some("dirty"), "the row of the target was touched");
    migration.copy.query("DELETE FROM t WHERE id=99").await.unwrap();
    migration.run_until_caught_up().await;
    migration.assert_equal().await;

    // Each kind of change of the log, each mended by hand.
    let cases = [
        ("DELETE FROM t WHERE id=1", "UPDATE t SET v='new' WHERE id=1", ConflictKind::Missing, "t"),
        ("DELETE FROM t WHERE id=3", "DELETE FROM t WHERE id=3", ConflictKind::Missing, "t"),
        (
            "INSERT INTO t VALUES (4,1,'dirty')",
            "INSERT INTO t VALUES (4,4,'four')",
            ConflictKind::Duplicate,
            "t",
        ),
        ("INSERT INTO t VALUES (98,5,'dirty')", "UPDATE t SET u=5 WHERE id=2", ConflictKind::Duplicate, "t"),
        ("DELETE FROM k WHERE a=8", "UPDATE k SET b='z' WHERE a=8", ConflictKind::Missing, "k"),
        ("DELETE FROM k WHERE a=7 LIMIT 1", "DELETE FROM k WHERE a=7", ConflictKind::Missing, "k"),
    ];
    for (dirt, change, kind, table) in cases {
        // What stood there before goes back to mend the target.
        migration
            .copy
            .query("CREATE TABLE checkpoint_t LIKE t; INSERT INTO checkpoint_t SELECT * FROM t")
            .await
            .unwrap();
        migration
            .copy
            .query("CREATE TABLE checkpoint_k LIKE k; INSERT INTO checkpoint_k SELECT * FROM k")
            .await
            .unwrap();
        migration.copy.query(dirt).await.unwrap();
        migration.shop.query(change).await.unwrap();
        let conflict = stops(&migration, table, way).await;
        assert_eq!(conflict.kind, kind, "{change}");
        assert_eq!(conflict.target_rows.is_empty(), kind == ConflictKind::Missing, "{change}");
        assert!(conflict.transaction.is_some(), "{change}");
        let mend = "DELETE FROM t; INSERT INTO t SELECT * FROM checkpoint_t; DROP TABLE checkpoint_t; \
                    DELETE FROM k; INSERT INTO k SELECT * FROM checkpoint_k; DROP TABLE checkpoint_k";
        migration.copy.query(mend).await.unwrap();
        migration.run_until_caught_up().await;
        migration.assert_equal().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dirty_mysql_is_reported_and_left_alone() {
    dirty_targets_are_reported("sink::conflicts::stop_mysql", Servers::mysql80(), Way::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dirty_oceanbase_is_reported_and_left_alone() {
    dirty_targets_are_reported("sink::conflicts::stop_oceanbase", Servers::seekdb(), Way::Whole).await;
}

async fn dirty_targets_are_overwritten(test: &str, target: ServerBuilder, way: Way) {
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, SCRIPT)).await else {
        return;
    };
    migration.shop.query(ROWS).await.unwrap();
    // One row stands in the way of two others, by both of its keys; that of id 3 is an older version and no conflict.
    migration.copy.query("INSERT INTO t VALUES (2,1010,'dirty'),(3,77,'old')").await.unwrap();
    let (run, reports) = run(&migration, ConflictPolicy::Overwrite, way);
    migration.caught_up(&run).await;
    migration.assert_equal().await;
    let scanned = reports.lock().unwrap().len();
    assert!((1..=2).contains(&scanned), "{:?}", reports.lock().unwrap());

    let dirt = "DELETE FROM t WHERE id=1; INSERT INTO t VALUES (4,40,'dirty'),(98,2021,'dirty'); \
                DELETE FROM k WHERE a=8";
    migration.copy.query(dirt).await.unwrap();
    let changes = "BEGIN; UPDATE t SET v='new' WHERE id=1; INSERT INTO t VALUES (4,4,'four'); COMMIT; \
                   UPDATE t SET u=2021, id=5 WHERE id=2; UPDATE k SET b='z' WHERE a=8; DELETE FROM k WHERE a=8";
    migration.shop.query(changes).await.unwrap();
    migration.caught_up(&run).await;
    run.stop().await;
    migration.assert_equal().await;
    let reports = reports.lock().unwrap();
    let found: Vec<_> = reports[scanned..].iter().map(|conflict| (conflict.kind, conflict.change)).collect();
    let expected = [
        (ConflictKind::Missing, ChangeKind::Update),
        (ConflictKind::Duplicate, ChangeKind::Insert),
        (ConflictKind::Duplicate, ChangeKind::Update),
        (ConflictKind::Missing, ChangeKind::Update),
    ];
    for conflict in expected {
        let wanted = expected.iter().filter(|other| **other == conflict).count();
        assert_eq!(found.iter().filter(|other| **other == conflict).count(), wanted, "{found:?}");
    }
    assert!(reports.iter().all(|conflict| conflict.is_resolved));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dirty_mysql_is_overwritten_where_that_is_the_policy() {
    dirty_targets_are_overwritten("sink::conflicts::overwrite_mysql", Servers::mysql80(), Way::Whole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dirty_oceanbase_is_overwritten_where_that_is_the_policy() {
    dirty_targets_are_overwritten("sink::conflicts::overwrite_oceanbase", Servers::seekdb(), Way::Whole)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_parts_meets_a_dirty_mysql_in_the_same_way() {
    dirty_targets_are_reported("sink::conflicts::parts_stop_mysql", Servers::mysql80(), Way::InParts).await;
    dirty_targets_are_overwritten("sink::conflicts::parts_mysql", Servers::mysql80(), Way::InParts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_parts_meets_a_dirty_oceanbase_in_the_same_way() {
    dirty_targets_are_reported("sink::conflicts::parts_stop_oceanbase", Servers::seekdb(), Way::InParts)
        .await;
    dirty_targets_are_overwritten("sink::conflicts::parts_oceanbase", Servers::seekdb(), Way::InParts).await;
}
