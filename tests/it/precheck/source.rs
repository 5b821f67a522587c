//! The source.

use oms_core::NameCase;
use oms_core::mysql::{ConnectOptions, write_select_list};
use oms_core::project::CheckReport;
use oms_core::select::Selection;
use oms_sources::mysql::{MySqlFindings, MySqlPrecheck};
use oms_test_servers::{Server, Servers};

use super::{errors, options, text};

async fn check(connect: ConnectOptions, patterns: &[&str]) -> MySqlFindings {
    let start = Selection::new(NameCase::Sensitive);
    let selection =
        patterns.iter().try_fold(start, |selection, pattern| selection.include(pattern)).expect("patterns");
    MySqlPrecheck::new(connect, selection).run().await
}

async fn report(server: &Server, patterns: &[&str]) -> CheckReport {
    check(options(server.url()), patterns).await.report
}

#[tokio::test]
async fn a_server_that_is_fit_has_no_errors_and_its_tables_are_known() {
    let Some(server) = Servers::mysql().start_or_skip("precheck_fit").await else { return };
    let database = server.create_database("fit").await.expect("a database");
    let tables = "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT) ENGINE=MyISAM";
    database.query(tables).await.expect("tables");
    let mut other = crate::support::open(&server).await;
    other.execute("SET SESSION binlog_row_image = 'MINIMAL'").await.expect("a setting");
    let found = check(options(server.url()), &[&format!("{}.*", database.name())]).await;
    assert!(found.report.is_ok(), "{}", found.report);
    assert!(text(&found.report, "session_settings").contains("binlog_row_image"));
    assert_eq!(found.tables.len(), 2);
    assert!(found.max_allowed_packet > 1 << 20);
    assert!(text(&found.report, "no_key").contains(".b: no key names its rows"));
    assert!(text(&found.report, "engine").contains("MyISAM"));
}

#[tokio::test]
async fn a_wrong_password_and_a_server_that_is_not_there_are_told_apart() {
    let Some(server) = Servers::mysql().start_or_skip("precheck_password").await else { return };
    let connect = options(server.url()).with_password("not-the-password");
    let found = check(connect, &["a.*"]).await;
    assert_eq!(errors(&found.report), ["access_denied"]);
    let text = found.report.to_string();
    assert!(text.contains("check user name") && !text.contains("not-the-password"), "{text}");
    // Nobody listens on the port of discard.
    let found = check(ConnectOptions::new("127.0.0.1", 9), &["a.*"]).await;
    assert_eq!(errors(&found.report), ["cannot_connect"]);
}

#[tokio::test]
async fn unknown_tables_and_patterns_for_nothing_are_found() {
    let Some(server) = Servers::mysql().start_or_skip("precheck_unknown").await else { return };
    let database = server.create_database("unknown").await.expect("a database");
    database.query("CREATE TABLE a (id INT PRIMARY KEY)").await.expect("a table");
    let name = |pattern: &str| format!("{}.{pattern}", database.name());
    let found = report(&server, &[&name("a"), &name("mistyped"), &name("none_*")]).await;
    assert_eq!(errors(&found), ["unknown_table"]);
    assert!(text(&found, "unknown_table").contains("mistyped"));
    assert!(text(&found, "unused_pattern").contains("none_*"));
    assert_eq!(errors(&report(&server, &["no_such_database.*"]).await), ["no_tables"]);
}

#[tokio::test]
async fn the_settings_of_the_log_are_found_all_at_once() {
    let builder = Servers::mysql57()
        .with_option("--binlog-format=STATEMENT")
        .with_option("--binlog-row-image=MINIMAL")
        .with_option("--expire-logs-days=0");
    let Some(server) = builder.start_or_skip("precheck_settings").await else { return };
    server.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)").await.expect("a table");
    let found = report(&server, &["d.*"]).await;
    assert_eq!(errors(&found), ["binlog_format", "binlog_row_image"], "{found}");
    assert!(text(&found, "binlog_format").contains("SET GLOBAL binlog_format = 'ROW'"));
}

#[tokio::test]
async fn row_options_retention_and_filters_are_found() {
    let builder = Servers::mysql()
        .with_option("--binlog-row-value-options=PARTIAL_JSON")
        .with_option("--binlog-row-image=MINIMAL")
        .with_option("--binlog-expire-logs-seconds=3600")
        .with_option("--server-id=0")
        .with_option("--binlog-ignore-db=d");
    let Some(server) = builder.start_or_skip("precheck_options").await else { return };
    server.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)").await.expect("a table");
    let found = report(&server, &["d.*"]).await;
    assert_eq!(
        errors(&found),
        ["binlog_row_image", "binlog_row_value_options", "server_id", "log_filter"],
        "{found}"
    );
    assert!(text(&found, "retention").contains("3600 seconds"));
    let other = report(&server, &["e.*"]).await;
    assert!(!other.has("log_filter"), "{other}");
}

