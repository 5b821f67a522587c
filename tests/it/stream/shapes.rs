//! Statements that the log shows in an awkward shape.

use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, until, within};

const TABLES: &str = "\
    CREATE TABLE moved (id INT PRIMARY KEY, v INT); \
    CREATE TABLE bag (a INT, b VARCHAR(10)); \
    CREATE TABLE nullable (k INT NULL, v INT, UNIQUE (k)); \
    CREATE TABLE pairs (id INT PRIMARY KEY, u INT UNIQUE, v INT); \
    CREATE TABLE empty_updates (id INT PRIMARY KEY, v DOUBLE, w FLOAT, x DECIMAL(9,2))";

/// Written before the copy begins.
const BEFORE: &str = "\
    INSERT INTO bag VALUES (1,'x'),(1,'x'),(1,'x'),(2,NULL),(1,'X'),(1,'x '); \
    INSERT INTO nullable VALUES (NULL,1),(NULL,1),(NULL,2),(1,3); \
    INSERT INTO pairs VALUES (1,10,0),(2,20,0),(3,30,0); \
    INSERT INTO empty_updates VALUES (1,0,0,0),(2,-0.0,1e30,NULL),(3,NULL,NULL,-1.50)";

/// Written while the log is followed.
const AFTER: [&str; 18] = [
    "UPDATE moved SET id=id+1000",
    "UPDATE moved SET id=id-999 ORDER BY id",
    "UPDATE moved SET id=id+1 ORDER BY id DESC",
    "DELETE FROM bag WHERE a=1 LIMIT 1",
    "UPDATE bag SET b='y' WHERE a=1 LIMIT 1",
    "UPDATE bag SET b=NULL WHERE a=1 LIMIT 1; INSERT INTO bag VALUES (NULL,NULL),(NULL,NULL); DELETE FROM bag WHERE a IS NULL LIMIT 1",
    "UPDATE nullable SET v=9 WHERE k IS NULL AND v=2; DELETE FROM nullable WHERE k IS NULL AND v=1 LIMIT 1",
    "UPDATE nullable SET k=2 WHERE v=9; UPDATE nullable SET k=NULL WHERE k=1",
    "REPLACE INTO pairs VALUES (1,20,5)",
    "INSERT INTO pairs VALUES (3,31,1) ON DUPLICATE KEY UPDATE v=v+1",
    "INSERT IGNORE INTO pairs VALUES (3,99,9)",
    "UPDATE pairs a JOIN pairs b ON a.id=b.id SET a.v=b.v+1",
    "DELETE a FROM pairs a JOIN pairs b ON a.id=b.id WHERE a.id=3",
    "BEGIN; DELETE FROM pairs WHERE id=1; INSERT INTO pairs VALUES (7,20,7); UPDATE pairs SET u=21 WHERE id=7; COMMIT",
    "BEGIN; INSERT INTO pairs VALUES (8,80,0); SAVEPOINT a; INSERT INTO pairs VALUES (9,90,0); ROLLBACK TO a; COMMIT",
    "UPDATE empty_updates SET v=-0.0 WHERE id=1; UPDATE empty_updates SET w=w*2, x=0.00 WHERE id=2",
    "XA START 'kept'; INSERT INTO moved VALUES (5000,1); XA END 'kept'; XA PREPARE 'kept'",
    "XA START 'kept','b'; INSERT INTO moved VALUES (6000,1); XA END 'kept','b'; XA PREPARE 'kept','b'; XA ROLLBACK 'kept','b'",
];

/// Written after a restart: what was prepared before it is decided now.
const LAST: &str = "INSERT INTO moved VALUES (7000,1); XA COMMIT 'kept'; UPDATE moved SET v=2 WHERE id=5000";

async fn arrive(test: &str, source: ServerBuilder, target: ServerBuilder, session: &str) {
    let Some(migration) = Box::pin(Migration::start(test, source, target, TABLES)).await else { return };
    migration.shop.query(BEFORE).await.unwrap();
    let numbers: Vec<String> = (1..=500).map(|n| format!("({n},{n})")).collect();
    migration.shop.query(&format!("INSERT INTO moved VALUES {}", numbers.join(","))).await.unwrap();
    let run = migration.run();
    migration.caught_up(&run).await;
    // Names of XA transactions are global to the server.
    let named = |text: &str| text.replace("'kept'", &format!("'kept {}'", migration.shop.name()));
    for statements in AFTER {
        let statements = named(statements);
        let result = migration.shop.query(&format!("{session}{statements}")).await;
        result.unwrap_or_else(|error| panic!("{test}: {statements}: {error}: {:?}", error));
    }
    migration
        .shop
        .query(&format!("{session}INSERT INTO bag SELECT id, 'many' FROM moved WHERE id<400"))
        .await
        .unwrap();
    // The position waits for the XA transaction that is prepared, so what came last tells.
    let many = "SELECT COUNT(*) FROM bag WHERE b='many'";
    let written = migration.shop.query(many).await.expect("a count");
    until("the last transaction is there", || async {
        let arrived = migration.copy.query(many).await.expect("a count");
        (run.handle.is_ended() || arrived == written).then_some(())
    })
    .await;
    assert_eq!(run.stop().await.retries, 0);
    migration.shop.query(&named(LAST)).await.unwrap();
    let summary = within("the second run", migration.run_until_caught_up()).await;
    assert_eq!(summary.retries, 0);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_97_at_mysql() {
    arrive("stream::shapes::97", Servers::mysql(), Servers::mysql80(), "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_97_at_oceanbase() {
    arrive("stream::shapes::97_oceanbase", Servers::mysql(), Servers::seekdb(), "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_97_in_compressed_transactions() {
    let session = "SET SESSION binlog_transaction_compression=ON; ";
    arrive("stream::shapes::compressed", Servers::mysql(), Servers::mysql80(), session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_97_under_tagged_gtids() {
    let session = "SET SESSION gtid_next='AUTOMATIC:orders'; ";
    arrive("stream::shapes::tagged", Servers::mysql(), Servers::mysql80(), session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_80() {
    arrive("stream::shapes::80", Servers::mysql80(), Servers::mysql(), "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_57() {
    arrive("stream::shapes::57", Servers::mysql57(), Servers::mysql80(), "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mysql_57_without_gtids_and_checksums() {
    let source = Servers::mysql57()
        .with_option("--gtid-mode=OFF")
        .with_option("--enforce-gtid-consistency=OFF")
        .with_option("--binlog-checksum=NONE");
    arrive("stream::shapes::57_plain", source, Servers::mysql80(), "").await;
}
