//! Ranges neither overlap nor leave a gap.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oms_core::pipeline::EndReason;
use oms_sources::mysql::handover::HandoverOptions;
use oms_test_servers::mysql_async::prelude::Queryable;
use oms_test_servers::{ServerBuilder, Servers};

use super::keys::{KEYS, ROWS, create, fill};
use crate::support::{Dice, Migration, Run};

/// Chunks and ranges so small that each table has many borders.
fn small() -> HandoverOptions {
    let options = Migration::small_chunks();
    let scan = options.scan.clone().with_chunk_rows(83).with_range_rows(Some(311)).with_batch_bytes(3000);
    options.with_scan(scan)
}

async fn start(test: &str, source: ServerBuilder) -> Option<Migration> {
    let migration = Box::pin(Migration::start(test, source, Servers::mysql80(), &create())).await?;
    fill(&migration.source, &migration.shop).await;
    Some(migration)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_is_read_once_over_stops_and_without_a_lock() {
    let test = "scan::ranges::once";
    let mut dice = Dice::cast(test);
    let Some(migration) = start(test, Servers::mysql().private()).await else { return };
    let counters =
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_flush','Com_lock_tables','Com_lock_instance')";
    let before = migration.source.query(counters).await.unwrap();
    let alone = || {
        let source = migration.all_of_it(small().with_follow(false));
        Run::of(migration.pipeline_of(source, migration.sink(|options| options)))
    };
    let mut stops = 0;
    let (tally, tables) = loop {
        let run = alone();
        if stops < 4 {
            tokio::time::sleep(Duration::from_millis(100 + dice.below(500))).await;
            run.handle.stop();
        }
        let summary = run.end().await.unwrap_or_else(|error| panic!("{}", oms_core::error::Chain(&error)));
        if summary.end == EndReason::SourceEnded {
            break (summary.tally, summary.tables);
        }
        stops += 1;
    };
    let all = KEYS.len() as u64 * ROWS;
    // A checkpoint is behind all that was handed on when it stopped: nothing of that is read again.
    assert_eq!((tally.read, tally.applied), (all, all), "after {stops} stops: {tables:?}");
    migration.assert_equal().await;
    assert_eq!(migration.source.query(counters).await.unwrap(), before, "a lock, or a flush");
}

/// Rows come, go and change at the borders of ranges while these are read.
async fn live(test: &str, source: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let Some(migration) = start(test, source).await else { return };
    let stop = Arc::new(AtomicBool::new(false));
    let disturbing = {
        let (stop, url, mut dice) = (Arc::clone(&stop), migration.shop.url().to_owned(), dice.fork());
        tokio::spawn(async move {
            let mut conn = oms_test_servers::connect(&url).await.expect("a session");
            conn.query_drop("SET SESSION time_zone='+00:00', sql_mode=''").await.expect("a setting");
            while !stop.load(Ordering::Relaxed) {
                let key = &KEYS[dice.below(KEYS.len() as u64) as usize];
                for statement in key.disturb(dice.below(ROWS)) {
                    if let Err(error) = conn.query_drop(&statement).await {
                        assert!(error.to_string().contains("1213"), "{statement}: {error}");
                    }
                }
            }
        })
    };
    let run = Run::of(migration.pipeline_of(migration.all_of_it(small()), migration.sink(|options| options)));
    migration.caught_up(&run).await;
    stop.store(true, Ordering::Relaxed);
    disturbing.await.expect("the disturbance");
    migration.caught_up(&run).await;
    assert_eq!(run.stop().await.retries, 0);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_may_come_and_go() {
    live("scan::ranges::live", Servers::mysql()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_may_come_and_go_without_gtids() {
    let source =
        Servers::mysql80().with_option("--gtid-mode=OFF").with_option("--enforce-gtid-consistency=OFF");
    live("scan::ranges::live_without_gtids", source).await;
}
