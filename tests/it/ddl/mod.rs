//! DDL statements judged by real servers: the schemas that we make of a statement must be those that the server's own
//! catalogue holds after it.

mod carry;
mod corpus;
mod judge;
mod round_trip;

use corpus::Case;

const FILES: [(&str, &str); 8] = [
    ("columns", include_str!("../../data/ddl/columns.sql")),
    ("types", include_str!("../../data/ddl/types.sql")),
    ("defaults", include_str!("../../data/ddl/defaults.sql")),
    ("keys", include_str!("../../data/ddl/keys.sql")),
    ("constraints", include_str!("../../data/ddl/constraints.sql")),
    ("tables", include_str!("../../data/ddl/tables.sql")),
    ("partitions", include_str!("../../data/ddl/partitions.sql")),
    ("dialect", include_str!("../../data/ddl/dialect.sql")),
];

fn cases() -> Vec<Case> {
    FILES.iter().flat_map(|(file, text)| corpus::parse(file, text)).collect()
}

#[test]
fn the_corpus_holds_enough_statements() {
    let statements: usize = cases().iter().map(|case| case.steps.len()).sum();
    assert!(statements >= 150, "{statements}");
}

#[tokio::test]
async fn statements_become_what_mysql_97_makes_of_them() {
    judge::run(oms_test_servers::Servers::mysql(), "ddl97", cases()).await;
}

#[tokio::test]
async fn statements_become_what_mysql_80_makes_of_them() {
    judge::run(oms_test_servers::Servers::mysql80(), "ddl80", cases()).await;
}

#[tokio::test]
async fn statements_become_what_mysql_57_makes_of_them() {
    judge::run(oms_test_servers::Servers::mysql57(), "ddl57", cases()).await;
}

#[tokio::test]
async fn statements_become_what_mariadb_makes_of_them() {
    let cases = cases().into_iter().filter(|case| case.with_mariadb).collect();
    judge::run(oms_test_servers::Servers::mariadb(), "ddlma", cases).await;
}

#[tokio::test]
async fn tables_of_mysql_97_are_read_and_made_anew() {
    round_trip::run(oms_test_servers::Servers::mysql(), "again97", cases()).await;
}

#[tokio::test]
async fn tables_of_mysql_80_are_read_and_made_anew() {
    round_trip::run(oms_test_servers::Servers::mysql80(), "again80", cases()).await;
}

#[tokio::test]
async fn tables_of_mysql_57_are_read_and_made_anew() {
    round_trip::run(oms_test_servers::Servers::mysql57(), "again57", cases()).await;
}

#[tokio::test]
async fn schemas_are_carried_to_mysql_97() {
    // Source and target must not be one server.
    carry::run(oms_test_servers::Servers::mysql().private(), "mysql97", cases()).await;
}

#[tokio::test]
async fn schemas_are_carried_to_mysql_80() {
    carry::run(oms_test_servers::Servers::mysql80(), "mysql80", cases()).await;
}

#[tokio::test]
async fn schemas_are_carried_to_mysql_57() {
    carry::run(oms_test_servers::Servers::mysql57(), "mysql57", cases()).await;
}

#[tokio::test]
async fn schemas_are_carried_to_oceanbase() {
    carry::run(oms_test_servers::Servers::seekdb(), "seekdb", cases()).await;
}
