//! The kills, and what must be there in the end.

use std::time::Duration;

use oms_sources::mysql::handover::HandoverPosition;
use oms_test_servers::{ServerBuilder, Servers};
use tokio::io::AsyncReadExt;
use tokio::process::Child;

use super::child;
use crate::support::{Bank, Dice, Migration, covers, log_end, until};

/// Where kills hit.
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

    fn has_scans(self) -> bool {
        self.scan >= 5
    }

    /// Enough of each kind.
    fn is_enough(self) -> bool {
        self.has_scans() && self.stream >= 8
    }
}

/// Kills a migration under load until every phase was hit often enough, then lets it finish.
async fn survives(test: &str, target: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(5000, 5000);
    let Some(mut migration) = Box::pin(Migration::start(test, Servers::mysql(), target, Bank::SCRIPT)).await
    else {
        return;
    };
    bank.fill(&migration.shop).await;
    let traffic = bank.open(&migration.shop, 3, &mut dice);
    let mut hits = Hits::default();
    // How long a process lives at the most, in milliseconds. How soon a copy begins and how long it takes is for the
    // machine to say: what the kills hit lengthens and shortens their lives.
    let mut longest = 500;
    while !hits.is_enough() {
        assert!(hits.all() < 150, "the kills do not hit every phase: {hits:?}");
        let mut process = child::spawn(&migration, 1 + dice.below(6) as usize);
        tokio::time::sleep(Duration::from_millis(20 + dice.below(longest))).await;
        kill(&mut process).await;
        match phase(&migration).await {
            Phase::Before => {
                hits.before += 1;
                longest = (longest * 5 / 4).min(10_000);
            }
            Phase::Scan => {
                hits.scan += 1;
                if hits.has_scans() {
                    // A table without a key is copied from its beginning each time.
                    longest = (longest.max(1500) * 5 / 4).min(10_000);
                }
            }
            Phase::Stream => {
                hits.stream += 1;
                // The sum is right after any crash, for transactions are there as a whole or not at all.
                let sum = migration.copy.query("SELECT SUM(balance) FROM accounts").await.expect("the sum");
                assert_eq!(sum[0][0].as_deref(), Some(&*bank.sum().to_string()), "torn, after {hits:?}");
                if !hits.has_scans() {
                    // The copy was through before it was hit often enough: once more, into a fresh database.
                    longest = (longest * 2 / 3).max(50);
                    migration.begin_anew(Bank::SCRIPT).await;
                }
            }
        }
    }
    let transactions = traffic.stop().await;
    let checkpoints = migration.checkpoints();
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

/// How far a migration has come.
enum Phase {
    Before,
    Scan,
    Stream,
}

async fn phase(migration: &Migration) -> Phase {
    // Before the first run not even the table for checkpoints is there.
    let checkpoint = migration.checkpoints().load(&migration.id()).await.ok().flatten();
    let position = checkpoint.and_then(|checkpoint| HandoverPosition::try_from(&checkpoint.position).ok());
    match position {
        None => Phase::Before,
        Some(position) if !position.is_scanned() => Phase::Scan,
        Some(_) => Phase::Stream,
    }
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
