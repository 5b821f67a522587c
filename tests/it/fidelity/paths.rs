//! The ways by which a row reaches the target, and the statements that take it there.

use oms_test_servers::Database;

use super::case::{Case, Changes};

/// By which way a row reaches the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Path {
    /// It is there when the copy begins.
    Scanned,
    /// It is inserted while the log is followed.
    Inserted,
    /// It is changed, deleted and inserted again while the log is followed.
    Updated,
    /// The same, in a table without a key, where a row is found by all its values.
    Keyless,
}

impl Path {
    pub(crate) const ALL: [Path; 4] = [Path::Scanned, Path::Inserted, Path::Updated, Path::Keyless];
    /// The paths of a table with a key.
    pub(crate) const KEYED: [Path; 3] = [Path::Scanned, Path::Inserted, Path::Updated];

    /// The prefix of its database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Path::Scanned => "scanned",
            Path::Inserted => "inserted",
            Path::Updated => "updated",
            Path::Keyless => "keyless",
        }
    }

    /// True if the rows are there before the copy begins.
    pub(crate) fn has_rows_first(self) -> bool {
        self != Path::Inserted
    }
}

/// What every set-up script begins with.
pub(crate) const MODES: &str = "SET NAMES utf8mb4; SET SESSION sql_mode = '';";

/// The name in backticks.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Runs a script of a case in a database.
pub(crate) async fn run(database: &Database, case: &Case, script: &str) {
    let script = format!("{MODES} {}", script.replace("{t}", &quoted(case.table)));
    if let Err(error) = database.query(&script).await {
        panic!("{} in {}: {error:?}", case.id, database.name());
    }
}

/// Makes the table of a case.
pub(crate) async fn make(database: &Database, path: Path, case: &Case) {
    let drop = if path == Path::Keyless { "; ALTER TABLE {t} DROP PRIMARY KEY" } else { "" };
    run(database, case, &format!("{}{drop}", case.create)).await;
}

/// Fills the table of a case; `pristine` holds it filled.
pub(crate) async fn fill(database: &Database, pristine: &Database, case: &Case) {
    if case.made_once {
        let copy = format!("INSERT INTO {{t}} SELECT * FROM {}.{{t}}", quoted(pristine.name()));
        return run(database, case, &copy).await;
    }
    run(database, case, &case.rows).await;
}

/// Changes the rows of a case in `database`; `pristine` holds the same table as it was filled.
pub(crate) async fn change(database: &Database, pristine: &Database, case: &Case) {
    if let Changes::Statements(script) = case.changes {
        return run(database, case, script).await;
    }
    let columns = format!(
        "SELECT COLUMN_NAME, COLUMN_KEY = 'PRI', IS_NULLABLE = 'YES' FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = '{}' AND TABLE_NAME = '{}' AND GENERATION_EXPRESSION = '' ORDER BY ORDINAL_POSITION",
        pristine.name(),
        case.table.replace('\'', "''"),
    );
    let columns = pristine.query(&columns).await.expect("the columns");
    let columns: Vec<(String, bool, bool)> = columns
        .into_iter()
        .map(|row| {
            let text = |at: usize| row[at].clone().expect("a value");
            (quoted(&text(0)), text(1) == "1", text(2) == "1")
        })
        .collect();
    let key = &columns.iter().find(|(_, is_key, _)| *is_key).expect("a key").0;
    let values = || columns.iter().filter(|(_, is_key, _)| !is_key);
    let table = quoted(case.table);
    let theirs = format!("{}.{table}", quoted(pristine.name()));
    let keys = format!("SELECT QUOTE({key}) FROM {table} ORDER BY {key}");
    let keys: Vec<String> =
        database.query(&keys).await.expect("the keys").into_iter().flatten().flatten().collect();
    let take = |of: &str, to: &str| {
        let set: Vec<String> = values().map(|(name, ..)| format!("a.{name} = b.{name}")).collect();
        let set = set.join(", ");
        format!("UPDATE {table} a JOIN {theirs} b ON b.{key} = {of} SET {set} WHERE a.{key} = {to};")
    };
    let mut script = String::new();
    for pair in keys.windows(2) {
        script.push_str(&take(&pair[1], &pair[0]));
    }
    let (first, last) = (keys.first().expect("a row"), keys.last().expect("a row"));
    let nulls: Vec<String> =
        values().filter(|(.., nullable)| *nullable).map(|(name, ..)| format!("{name} = NULL")).collect();
    if !nulls.is_empty() {
        script.push_str(&format!("UPDATE {table} SET {} WHERE {key} = {last};", nulls.join(", ")));
    }
    script.push_str(&take(first, last));
    script.push_str(&format!("DELETE FROM {table} WHERE {key} = {first};"));
    let names: Vec<&str> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let names = names.join(", ");
    script.push_str(&format!(
        "INSERT INTO {table} ({names}) SELECT {names} FROM {theirs} WHERE {key} = {first};"
    ));
    run(database, case, &script).await;
}
