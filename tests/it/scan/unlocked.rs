//! The copy of tables with keys locks nothing and flushes nothing (T30), also while the log is followed, and writers go on
//! beside a query that would hold a global lock up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oms_core::mysql::ConnectOptions;
use oms_sources::mysql::MySqlSource;
use oms_sources::mysql::handover::HandoverPosition;
use oms_test_servers::mysql_async::prelude::Queryable;
use oms_test_servers::{Server, Servers, connect};
use tokio::task::JoinSet;

use crate::support::{Migration, Run, until};

const WRITERS: u64 = 20;
const ROWS: u64 = 60_000;
/// A writer behind a global lock would stand for as long as the long query runs, which is until the end of the test.
const STALL: Duration = Duration::from_secs(10);

async fn count(server: &Server, sql: &str) -> u64 {
    let rows = server.query(sql).await.expect("a count");
    rows[0][0].as_deref().expect("a count").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_lock_and_no_flush_while_writers_write_and_a_long_query_runs() {
    let source =
        Servers::mysql().with_option("--performance-schema-consumer-events-statements-history-long=ON");
    let script = "CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT NOT NULL, pad CHAR(60) NOT NULL)";
    let started = Migration::start("scan::unlocked", source, Servers::mysql80(), script);
    let Some(migration) = Box::pin(started).await else { return };
    let fill = format!(
        "SET SESSION cte_max_recursion_depth=1000000; INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL \
         SELECT n+1 FROM r WHERE n<{ROWS}) SELECT n, 0, REPEAT('p', 60) FROM r"
    );
    migration.shop.query(&fill).await.unwrap();
    // An account of its own, so that its statements are told from everybody else's.
    let account = "CREATE USER oms_reader IDENTIFIED BY 'reader'; \
                   GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO oms_reader";
    migration.source.query(account).await.unwrap();

    // Somebody reads the table for as long as this test runs; a FLUSH TABLES would wait for it, and hold all others up.
    let mut long = migration.shop.connect().await.unwrap();
    let id: u64 = long.query_first("SELECT CONNECTION_ID()").await.unwrap().unwrap();
    let long = tokio::spawn(async move {
        long.query_drop("SELECT SLEEP(600) FROM t LIMIT 1").await.expect("a long query that is ended");
    });
    let stop = Arc::new(AtomicBool::new(false));
    let longest = Arc::new(AtomicU64::new(0));
    let written = Arc::new(AtomicU64::new(0));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (stop, longest, written) = (Arc::clone(&stop), Arc::clone(&longest), Arc::clone(&written));
        let url = migration.shop.url().to_owned();
        writers.spawn(async move {
            let mut conn = connect(&url).await.unwrap();
            let mut turn = 0_u64;
            while !stop.load(Ordering::Acquire) {
                turn += 1;
                let id = (turn * 7919 + writer * 104_729) % ROWS + 1;
                let begun = Instant::now();
                conn.query_drop(format!("UPDATE t SET v=v+1 WHERE id={id}")).await.unwrap();
                longest.fetch_max(begun.elapsed().as_millis() as u64, Ordering::AcqRel);
                written.fetch_add(1, Ordering::AcqRel);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }

    let address = migration.source.address();
    let (host, port) = address.rsplit_once(':').unwrap();
    let reader =
        ConnectOptions::new(host, port.parse().unwrap()).with_user("oms_reader").with_password("reader");
    let shop = migration.shop.name().to_owned();
    let source = MySqlSource::new(reader, move |table| table.database() == shop)
        .with_options(Migration::small_chunks());
    let before = written.load(Ordering::Acquire);
    let run = Run::of(migration.pipeline_of(source, migration.sink(|options| options)));
    until("the table is copied", || async {
        run.assert_running();
        let position = run.handle.progress().position?;
        HandoverPosition::try_from(&position).expect("our position").is_scanned().then_some(())
    })
    .await;
    assert!(written.load(Ordering::Acquire) > before + WRITERS, "the writers stand still");
    assert!(!long.is_finished(), "the long query has ended, so it proves nothing");
    stop.store(true, Ordering::Release);
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    let longest = Duration::from_millis(longest.load(Ordering::Acquire));
    assert!(longest < STALL, "a writer stood still for {longest:?}");

    // Threads that are gone are in no list any more; the counters of the account keep what they did.
    let by_account = |events: &str| {
        format!(
            "SELECT COALESCE(SUM(COUNT_STAR),0) FROM performance_schema.events_statements_summary_by_user_by_event_name \
             WHERE USER='oms_reader' AND EVENT_NAME IN ({events})"
        )
    };
    let locks = "'statement/sql/flush','statement/sql/lock_tables','statement/sql/lock_instance'";
    assert_eq!(count(&migration.source, &by_account(locks)).await, 0, "it locks or flushes");
    let selects = count(&migration.source, &by_account("'statement/sql/select'")).await;
    assert!(selects > ROWS / 500, "it was not seen reading: {selects} queries");
    let texts = "SELECT COUNT(*) FROM performance_schema.events_statements_history_long \
                 WHERE SQL_TEXT LIKE 'FLUSH%' OR SQL_TEXT LIKE 'LOCK%'";
    assert_eq!(count(&migration.source, texts).await, 0, "nobody else has a reason to");

    migration.source.query(&format!("KILL QUERY {id}")).await.unwrap();
    long.await.unwrap();
    migration.caught_up(&run).await;
    run.stop().await;
    migration.assert_equal().await;
}
