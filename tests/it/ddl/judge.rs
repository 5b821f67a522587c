//! Runs cases on a server and compares its catalogue with ours.

use oms_core::TableName;
use oms_core::ddl::{DdlContext, Dialect, Product, SqlMode, Statement};
use oms_core::mysql::{Catalog, Session, quote_ident};
use oms_core::schema::{Collation, SchemaDiff, SchemaSet};
use oms_test_servers::ServerBuilder;

use super::corpus::Case;
use crate::support;

/// Runs all cases that the server takes and fails with all that differ.
pub(crate) async fn run(server: ServerBuilder, prefix: &str, cases: Vec<Case>) {
    let Some(server) = server.start_or_skip(prefix).await else {
        return;
    };
    let mut failures = Vec::new();
    let mut judged = 0;
    for (number, case) in cases.iter().enumerate() {
        // A session of its own: modes and settings end with the case.
        let mut session = support::session(server.url()).await;
        if !takes(case, Catalog::new(&mut session).dialect()) {
            continue;
        }
        let mut reader = support::session(server.url()).await;
        let database = format!("{prefix}_{}_{number}", std::process::id());
        let result = judge(case, &database, &mut session, &mut reader).await;
        let mut made = databases(&mut reader, &database).await;
        // A database that the reading does not see, for what is not known.
        made.extend(databases(&mut reader, &format!("{database}x")).await);
        for name in made {
            reader
                .execute(format!("DROP DATABASE {}", quote_ident(&name)))
                .await
                .expect("a database dropped");
        }
        judged += case.steps.len();
        if let Err(failure) = result {
            failures.push(format!("{}\n    {failure}", case.name));
        }
    }
    println!("{judged} statements judged by {prefix}");
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

/// Drops what a case has made.
pub(crate) async fn drop_databases(session: &mut Session, database: &str) {
    session.execute("SET SESSION foreign_key_checks = 0").await.expect("a setting");
    let mut made = databases(session, database).await;
    // A database that the reading does not see, for what is not known.
    made.extend(databases(session, &format!("{database}x")).await);
    for name in made {
        session.execute(format!("DROP DATABASE {}", quote_ident(&name))).await.expect("a database dropped");
    }
}

/// True if a server takes the statements of a case.
pub(crate) fn takes(case: &Case, dialect: Dialect) -> bool {
    let version = |(major, minor, patch)| Dialect::new(Product::MySql, (major, minor, patch));
    match dialect.product() {
        Product::MySql => {
            case.from.is_none_or(|from| dialect >= version(from))
                && case.until.is_none_or(|until| dialect <= version(until))
        }
        _ => true,
    }
}

async fn databases(session: &mut Session, prefix: &str) -> Vec<String> {
    let databases = Catalog::new(session).databases().await.expect("databases");
    let names = databases.into_iter().map(|database| database.name.to_string());
    names.filter(|name| name == prefix || name.starts_with(&format!("{prefix}_"))).collect()
}

fn failed(what: &str, error: &dyn std::error::Error) -> String {
    format!("{what}: {}", oms_core::error::Chain(error))
}

/// Brings a session to where the judged statements of a case begin.
pub(crate) async fn prepare(
    case: &Case,
    database: &str,
    session: &mut Session,
    reader: &mut Session,
) -> Result<(), String> {
    reader.execute(format!("CREATE DATABASE {database}")).await.map_err(|error| failed("create", &error))?;
    session.execute(format!("USE {database}")).await.map_err(|error| failed("use", &error))?;
    let mut statements: Vec<String> = case.settings.iter().map(|setting| format!("SET {setting}")).collect();
    statements.extend(case.mode.iter().map(|mode| format!("SET SESSION sql_mode = '{mode}'")));
    statements.extend(case.given.iter().cloned());
    for statement in statements {
        let sql = statement.replace("{db}", database);
        session.execute(sql).await.map_err(|error| failed(&statement, &error))?;
    }
    Ok(())
}

/// Runs all statements of a case.
pub(crate) async fn make(
    case: &Case,
    database: &str,
    session: &mut Session,
    reader: &mut Session,
) -> Result<(), String> {
    prepare(case, database, session, reader).await?;
    for step in &case.steps {
        session.execute(step.replace("{db}", database)).await.map_err(|error| failed(step, &error))?;
    }
    Ok(())
}

async fn judge(
    case: &Case,
    database: &str,
    session: &mut Session,
    reader: &mut Session,
) -> Result<(), String> {
    let sql = |text: &str| text.replace("{db}", database);
    prepare(case, database, session, reader).await?;
    let context = context(session, database).await;
    for step in &case.steps {
        let mut schemas = read(reader, database).await?;
        session.execute(sql(step)).await.map_err(|error| failed(step, &error))?;
        let applied = Statement::parse(&sql(step), &context).and_then(|statement| statement.apply(&schemas));
        let applied = match (applied, &case.refused) {
            (Ok(_), Some(words)) => return Err(format!("{step}: not refused with {words}")),
            (Err(error), Some(words)) => {
                let text = error.to_string();
                match text.contains(words) {
                    true => continue,
                    false => return Err(format!("{step}: refused otherwise: {text}")),
                }
            }
            (Err(error), None) => return Err(failed(step, &error)),
            (Ok(applied), None) => applied,
        };
        if applied.unknown.is_empty() == case.unknown {
            return Err(format!("{step}: unknown tables: {:?}", applied.unknown));
        }
        applied.update(&mut schemas);
        let found = read(reader, database).await?;
        compare(&schemas, &found).map_err(|difference| format!("{step}\n    {difference}"))?;
    }
    Ok(())
}

/// What the session would write beside its statements in the binary log.
pub(crate) async fn context(session: &mut Session, database: &str) -> DdlContext {
    let sql = "SELECT @@sql_mode, @@explicit_defaults_for_timestamp, @@collation_server";
    let rows = session.query(sql).await.expect("session variables");
    let row = &rows[0];
    DdlContext::new(Dialect::of(session.server()))
        .with_default_database(database)
        .with_name_case(session.server().name_case())
        .with_sql_mode(SqlMode::from_text(row.text(0).expect("sql_mode")))
        .with_explicit_defaults_for_timestamp(row.text(1).expect("a switch") == "1")
        .with_server_collation(Collation::new(row.text(2).expect("a collation")))
}

/// The names of all tables of the case's databases.
pub(crate) async fn tables(session: &mut Session, prefix: &str) -> Vec<TableName> {
    let names = databases(session, prefix).await;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let tables = Catalog::new(session).tables(&names).await.expect("tables");
    tables.into_iter().map(|table| table.name).collect()
}

/// All tables of the case's databases, as the server's catalogue has them.
pub(crate) async fn read(session: &mut Session, prefix: &str) -> Result<SchemaSet, String> {
    let names = databases(session, prefix).await;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut catalog = Catalog::new(session);
    let tables = catalog.tables(&names).await.map_err(|error| error.to_string())?;
    let tables: Vec<TableName> = tables.into_iter().map(|table| table.name).collect();
    let read = catalog.schemas(&tables).await.map_err(|error| error.to_string())?;
    if !read.refused.is_empty() || !read.missing.is_empty() {
        return Err(format!("the catalogue refuses {:?} and misses {:?}", read.refused, read.missing));
    }
    let mut schemas: SchemaSet = read.tables.into_iter().collect();
    for database in catalog.databases().await.map_err(|error| error.to_string())? {
        if names.contains(&&*database.name) {
            schemas.set_database_collation(database.name, Some(database.collation));
        }
    }
    Ok(schemas)
}

fn compare(ours: &SchemaSet, theirs: &SchemaSet) -> Result<(), String> {
    let mut differences = Vec::new();
    for table in theirs.iter() {
        match ours.get(table.name()) {
            None => differences.push(format!("{} is not known", table.name())),
            Some(known) => {
                let difference = SchemaDiff::between(known, table, &[]);
                if !difference.is_empty() {
                    differences.push(format!("{}: {difference}\n      {difference:?}", table.name()));
                }
            }
        }
    }
    let gone = ours.iter().filter(|table| theirs.get(table.name()).is_none());
    differences.extend(gone.map(|table| format!("{} should be gone", table.name())));
    if !ours.databases().eq(theirs.databases()) {
        let list = |set: &SchemaSet| format!("{:?}", set.databases().collect::<Vec<_>>());
        differences.push(format!("databases {} are {}", list(ours), list(theirs)));
    }
    match differences.is_empty() {
        true => Ok(()),
        false => Err(differences.join("\n    ")),
    }
}
