//! What a row costs on the hot paths: instructions and allocations, counted exactly by valgrind on the rows of a real
//! MySQL server.
//!
//! `cargo bench --features mysql --bench row_costs`

mod support;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use oms_core::TableName;
use oms_core::event::Event;
use oms_core::mysql::{ConnectOptions, LiteralWriter};
use oms_core::pipeline::Pipeline;
use oms_core::sink::NullSink;
use oms_core::source::Source;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogPosition, BinlogSource, StartPosition};
use oms_sources::mysql::scan::{ScanOptions, ScanSource};
use oms_test_servers::{Database, Server, Servers};
use support::{cost, cost_per_row, create_wide, fill_wide};

const FEW: u64 = 5_000;
const MANY: u64 = 25_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["scan", url, database, table] => scan(url, database, table).await,
        ["binlog", url, database, table, start, rows] => {
            follow(url, TableName::new(database, table), start, rows.parse()?).await
        }
        _ => report().await,
    }
}

/// Runs each path over few and many rows, and prints what one row costs.
async fn report() -> Result<(), Box<dyn Error>> {
    let server = Servers::mysql().private().start().await?;
    let url = server.url().split('?').next().unwrap_or_default().to_owned();
    let database = server.create_database("costs").await?;
    println!("| path, 20 columns, about 300 bytes a row | instructions | reach | allocations | reach |");
    println!("|---|---|---|---|---|");

    let mut scanned = Vec::new();
    for (table, rows) in [("few", FEW), ("many", MANY)] {
        create_wide(&server, &database, table).await?;
        fill_wide(&server, &database, table, rows).await?;
        scanned.push((rows, cost(&["scan", &url, database.name(), table])?));
    }
    print("scan, decode, INSERT text", cost_per_row(scanned[0], scanned[1]), 8_000, 0.2);

    for (one_each, path, most, most_allocations) in [
        (false, "binlog to NullSink, one transaction", 1_500, 0.2),
        (true, "binlog to NullSink, one row a transaction", 3_000, 3.0),
    ] {
        let mut followed = Vec::new();
        for rows in [FEW, MANY] {
            let table = format!("{}_{rows}", if one_each { "oltp" } else { "bulk" });
            create_wide(&server, &database, &table).await?;
            let start = position(&server).await?;
            if one_each {
                fill_one_by_one(&server, &database, &table, rows).await?;
            } else {
                fill_wide(&server, &database, &table, rows).await?;
            }
            let end = rows.to_string();
            followed.push((rows, cost(&["binlog", &url, database.name(), &table, &start, &end])?));
        }
        print(path, cost_per_row(followed[0], followed[1]), most, most_allocations);
    }
    Ok(())
}

/// Fills `table` with one transaction for each row.
async fn fill_one_by_one(
    server: &Server,
    database: &Database,
    table: &str,
    rows: u64,
) -> Result<(), Box<dyn Error>> {
    let name = database.table(table);
    let numbers: Vec<u64> = (1..=rows).collect();
    for some in numbers.chunks(500) {
        let inserts: Vec<String> = some
            .iter()
            .map(|n| format!("INSERT INTO {name} SELECT {} FROM (SELECT {n} AS n) AS s", support::WIDE_ROW))
            .collect();
        server.query(&inserts.join(";")).await?;
    }
    Ok(())
}

fn print(path: &str, (instructions, allocations): (f64, f64), most: u64, most_allocations: f64) {
    println!("| {path} | {instructions:.0} | ≤ {most} | {allocations:.3} | ≤ {most_allocations} |");
}

async fn position(server: &Server) -> Result<String, Box<dyn Error>> {
    let rows = server.query("SHOW BINARY LOG STATUS").await?;
    let cell = |column: usize| rows[0][column].clone().unwrap_or_default();
    Ok(format!("{}:{}", cell(0), cell(1)))
}

/// Scans a table over one connection and renders every row.
async fn scan(url: &str, database: &str, table: &str) -> Result<(), Box<dyn Error>> {
    let options = ScanOptions::default().with_connections(1);
    let mut scan = ScanSource::new(ConnectOptions::from_url(url)?, [TableName::new(database, table)])
        .with_options(options);
    scan.open(None).await?;
    let mut sql = Vec::new();
    let mut writers: Option<(Arc<_>, Box<[LiteralWriter]>)> = None;
    while let Some(batch) = scan.next_batch().await? {
        for event in batch.events() {
            let Event::Change(change) = event else { continue };
            let rows = change.rows();
            let (_, writers) = match &mut writers {
                Some(known) if Arc::ptr_eq(&known.0, rows.layout()) => known,
                other => other.insert((Arc::clone(rows.layout()), LiteralWriter::for_layout(rows.layout())?)),
            };
            sql.clear();
            for row in rows.rows() {
                for (cell, writer) in row.cells().zip(writers.iter()) {
                    writer.write_cell(cell, &mut sql)?;
                    sql.push(b',');
                }
            }
        }
    }
    Ok(scan.close().await?)
}

/// Follows the log from `start` through a pipeline until so many rows have come.
async fn follow(url: &str, table: TableName, start: &str, rows: u64) -> Result<(), Box<dyn Error>> {
    let start: BinlogPosition = start.parse()?;
    let options = BinlogOptions::default().with_start(StartPosition::At(start));
    let wanted = move |name: &TableName| *name == table;
    let source = BinlogSource::new(ConnectOptions::from_url(url)?, wanted).with_options(options);
    let pipeline = Pipeline::new("costs", source, NullSink::new());
    let control = pipeline.control();
    let enough = async move {
        while control.progress().tally.read < rows {
            // Looking costs instructions too, and those are not the row's.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    pipeline.run_until(enough).await?;
    Ok(())
}
