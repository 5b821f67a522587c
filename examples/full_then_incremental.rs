//! Moves a live MySQL database: makes its tables, copies the rows, and follows the log from before the copy, without a
//! gap and without a lock. Ctrl-C ends it; started again, it goes on.
//!
//! ```text
//! cargo run --example full_then_incremental --features oceanbase -- \
//!     mysql://replica@127.0.0.1:3306 oceanbase://root@127.0.0.1:2881 shop
//! ```

use std::error::Error;
use std::time::Duration;

use oms_core::ddl::{Conversion, Dialect, render_create_database, session_statement};
use oms_core::mysql::{Catalog, ConnectOptions, Session, SessionOptions, TableKind};
use oms_core::pipeline::{Pipeline, PipelineControl};
use oms_core::sink::Sink;
use oms_core::transform::Mapping;
use oms_sinks::mysql::MySqlSink;
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source_url, target_url, database] = arguments.as_slice() else {
        return Err("usage: full_then_incremental SOURCE_URL TARGET_URL DATABASE".into());
    };
    let source_options = ConnectOptions::from_url(source_url)?;
    let target_options = ConnectOptions::from_url(target_url)?;
    let mapping = make_tables(&source_options, &target_options, database).await?;

    let wanted = database.clone();
    // One source for both: it hands the rows of the scan on only where the log has not changed them meanwhile.
    let source = MySqlSource::new(source_options, move |table| table.database() == wanted);
    let sink: Box<dyn Sink> = match target_url.starts_with("oceanbase:") {
        true => Box::new(OceanBaseSink::new(target_options)),
        false => Box::new(MySqlSink::new(target_options)),
    };
    let pipeline = Pipeline::new(format!("move-{database}"), source, sink).transform(mapping);

    let control = pipeline.control();
    let stop = async {
        // Reports until the signal comes; without a handler for it, for ever.
        let signal = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = signal => {}
            () = report(&control) => {}
        }
    };
    let summary = pipeline.run_until(stop).await?;
    let position = summary.position.map_or_else(|| "none".to_owned(), |position| position.to_string());
    println!("{}; position {position}", summary.tally);
    Ok(())
}

/// One line every few seconds, on the error output so that the result stays alone on the other.
async fn report(control: &PipelineControl) {
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let progress = control.progress();
        let done = progress.tables.iter().filter(|table| table.done).count();
        let lag = progress.lag.map_or_else(String::new, |lag| format!(", {lag:.1?} behind"));
        eprintln!("{} rows, {done} of {} tables copied{lag}", progress.rows(), progress.tables.len());
    }
}

/// Makes the tables that the target does not have yet, and says which table goes where.
async fn make_tables(
    source: &ConnectOptions,
    target: &ConnectOptions,
    database: &str,
) -> Result<Mapping, Box<dyn Error>> {
    let mut source = Session::connect(source, &SessionOptions::default()).await?;
    // Rows come in the order of the log and not of their foreign keys, so the sink does not let them be checked; here
    // a table may name one that is made after it.
    let unchecked = SessionOptions::default().with_foreign_key_checks(false);
    let mut target = Session::connect(target, &unchecked).await?;
    let conversion = Conversion::new(Dialect::of(source.server()), Dialect::of(target.server()))
        .with_name_case(target.server().name_case());

    let mut catalog = Catalog::new(&mut source);
    let listed = catalog.tables(&[database]).await?;
    let is_table = |table: &oms_core::mysql::TableInfo| table.kind == TableKind::Table;
    let names: Vec<_> = listed.into_iter().filter(is_table).map(|table| table.name).collect();
    let read = catalog.schemas(&names).await?;
    if let Some(refused) = read.refused.into_iter().next() {
        return Err(refused.into());
    }
    let converted = read.tables.iter().map(|table| conversion.table(table)).collect::<Result<Vec<_>, _>>()?;

    if let Some(statement) = session_statement(conversion.to) {
        target.execute(statement).await?;
    }
    let to: Vec<_> = converted.iter().map(|table| table.table.name().clone()).collect();
    let there = Catalog::new(&mut target).schemas(&to).await?;
    let mut mapping = Mapping::new();
    for (from, table) in read.tables.iter().zip(&converted) {
        mapping = mapping.table(from.name().clone(), table.table.name().clone());
        if !there.missing.contains(table.table.name()) {
            continue;
        }
        table.notes.iter().for_each(|note| println!("{note}"));
        target.execute(render_create_database(table.table.name().database(), None, conversion.to)).await?;
        let statements = &table.statements;
        let indexes = statements.secondary_indexes.iter().chain(&statements.foreign_keys);
        for statement in std::iter::once(&statements.create_table).chain(indexes) {
            target.execute(statement).await?;
        }
    }
    Ok(mapping)
}
