//! Prints what stands in the binary log of a MySQL server from a position to its end: transactions, kinds of change,
//! tables and counts of rows. Values are printed only with `--values`.
//!
//! ```text
//! cargo run --example binlog_inspect --features mysql -- mysql://replica@127.0.0.1:3306 binlog.000004:157 [--values]
//! ```
//!
//! The log holds the types of columns and not their names, which are those of the tables as they are now. So a table whose
//! columns were added or dropped behind the position is refused there; begin behind that change.

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use oms_core::event::{Change, Event};
use oms_core::mysql::{ConnectOptions, LiteralWriter};
use oms_core::row::RowBatch;
use oms_core::source::Source;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogSource, StartPosition};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let values = arguments.iter().any(|argument| argument == "--values");
    arguments.retain(|argument| argument != "--values");
    let [url, start] = arguments.as_slice() else {
        return Err("usage: binlog_inspect URL FILE:OFFSET [--values]".into());
    };
    let options = BinlogOptions::default().with_start(StartPosition::At(start.parse()?));
    // Tables of the server itself are of no interest; everything else is.
    let system = ["mysql", "sys", "performance_schema", "information_schema"];
    let wanted = move |table: &oms_core::TableName| !system.contains(&table.database());
    let mut source = BinlogSource::new(ConnectOptions::from_url(url)?, wanted).with_options(options);

    // A source can be driven by hand: a pipeline would do nothing here but deliver.
    source.open(None).await?;
    let (mut transactions, mut rows) = (0_u64, 0_usize);
    'log: while let Some(batch) = source.next_batch().await? {
        for event in batch.events() {
            match event {
                Event::Begin(transaction) => {
                    transactions += 1;
                    println!("begin {} at {}", transaction.id, seconds(transaction.committed_at));
                }
                Event::Change(change) => {
                    rows += change.row_count();
                    print_change(change, values)?;
                }
                Event::Commit(transaction) => println!("commit {}", transaction.id),
                // A statement may hold values, in a DEFAULT for example.
                Event::Schema(change) if values => println!("schema {}: {}", change.table, change.statement),
                Event::Schema(change) => println!("schema {}", change.table),
                // The server has nothing more to say for now: this is the end of its log.
                Event::Heartbeat(_) => break 'log,
                other => println!("{other:?}"),
            }
        }
    }
    source.close().await?;
    println!("{transactions} transactions with {rows} changed rows");
    Ok(())
}

fn print_change(change: &Change, values: bool) -> Result<(), Box<dyn Error>> {
    let table = change.schema().name();
    println!("  {:?} {table}: {} rows, {} bytes", change.kind(), change.row_count(), change.byte_size());
    if values {
        for (name, image) in [("before", change.before()), ("after", change.after())] {
            if let Some(rows) = image {
                print_rows(name, rows)?;
            }
        }
    }
    Ok(())
}

/// Rows as SQL literals: the only text form that is exact for every type.
fn print_rows(image: &str, rows: &RowBatch) -> Result<(), Box<dyn Error>> {
    let writers = LiteralWriter::for_layout(rows.layout())?;
    for row in rows.rows() {
        let mut line = Vec::new();
        for (cell, writer) in row.cells().zip(&writers) {
            line.extend_from_slice(b" ");
            line.extend_from_slice(cell.column().name().as_bytes());
            line.extend_from_slice(b"=");
            match cell.is_unchanged() {
                true => line.extend_from_slice(b"(unchanged)"),
                false => writer.write_cell(cell, &mut line)?,
            }
        }
        println!("    {image}{}", String::from_utf8_lossy(&line));
    }
    Ok(())
}

fn seconds(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:06} s", since.as_secs(), since.subsec_micros())
}
