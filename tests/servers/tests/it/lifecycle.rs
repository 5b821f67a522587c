//! Start, stop, crash and standstill of each kind of server.

use std::path::Path;
use std::time::{Duration, Instant};

use oms_test_servers::{Error, Server, ServerBuilder, Servers};

/// Waits for a condition; false when it does not come about in time.
pub(crate) async fn becomes_true(condition: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if condition() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// Says whether a process is there and has not ended.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

async fn names(server: &Server) -> Vec<String> {
    let rows = server.query("SELECT name FROM life.t ORDER BY id").await.unwrap();
    rows.into_iter().map(|mut row| row.remove(0).unwrap()).collect()
}

async fn lives_through_everything(builder: ServerBuilder, test: &str) {
    let Some(server) = builder.private().start_or_skip(test).await else {
        return;
    };
    let (port, first) = (server.port(), server.pid().unwrap());
    assert!(runs(first));
    let made = "CREATE DATABASE life; CREATE TABLE life.t (id INT PRIMARY KEY, name VARCHAR(20)); \
                INSERT INTO life.t VALUES (1, 'started')";
    server.query(made).await.unwrap();

    server.stop().await.unwrap();
    assert!(!runs(first));
    assert!(server.query("SELECT 1").await.is_err(), "a stopped server answers nothing");
    server.restart().await.unwrap();
    assert_eq!(server.port(), port);
    server.query("INSERT INTO life.t VALUES (2, 'stopped')").await.unwrap();

    let second = server.pid().unwrap();
    server.kill().await.unwrap();
    assert!(!runs(second));
    server.restart().await.unwrap();
    server.query("INSERT INTO life.t VALUES (3, 'killed')").await.unwrap();
    // Also without having been stopped before.
    server.restart().await.unwrap();

    server.pause().unwrap();
    let asked = tokio::time::timeout(Duration::from_millis(700), server.query("SELECT 1")).await;
    assert!(asked.is_err(), "a paused server answered: {asked:?}");
    server.resume().unwrap();
    assert_eq!(names(&server).await, ["started", "stopped", "killed"]);

    let last = server.pid().unwrap();
    drop(server);
    assert!(becomes_true(|| !runs(last)).await, "a dropped server ends");
}

#[tokio::test]
async fn mysql_lives_through_everything() {
    lives_through_everything(Servers::mysql(), "mysql_lives_through_everything").await;
}

#[tokio::test]
async fn mysql57_lives_through_everything() {
    lives_through_everything(Servers::mysql57(), "mysql57_lives_through_everything").await;
}

#[tokio::test]
async fn mysql80_lives_through_everything() {
    lives_through_everything(Servers::mysql80(), "mysql80_lives_through_everything").await;
}

#[tokio::test]
async fn mariadb_lives_through_everything() {
    lives_through_everything(Servers::mariadb(), "mariadb_lives_through_everything").await;
}

#[tokio::test]
async fn seekdb_lives_through_everything() {
    lives_through_everything(Servers::seekdb(), "seekdb_lives_through_everything").await;
}

async fn value(server: &Server, select: &str) -> String {
    server.query(select).await.unwrap().remove(0).remove(0).unwrap()
}

#[tokio::test]
async fn mysql_writes_the_log_that_capture_needs() {
    for builder in [Servers::mysql(), Servers::mysql57(), Servers::mysql80()] {
        let Some(server) = builder.start_or_skip("mysql_writes_the_log_that_capture_needs").await else {
            continue;
        };
        let wanted = "SELECT CONCAT_WS(' ', @@log_bin, @@gtid_mode, @@binlog_format, @@binlog_row_image, \
                      @@local_infile, @@max_connections, @@performance_schema, @@bind_address)";
        assert_eq!(value(&server, wanted).await, "1 ON ROW FULL 1 400 1 127.0.0.1", "{}", server.version());
        if server.kind() != "mysql57" {
            assert_eq!(value(&server, "SELECT @@binlog_row_metadata").await, "FULL");
        }
    }
}

#[tokio::test]
async fn an_option_wins_over_a_default() {
    let server = Servers::mysql().with_option("--max-connections=77").start().await.unwrap();
    assert_eq!(value(&server, "SELECT @@max_connections").await, "77");
    let server = Servers::seekdb().with_option("memstore_memory_limit=1536M").start().await.unwrap();
    let limit = server.query("SHOW PARAMETERS LIKE 'memstore_memory_limit'").await.unwrap();
    assert!(limit[0].iter().flatten().any(|cell| cell.eq_ignore_ascii_case("1536M")), "{limit:?}");
}

#[tokio::test]
async fn an_option_of_the_data_folder_is_given_when_it_is_made() {
    let server = Servers::mysql().with_option("--lower-case-table-names=1").start().await.unwrap();
    assert_eq!(value(&server, "SELECT @@lower_case_table_names").await, "1");
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let error = Servers::mysql().with_option("--no-such-option=1").start().await.unwrap_err();
    assert!(matches!(error, Error::Start { .. }), "{error:?}");
    assert!(error.to_string().contains("no-such-option"), "{error}");
}

#[tokio::test]
async fn seekdb_admits_loopback_alone() {
    let server = Servers::seekdb().start().await.unwrap();
    let invited = server.query("SHOW GLOBAL VARIABLES LIKE 'ob_tcp_invited_nodes'").await.unwrap();
    assert_eq!(invited[0][1].as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn client_programs_run_where_the_kind_has_them() {
    let server = Servers::mysql().start().await.unwrap();
    let output = server.client_tool("mysqlbinlog").unwrap().arg("--version").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("mysqlbinlog"), "{output:?}");
    let seekdb = Servers::seekdb().start().await.unwrap();
    assert!(matches!(seekdb.client_tool("mysqlbinlog"), Err(Error::Refused { .. })));
    let mariadb = Servers::mariadb().start().await.unwrap();
    let output = mariadb.client_tool("mariadb-binlog").unwrap().arg("--version").output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_dropped_server_leaves_no_data() {
    let server = Servers::mariadb().private().start().await.unwrap();
    let folder = value(&server, "SELECT @@datadir").await;
    assert!(Path::new(&folder).is_dir());
    drop(server);
    assert!(becomes_true(|| !Path::new(&folder).exists()).await);

    let stopped = Servers::mariadb().private().start().await.unwrap();
    let folder = value(&stopped, "SELECT @@datadir").await;
    stopped.stop().await.unwrap();
    assert!(Path::new(&folder).is_dir(), "a stopped server keeps its data");
    drop(stopped);
    assert!(!Path::new(&folder).exists());
}

#[tokio::test]
async fn a_text_of_many_statements_gives_the_rows_of_the_last() {
    let server = Servers::mysql().start().await.unwrap();
    let rows = server.query("SELECT 1; SELECT 2, NULL UNION ALL SELECT 3, 'x'").await.unwrap();
    assert_eq!(rows, [[Some("2".to_owned()), None], [Some("3".to_owned()), Some("x".to_owned())]]);
    let one = [[Some("1".to_owned())]];
    assert_eq!(server.query("SELECT 1; DO 1").await.unwrap(), one);
    assert_eq!(server.query("SELECT 1; DO 1; DO 1").await.unwrap(), one);
    assert_eq!(server.query("SELECT 1; SELECT 1 FROM DUAL WHERE 1 = 0").await.unwrap().len(), 0);
    for wrong in
        ["SELECT 1; SELECT nonsense; SELECT 2", "DO 1; SELECT nonsense", "SELECT 1; SET nonsense = 1"]
    {
        let error = server.query(wrong).await.unwrap_err();
        assert!(error.chain().contains("nonsense"), "{}", error.chain());
    }
}

#[tokio::test]
async fn a_database_is_fresh_and_goes_with_its_value() {
    for builder in [Servers::mysql(), Servers::seekdb()] {
        let server = builder.start().await.unwrap();
        let one = server.create_database("life").await.unwrap();
        let other = server.create_database("life").await.unwrap();
        assert_ne!(one.name(), other.name());
        one.query("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)").await.unwrap();
        assert_eq!(server.query(&format!("SELECT id FROM {}", one.table("t"))).await.unwrap().len(), 1);
        let look = format!("SHOW DATABASES LIKE '{}'", one.name());
        assert_eq!(server.query(&look).await.unwrap().len(), 1);
        drop(one);
        assert_eq!(server.query(&look).await.unwrap().len(), 0);
        assert!(matches!(server.create_database("no blanks").await, Err(Error::Input { .. })));
    }
}
