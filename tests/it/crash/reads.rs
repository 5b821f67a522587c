//! What was copied before a SIGKILL is not read again (T40).

use oms_test_servers::{Server, Servers};

use super::child;
use crate::support::{Migration, covers, log_end, until};

const ROWS: u64 = 120_000;
/// Bytes that the pipeline may hold: about five thousand rows, which a kill takes away.
const BUDGET_MIB: usize = 1;
/// Rows that may be read once more after a kill: what three readers had under way, what the pipeline held, and what was
/// durable since the last checkpoint.
const AGAIN: u64 = ROWS / 5;
/// Each row is read once to find where a range ends, and once to be carried.
const READS: u64 = 2;

async fn count(server: &Server, sql: &str) -> u64 {
    let rows = server.query(sql).await.expect("a count");
    rows[0][0].as_deref().expect("a count").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_copied_before_a_kill_is_not_read_again() {
    let script = "CREATE TABLE t40 (id BIGINT PRIMARY KEY, v CHAR(200) NOT NULL)";
    let started = Migration::start("crash::reads", Servers::mysql().private(), Servers::mysql80(), script);
    let Some(migration) = Box::pin(started).await else { return };
    let fill = format!(
        "SET SESSION cte_max_recursion_depth=1000000; INSERT INTO t40 WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL \
         SELECT n+1 FROM r WHERE n<{ROWS}) SELECT n, REPEAT('v', 200) FROM r"
    );
    migration.shop.query(&fill).await.expect("rows");
    let copied = format!("SELECT COUNT(*) FROM `{}`.t40", migration.copy.name());
    // The server's own count of rows that were taken from the table.
    let read = format!(
        "SELECT COUNT_READ FROM performance_schema.table_io_waits_summary_by_table \
         WHERE OBJECT_SCHEMA='{}' AND OBJECT_NAME='t40'",
        migration.shop.name()
    );
    let mut done = 0;
    for percent in [25, 50, 90] {
        let before = count(&migration.source, &read).await;
        let mut process = child::spawn_with(&migration, 4, BUDGET_MIB);
        until("so much is copied", || async {
            (count(&migration.target, &copied).await >= ROWS * percent / 100).then_some(())
        })
        .await;
        process.kill().await.expect("our process");
        let now = count(&migration.target, &copied).await;
        let reads = count(&migration.source, &read).await - before;
        assert!(reads <= READS * (now - done) + AGAIN, "{reads} rows were read to bring {done} to {now}");
        done = now;
    }
    let before = count(&migration.source, &read).await;
    let mut process = child::spawn_with(&migration, 4, BUDGET_MIB);
    let end = log_end(&migration.source).await;
    let checkpoints = migration.checkpoints();
    until("it has caught up", || async {
        let checkpoint = checkpoints.load(&migration.id()).await.expect("a checkpoint")?;
        covers(&checkpoint.position, &end).then_some(())
    })
    .await;
    process.kill().await.expect("our process");
    let reads = count(&migration.source, &read).await - before;
    assert!(
        reads <= READS * (ROWS - done) + AGAIN,
        "{reads} rows were read where {} were missing",
        ROWS - done
    );
    migration.assert_equal().await;
}
