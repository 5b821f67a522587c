//! The kills, and what must be there in the end.

use std::time::Duration;

use oms_sources::mysql::handover::HandoverPosition;
use oms_test_servers::{ServerBuilder, Servers};
use tokio::io::AsyncReadExt;
use tokio::process::Child;

use super::child;
use crate::support::{Bank, Dice, Migration, covers, log_end, until};

/// Where a kill hit.
#[derive(Clone, Copy, Debug, Default)]
struct Hits {
    before: u32,
    scan: u32,
    stream: u32,
}

impl Hits {
    fn all(self) -> u32 {
        self.before + self.scan + self.stream
    }

    /// Enough of each kind.
    fn is_enough(self) -> bool {
        self.scan >= 5 && self.stream >= 8
    }
}

/// Kills a migration under load until every phase was hit often enough, then lets it finish.
async fn survives(test: &str, target: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(5000, 5000);
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, Bank::SCRIPT)).await
    else {
        return;
    };
    bank.fill(&migration.shop).await;
    let traffic = bank.open(&migration.shop, 3, &mut dice);
    let checkpoints = migration.checkpoints();
    let mut hits = Hits::default();
    while !hits.is_enough() {
        assert!(hits.all() < 80, "the kills do not hit every phase: {hits:?}");
        let mut process = child::spawn(&migration, 1 + dice.below(6) as usize);
        // Short lives first, so that the scan is hit; later ones get some way along the log.
        let life = if hits.scan < 5 { 200 + dice.below(500) } else { 200 + dice.below(1500) };
        // A slow machine, or a server that holds the locks of the dead for a while, needs longer ones.
        let slow = hits.before + hits.scan.saturating_sub(6);
        let life = (life + 200 * u64::from(slow)).min(10_000);
        tokio::time::sleep(Duration::from_millis(life)).await;
        kill(&mut process).await;
        let phase = match checkpoints.load(&migration.id()).await {
            Ok(Some(checkpoint)) => HandoverPosition::try_from(&checkpoint.position).ok(),
            // Not even the table for checkpoints is there.
            _ => None,
        };
        match phase {
            None => hits.before += 1,
            Some(position) if !position.is_scanned() => hits.scan += 1,
            Some(_) => {
                hits.stream += 1;
                // The sum is right after any crash, for transactions are there as a whole or not at all.
                let sum = migration.copy.query("SELECT SUM(balance) FROM accounts").await.expect("the sum");
                assert_eq!(sum[0][0].as_deref(), Some(&*bank.sum().to_string()), "torn, after {hits:?}");
            }
        }
    }
    let transactions = traffic.stop().await;
    let mut process = child::spawn(&migration, 4);
    let end = log_end(&migration.source).await;
    until("the last process has caught up", || async {
        let checkpoint = checkpoints.load(&migration.id()).await.expect("a checkpoint")?;
        covers(&checkpoint.position, &end).then_some(())
    })
    .await;
    kill(&mut process).await;
    println!("{test}: {hits:?} and {transactions} transactions");
    migration.assert_equal().await;
}

/// SIGKILL; a process that has ended by itself fails the test.
async fn kill(process: &mut Child) {
    let ended = process.try_wait().expect("a process of our own");
    if let Some(status) = ended {
        let mut text = String::new();
        if let Some(stderr) = &mut process.stderr {
            let _ = stderr.read_to_string(&mut text).await;
        }
        panic!("the migration has ended by itself, {status}: {text}");
    }
    process.kill().await.expect("a process of our own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_to_mysql_survives_sigkill_at_any_moment() {
    survives("crash::kills::mysql", Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_to_oceanbase_survives_sigkill_at_any_moment() {
    survives("crash::kills::oceanbase", Servers::seekdb()).await;
}
