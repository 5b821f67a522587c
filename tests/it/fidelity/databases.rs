//! What belongs to whole databases: their names, and the character set that their tables inherit.

use oms_core::transform::Mapping;
use oms_test_servers::oracle;

use super::lane::{Lane, Target};
use super::paths::{self, MODES};

/// A database named `my-db.1`, and a table with 64 characters (T21).
async fn odd_name(target: Target) {
    let Some(lane) = Lane::open(target, "fidelity").await else {
        return;
    };
    let (source, there) = (mark(&lane.from).await, mark(&lane.to).await);
    // The number of the process keeps runs on a long-lived server apart.
    let name = format!("my-db.{}", std::process::id());
    let database = paths::quoted(&name);
    let table = "t".repeat(64);
    let make = format!(
        "{MODES} CREATE DATABASE {database}; CREATE TABLE {database}.{table} (id INT PRIMARY KEY, `a.b` VARCHAR(9))"
    );
    lane.from.query(&make).await.expect("a table");
    lane.to.query(&make).await.expect("a table");
    lane.from.query(&format!("INSERT INTO {database}.{table} VALUES (1,'x'),(2,'y')")).await.expect("rows");
    let of_database = name.clone();
    let handle = lane
        .follow(&source, &there, names(&source, &there), 1, move |table| table.database() == of_database)
        .await;
    let change = format!(
        "INSERT INTO {database}.{table} VALUES (3,'z'); UPDATE {database}.{table} SET `a.b`='é' WHERE id=1; \
         DELETE FROM {database}.{table} WHERE id=2"
    );
    lane.from.query(&change).await.expect("changes");
    lane.finish(handle, &source, &there).await.expect("no error");
    let pair = [(format!("{database}.{table}"), format!("{database}.{table}"))];
    let report = oracle::compare(lane.from.url(), lane.to.url(), &pair).await.expect("a report");
    lane.to.query(&format!("DROP DATABASE {database}")).await.expect("the database dropped");
    report.assert_equal();
    assert_eq!(report.tables()[0].source_rows(), 2);
}

/// A database whose character set changes while it is followed (T26): each table keeps the one that it was made with.
async fn inherited_charset(target: Target) {
    let Some(lane) = Lane::open(target, "fidelity").await else {
        return;
    };
    let (source, there) = (mark(&lane.from).await, mark(&lane.to).await);
    let name = source.name().to_owned();
    let make = format!(
        "{MODES} ALTER DATABASE {name} CHARACTER SET latin1; CREATE TABLE t26 (id INT PRIMARY KEY, s VARCHAR(10)); \
         INSERT INTO t26 VALUES (1,'é')"
    );
    source.query(&make).await.expect("a table");
    let charset = if target == Target::MySql { "latin1" } else { "utf8mb4" };
    let same = format!("CREATE TABLE t26 (id INT PRIMARY KEY, s VARCHAR(10)) CHARACTER SET {charset}");
    there.query(&same).await.expect("a table");
    let database = name.clone();
    let handle = lane
        .follow(&source, &there, names(&source, &there), 1, move |table| table.database() == database)
        .await;
    let change = format!(
        "{MODES} ALTER DATABASE {name} CHARACTER SET utf8mb4; CREATE TABLE t26b (id INT PRIMARY KEY, s VARCHAR(10)); \
         INSERT INTO t26b VALUES (1,'😀'); INSERT INTO t26 VALUES (2,'ÿ'); UPDATE t26 SET s='ü' WHERE id=1"
    );
    source.query(&change).await.expect("changes");
    lane.finish(handle, &source, &there).await.expect("no error");
    let pairs = ["t26", "t26b"].map(|table| (source.table(table), there.table(table)));
    let report = oracle::compare(lane.from.url(), lane.to.url(), &pairs).await.expect("a report");
    report.assert_equal();
    assert_eq!(report.tables().iter().map(|table| table.source_rows()).collect::<Vec<_>>(), [2, 1]);
}

async fn mark(server: &oms_test_servers::Server) -> oms_test_servers::Database {
    server.create_database("names").await.expect("a database")
}

fn names(source: &oms_test_servers::Database, target: &oms_test_servers::Database) -> Mapping {
    Mapping::new().database(source.name(), target.name())
}

#[tokio::test]
async fn odd_names_of_databases_reach_mysql() {
    odd_name(Target::MySql).await;
}

#[tokio::test]
async fn odd_names_of_databases_reach_oceanbase() {
    odd_name(Target::OceanBase).await;
}

#[tokio::test]
async fn tables_keep_their_character_set_at_mysql() {
    inherited_charset(Target::MySql).await;
}

#[tokio::test]
async fn tables_keep_their_characters_at_oceanbase() {
    inherited_charset(Target::OceanBase).await;
}