#[tokio::test]
async fn a_server_without_a_log_is_found_unless_none_is_needed() {
    let Some(server) = Servers::mysql().with_option("--skip-log-bin").start_or_skip("precheck_log").await
    else {
        return;
    };
    server.query("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)").await.expect("a table");
    let found = report(&server, &["d.*"]).await;
    assert_eq!(errors(&found), ["log_bin"], "{found}");
    let selection = Selection::new(NameCase::Sensitive).include("d.*").expect("a pattern");
    let found = MySqlPrecheck::new(options(server.url()), selection).with_log(false).run().await;
    assert!(found.report.is_ok(), "{}", found.report);
}

#[tokio::test]
async fn all_missing_rights_are_in_one_finding() {
    let Some(server) = Servers::mysql().private().start_or_skip("precheck_rights").await else { return };
    let setup = "CREATE DATABASE d; CREATE TABLE d.a (id INT PRIMARY KEY); CREATE TABLE d.b (id INT);
                 CREATE TABLE d.unseen (id INT PRIMARY KEY);
                 CREATE USER app@'%' IDENTIFIED WITH caching_sha2_password BY 'app';
                 GRANT INSERT ON d.a TO app@'%'; GRANT SELECT ON d.b TO app@'%'";
    server.query(setup).await.expect("an account");
    let connect = || options(server.url()).with_user("app").with_password("app");
    let found = check(connect(), &["d.*"]).await.report;
    assert_eq!(errors(&found), ["grants"], "{found}");
    let grants = text(&found, "grants");
    for right in
        ["REPLICATION SLAVE ON *.*", "REPLICATION CLIENT ON *.*", "SELECT ON `d`.`a`", "LOCK TABLES ON `d`.*"]
    {
        assert!(grants.contains(&format!("GRANT {right} TO 'app'@'%'")), "{right} in {grants}");
    }
    assert!(!grants.contains("SELECT ON `d`.`b`"), "{grants}");
    assert!(found.has("hidden_tables"), "{found}");
    // What the advice says is enough, also by a role.
    let role = "CREATE ROLE reader; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader;
                GRANT SELECT, LOCK TABLES ON d.* TO reader; GRANT reader TO app@'%'; SET DEFAULT ROLE ALL TO app@'%'";
    server.query(role).await.expect("a role");
    let found = check(connect(), &["d.*"]).await.report;
    assert!(found.is_ok() && !found.has("hidden_tables"), "{found}");
}

#[tokio::test]
async fn foreign_keys_that_change_rows_without_a_log_are_errors_where_the_server_has_such() {
    let test = "precheck_cascade";
    let tables = "CREATE TABLE parent (id INT PRIMARY KEY);
                  CREATE TABLE child (id INT PRIMARY KEY, p INT,
                                      CONSTRAINT falls FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)";
    for (builder, is_logged) in
        [(Servers::mysql57(), false), (Servers::mysql80(), false), (Servers::mysql(), true)]
    {
        let Some(server) = builder.start_or_skip(test).await else { return };
        let database = server.create_database(test).await.expect("a database");
        database.query(tables).await.expect("tables");
        let found = report(&server, &[&format!("{}.*", database.name())]).await;
        assert_eq!(found.has("cascade"), !is_logged, "{}: {found}", server.version());
        // What the finding says of the server is so: the child's row is deleted in the log, or it is not.
        database.query("INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1)").await.expect("rows");
        let status = if is_logged { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" };
        let before = server.query(status).await.expect("a position");
        database.query("DELETE FROM parent").await.expect("a cascade");
        let (file, position) =
            (before[0][0].clone().expect("a file"), before[0][1].clone().expect("an offset"));
        let events =
            server.query(&format!("SHOW BINLOG EVENTS IN '{file}' FROM {position}")).await.expect("events");
        let maps = events.iter().flatten().flatten();
        let deleted = maps.filter(|text| text.contains(&format!("({}.child)", database.name()))).count();
        assert_eq!(deleted > 0, is_logged, "{}: {events:?}", server.version());
    }
}

#[tokio::test]
async fn documents_whose_kinds_cannot_be_asked_for_are_told_where_the_server_has_no_means() {
    let test = "precheck_documents";
    for (builder, tells) in
        [(Servers::mysql57(), false), (Servers::mysql80(), true), (Servers::mysql(), true)]
    {
        let Some(server) = builder.start_or_skip(test).await else { return };
        let database = server.create_database(test).await.expect("a database");
        let script = "CREATE TABLE t (id INT PRIMARY KEY, `v` JSON); \
                      INSERT INTO t VALUES (1,JSON_OBJECT('a',JSON_ARRAY(1.10)))";
        database.query(script).await.expect("a document");
        let found = check(options(server.url()), &[&format!("{}.*", database.name())]).await;
        assert_eq!(found.report.has("json_kinds"), !tells, "{}: {}", server.version(), found.report);
        assert!(found.report.is_ok(), "{}", found.report);
        // What the finding says of the server is so.
        let mut session = crate::support::open(&server).await;
        let mut select = b"SELECT ".to_vec();
        write_select_list(&found.tables[0], session.server(), &mut select);
        select.extend_from_slice(format!(" FROM {}", database.table("t")).as_bytes());
        let rows = session.query(&select).await.expect("the document");
        let text = if tells { "!d,:{\"a\": [1.10]}" } else { "{\"a\": [1.10]}" };
        assert_eq!(rows[0].text(1).expect("the document"), text, "{}", server.version());
    }
}
