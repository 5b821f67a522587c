//! A log that was purged before it was read.

use std::time::{Duration, Instant};

use oms_test_servers::{ServerBuilder, Servers};

use super::{DATA, ROWS, TABLE, is_mended, rows, sections};
use crate::support::Migration;

async fn is_told_once(test: &str, source: ServerBuilder, words: &[&str]) {
    let Some(source) = Box::pin(source.start_or_skip(test)).await else { return };
    let Some(target) = Box::pin(Servers::mysql().start_or_skip(test)).await else { return };
    let migration = Migration::between(source, target).await;
    migration.both(TABLE).await;
    migration.from.query(ROWS).await.unwrap();
    let program = migration.program(&sections(&migration));
    is_mended(&migration, &program).await;
    let later = "INSERT INTO t VALUES (3,'three'); FLUSH BINARY LOGS; INSERT INTO t VALUES (4,'four')";
    migration.from.query(later).await.unwrap();
    let files = migration.source.query("SHOW BINARY LOGS").await.unwrap();
    let newest = files.last().unwrap()[0].clone().unwrap();
    migration.source.query(&format!("PURGE BINARY LOGS TO '{newest}'")).await.unwrap();

    let before = rows(&migration).await;
    let checked = program.run("check", &[]).await.expect(1);
    let begun = Instant::now();
    let run = program.run("run", &DATA).await.expect(1);
    assert!(begun.elapsed() < Duration::from_secs(30), "it was tried again and again");
    let anew = ["copy the tables anew", "empty the target's tables", "another name"];
    for word in words.iter().chain(&anew) {
        assert!(checked.out.contains(word), "check does not say {word}: {}", checked.out);
        assert!(run.err.contains(word), "run does not say {word}: {}", run.err);
    }
    assert!(!run.err.contains("trying again"), "{}", run.err);
    assert_eq!(rows(&migration).await, before);

    // As it is told.
    migration.to.query("TRUNCATE TABLE t").await.unwrap();
    let text = migration.project(&sections(&migration));
    let anew = migration.program_of(&text.replacen("name = \"", "name = \"anew_", 1));
    is_mended(&migration, &anew).await;
}

#[tokio::test]
async fn purged_transactions_are_named() {
    is_told_once("mistakes::log::gtids", Servers::mysql().private(), &["purged the transactions", ":1-"])
        .await;
}

#[tokio::test]
async fn purged_files_are_named() {
    let source =
        Servers::mysql57().with_option("--gtid-mode=OFF").with_option("--enforce-gtid-consistency=OFF");
    is_told_once("mistakes::log::files", source, &[".000001 is not there"]).await;
}
