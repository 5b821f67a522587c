//! From the first row to caught up, waited for, and equal.

use serde_json::Value;

use crate::support::{Migration, ended, eventually, signal};

/// Tables that both sides have, so that these tests need no schema step.
const TABLES: &str = "\
    CREATE TABLE customer (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, born DATE, note TEXT);\
    CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, \
        total DECIMAL(12,2) NOT NULL, at TIMESTAMP(6) NOT NULL, data JSON);\
    CREATE TABLE log (line VARCHAR(100));";

/// So many customers and orders, from a number on.
fn rows(from: u32, count: u32) -> String {
    format!(
        "SET SESSION cte_max_recursion_depth=1000000; \
         INSERT INTO customer WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i+1 FROM n WHERE i+1<{to}) \
             SELECT i, CONCAT('näme ', i), DATE_ADD('1970-01-01', INTERVAL i DAY), REPEAT('x', i % 50) FROM n; \
         INSERT INTO orders (customer, total, at, data) \
             SELECT id, id*1.25, '2026-01-02 03:04:05.678901', JSON_OBJECT('a', id) FROM customer WHERE id>={from}; \
         INSERT INTO log SELECT 'same' FROM customer WHERE id>={from};",
        to = from + count
    )
}

pub(crate) async fn migration(test: &str, into_seekdb: bool) -> Option<Migration> {
    let migration = Migration::new(test, into_seekdb).await?;
    migration.both(TABLES).await;
    migration.from.query(&rows(0, 2000)).await.unwrap();
    Some(migration)
}

const DATA: [&str; 2] = ["--steps", "full,incremental"];

#[tokio::test]
async fn copies_and_catches_up_into_oceanbase() {
    let Some(migration) = migration("copies_and_catches_up_into_oceanbase", true).await else { return };
    let program = migration.program("");
    let options = [&DATA[..], &["--until", "caught-up", "--json"]].concat();
    let output = program.run("run", &options).await.expect(0);
    let answer: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!((&answer["end"], &answer["caught_up"]), (&"done".into(), &true.into()), "{answer}");
    assert_eq!(answer["steps"][0]["rows"], 6000, "{answer}");
    migration.assert_equal().await;

    // What comes later is carried by the next run, which copies nothing again.
    migration.from.query(&rows(2000, 100)).await.unwrap();
    migration
        .from
        .query("UPDATE customer SET name='other' WHERE id<10; DELETE FROM log LIMIT 5")
        .await
        .unwrap();
    let output = program.run("run", &options).await.expect(0);
    let answer: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(answer["steps"][0]["step"], "incremental", "{answer}");
    assert_eq!(answer["steps"][0]["rows"], 315, "{answer}");
    migration.assert_equal().await;
}

#[tokio::test]
async fn waits_from_another_process_and_status_tells() {
    let Some(migration) = migration("waits_from_another_process_and_status_tells", false).await else {
        return;
    };
    let program = migration.program("[full]\nconnections = 2\n");
    // Nobody runs it, so nothing will come.
    let output = program.run("wait", &["--caught-up", "--timeout", "500ms"]).await.expect(1);
    assert!(output.err.contains("nobody runs it"), "{}", output.err);

    let running = program.start("run", &DATA);
    program.run("wait", &["--caught-up", "--timeout", "60s"]).await.expect(0);
    migration.from.query(&rows(5000, 500)).await.unwrap();
    let output = program.run("wait", &["--caught-up", "--json"]).await.expect(0);
    let answer: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(answer["caught_up"], true);
    migration.assert_equal().await;

    eventually("the record of the step that runs", || async {
        let output = program.run("status", &["--json"]).await.expect(0);
        let status: Value = serde_json::from_str(&output.out).unwrap();
        assert_eq!((&status["copied"], &status["caught_up"]), (&true.into(), &true.into()), "{status}");
        assert!(status["holder"]["owner"].as_str().unwrap().starts_with("process "), "{status}");
        status["steps"]["full"]["state"] == "done" && status["steps"]["incremental"]["state"] == "running"
    })
    .await;
    signal(&running, "TERM").await;
    ended(running).await.expect(0);
    let output = program.run("status", &[]).await.expect(0);
    assert!(output.out.contains("run by        nobody") && output.out.contains("copy          complete"));
}

#[tokio::test]
async fn a_copy_alone_ends_and_following_goes_on_from_it() {
    let Some(migration) = migration("a_copy_alone_ends_and_following_goes_on_from_it", false).await else {
        return;
    };
    let program = migration.program("[steps]\nschema = false\nverify = false\n");
    program.run("run", &["--steps", "full"]).await.expect(0);
    migration.assert_equal().await;
    migration.from.query(&rows(3000, 50)).await.unwrap();
    program.run("run", &["--steps", "full"]).await.expect(0);
    program.run("run", &["--until", "caught-up"]).await.expect(0);
    migration.assert_equal().await;
}

#[tokio::test]
async fn following_alone_begins_now_and_goes_on_there() {
    let Some(migration) = migration("following_alone_begins_now_and_goes_on_there", false).await else {
        return;
    };
    let program = migration.program("");
    let options = ["--steps", "incremental", "--until", "caught-up"];
    program.run("run", &options).await.expect(0);
    let statement = "INSERT INTO customer VALUES (100000, 'new', NULL, NULL)";
    migration.from.query(statement).await.unwrap();
    program.run("run", &options).await.expect(0);
    let rows = migration.to.query("SELECT id FROM customer").await.unwrap();
    assert_eq!(rows, [[Some("100000".to_owned())]]);
    let output = program.run("run", &DATA).await.expect(2);
    assert!(output.err.contains("followed the log without a copy"), "{}", output.err);
}

#[tokio::test]
async fn state_may_be_in_a_folder() {
    let Some(migration) = migration("state_may_be_in_a_folder", false).await else { return };
    let program = migration.program("");
    let folder = migration.folder().join("state");
    let state = ["--state", folder.to_str().unwrap()];
    let running = program.start("run", &[&DATA[..], &state].concat());
    program.run("wait", &[&["--caught-up"][..], &state].concat()).await.expect(0);
    let output = program.run("run", &[&DATA[..], &state].concat()).await.expect(1);
    assert!(output.err.contains("is held by process"), "{}", output.err);
    signal(&running, "INT").await;
    ended(running).await.expect(0);
    let output = program.run("status", &[&["--json"][..], &state].concat()).await.expect(0);
    let status: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(status["steps"]["full"]["state"], "done", "{status}");
    migration.assert_equal().await;
}
