//! Tables read from a server's catalogue and made anew on the same server must be the same tables, by the server's own
//! SHOW CREATE TABLE.

use oms_core::TableName;
use oms_core::ddl::{Dialect, render_create, session_statement};
use oms_core::mysql::{Catalog, Session, quote_table};
use oms_core::schema::{ForeignKey, SchemaDiff, TableSchema};
use oms_test_servers::ServerBuilder;

use super::corpus::Case;
use super::judge;
use crate::support;

/// Makes the tables of all cases anew and fails with all that differ.
pub(crate) async fn run(server: ServerBuilder, prefix: &str, cases: Vec<Case>) {
    let Some(server) = server.start_or_skip(prefix).await else {
        return;
    };
    let mut failures = Vec::new();
    let mut tables = 0;
    for (number, case) in cases.iter().enumerate() {
        let mut session = support::session(server.url()).await;
        if !judge::takes(case, Catalog::new(&mut session).dialect()) {
            continue;
        }
        let mut reader = support::session(server.url()).await;
        let database = format!("{prefix}_{}_{number}", std::process::id());
        let result = match judge::make(case, &database, &mut session, &mut reader).await {
            Ok(()) => again(&database, &mut reader).await,
            Err(failure) => Err(failure),
        };
        judge::drop_databases(&mut reader, &database).await;
        match result {
            Ok(count) => tables += count,
            Err(failure) => failures.push(format!("{}\n    {failure}", case.name)),
        }
    }
    println!("{tables} tables made anew by {prefix}");
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
    assert!(tables > 100, "only {tables} tables");
}

async fn again(database: &str, session: &mut Session) -> Result<usize, String> {
    let schemas = judge::read(session, database).await?;
    let dialect = Catalog::new(session).dialect();
    if let Some(statement) = session_statement(dialect) {
        execute(session, statement).await?;
    }
    execute(session, "SET SESSION foreign_key_checks = 0").await?;
    execute(session, &format!("CREATE DATABASE {database}_again")).await?;
    let originals: Vec<&TableSchema> =
        schemas.iter().map(|table| &**table).filter(|table| table.name().database() == database).collect();
    let copies: Vec<TableSchema> = originals.iter().map(|table| moved(table, database)).collect();
    for copy in &copies {
        make(session, copy, dialect).await?;
    }
    let names: Vec<TableName> = copies.iter().map(|copy| copy.name().clone()).collect();
    let read = Catalog::new(session).schemas(&names).await.map_err(|error| error.to_string())?;
    if let Some(refused) = read.refused.first() {
        return Err(refused.to_string());
    }
    for (original, copy) in originals.iter().zip(&copies) {
        let Some(found) = read.tables.iter().find(|table| table.name() == copy.name()) else {
            return Err(format!("{} is not there", copy.name()));
        };
        let diff = SchemaDiff::between(copy, found, &[]);
        if !diff.is_empty() {
            return Err(format!("{}: {diff}", copy.name()));
        }
        let (ours, theirs) = (shown(session, copy.name()).await?, shown(session, original.name()).await?);
        if ours != theirs {
            return Err(format!("{}\n{}\nis\n{}", copy.name(), theirs.join("\n"), ours.join("\n")));
        }
    }
    Ok(copies.len())
}

/// Runs all statements that make a table.
async fn make(session: &mut Session, table: &TableSchema, dialect: Dialect) -> Result<(), String> {
    let statements = render_create(table, dialect);
    execute(session, &statements.create_table).await?;
    for statement in statements.secondary_indexes.iter().chain(&statements.foreign_keys) {
        execute(session, statement).await?;
    }
    Ok(())
}

async fn execute(session: &mut Session, sql: &str) -> Result<(), String> {
    let result = session.execute(sql).await;
    result.map(|_| ()).map_err(|error| format!("{}\n    of {sql}", oms_core::error::Chain(&error)))
}

/// The table in the database of copies, with foreign keys among the copies.
fn moved(table: &TableSchema, database: &str) -> TableSchema {
    let to = |name: &TableName| match name.database() == database {
        true => TableName::new(format!("{database}_again"), name.table()),
        false => name.clone(),
    };
    let foreign_keys = table.foreign_keys().iter().map(|foreign_key| ForeignKey {
        referenced_table: to(&foreign_key.referenced_table),
        ..foreign_key.clone()
    });
    let foreign_keys = foreign_keys.collect();
    table.clone().with_name(to(table.name())).with_foreign_keys(foreign_keys)
}

/// The lines of SHOW CREATE TABLE in an order that does not depend on that of the statements.
async fn shown(session: &mut Session, table: &TableName) -> Result<Vec<String>, String> {
    let sql = format!("SHOW CREATE TABLE {}", quote_table(table));
    let rows = session.query(sql).await.map_err(|error| error.to_string())?;
    let text = rows[0].text(1).map_err(|error| error.to_string())?;
    let mut lines: Vec<String> = text.lines().map(|line| plain(line.trim_end_matches(','))).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort();
    Ok(lines)
}

/// What is not carried because it changes nothing, or changes with the rows.
const LEFT_OUT: [&str; 8] = [
    " USING BTREE",
    " USING HASH",
    " ON DELETE RESTRICT",
    " ON UPDATE RESTRICT",
    " ON DELETE NO ACTION",
    " ON UPDATE NO ACTION",
    " AUTO_INCREMENT=100",
    ") KEY_BLOCK_SIZE=8",
];

/// A line without what changes nothing, such as the width of an integer that is not zero-filled.
fn plain(line: &str) -> String {
    let mut line = line.to_owned();
    if line.starts_with("PARTITIONS 1 ") || line.ends_with(") */") {
        // One partition may be counted or not.
        line = line.replace("PARTITIONS 1 ", "").replace(") */", ")").replace("*/", "");
    }
    for text in LEFT_OUT {
        line = line.replace(text, if text.starts_with(')') { ")" } else { "" });
    }
    if !line.contains("zerofill") && !line.contains("tinyint(1) D") && !line.contains("tinyint(1) N") {
        for name in ["int(", "year("] {
            if let Some(start) = line.find(name)
                && let Some(end) = line[start..].find(')')
            {
                line.replace_range(start + name.len() - 1..=start + end, "");
            }
        }
    }
    // Whether the server shows a column's own character set depends on how it was given, not on what it is; the catalogue
    // tells that for certain.
    for name in [" CHARACTER SET ", " COLLATE "] {
        if let Some(start) = line.find(name) {
            let rest = &line[start + name.len()..];
            let length = rest.find(' ').unwrap_or(rest.len());
            line.replace_range(start..start + name.len() + length, "");
        }
    }
    line
}
