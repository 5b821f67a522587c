//! A target that stands still while the source writes on: memory stays where it is, and nobody hammers at a door.

use std::time::Duration;

use oms_core::pipeline::{ByteBudget, PipelineOptions};
use oms_test_servers::{Fault, Proxy, Servers};

use crate::crash::child;
use crate::support::{Migration, Run, log_end, until};

const SCRIPT: &str = "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, b LONGBLOB)";

/// Rows of 100 kB, 400 at a time.
async fn write_40_mb(migration: &Migration) {
    let rows = vec!["(REPEAT('x', 100000))"; 40].join(",");
    for _ in 0..10 {
        migration.shop.query(&format!("INSERT INTO t (b) VALUES {rows}")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_byte_budget_holds_while_the_target_stalls() {
    let test = "faults::stalled::budget";
    let source = Servers::mysql().with_option("--net-write-timeout=5");
    let Some(mut migration) = Box::pin(Migration::start(test, source, Servers::mysql80(), SCRIPT)).await
    else {
        return;
    };
    let proxy = Proxy::to(&migration.target.address()).await.unwrap();
    migration.target_url = proxy.url(migration.target.url());
    let budget = ByteBudget::new(4 << 20);
    let options = PipelineOptions::default().with_budget(budget.clone()).with_batch_bytes(1 << 20);
    let run = Run::of(migration.pipeline().options(options));
    migration.caught_up(&run).await;
    proxy.inject(Fault::Stall).await;
    write_40_mb(&migration).await;
    until("the budget is used up", || async {
        (run.handle.is_ended() || budget.in_use_bytes() > 3 << 20).then_some(())
    })
    .await;
    for _ in 0..30 {
        assert!(budget.in_use_bytes() <= budget.capacity_bytes());
        assert!(run.handle.progress().rows_in_flight < 100, "{:?}", run.handle.progress());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    proxy.heal().await;
    migration.caught_up(&run).await;
    run.stop().await;
    assert_eq!(budget.in_use_bytes(), 0);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_flat_while_the_target_stalls_longer_than_the_source_waits() {
    let test = "faults::stalled::memory";
    let source = Servers::mysql().with_option("--net-write-timeout=3");
    let Some(mut migration) = Box::pin(Migration::start(test, source, Servers::mysql80(), SCRIPT)).await
    else {
        return;
    };
    let proxy = Proxy::to(&migration.target.address()).await.unwrap();
    migration.target_url = proxy.url(migration.target.url());
    // One process of its own, whose memory is nobody else's.
    let mut process = child::spawn_with(&migration, 2, 8);
    write_40_mb(&migration).await;
    let counted = || async {
        let rows = migration.copy.query("SELECT COUNT(*) FROM t").await.expect("a count")[0][0].clone();
        rows.expect("a count").parse::<u64>().expect("a count")
    };
    until("some of it has come", || async { (counted().await >= 200).then_some(()) }).await;
    proxy.inject(Fault::Stall).await;
    write_40_mb(&migration).await;
    let connections = proxy.connections();
    tokio::time::sleep(Duration::from_secs(7)).await;
    let memory = resident_bytes(process.id().expect("a process that runs"));
    println!("{test}: {memory} bytes");
    assert!(memory < 128 << 20, "{memory} bytes");
    assert!(proxy.connections() < connections + 5, "a storm of reconnections");
    proxy.heal().await;
    let end = log_end(&migration.source).await;
    let checkpoints = migration.checkpoints();
    until("it has caught up", || async {
        let checkpoint = checkpoints.load(&migration.id()).await.expect("a checkpoint")?;
        crate::support::covers(&checkpoint.position, &end).then_some(())
    })
    .await;
    let memory = resident_bytes(process.id().expect("a process that runs"));
    println!("{test}: {memory} bytes");
    assert!(memory < 128 << 20, "{memory} bytes");
    process.kill().await.expect("our process");
    migration.assert_equal().await;
}

/// What a process has taken for itself: not the pages of its program.
fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the state of a process");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("its memory");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
    kilobytes << 10
}
