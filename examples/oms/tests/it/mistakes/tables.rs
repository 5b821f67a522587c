//! Names that stand for nothing, and tables of the target that are not fit.

use super::{DATA, ROWS, TABLE, content, is_mended, is_refused, sections};
use crate::support::Migration;

async fn migration(test: &str, into_seekdb: bool, target: &str) -> Option<Migration> {
    let migration = Migration::new(test, into_seekdb).await?;
    migration.from.query(&format!("{TABLE}; {ROWS}")).await.unwrap();
    migration.to.query(target).await.unwrap();
    Some(migration)
}

#[tokio::test]
async fn an_unknown_table_is_refused() {
    let Some(migration) = migration("mistakes::tables::unknown", false, TABLE).await else { return };
    let from = migration.from.name();
    let text = migration.project(&sections(&migration));
    let mistyped = text.replace("include = [", &format!("include = [\"{from}.customr\", "));
    let program = migration.program_of(&mistyped);
    is_refused(&migration, &program, &[&format!("{from}.customr"), "no table"]).await;
    is_mended(&migration, &migration.program_of(&text)).await;
}

#[tokio::test]
async fn a_mistyped_key_of_the_project_file_is_refused() {
    let Some(migration) = migration("mistakes::tables::key", false, TABLE).await else { return };
    let text = migration.project(&sections(&migration));
    let program = migration.program_of(&text.replace("include", "inclode"));
    let before = content(&migration).await;
    for (command, options) in [("check", &[][..]), ("run", &DATA), ("status", &[]), ("verify", &[])] {
        let output = program.run(command, options).await.expect(2);
        for word in ["project.toml, line 7, column 1", "`inclode`", "`include`"] {
            assert!(output.err.contains(word), "{command} does not say {word}: {}", output.err);
        }
    }
    assert_eq!(content(&migration).await, before);
    is_mended(&migration, &migration.program_of(&text)).await;
}

async fn rows_at_the_target(test: &str, into_seekdb: bool) {
    let target = format!("{TABLE}; INSERT INTO t VALUES (7,'theirs')");
    let Some(migration) = migration(test, into_seekdb, &target).await else { return };
    let program = migration.program(&sections(&migration));
    let table = migration.to.table("t");
    is_refused(&migration, &program, &[&table, "holds rows", "empty the table"]).await;
    migration.to.query("DELETE FROM t").await.unwrap();
    is_mended(&migration, &program).await;
    // Its own rows are no obstacle to the next run.
    migration.from.query("INSERT INTO t VALUES (3,'three')").await.unwrap();
    is_mended(&migration, &program).await;
}

#[tokio::test]
async fn rows_at_mysql_are_refused_and_left_alone() {
    rows_at_the_target("mistakes::tables::rows", false).await;
}

#[tokio::test]
async fn rows_at_oceanbase_are_refused_and_left_alone() {
    rows_at_the_target("mistakes::tables::rows_oceanbase", true).await;
}

async fn a_column_too_short(test: &str, into_seekdb: bool) {
    let target = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(2))";
    let Some(migration) = migration(test, into_seekdb, target).await else { return };
    let program = migration.program(&sections(&migration));
    let column = format!("{} column v", migration.to.table("t"));
    let words = [&*column, "varchar(2) does not hold every varchar(20)", "widen the column"];
    is_refused(&migration, &program, &words).await;
    // A run that would make tables finds it as well.
    let output = program.run("run", &["--steps", "schema,full", "--dry-run"]).await.expect(2);
    assert!(output.out.contains(&column), "{}", output.out);
    migration.to.query("ALTER TABLE t MODIFY v VARCHAR(20)").await.unwrap();
    is_mended(&migration, &program).await;
}

#[tokio::test]
async fn a_column_too_short_at_mysql_is_refused() {
    a_column_too_short("mistakes::tables::short", false).await;
}

#[tokio::test]
async fn a_column_too_short_at_oceanbase_is_refused() {
    a_column_too_short("mistakes::tables::short_oceanbase", true).await;
}

/// A table that is added to the project file when the copy has been made: it is told that its rows are not, and the
/// verification finds them missing.
#[tokio::test]
async fn a_table_that_is_selected_too_late_is_told() {
    let Some(migration) = migration("mistakes::tables::late", false, TABLE).await else { return };
    let (from, to) = (migration.from.name(), migration.to.name());
    let all = "CREATE TABLE late (id INT PRIMARY KEY); INSERT INTO late VALUES (1)";
    migration.from.query(all).await.unwrap();
    migration.to.query("CREATE TABLE late (id INT PRIMARY KEY)").await.unwrap();
    let wide = migration.project(&sections(&migration));
    let narrow = wide.replace(&format!("\"{from}.*\""), &format!("\"{from}.t\""));
    assert_ne!(narrow, wide);
    let output = migration.program_of(&narrow).run("run", &DATA).await.expect(0);
    assert!(!output.err.contains("late"), "{}", output.err);
    let program = migration.program_of(&wide);
    let output = program.run("run", &DATA).await.expect(0);
    let told = format!("warning: {from}.late: it was not there, or not selected, when the project began");
    assert!(output.err.contains(&told) && output.err.contains("a project of its own"), "{}", output.err);
    let output = program.run("verify", &[]).await.expect(1);
    assert!(
        output.out.contains(&format!("{to}.late")) || output.out.contains(&format!("{from}.late")),
        "{}",
        output.out
    );
    // As it is told.
    let own = wide.replace(&format!("\"{from}.*\""), &format!("\"{from}.late\""));
    let own = own.replacen("name = \"", "name = \"own_", 1);
    is_mended(&migration, &migration.program_of(&own)).await;
}
