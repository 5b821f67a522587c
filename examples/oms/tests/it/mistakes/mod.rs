//! Each thing that people get wrong, through the program: told with what to do before anything is written wherever it can be
//! known before, and once it is mended, the next run goes on and ends equal.

mod away;
mod log;
mod settings;
mod sign_in;
mod tables;
mod values;

use crate::support::{Migration, Program};

/// Rows and changes, without the schema step: the tables are there.
const DATA: [&str; 4] = ["--steps", "full,incremental", "--until", "caught-up"];
const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))";
const ROWS: &str = "INSERT INTO t VALUES (1,'one'),(2,'two')";

/// The state is kept beside the tables, where it goes with them, and `[steps]` are those of [`DATA`].
fn sections(migration: &Migration) -> String {
    format!("{}[steps]\nschema = false\nverify = false\n", migration.state_beside())
}

/// Every table of the target with its rows, state and all.
async fn content(migration: &Migration) -> Vec<String> {
    let mut content = Vec::new();
    let mut tables: Vec<String> =
        migration.to.query("SHOW TABLES").await.unwrap().into_iter().flatten().flatten().collect();
    tables.sort();
    for table in tables {
        let rows = migration.to.query(&format!("SELECT * FROM `{table}`")).await.unwrap();
        content.push(format!("{table}: {rows:?}"));
    }
    content
}

/// `check` lists it and `run` refuses it, both in these words, and the target stays as it is.
async fn is_refused(migration: &Migration, program: &Program, words: &[&str]) {
    let before = content(migration).await;
    let output = program.run("check", &[]).await.expect(1);
    for word in words {
        assert!(output.out.contains(word), "check does not say {word}: {}", output.out);
    }
    assert!(output.out.contains("cannot be run"), "{}", output.out);
    let output = program.run("run", &DATA).await.expect(2);
    assert!(output.out.is_empty(), "{}", output.out);
    for word in words {
        assert!(output.err.contains(word), "run does not say {word}: {}", output.err);
    }
    assert_eq!(content(migration).await, before, "something was written");
}

/// The rows of the table of these tests.
async fn rows(migration: &Migration) -> Vec<Vec<Option<String>>> {
    migration.to.query("SELECT * FROM t ORDER BY id").await.unwrap()
}

/// Nothing stands against it any more, and it comes to its end.
async fn is_mended(migration: &Migration, program: &Program) {
    let output = program.run("check", &[]).await.expect(0);
    assert!(output.out.contains("can be run"), "{}", output.out);
    program.run("run", &DATA).await.expect(0);
    migration.assert_equal().await;
}
