//! All four steps: tables, rows, changes, proof.

use serde_json::Value;

use crate::support::{Migration, ended, eventually, signal};

const SCHEMA: &str = "\
    CREATE TABLE customer (id INT PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE, name VARCHAR(40), KEY (name));\
    CREATE TABLE orders (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, \
        total DECIMAL(12,2) NOT NULL, state ENUM('new','paid') NOT NULL, at TIMESTAMP(6) NOT NULL, data JSON, \
        FOREIGN KEY (customer) REFERENCES customer (id));\
    CREATE TABLE log (line VARCHAR(100));\
    INSERT INTO customer VALUES (1,'a@x','ann'),(2,'b@x','bob'),(3,'c@x',NULL);\
    INSERT INTO orders (customer,total,state,at,data) VALUES \
        (1,9.50,'new','2026-01-02 03:04:05.5','{\"a\": 1}'),(2,0.01,'paid','2026-01-02 03:04:06',NULL);\
    INSERT INTO log VALUES ('same'),('same'),('other');";

async fn migration(test: &str, into_seekdb: bool) -> Option<Migration> {
    let migration = Migration::new(test, into_seekdb).await?;
    migration.from.query(SCHEMA).await.unwrap();
    Some(migration)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

async fn from_nothing_to_proven(migration: &Migration) {
    let program = migration.program("");
    let output = program.run("check", &["--json"]).await.expect(0);
    assert_eq!(json(&output.out)["ok"], true);
    let output = program.run("run", &["--until", "caught-up", "--json"]).await.expect(0);
    let answer = json(&output.out);
    assert_eq!((&answer["end"], &answer["verify"]["verdict"]), (&"done".into(), &"equal".into()), "{answer}");
    assert_eq!(answer["verify"]["rows"], 8, "{answer}");
    migration.assert_equal().await;
    let keys = "SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics WHERE table_name='customer' \
                AND table_schema=DATABASE()";
    assert_eq!(
        migration.to.query(keys).await.unwrap(),
        [[Some("3".to_owned())]],
        "indexes come after the copy"
    );
    let output = program.run("status", &["--json"]).await.expect(0);
    let status = json(&output.out);
    for step in ["schema", "full", "verify"] {
        assert_eq!(status["steps"][step]["state"], "done", "{status}");
    }
}

#[tokio::test]
async fn all_steps_from_mysql_into_oceanbase() {
    let Some(migration) = migration("all_steps_from_mysql_into_oceanbase", true).await else { return };
    from_nothing_to_proven(&migration).await;
}

#[tokio::test]
async fn all_steps_from_mysql_into_mysql() {
    let Some(migration) = migration("all_steps_from_mysql_into_mysql", false).await else { return };
    from_nothing_to_proven(&migration).await;
}

#[tokio::test]
async fn by_default_it_verifies_and_follows_until_stopped() {
    let Some(migration) = migration("by_default_it_verifies_and_follows_until_stopped", false).await else {
        return;
    };
    let program = migration.program("");
    let running = program.start("run", &[]);
    eventually("the verification is done", || async {
        let status = json(&program.run("status", &["--json"]).await.expect(0).out);
        status["steps"]["verify"]["state"] == "done"
    })
    .await;
    migration.from.query("INSERT INTO log VALUES ('later')").await.unwrap();
    program.run("wait", &["--caught-up"]).await.expect(0);
    migration.assert_equal().await;
    signal(&running, "TERM").await;
    let output = ended(running).await.expect(0);
    assert!(output.out.contains("equal"), "{}", output.out);
}

#[tokio::test]
async fn a_planted_difference_is_found() {
    let Some(migration) = migration("a_planted_difference_is_found", false).await else { return };
    let program = migration.program("[verify]\nreview_interval = \"100ms\"\n");
    program.run("run", &["--until", "caught-up", "--steps", "schema,full,incremental"]).await.expect(0);
    program.run("verify", &[]).await.expect(0);
    let plant = "UPDATE customer SET name='eve' WHERE id=2; DELETE FROM log LIMIT 1";
    migration.to.query(plant).await.unwrap();
    let output = program.run("verify", &["--json"]).await.expect(1);
    let answer = json(&output.out);
    assert_eq!(answer["verdict"], "different", "{answer}");
    let verdicts: Vec<_> =
        answer["tables"].as_array().unwrap().iter().map(|table| &table["verdict"]).collect();
    assert_eq!(verdicts, ["different", "different", "equal"], "{answer}");
    assert!(!output.err.contains("eve") && !output.out.contains("eve"), "no value is told");
    // A run that verifies says so by its exit status as well.
    program.run("run", &["--until", "caught-up"]).await.expect(1);
}

#[tokio::test]
async fn what_stands_against_a_project_is_listed_at_once_and_nothing_is_written() {
    let test = "what_stands_against_a_project_is_listed_at_once";
    let Some(migration) = migration(test, false).await else { return };
    migration
        .to
        .query(
            "CREATE TABLE customer (id INT PRIMARY KEY, email VARCHAR(3) NOT NULL, name VARCHAR(40)); \
        CREATE TABLE log (line VARCHAR(100)); INSERT INTO log VALUES ('there already')",
        )
        .await
        .unwrap();
    let program = migration.program("");
    let output = program.run("check", &[]).await.expect(1);
    let to = migration.to.name();
    for named in [format!("{to}.log"), "email".to_owned(), "cannot be run".to_owned()] {
        assert!(output.out.contains(&named), "{named}: {}", output.out);
    }
    let output = program.run("run", &["--until", "caught-up"]).await.expect(2);
    assert!(output.err.contains("nothing was written"), "{}", output.err);
    assert_eq!(migration.to.query("SHOW TABLES").await.unwrap().len(), 2);
    assert_eq!(migration.to.query("SELECT * FROM log").await.unwrap().len(), 1);
}
