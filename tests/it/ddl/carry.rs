//! Schemas and schema changes of MySQL 9.7 carried to other servers: what their catalogues hold afterwards must be what the
//! conversion said, and carrying the same again must have nothing to do.

use oms_core::ddl::{Conversion, DdlContext, Statement, render_alter, session_statement};
use oms_core::mysql::{Catalog, Session};
use oms_core::schema::{SchemaDiff, SchemaSet, TableSchema};
use oms_core::{Error, TableName};
use oms_test_servers::{ServerBuilder, Servers};

use super::corpus::Case;
use super::judge;
use crate::support;

/// One end of a case.
struct Ends {
    source: Session,
    reader: Session,
    target: Session,
    conversion: Conversion,
    database: String,
    tables: usize,
    refused: Vec<String>,
}

/// Carries all cases to a server and fails with all that differ. `name` is the word by which cases mark what this target
/// does not do.
pub(crate) async fn run(target: ServerBuilder, name: &str, cases: Vec<Case>) {
    let Some(source) = Servers::mysql().start_or_skip(name).await else {
        return;
    };
    let Some(target) = target.start_or_skip(name).await else {
        return;
    };
    let mut failures = Vec::new();
    let (mut tables, mut refused) = (0, Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let mut session = support::session(source.url()).await;
        let from = Catalog::new(&mut session).dialect();
        if !judge::takes(case, from) || case.refused.is_some() || case.unknown {
            continue;
        }
        let mut target = support::session(target.url()).await;
        let to = Catalog::new(&mut target).dialect();
        let name_case = target.server().name_case();
        let mut ends = Ends {
            source: session,
            reader: support::session(source.url()).await,
            target,
            conversion: Conversion::new(from, to).with_name_case(name_case),
            database: format!("{name}_{}_{number}", std::process::id()),
            tables: 0,
            refused: Vec::new(),
        };
        let result = carry(case, &mut ends).await;
        judge::drop_databases(&mut ends.reader, &ends.database).await;
        judge::drop_databases(&mut ends.target, &ends.database).await;
        tables += ends.tables;
        let expected = case.targets.iter().find(|(target, _)| target == name).map(|(_, words)| words);
        match (result, expected) {
            (Ok(()), None) => {}
            (Ok(()), Some(words)) if ends.refused.iter().any(|reason| reason.contains(words)) => {}
            (Ok(()), Some(words)) => {
                failures.push(format!("{}\n    carried, not stopped by {words}", case.name))
            }
            (Err(failure), Some(words)) if failure.contains(words) => {}
            (Err(failure), _) => failures.push(format!("{}\n    {failure}", case.name)),
        }
        refused.extend(ends.refused);
    }
    println!("{tables} tables carried to {name}, {} refused: {refused:#?}", refused.len());
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
    assert!(tables > 100, "only {tables} tables");
}

async fn carry(case: &Case, ends: &mut Ends) -> Result<(), String> {
    if let Some(statement) = session_statement(ends.conversion.to) {
        execute(&mut ends.target, statement).await?;
    }
    execute(&mut ends.target, "SET SESSION foreign_key_checks = 0").await?;
    judge::prepare(case, &ends.database, &mut ends.source, &mut ends.reader).await?;
    let mut schemas = judge::read(&mut ends.reader, &ends.database).await?;
    make_databases(&schemas, ends).await?;
    make(&schemas, ends).await?;
    let context = judge::context(&mut ends.source, &ends.database).await;
    for step in &case.steps {
        let sql = step.replace("{db}", &ends.database);
        execute(&mut ends.source, &sql).await?;
        step_over(&sql, &context, &mut schemas, ends)
            .await
            .map_err(|failure| format!("{step}\n    {failure}"))?;
    }
    Ok(())
}

/// Carries what one statement has done, and compares the target with the source's own catalogue.
async fn step_over(
    sql: &str,
    context: &DdlContext,
    schemas: &mut SchemaSet,
    ends: &mut Ends,
) -> Result<(), String> {
    let statement = Statement::parse(sql, context).map_err(|error| error.to_string())?;
    let applied = statement.apply(schemas).map_err(|error| error.to_string())?;
    applied.update(schemas);
    make_databases(schemas, ends).await?;
    let carried = match ends.conversion.carry(&applied.changes) {
        Ok(carried) => carried,
        // A table that is refused is not there, so neither is what happens to it.
        Err(error @ Error::Refused { .. }) => {
            ends.refused.push(error.to_string());
            return Ok(());
        }
        Err(error) => return Err(error.to_string()),
    };
    for statement in carried.statements {
        execute(&mut ends.target, &statement).await?;
    }
    let theirs = judge::read(&mut ends.reader, &ends.database).await?;
    for table in theirs.iter() {
        compare(table, ends).await?;
    }
    let there = judge::tables(&mut ends.target, &ends.database).await;
    let gone = |name: &TableName| !theirs.iter().any(|table| ends.conversion.name(table.name()) == *name);
    match there.iter().find(|name| gone(name)) {
        Some(name) => Err(format!("{name} should be gone")),
        None => Ok(()),
    }
}

async fn make_databases(schemas: &SchemaSet, ends: &mut Ends) -> Result<(), String> {
    for (database, _) in schemas.databases() {
        let sql = oms_core::ddl::render_create_database(database, None, ends.conversion.to);
        execute(&mut ends.target, &sql).await?;
    }
    Ok(())
}

/// Makes the tables at the target, foreign keys last.
async fn make(schemas: &SchemaSet, ends: &mut Ends) -> Result<(), String> {
    let mut foreign_keys = Vec::new();
    for table in schemas.iter() {
        match ends.conversion.table(table) {
            Ok(converted) => {
                execute(&mut ends.target, &converted.statements.create_table).await?;
                for statement in &converted.statements.secondary_indexes {
                    execute(&mut ends.target, statement).await?;
                }
                foreign_keys.extend(converted.statements.foreign_keys);
            }
            Err(refusals) => ends.refused.push(refusals.to_string()),
        }
    }
    for statement in foreign_keys {
        execute(&mut ends.target, &statement).await?;
    }
    for table in schemas.iter() {
        compare(table, ends).await?;
    }
    Ok(())
}

/// Compares the target's table with what the conversion says of the source's.
async fn compare(table: &TableSchema, ends: &mut Ends) -> Result<(), String> {
    let Ok(converted) = ends.conversion.table(table) else {
        return Ok(());
    };
    let name = converted.table.name().clone();
    let read = Catalog::new(&mut ends.target)
        .schemas(std::slice::from_ref(&name))
        .await
        .map_err(|error| error.to_string())?;
    if let Some(refused) = read.refused.first() {
        return Err(format!("the target's catalogue: {refused}"));
    }
    let Some(found) = read.tables.first() else {
        return Err(format!("{name} is not there"));
    };
    let diff = SchemaDiff::between(found, &converted.table, &[]);
    let again =
        render_alter(found, &converted.table, &[], ends.conversion.to).map_err(|error| error.to_string())?;
    if !diff.is_empty() || !again.is_empty() {
        return Err(format!("{name}: {diff}\n    {again:?}\n    {diff:?}"));
    }
    ends.tables += 1;
    Ok(())
}

async fn execute(session: &mut Session, sql: &str) -> Result<(), String> {
    let result = session.execute(sql).await;
    result.map(|_| ()).map_err(|error| format!("{}\n    of {sql}", oms_core::error::Chain(&error)))
}
