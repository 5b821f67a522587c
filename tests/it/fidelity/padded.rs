//! A source whose sessions pad CHAR to its full length unless they say otherwise (T13): no value comes padded, and rows
//! without a key are found.

use oms_test_servers::{Database, ServerBuilder, Servers};

use crate::support::Migration;

const TABLES: &str = "\
    CREATE TABLE t13 (id INT PRIMARY KEY, c CHAR(10), v VARCHAR(10)) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin; \
    CREATE TABLE keyless (c CHAR(10), v VARCHAR(10)) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin; \
    CREATE TABLE by_char (c CHAR(10) PRIMARY KEY, v INT) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin";

async fn lines(database: &Database, sql: &str) -> Vec<String> {
    database.query(sql).await.expect("rows").into_iter().map(|row| format!("{row:?}")).collect()
}

async fn none_comes_padded(target: ServerBuilder) {
    // 8.0 is the last to be asked: later servers may take the mode away.
    let source = Servers::mysql80().with_option("--sql-mode=PAD_CHAR_TO_FULL_LENGTH");
    let test = "fidelity::padded";
    let Some(migration) = Box::pin(Migration::start(test, source, target, TABLES)).await else { return };
    let padded = migration.source.query("SELECT @@global.sql_mode, CHAR_LENGTH(CAST('a' AS CHAR(3)))").await;
    assert!(
        padded.expect("the mode")[0][0].as_deref().expect("the mode").contains("PAD_CHAR"),
        "nothing is tried"
    );
    let rows = "INSERT INTO t13 VALUES (1,'ab  ','ab  '),(2,'','   '); \
                INSERT INTO keyless VALUES ('ab','ab '),('ab','ab '),('x','x'); \
                INSERT INTO by_char VALUES ('k',1),('k k',2)";
    migration.shop.query(rows).await.expect("rows");
    let run = migration.run();
    migration.caught_up(&run).await;
    let changes = "INSERT INTO t13 VALUES (3,'ab  ','ab  '),(4,'cd','cd  '); UPDATE t13 SET v='ef ' WHERE id=1; \
                   UPDATE t13 SET c='gh' WHERE id=2; DELETE FROM t13 WHERE id=4; INSERT INTO t13 VALUES (4,'cd','cd  '); \
                   DELETE FROM keyless WHERE v='ab ' LIMIT 1; UPDATE keyless SET v='y ' WHERE v='x'; \
                   UPDATE by_char SET v=3 WHERE v=1; UPDATE by_char SET c='l' WHERE v=2";
    migration.shop.query(changes).await.expect("changes");
    migration.caught_up(&run).await;
    assert_eq!(run.stop().await.retries, 0);
    // What is stored, in hexadecimal, so that no session's mode matters.
    let stored = lines(&migration.copy, "SELECT id, HEX(c), HEX(v) FROM t13 ORDER BY id").await;
    let row =
        |id: &str, c: &str, v: &str| format!("{:?}", [id, c, v].map(|text| Some(text.to_owned())).to_vec());
    let wanted = [
        row("1", "6162", "656620"),
        row("2", "6768", "202020"),
        row("3", "6162", "61622020"),
        row("4", "6364", "63642020"),
    ];
    assert_eq!(stored, wanted);
    let stored = lines(&migration.copy, "SELECT HEX(c), HEX(v), '' FROM keyless ORDER BY c").await;
    assert_eq!(stored, [row("6162", "616220", ""), row("78", "7920", "")]);
    let stored = lines(&migration.copy, "SELECT HEX(c), v, '' FROM by_char ORDER BY c").await;
    assert_eq!(stored, [row("6B", "3", ""), row("6C", "2", "")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_mysql() {
    none_comes_padded(Servers::mysql()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_oceanbase() {
    none_comes_padded(Servers::seekdb()).await;
}
