//! Tables and values that the target does not take: loud, with table and column, and mended in one statement.

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::Migration;

/// One way in which a target falls short.
struct Case {
    source: &'static str,
    target: &'static str,
    /// At the source before the copy, or while the log is followed.
    rows: &'static str,
    /// What the message must name.
    names: &'static [&'static str],
    /// What it must not show.
    hides: &'static str,
    mend: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(5))",
        target: "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(3))",
        rows: "INSERT INTO t VALUES (1,'abc'),(2,'qqqqq')",
        names: &["t", "column s", "varchar(3)", "varchar(5)"],
        hides: "qqqqq",
        mend: "ALTER TABLE t MODIFY s VARCHAR(5)",
    },
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
        target: "CREATE TABLE t (id INT PRIMARY KEY, n TINYINT)",
        rows: "INSERT INTO t VALUES (1,1),(2,31415)",
        names: &["INSERT", "olumn", "n"],
        hides: "31415",
        mend: "ALTER TABLE t MODIFY n INT",
    },
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, n INT NULL)",
        target: "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL)",
        rows: "INSERT INTO t VALUES (1,1),(2,NULL)",
        names: &["INSERT", "olumn", "n"],
        hides: "NULL)",
        mend: "ALTER TABLE t MODIFY n INT NULL",
    },
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(9) CHARACTER SET utf8mb4)",
        target: "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(9) CHARACTER SET latin1)",
        rows: "INSERT INTO t VALUES (1,'abc'),(2,'語')",
        names: &["INSERT", "olumn", "s"],
        hides: "語",
        mend: "ALTER TABLE t MODIFY s VARCHAR(9) CHARACTER SET utf8mb4",
    },
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
        target: "CREATE TABLE t (id INT PRIMARY KEY)",
        rows: "INSERT INTO t VALUES (1,1)",
        names: &["t", "column n", "no such column"],
        hides: "VALUES",
        mend: "ALTER TABLE t ADD n INT",
    },
    Case {
        source: "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
        target: "CREATE TABLE other (id INT PRIMARY KEY)",
        rows: "INSERT INTO t VALUES (1,1)",
        names: &["t", "no such table"],
        hides: "VALUES",
        mend: "DROP TABLE other; CREATE TABLE t (id INT PRIMARY KEY, n INT)",
    },
];

async fn loud(test: &str, target: fn() -> ServerBuilder) {
    for (number, case) in CASES.iter().enumerate() {
        for in_log in [false, true] {
            let test = format!("{test} [{number}]");
            // seekdb has no other character set that lacks anything.
            if case.target.contains("latin1") && target().kind() == "seekdb" {
                continue;
            }
            let Some(migration) = Box::pin(Migration::start(&test, Servers::mysql(), target(), "")).await
            else {
                return;
            };
            migration.shop.query(case.source).await.unwrap();
            migration.copy.query(case.target).await.unwrap();
            let run = if in_log {
                let run = migration.run();
                migration.caught_up(&run).await;
                migration.shop.query(case.rows).await.unwrap();
                run
            } else {
                migration.shop.query(case.rows).await.unwrap();
                migration.run()
            };
            let error = run.fails().await;
            let text = Chain(&error).to_string();
            assert_eq!(error.class(), ErrorClass::Data, "{test}: {text}");
            assert_eq!(error.table().map(ToString::to_string), Some(migration.copy.table("t")), "{text}");
            for name in case.names {
                assert!(text.contains(name), "{test}: it does not name {name}: {text}");
            }
            assert!(!text.contains(case.hides), "{test}: it shows a value: {text}");
            // Nothing was passed over: with the target mended, the next run goes on where this one stopped.
            migration.copy.query(case.mend).await.unwrap();
            migration.run_until_caught_up().await;
            let report = migration.compare().await;
            let table = &report.tables()[0];
            assert_eq!(
                (table.source_rows(), table.target_rows()),
                (table.source_rows(), table.source_rows())
            );
            assert_eq!((table.only_in_source(), table.only_in_target()), (0, 0), "{test}: {report}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_mysql_does_not_take_is_loud_and_can_be_mended() {
    loud("sink::refusals::mysql", Servers::mysql80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_oceanbase_does_not_take_is_loud_and_can_be_mended() {
    loud("sink::refusals::oceanbase", Servers::seekdb).await;
}
