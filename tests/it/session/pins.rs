//! A session means the same on every server, whatever the server's own settings are.

use std::collections::HashMap;
use std::time::Duration;

use oms_core::mysql::{Flavour, Session, SessionOptions, Version};
use oms_test_servers::Servers;

use crate::support::{each_server, open, options, text, texts};

async fn variables(session: &mut Session) -> HashMap<String, String> {
    let rows = texts(session, "SHOW VARIABLES").await;
    rows.into_iter().filter_map(|mut row| Some((row[0].take()?, row[1].take()?))).collect()
}

#[tokio::test]
async fn what_is_asked_for_is_in_force_on_every_server() {
    for server in each_server("session::pins::what_is_asked_for").await {
        let pinned = SessionOptions::default()
            .with_foreign_key_checks(false)
            .with_unique_checks(false)
            .with_lock_wait_timeout(Duration::from_secs(7))
            .with_idle_timeout(Duration::from_secs(1234))
            .with_statement_timeout(Duration::from_secs(77));
        let mut session = Session::connect(&options(&server), &pinned).await.unwrap();
        let variables = variables(&mut session).await;
        let kind = server.kind();
        for (name, value) in [
            ("time_zone", "+00:00"),
            ("autocommit", "ON"),
            ("foreign_key_checks", "OFF"),
            ("unique_checks", "OFF"),
            ("sql_auto_is_null", "OFF"),
            ("sql_safe_updates", "OFF"),
            ("character_set_client", "utf8mb4"),
            ("character_set_results", "utf8mb4"),
            ("wait_timeout", "1234"),
            ("net_write_timeout", "1234"),
        ] {
            assert_eq!(variables[name], value, "{kind} {name}");
        }
        for mode in pinned.sql_mode.split(',') {
            assert!(variables["sql_mode"].split(',').any(|found| found == mode), "{kind} {mode}");
        }
        if session.server().has_query_timeout() {
            assert_eq!(variables["ob_query_timeout"], "77000000");
            assert_eq!(variables["ob_trx_timeout"], "77000000");
            assert_eq!(variables["ob_trx_lock_timeout"], "7000000");
        } else {
            assert_eq!(variables["innodb_lock_wait_timeout"], "7");
            assert_eq!(variables["lock_wait_timeout"], "7");
        }
        let id = text(&mut session, "SELECT CONNECTION_ID()").await;
        assert_eq!(session.connection_id().to_string(), id, "{kind}");
        session.close().await.unwrap();
    }
}

#[tokio::test]
async fn each_server_is_recognised() {
    for server in each_server("session::pins::each_server_is_recognised").await {
        let session = open(&server).await;
        let (found, own) = (session.server(), session.server().version());
        let expected = match server.kind() {
            "seekdb" => (Flavour::OceanBase, Version::new(4, 3, 0)..Version::new(5, 0, 0)),
            "mariadb" => (Flavour::MariaDb, Version::new(10, 11, 0)..Version::new(12, 0, 0)),
            "mysql57" => (Flavour::MySql, Version::new(5, 7, 0)..Version::new(5, 8, 0)),
            "mysql80" => (Flavour::MySql, Version::new(8, 0, 0)..Version::new(8, 1, 0)),
            _ => (Flavour::MySql, Version::new(9, 0, 0)..Version::new(99, 0, 0)),
        };
        assert_eq!(found.flavour(), expected.0);
        assert!(expected.1.contains(&own), "{} {own}", server.kind());
        assert_eq!(found.is_seekdb(), server.kind() == "seekdb");
        assert_eq!(found.has_row_metadata(), !matches!(server.kind(), "seekdb" | "mysql57"));
    }
}

#[tokio::test]
async fn statements_named_by_the_server_run_there() {
    for server in each_server("session::pins::statements_named_by_the_server").await {
        let mut session = open(&server).await;
        if let Some(status) = session.server().binlog_status_statement() {
            assert_eq!(session.query(status).await.unwrap().len(), 1, "{}", server.kind());
        }
        let lock = session.server().share_lock_clause();
        session.query(format!("SELECT 1 FROM DUAL {lock}")).await.unwrap();
        let lock = session.execute("FLUSH TABLES WITH READ LOCK").await;
        if server.kind() == "seekdb" {
            assert_eq!(lock.is_ok(), session.server().has_global_read_lock());
        }
        let every = texts(&mut session, "SELECT 1 /*!99999 + 1 */").await;
        let runs = every[0][0].as_deref() == Some("2");
        assert_eq!(runs, session.server().runs_every_version_comment(), "{}", server.kind());
    }
}

#[tokio::test]
async fn limits_of_a_server_for_all_sessions_change_nothing() {
    let test = "session::pins::limits_of_a_server";
    let server = Servers::mysql57()
        .private()
        .with_option("--autocommit=0")
        .with_option("--default-time-zone=+05:00")
        .with_option("--max-execution-time=1")
        .with_option("--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
    let Some(server) = Box::pin(server.start_or_skip(test)).await else { return };
    let (mut one, mut other) = (open(&server).await, open(&server).await);
    one.execute_all(
        "SET GLOBAL sql_select_limit=1, GLOBAL sql_safe_updates=1, GLOBAL sql_auto_is_null=1;
         CREATE DATABASE w; CREATE TABLE w.t (id INT AUTO_INCREMENT PRIMARY KEY, v TEXT)",
    )
    .await
    .unwrap();
    let (mut one_later, values) = (open(&server).await, r#"('a\tb'), ("c"), ('')"#);
    one_later.execute(format!("INSERT INTO w.t (v) VALUES {values}")).await.unwrap();
    let rows = texts(&mut other, "SELECT v, SLEEP(0.01) FROM w.t WHERE id IS NOT NULL").await;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0][0].as_deref(), Some("a\tb"));
    let mut later = open(&server).await;
    assert_eq!(texts(&mut later, "SELECT * FROM w.t").await.len(), 3);
    later.execute("INSERT INTO w.t (v) VALUES ('last')").await.unwrap();
    assert_eq!(texts(&mut later, "SELECT * FROM w.t WHERE id IS NULL").await.len(), 0);
    assert_eq!(later.execute("UPDATE w.t SET v = 'x' WHERE v = 'c'").await.unwrap().affected_rows, 1);
    assert_eq!(text(&mut later, "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())").await, "0");
}
