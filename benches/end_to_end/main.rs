//! Whole jobs against live servers, beside their limits and their peers, alternately in one run.
//!
//! `cargo bench --features mysql,oceanbase --bench end_to_end -- [scan] [copy]`
//!
//! * **scan**: 2 million narrow rows over one connection into a sink that takes everything, beside a loop that reads the
//!   bytes of the same result and throws them away.
//! * **copy**: 2.4 million rows in three tables to MySQL and to seekdb, beside mydumper and myloader where they are
//!   installed. Ours makes the tables, copies, and makes the indexes; theirs has tables and indexes made beforehand,
//!   because myloader cannot make them in seekdb.

mod copy;
mod data;
mod raw;

use std::error::Error;
use std::time::Instant;

use oms_core::TableName;
use oms_core::mysql::ConnectOptions;
use oms_core::pipeline::Pipeline;
use oms_core::sink::NullSink;
use oms_sources::mysql::scan::{ScanOptions, ScanSource};
use oms_test_servers::{Server, Servers};

const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [job, source, target] = &arguments[..]
        && job == "copy-once"
    {
        return copy::once(source, target).await;
    }
    let wants = |job: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == job);
    let source = Servers::mysql()
        .private()
        .with_option("--innodb-buffer-pool-size=1G")
        .with_option("--innodb-flush-log-at-trx-commit=2")
        .with_option("--sync-binlog=0")
        .start()
        .await?;
    data::fill(&source).await?;
    if wants("scan") {
        scan(&source).await?;
    }
    if wants("copy") {
        copy::report(&source).await?;
    }
    Ok(())
}

/// Our scan and the bare bytes, in turns; the best of each counts, because everything else on the machine only adds.
async fn scan(source: &Server) -> Result<(), Box<dyn Error>> {
    let (mut ours, mut bare) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let port = source.port();
        let statement = format!("SELECT id, k, c, pad FROM {}.narrow", data::DATABASE);
        tokio::task::spawn_blocking(move || raw::drain(port, &statement).map_err(|error| error.to_string()))
            .await??;
        bare = bare.min(begun.elapsed().as_secs_f64());

        let options = ScanOptions::default().with_connections(1);
        let scan = ScanSource::new(
            ConnectOptions::from_url(source.url())?,
            [TableName::new(data::DATABASE, "narrow")],
        )
        .with_options(options);
        let begun = Instant::now();
        let summary = Pipeline::new("scan", scan, NullSink::new()).run().await?;
        ours = ours.min(begun.elapsed().as_secs_f64());
        assert_eq!(summary.rows(), 2_000_000, "the scan must read what is there");
    }
    println!("\n| scan, 2 M narrow rows, one connection | seconds | rows/s |");
    println!("|---|---|---|");
    for (what, seconds) in [("bytes read and thrown away", bare), ("ScanSource to NullSink", ours)] {
        println!("| {what} | {seconds:.2} | {:.0} |", 2e6 / seconds);
    }
    println!("ratio {:.2}, to reach 0.85", bare / ours);
    Ok(())
}
