//! Budgets of allocations on the hot paths, counted on the rows of a real server: what each row beyond the first few
//! thousand costs. Counts do not flicker on a busy machine, as times do.

#![allow(clippy::unwrap_used)]

use std::alloc::System;
use std::sync::Arc;

use oms_core::TableName;
use oms_core::event::Event;
use oms_core::mysql::{ConnectOptions, LiteralWriter};
use oms_core::source::Source;
use oms_sources::mysql::binlog::{BinlogOptions, BinlogPosition, BinlogSource, StartPosition};
use oms_sources::mysql::scan::{ScanOptions, ScanSource};
use oms_test_servers::{Database, Server, Servers};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Twelve columns of the usual types.
const COLUMNS: &str = "id BIGINT UNSIGNED NOT NULL PRIMARY KEY, i1 INT NOT NULL, i2 SMALLINT UNSIGNED, d1 DECIMAL(18,4) \
    NOT NULL, f1 DOUBLE, v1 VARCHAR(40) NOT NULL, v2 VARCHAR(100), c1 CHAR(20), t1 TEXT, dt DATETIME(6), \
    ts TIMESTAMP NULL, b1 VARBINARY(32)";
/// One row, by its number.
const ROW: &str = "n, n*7, n%32767, n/16, n/7, CONCAT('name ', n), CONCAT('some text of a middle length, number ', n), \
    CONCAT('code', n), CONCAT('a note ', REPEAT('y', 40 + n%40)), '2024-01-01 00:00:00.123456' + INTERVAL n SECOND, \
    '2024-06-01 00:00:00' + INTERVAL n SECOND, IF(n%3, UNHEX(LPAD(HEX(n), 40, '0')), NULL)";

/// One test: another one at the same time would be counted too.
#[test]
fn rows_stay_within_their_budgets_of_allocations() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(server) = Box::pin(Servers::mysql().private().start_or_skip("allocations")).await else {
            return;
        };
        let database = server.create_database("costs").await.unwrap();

        let (few, many) = (4_000, 24_000);
        let mut counts = Vec::new();
        for rows in [few, many] {
            let table = format!("scan_{rows}");
            create(&database, &table).await;
            fill(&database, &table, rows).await;
            counts.push(scan(&server, TableName::new(database.name(), table), rows).await);
        }
        within("scan, decode, INSERT text", (many - few, counts[1] - counts[0]), 0.2);

        // Three for a transaction, and a share of the batches' own, which depend on how packets arrive.
        for (one_each, path, budget) in
            [(false, "log, one transaction", 0.2), (true, "log, one row a transaction", 3.1)]
        {
            let (few, many) = if one_each { (500, 2_500) } else { (4_000, 24_000) };
            let mut counts = Vec::new();
            for rows in [few, many] {
                let table = format!("{}_{rows}", if one_each { "oltp" } else { "bulk" });
                create(&database, &table).await;
                let start = position(&server).await;
                if one_each {
                    fill_one_by_one(&database, &table, rows).await;
                } else {
                    fill(&database, &table, rows).await;
                }
                counts.push(follow(&server, TableName::new(database.name(), table), start, rows).await);
            }
            within(path, (many - few, counts[1] - counts[0]), budget);
        }
    });
}

fn within(path: &str, (rows, allocations): (u64, u64), budget: f64) {
    let each = allocations as f64 / rows as f64;
    println!("{path}: {each:.3} allocations a row, budget {budget}");
    assert!(each <= budget, "{path}: {each:.3} allocations a row are more than {budget}");
}

async fn create(database: &Database, table: &str) {
    database.query(&format!("CREATE TABLE {table} ({COLUMNS})")).await.unwrap();
}

async fn fill(database: &Database, table: &str, rows: u64) {
    let insert = format!(
        "SET SESSION cte_max_recursion_depth=1000000, time_zone='+00:00'; INSERT INTO {table} \
         WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM s WHERE n<{rows}) SELECT {ROW} FROM s"
    );
    database.query(&insert).await.unwrap();
}

async fn fill_one_by_one(database: &Database, table: &str, rows: u64) {
    let numbers: Vec<u64> = (1..=rows).collect();
    for some in numbers.chunks(500) {
        let inserts: Vec<String> = some
            .iter()
            .map(|n| format!("INSERT INTO {table} SELECT {ROW} FROM (SELECT {n} AS n) AS s"))
            .collect();
        database.query(&inserts.join(";")).await.unwrap();
    }
}

async fn position(server: &Server) -> BinlogPosition {
    let rows = server.query("SHOW BINARY LOG STATUS").await.unwrap();
    let cell = |place: usize| rows[0][place].clone().unwrap();
    BinlogPosition::new(cell(0), cell(1).parse().unwrap())
}

fn connect(server: &Server) -> ConnectOptions {
    ConnectOptions::from_url(server.url().split('?').next().unwrap()).unwrap()
}

/// Reads a table and renders its rows; gives the count of allocations.
async fn scan(server: &Server, table: TableName, rows: u64) -> u64 {
    let options = ScanOptions::default().with_connections(1);
    let mut scan = ScanSource::new(connect(server), [table]).with_options(options);
    scan.open(None).await.unwrap();
    let (mut sql, mut seen) = (Vec::with_capacity(1 << 20), 0);
    let mut writers: Option<(Arc<_>, Box<[LiteralWriter]>)> = None;
    let region = Region::new(ALLOCATOR);
    while let Some(batch) = scan.next_batch().await.unwrap() {
        for event in batch.events() {
            let Event::Change(change) = event else { continue };
            let rows = change.rows();
            let (_, writers) = match &mut writers {
                Some(known) if Arc::ptr_eq(&known.0, rows.layout()) => known,
                other => other
                    .insert((Arc::clone(rows.layout()), LiteralWriter::for_layout(rows.layout()).unwrap())),
            };
            sql.clear();
            for row in rows.rows() {
                seen += 1;
                for (cell, writer) in row.cells().zip(writers.iter()) {
                    writer.write_cell(cell, &mut sql).unwrap();
                    sql.push(b',');
                }
            }
        }
    }
    assert_eq!(seen, rows);
    region.change().allocations as u64
}

/// Follows the log until so many rows have come; gives the count of allocations.
async fn follow(server: &Server, table: TableName, start: BinlogPosition, rows: u64) -> u64 {
    let options = BinlogOptions::default().with_start(StartPosition::At(start));
    let mut log = BinlogSource::new(connect(server), move |name| *name == table).with_options(options);
    log.open(None).await.unwrap();
    let mut seen = 0;
    let region = Region::new(ALLOCATOR);
    while seen < rows {
        seen += log.next_batch().await.unwrap().unwrap().row_count();
    }
    region.change().allocations as u64
}
