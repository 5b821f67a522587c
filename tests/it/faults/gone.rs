//! A server that is killed and comes back.

use std::time::Duration;

use oms_core::pipeline::PipelineState;
use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Bank, Dice, Migration, until};

async fn comes_back(test: &str, source: ServerBuilder, target: ServerBuilder, is_source: bool) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(2000, 2000);
    let Some(mut migration) = Box::pin(Migration::start(test, source, target, Bank::SCRIPT)).await else {
        return;
    };
    // After a crash, seekdb holds the locks of broken transactions for a while.
    migration.patience = Duration::from_secs(300);
    bank.fill(&migration.shop).await;
    let server = if is_source { &migration.source } else { &migration.target };
    let run = migration.run();
    // In the middle of the copy first, then while the log is followed.
    for round in 0..2 {
        let mut traffic = None;
        if round > 0 {
            migration.caught_up(&run).await;
            traffic = Some(bank.open(&migration.shop, 2, &mut dice));
            tokio::time::sleep(Duration::from_millis(300)).await;
        } else {
            tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
        }
        // Writers cannot go on without their server.
        if is_source && let Some(traffic) = traffic.take() {
            traffic.stop().await;
        }
        server.kill().await.unwrap();
        until("the loss is noticed", || async {
            let state = run.handle.progress().state;
            (run.handle.is_ended() || matches!(state, PipelineState::Retrying { .. })).then_some(())
        })
        .await;
        // Several attempts find nobody.
        let before = run.handle.progress().retries;
        until("it tries again", || async {
            (run.handle.is_ended() || run.handle.progress().retries > before + 2).then_some(())
        })
        .await;
        server.restart().await.unwrap();
        if let Some(traffic) = traffic {
            traffic.stop().await;
        }
    }
    migration.caught_up(&run).await;
    let summary = run.stop().await;
    assert!(summary.retries >= 6, "{} retries", summary.retries);
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source() {
    comes_back("faults::gone::source", Servers::mysql().private(), Servers::mysql80(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_target_mysql() {
    comes_back("faults::gone::mysql", Servers::mysql(), Servers::mysql80().private(), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_target_oceanbase() {
    comes_back("faults::gone::oceanbase", Servers::mysql(), Servers::seekdb().private(), false).await;
}
