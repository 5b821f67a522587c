//! The MySQL sources keep the contract of sources.

use std::time::Duration;

use async_trait::async_trait;
use oms_core::error::Chain;
use oms_core::source::Source;
use oms_core::testing::{SourceFixture, source_suite};
use oms_core::{Result, TableName};
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogSource, StartPosition};
use oms_sources::mysql::handover::HandoverOptions;
use oms_sources::mysql::scan::{ScanOptions, ScanSource};
use oms_test_servers::{Database, Server, ServerBuilder, Servers};

use crate::support::{connect, log_end};

/// Rows of the tables.
const ROWS: u64 = 300;
/// Rows that the log holds behind the start: each row once more as an update, and some gone.
const CHANGES: u64 = 110;

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Tables, and the end.
    Scan,
    /// Tables by the hand-over without the log, and the end.
    Alone,
    /// Tables, then the log.
    Handover,
    /// The log.
    Binlog,
}

struct Shop {
    server: Server,
    database: Database,
    start: StartPosition,
    kind: Kind,
}

fn scan_options() -> ScanOptions {
    ScanOptions::default()
        .with_connections(2)
        .with_chunk_rows(40)
        .with_range_rows(Some(90))
        .with_batch_bytes(500)
        .with_position_interval(Duration::ZERO)
}

#[async_trait]
impl SourceFixture for Shop {
    async fn source(&mut self) -> Result<Box<dyn Source>> {
        let connect = connect(self.server.url());
        let name = self.database.name().to_owned();
        let handover = HandoverOptions::default().with_scan(scan_options());
        Ok(match self.kind {
            Kind::Scan => {
                let tables = ["numbers", "words"].map(|table| TableName::new(name.as_str(), table));
                Box::new(ScanSource::new(connect, tables).with_options(scan_options()))
            }
            Kind::Alone => Box::new(
                MySqlSource::new(connect, move |table| table.database() == name)
                    .with_options(handover.with_follow(false)),
            ),
            Kind::Handover => Box::new(
                MySqlSource::new(connect, move |table| table.database() == name).with_options(handover),
            ),
            Kind::Binlog => {
                let options = BinlogOptions::default().with_start(self.start.clone()).with_part_bytes(300);
                let wanted = move |table: &TableName| table.database() == name;
                Box::new(BinlogSource::new(connect, wanted).with_options(options))
            }
        })
    }

    fn rows(&self) -> u64 {
        match self.kind {
            Kind::Binlog => CHANGES,
            _ => ROWS - 10,
        }
    }

    fn is_finite(&self) -> bool {
        matches!(self.kind, Kind::Scan | Kind::Alone)
    }

    fn keeps_order(&self) -> bool {
        matches!(self.kind, Kind::Binlog)
    }
}

async fn keeps_the_contract(test: &str, server: ServerBuilder, kind: Kind) {
    let Some(server) = Box::pin(server.start_or_skip(test)).await else { return };
    let database = server.create_database("suite").await.expect("a database");
    let mut script = "CREATE TABLE numbers (id INT PRIMARY KEY, v VARCHAR(40)); \
                      CREATE TABLE words (word VARCHAR(20), n INT, v DECIMAL(9,3), PRIMARY KEY (word, n))"
        .to_owned();
    for n in 0..ROWS / 2 {
        script.push_str(&format!(
            "; INSERT INTO numbers VALUES ({n}, REPEAT('v', {n} % 40)); \
             INSERT INTO words VALUES (CONCAT('w', {n} % 7), {n}, {n}.5)"
        ));
    }
    database.query(&script).await.expect("the tables");
    let start = StartPosition::At(log_end(&server).await);
    // 100 updated rows in two transactions of several parts, and 10 deleted rows.
    let changes = "UPDATE numbers SET v='changed' WHERE id < 60; UPDATE words SET v=v+1 WHERE n < 40; \
                   DELETE FROM numbers WHERE id >= 140";
    database.query(changes).await.expect("the changes");
    match Box::pin(source_suite(&mut Shop { server, database, start, kind })).await {
        Ok(report) => println!("{test}\n{report}"),
        Err(violation) => panic!("{test}: {}", Chain(&violation)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scan_keeps_the_contract() {
    keeps_the_contract("conformance::sources::scan", Servers::mysql(), Kind::Scan).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scan_of_a_hand_over_keeps_the_contract() {
    keeps_the_contract("conformance::sources::alone", Servers::mysql(), Kind::Alone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hand_over_keeps_the_contract() {
    keeps_the_contract("conformance::sources::handover", Servers::mysql(), Kind::Handover).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_keeps_the_contract() {
    keeps_the_contract("conformance::sources::binlog", Servers::mysql(), Kind::Binlog).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_mysql_57_keeps_the_contract() {
    keeps_the_contract("conformance::sources::binlog57", Servers::mysql57(), Kind::Binlog).await;
}
