//! Connections that break, stand still, or bring wrong bytes, on both sides.

use std::time::{Duration, Instant};

use oms_core::Error;
use oms_core::error::Chain;
use oms_sources::mysql::binlog::BinlogOptions;
use oms_test_servers::{Direction, Fault, Proxy, ServerBuilder, Servers};

use crate::support::{Bank, Dice, Migration, Run, until};

fn pipeline(migration: &Migration) -> oms_core::pipeline::Pipeline {
    let binlog = BinlogOptions::default().with_heartbeat(Duration::from_millis(300));
    let source = migration.all_of_it(Migration::small_chunks().with_binlog(binlog));
    migration.pipeline_of(source, migration.sink(|options| options))
}

async fn are_survived(test: &str, target: ServerBuilder, at_source: bool) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(1000, 1000);
    let Some(mut migration) = Box::pin(Migration::start(test, Servers::mysql(), target, Bank::SCRIPT)).await
    else {
        return;
    };
    bank.fill(&migration.shop).await;
    let address = if at_source { migration.source.address() } else { migration.target.address() };
    let proxy = Proxy::to(&address).await.unwrap();
    // A server that says nothing is given up soon, be it in the middle of opening.
    migration.io_timeout = Duration::from_secs(4);
    if at_source {
        migration.source_url = proxy.url(migration.source.url());
    } else {
        migration.target_url = proxy.url(migration.target.url());
    }
    let traffic = bank.open(&migration.shop, 2, &mut dice);
    let run = Run::of(pipeline(&migration));
    let passed = async |bytes: u64| {
        let before = proxy.bytes(Direction::ToServer) + proxy.bytes(Direction::ToClient);
        until("bytes pass", || async {
            let now = proxy.bytes(Direction::ToServer) + proxy.bytes(Direction::ToClient);
            (now > before + bytes || run.handle.is_ended()).then_some(())
        })
        .await;
    };
    for round in 0..8 {
        passed(20_000).await;
        let before = run.handle.progress().retries;
        // Cut in the middle of something.
        let fault = if round % 2 == 0 { Fault::Reset } else { Fault::Close };
        proxy.inject_after(Direction::ToClient, dice.below(20_000), fault);
        until("the cut is noticed", || async {
            (run.handle.is_ended() || run.handle.progress().retries > before).then_some(())
        })
        .await;
    }
    passed(20_000).await;
    proxy.inject(Fault::Delay(Duration::from_millis(200))).await;
    passed(5_000).await;
    proxy.heal().await;
    if at_source {
        // The heartbeat's deadline finds out about silence: half-open, and standing still.
        for fault in [Fault::Vanish(Direction::ToClient), Fault::Stall] {
            passed(5_000).await;
            let (before, begun) = (run.handle.progress().retries, Instant::now());
            proxy.inject(fault).await;
            until("the silence is noticed", || async {
                (run.handle.is_ended() || run.handle.progress().retries > before).then_some(())
            })
            .await;
            assert!(begun.elapsed() < Duration::from_secs(20), "{fault:?}: {:?}", begun.elapsed());
            proxy.heal().await;
            // What had come into the stalled connections is of no use to anybody.
            proxy.inject(Fault::Reset).await;
        }
    }
    traffic.stop().await;
    migration.caught_up(&run).await;
    let summary = run.stop().await;
    assert!(summary.retries >= 8, "{} retries", summary.retries);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_way_from_the_source() {
    are_survived("stream::losses::source", Servers::mysql80(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_way_to_mysql() {
    are_survived("stream::losses::mysql", Servers::mysql80(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_way_to_oceanbase() {
    are_survived("stream::losses::oceanbase", Servers::seekdb(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_byte_is_loud_and_changes_nothing() {
    let test = "stream::losses::corrupt";
    let script = "CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)";
    let Some(mut migration) =
        Box::pin(Migration::start(test, Servers::mysql(), Servers::mysql80(), script)).await
    else {
        return;
    };
    let proxy = Proxy::to(&migration.source.address()).await.unwrap();
    migration.source_url = proxy.url(migration.source.url());
    let run = migration.run();
    migration.caught_up(&run).await;
    // Somewhere in the middle of a value, where nothing but the checksum can tell.
    proxy.inject_after(Direction::ToClient, 100_000, Fault::Corrupt(Direction::ToClient));
    migration.shop.query("INSERT INTO t VALUES (1,REPEAT('a',200000))").await.unwrap();
    let error = run.fails().await;
    let text = Chain(&error).to_string();
    assert!(matches!(error, Error::Decode { .. }), "{text}");
    assert!(text.contains("checksum"), "{text}");
    let rows = migration.copy.query("SELECT COUNT(*) FROM t").await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some("0"));
    migration.run_until_caught_up().await;
    migration.assert_equal().await;
}
