//! Copies one database of a MySQL server that nobody writes to: tables, rows, then indexes and foreign keys.
//!
//! ```text
//! cargo run --example full_migration --features oceanbase -- mysql://app@127.0.0.1:3306 oceanbase://root@127.0.0.1:2881 shop
//! ```
//!
//! A database that is written to meanwhile needs `full_then_incremental`.

use std::error::Error;
use std::sync::Arc;

use oms_core::ddl::{Conversion, Dialect, render_create_database, session_statement};
use oms_core::mysql::{Catalog, ConnectOptions, Session, SessionOptions, TableKind};
use oms_core::pipeline::Pipeline;
use oms_core::schema::TableSchema;
use oms_core::sink::Sink;
use oms_core::transform::Mapping;
use oms_sinks::mysql::MySqlSink;
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::scan::ScanSource;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source_url, target_url, database] = arguments.as_slice() else {
        return Err("usage: full_migration SOURCE_URL TARGET_URL DATABASE".into());
    };
    let source_options = ConnectOptions::from_url(source_url)?;
    let target_options = ConnectOptions::from_url(target_url)?;
    let mut source = Session::connect(&source_options, &SessionOptions::default()).await?;
    let mut target = Session::connect(&target_options, &SessionOptions::default()).await?;

    let tables = read_tables(&mut source, database).await?;
    let conversion = Conversion::new(Dialect::of(source.server()), Dialect::of(target.server()))
        .with_name_case(target.server().name_case());
    // All tables are converted before anything is made, so that a table that the target cannot hold is known first.
    let converted = tables.iter().map(|table| conversion.table(table)).collect::<Result<Vec<_>, _>>()?;

    // The names that the rows go to are those of the converted tables.
    let mut mapping = Mapping::new();
    for (from, to) in tables.iter().zip(&converted) {
        mapping = mapping.table(from.name().clone(), to.table.name().clone());
        to.notes.iter().for_each(|note| println!("{note}"));
    }

    if let Some(statement) = session_statement(conversion.to) {
        target.execute(statement).await?;
    }
    let made = converted.first().map_or(database.as_str(), |table| table.table.name().database());
    target.execute(render_create_database(made, None, conversion.to)).await?;
    for table in &converted {
        target.execute(&table.statements.create_table).await?;
    }

    // A scan ends by itself. The checkpoint of both sinks is a row in the target, written with the data, so a run that
    // is started again goes on where the last one stopped.
    let scan = ScanSource::new(source_options, tables.iter().map(|table| table.name().clone()));
    let sink: Box<dyn Sink> = match target_url.starts_with("oceanbase:") {
        true => Box::new(OceanBaseSink::new(target_options)),
        false => Box::new(MySqlSink::new(target_options)),
    };
    let summary = Pipeline::new(format!("full-{database}"), scan, sink).transform(mapping).run().await?;

    // Indexes are built faster over rows that are there; foreign keys hold only when all tables are.
    for table in &converted {
        for statement in &table.statements.secondary_indexes {
            target.execute(statement).await?;
        }
    }
    for statement in converted.iter().flat_map(|table| &table.statements.foreign_keys) {
        target.execute(statement).await?;
    }
    println!("{} tables of {database} copied: {}, in {:.1?}", tables.len(), summary.tally, summary.elapsed);
    Ok(())
}

/// The schemas of all tables of a database. Views are not copied, and said to be so.
async fn read_tables(session: &mut Session, database: &str) -> Result<Vec<Arc<TableSchema>>, Box<dyn Error>> {
    let mut catalog = Catalog::new(session);
    let mut names = Vec::new();
    for table in catalog.tables(&[database]).await? {
        match table.kind {
            TableKind::Table => names.push(table.name),
            _ => println!("{} is not a table and is left out", table.name),
        }
    }
    let read = catalog.schemas(&names).await?;
    match read.refused.into_iter().next() {
        Some(refused) => Err(refused.into()),
        None if read.tables.is_empty() => Err(format!("{database} has no tables").into()),
        None => Ok(read.tables),
    }
}
