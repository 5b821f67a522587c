//! The target.

use std::sync::Arc;

use oms_core::mysql::{Catalog, ConnectOptions, Session, SessionOptions};
use oms_core::project::CheckReport;
use oms_core::schema::TableSchema;
use oms_core::sink::Sink;
use oms_core::testing::sample::SampleTransaction;
use oms_core::transform::Mapping;
use oms_core::value::Value;
use oms_core::{Position, TableName};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions, MySqlTargetPrecheck};
use oms_sinks::oceanbase::OceanBasePrecheck;
use oms_test_servers::{Database, Servers};

use super::{errors, options, text};

/// The schemas of some tables, which stand for those of a source.
async fn schemas(database: &Database, tables: &[&str]) -> Vec<Arc<TableSchema>> {
    let connect = options(database.url());
    let mut session = Session::connect(&connect, &SessionOptions::default()).await.expect("a session");
    let names: Vec<TableName> = tables.iter().map(|table| TableName::new(database.name(), *table)).collect();
    let read = Catalog::new(&mut session).schemas(&names).await.expect("schemas");
    assert_eq!(read.tables.len(), tables.len());
    read.tables
}

async fn precheck(
    connect: ConnectOptions,
    source: &Database,
    tables: &[&str],
    target: &str,
) -> MySqlTargetPrecheck {
    let mut mapping = Mapping::new().database(source.name(), target);
    let schemas = schemas(source, tables).await;
    MySqlTargetPrecheck::new(connect, "precheck").with_tables(&schemas, &mut mapping).expect("names")
}

#[tokio::test]
async fn each_way_in_which_a_table_does_not_fit_is_found() {
    let test = "precheck_fits";
    let Some(server) = Servers::mysql().start_or_skip(test).await else { return };
    let source = server.create_database(test).await.expect("a database");
    let target = server.create_database(test).await.expect("a database");
    let tables =
        "CREATE TABLE t (id INT PRIMARY KEY, short VARCHAR(20), wide BIGINT, strict INT NULL, missing DATE,
                                  computed INT, words VARCHAR(9) CHARACTER SET utf8mb4);
                  CREATE TABLE absent (id INT PRIMARY KEY)";
    source.query(tables).await.expect("tables");
    let there = "CREATE TABLE parent (id INT PRIMARY KEY);
                 CREATE TABLE t (id INT, short VARCHAR(10), wide INT, strict INT NOT NULL,
                                 computed INT AS (wide + 1), words VARCHAR(9) CHARACTER SET latin1, extra INT NOT NULL,
                                 UNIQUE KEY own (wide),
                                 CONSTRAINT falls FOREIGN KEY (id) REFERENCES parent (id) ON DELETE CASCADE);
                 CREATE TRIGGER fires BEFORE INSERT ON t FOR EACH ROW SET NEW.extra = 1";
    target.query(there).await.expect("tables");
    let check = precheck(options(server.url()), &source, &["t", "absent"], target.name()).await;
    let report = check.clone().with_tables_made(false).run().await;
    let wanted =
        ["missing_table", "column_type", "not_null", "missing_column", "generated_column", "extra_column"];
    assert_eq!(errors(&report), wanted, "{report}");
    assert!(
        text(&report, "column_type").contains("varchar(10) does not hold every varchar(20): it is shorter")
    );
    for code in ["column_range", "charset", "primary_key", "unique_key", "cascade", "trigger"] {
        assert!(report.has(code), "{code} in\n{report}");
    }
    let report = check.run().await;
    assert!(!report.has("missing_table"), "tables that are made need not be there:\n{report}");
}

#[tokio::test]
async fn rows_at_the_target_are_refused_unless_they_are_allowed() {
    let test = "precheck_rows";
    let Some(server) = Servers::mysql().start_or_skip(test).await else { return };
    let source = server.create_database(test).await.expect("a database");
    let target = server.create_database(test).await.expect("a database");
    source.query("CREATE TABLE t (id INT PRIMARY KEY)").await.expect("a table");
    target.query("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)").await.expect("a row");
    let check = precheck(options(server.url()), &source, &["t"], target.name()).await;
    let report = check.clone().run().await;
    assert_eq!(errors(&report), ["rows_at_target"], "{report}");
    let report = check.clone().with_rows_allowed(true).run().await;
    assert!(report.is_ok(), "{report}");
    // The rows are the pipeline's own once it has a checkpoint there.
    let schema = schemas(&target, &["t"]).await.remove(0);
    let options = MySqlSinkOptions::default().with_checkpoint_database(target.name());
    let mut sink = MySqlSink::new(super::options(server.url())).with_options(options.clone());
    sink.open("precheck").await.expect("a pipeline without a checkpoint");
    let batch = SampleTransaction::new("1")
        .insert(&schema, [[Value::from(2_i64)]])
        .into_batch(Position::new("mysql-binlog", "b.1:4"));
    sink.write(Arc::new(batch)).await.expect("a row");
    sink.flush().await.expect("a checkpoint");
    sink.close().await.expect("an end");
    let report = check.with_options(options).run().await;
    assert!(report.is_ok() && report.has("checkpoint"), "{report}");
}

