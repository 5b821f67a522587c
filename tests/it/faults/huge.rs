//! A row of 100 MB (T66): one that the target takes arrives, and memory is bounded by the row, whatever the log holds.

use oms_test_servers::Servers;

use crate::crash::child;
use crate::support::{Migration, until};

const ROW: u64 = 100_000_000;
/// The program itself, and its buffers.
const BASE: u64 = 96 << 20;
const BUDGET_MIB: usize = 16;
/// Copies of a row at one time: as it came, its event, its statement in hexadecimal digits, and the packets of that.
const COPIES: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_of_100_mb_arrives_on_both_ways_in_so_many_times_its_memory() {
    let script = "CREATE TABLE t66 (id INT PRIMARY KEY, b LONGBLOB)";
    let source = Servers::mysql().with_option("--max-allowed-packet=512M");
    let target = Servers::mysql80().with_option("--max-allowed-packet=512M");
    let Some(migration) = Box::pin(Migration::start("faults::huge", source, target, script)).await else {
        return;
    };
    let insert = |id: u32| {
        format!("INSERT INTO t66 VALUES ({id}, REPEAT(0xAB27, {})), ({}, 'small')", ROW / 2, id + 1)
    };
    migration.shop.query(&insert(1)).await.expect("a scanned row");
    let mut process = child::spawn_with(&migration, 1, BUDGET_MIB);
    let there = async |rows: usize| {
        until("the rows are there", || async {
            let found = migration.copy.query("SELECT id FROM t66").await.expect("rows").len();
            (found >= rows).then_some(())
        })
        .await;
    };
    there(2).await;
    migration.shop.query(&insert(11)).await.expect("a row of the log");
    there(4).await;
    let peak = peak_bytes(process.id().expect("a process that runs"));
    println!("faults::huge: {peak} bytes at the most");
    process.kill().await.expect("our process");
    let bound = BASE + ((BUDGET_MIB as u64) << 20) + COPIES * ROW;
    assert!(peak < bound, "{peak} bytes, where {bound} are the bound");
    // The oracle would hold the rows itself; the servers tell.
    let digest = "SELECT id, LENGTH(b), SHA2(b, 256) FROM t66 ORDER BY id";
    let wanted = migration.shop.query(digest).await.expect("digests");
    assert_eq!(wanted.len(), 4);
    assert_eq!(migration.copy.query(digest).await.expect("digests"), wanted);
}

/// The most memory that a process has had.
fn peak_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the state of a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its memory");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
    kilobytes << 10
}
