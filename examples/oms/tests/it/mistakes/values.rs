//! A value that the target refuses, which only shows when it comes: warned of before, loud, and mended in one statement.

use super::{DATA, is_mended, sections};
use crate::support::{Migration, ended};

const SOURCE: &str = "CREATE TABLE t (id INT PRIMARY KEY, n INT)";
const TARGET: &str = "CREATE TABLE t (id INT PRIMARY KEY, n TINYINT)";
const MEND: &str = "ALTER TABLE t MODIFY n INT";
const FITS: &str = "INSERT INTO t VALUES (1,1)";
const REFUSED: &str = "INSERT INTO t VALUES (2,31415),(3,3)";

async fn is_loud(test: &str, into_seekdb: bool) {
    for in_log in [false, true] {
        let Some(migration) = Migration::new(test, into_seekdb).await else { return };
        migration.from.query(&format!("{SOURCE}; {FITS}")).await.unwrap();
        migration.to.query(TARGET).await.unwrap();
        let program = migration.program(&sections(&migration));
        let output = program.run("check", &[]).await.expect(0);
        let warned = format!("{} column n: tinyint holds fewer numbers than int", migration.to.table("t"));
        assert!(output.out.contains(&warned) && output.out.contains("widen the column"), "{}", output.out);
        let first = if in_log {
            let running = program.start("run", &DATA[..2]);
            program.run("wait", &["--caught-up"]).await.expect(0);
            migration.from.query(REFUSED).await.unwrap();
            ended(running).await
        } else {
            migration.from.query(REFUSED).await.unwrap();
            program.run("run", &DATA).await
        };
        // The same again, until it is mended; transactions behind it that touch none of its rows may be there.
        migration.from.query("INSERT INTO t VALUES (4,4)").await.unwrap();
        let second = program.run("run", &DATA).await;
        for output in [first.expect(1), second.expect(1)] {
            for word in [&*migration.to.table("t"), "olumn 'n'", "change the column at the target"] {
                assert!(output.err.contains(word), "{test}: it does not say {word}: {}", output.err);
            }
            assert!(!output.err.contains("31415"), "{test}: it shows a value: {}", output.err);
            assert!(!output.err.contains("trying again"), "{test}: {}", output.err);
        }
        let torn = migration.to.query("SELECT id FROM t WHERE id IN (2, 3)").await.unwrap();
        assert!(torn.is_empty(), "{test}: its transaction is there in part: {torn:?}");
        migration.to.query(MEND).await.unwrap();
        is_mended(&migration, &program).await;
    }
}

#[tokio::test]
async fn by_mysql() {
    is_loud("mistakes::values::mysql", false).await;
}

#[tokio::test]
async fn by_oceanbase() {
    is_loud("mistakes::values::oceanbase", true).await;
}