#[tokio::test]
async fn a_target_that_cannot_be_written_says_so() {
    let test = "precheck_read_only";
    let builder =
        Servers::mysql().with_option("--max-allowed-packet=1M").with_option("--sql-require-primary-key=ON");
    let Some(server) = builder.start_or_skip(test).await else { return };
    let source = server.create_database(test).await.expect("a database");
    let setup =
        "CREATE TABLE t (id INT PRIMARY KEY); SET sql_require_primary_key = OFF; CREATE TABLE k (id INT);
                 CREATE USER app@'%' IDENTIFIED BY 'app'; GRANT SELECT, INSERT ON target.* TO app@'%';
                 SET GLOBAL super_read_only = ON";
    source.query(setup).await.expect("a table and an account");
    let connect = options(server.url()).with_user("app").with_password("app");
    let check = precheck(options(server.url()), &source, &["t", "k"], "target").await;
    let report = check.with_source_packet(64 << 20).run().await;
    assert_eq!(errors(&report), ["read_only", "require_primary_key"], "{report}");
    assert!(text(&report, "max_allowed_packet").contains("SET GLOBAL max_allowed_packet = 67108864"));
    let mut mapping = Mapping::new().database(source.name(), "target");
    let schemas = schemas(&source, &["t"]).await;
    let check =
        MySqlTargetPrecheck::new(connect, "precheck").with_tables(&schemas, &mut mapping).expect("names");
    let report = check.run().await;
    assert_eq!(errors(&report), ["read_only", "grants"], "{report}");
    let grants = text(&report, "grants");
    for right in ["UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON `target`.*", "CREATE ON `oms`.*"]
    {
        assert!(grants.contains(right), "{right} in {grants}");
    }
    // The database is dropped with the server, but not while that is read-only.
    server.query("SET GLOBAL super_read_only = OFF").await.expect("a writable server");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_the_password() {
    let Some(server) = Servers::mysql().start_or_skip("precheck_target").await else { return };
    let connect = options(server.url()).with_password("not-the-password");
    let report: CheckReport = MySqlTargetPrecheck::new(connect, "precheck").run().await;
    assert_eq!(errors(&report), ["access_denied"]);
    assert!(!report.to_string().contains("not-the-password"));
    let report = MySqlTargetPrecheck::new(ConnectOptions::new("127.0.0.1", 9), "precheck").run().await;
    assert_eq!(errors(&report), ["cannot_connect"]);
}

#[tokio::test]
async fn oceanbase_is_told_from_others_and_names_that_it_takes_for_one_are_found() {
    let test = "precheck_oceanbase";
    let (Some(mysql), Some(seekdb)) =
        (Servers::mysql().start_or_skip(test).await, Servers::seekdb().start_or_skip(test).await)
    else {
        return;
    };
    let source = mysql.create_database(test).await.expect("a database");
    let target = seekdb.create_database(test).await.expect("a database");
    source
        .query("CREATE TABLE T (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY)")
        .await
        .expect("tables");
    let one = precheck(options(seekdb.url()), &source, &["t"], target.name()).await;
    let report = OceanBasePrecheck::new(one.clone()).run().await;
    assert!(report.is_ok(), "{report}");
    let both = precheck(options(seekdb.url()), &source, &["t", "T"], target.name()).await;
    let report = OceanBasePrecheck::new(both).run().await;
    assert_eq!(errors(&report), ["name_case"], "{report}");
    let wrong = precheck(options(mysql.url()), &source, &["t"], "any").await;
    assert_eq!(errors(&OceanBasePrecheck::new(wrong).run().await), ["flavour"]);
}
