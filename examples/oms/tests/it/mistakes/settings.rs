//! A log that does not hold whole rows: by the server's settings, and by those of one session.

use oms_test_servers::{ServerBuilder, Servers};

use super::{DATA, ROWS, TABLE, is_mended, is_refused, rows, sections};
use crate::support::{Migration, ended};

async fn migration(test: &str, source: ServerBuilder) -> Option<Migration> {
    let source = Box::pin(source.start_or_skip(test)).await?;
    let target = Box::pin(Servers::mysql().start_or_skip(test)).await?;
    let migration = Migration::between(source, target).await;
    migration.both(TABLE).await;
    migration.from.query(ROWS).await.unwrap();
    Some(migration)
}

/// A setting of the server is refused before anything is written, and the message's own statement mends it.
async fn a_setting(test: &str, source: ServerBuilder, words: &[&str], mend: &str) {
    let Some(migration) = migration(test, source).await else { return };
    let program = migration.program(&sections(&migration));
    is_refused(&migration, &program, &[words, &[mend]].concat()).await;
    migration.source.query(mend).await.unwrap();
    migration.from.query("INSERT INTO t VALUES (3,'three')").await.unwrap();
    is_mended(&migration, &program).await;
    // Set back later, while only a session that has the right setting of its own writes: the next run refuses, too, and
    // goes on once it is mended.
    let back = mend.replace("'ROW'", "'STATEMENT'").replace("'FULL'", "'MINIMAL'");
    migration.source.query(&back).await.unwrap();
    let own = mend.replace("GLOBAL", "SESSION");
    migration.from.query(&format!("{own}; INSERT INTO t VALUES (5,'five')")).await.unwrap();
    let before = rows(&migration).await;
    let output = program.run("run", &DATA).await.expect(2);
    assert!(output.err.contains(words[0]) && output.err.contains("SET GLOBAL"), "{}", output.err);
    assert_eq!(rows(&migration).await, before);
    migration.source.query(mend).await.unwrap();
    migration.from.query("UPDATE t SET v='new' WHERE id=3").await.unwrap();
    is_mended(&migration, &program).await;
}

#[tokio::test]
async fn a_binlog_format_that_is_not_row_is_refused() {
    let source = Servers::mysql80().with_option("--binlog-format=STATEMENT");
    let words = ["binlog_format is STATEMENT", "clients connect anew"];
    a_setting("mistakes::settings::format", source, &words, "SET GLOBAL binlog_format = 'ROW'").await;
}

#[tokio::test]
async fn a_row_image_that_is_not_full_is_refused() {
    let source = Servers::mysql().with_option("--binlog-row-image=MINIMAL");
    let words = ["binlog_row_image is MINIMAL", "clients connect anew"];
    a_setting("mistakes::settings::image", source, &words, "SET GLOBAL binlog_row_image = 'FULL'").await;
}

/// What a session with a setting of its own writes stops the run, changes nothing, and is told again by the next run;
/// the way out is a new copy.
async fn a_session(test: &str, source: ServerBuilder, setting: &str, words: &[&str]) {
    let Some(migration) = migration(test, source).await else { return };
    let program = migration.program(&sections(&migration));
    let running = program.start("run", &DATA[..2]);
    program.run("wait", &["--caught-up"]).await.expect(0);
    migration.from.query(&format!("{setting}; UPDATE t SET v='secret' WHERE id=2")).await.unwrap();
    let first = ended(running).await.expect(1);
    let second = program.run("run", &DATA).await.expect(1);
    for output in [first, second] {
        for word in words {
            assert!(output.err.contains(word), "{word}: {}", output.err);
        }
        assert!(!output.err.contains("secret"), "{}", output.err);
    }
    let two = &rows(&migration).await[1][1];
    assert_eq!(two.as_deref(), Some("two"), "it was passed over, or applied in part");
    // As it is told: the table is copied anew, under another name of the project.
    migration.to.query("DELETE FROM t").await.unwrap();
    let text = migration.project(&sections(&migration));
    let anew = text.replacen("name = \"", "name = \"anew_", 1);
    is_mended(&migration, &migration.program_of(&anew)).await;
}

#[tokio::test]
async fn a_session_that_logs_statements_stops_the_run() {
    let words = ["logged as a statement", "set binlog_format=ROW for all sessions", "copy the table anew"];
    let setting = "SET SESSION binlog_format = 'STATEMENT'";
    a_session("mistakes::settings::statement", Servers::mysql80(), setting, &words).await;
}

#[tokio::test]
async fn a_session_that_logs_rows_in_part_stops_the_run() {
    let words =
        ["t", "row image is not full", "set binlog_row_image=FULL for all sessions", "copy the table anew"];
    let setting = "SET SESSION binlog_row_image = 'MINIMAL'";
    a_session("mistakes::settings::part", Servers::mysql(), setting, &words).await;
}
