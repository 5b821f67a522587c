//! The contract of [`CheckpointStore`] as a test.

use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;

use super::report::{Rule, SuiteReport, Violation};
use super::sample::{accounts, journal};
use crate::checkpoint::{Checkpoint, CheckpointStore};
use crate::error::Result;
use crate::event::Tally;
use crate::position::Position;
use crate::schema::SchemaSet;

const ROUND_TRIP: Rule = Rule("`load` gives the last saved checkpoint as a whole");
const NONE: Rule = Rule("`load` gives nothing for a pipeline that never saved one");
const REPLACE: Rule = Rule("`save` replaces the checkpoint, whatever was in it");
const APART: Rule = Rule("pipelines of different names, however alike, are kept apart");
const DURABLE: Rule = Rule("a saved checkpoint is there for a store that is opened later");
const DROPPED: Rule = Rule("a `save` that is dropped leaves the old checkpoint or the new one");

/// How the suite gets at a store.
#[async_trait]
pub trait StoreFixture: Send {
    /// Another store onto the same place, which is empty at first.
    async fn store(&mut self) -> Result<Box<dyn CheckpointStore>>;
}

/// Checks the contract of [`CheckpointStore`].
///
/// # Errors
///
/// The first rule that does not hold.
///
/// # Examples
///
/// ```
/// use async_trait::async_trait;
/// use oms_core::checkpoint::{CheckpointStore, MemoryCheckpointStore};
/// use oms_core::testing::{StoreFixture, store_suite};
///
/// struct Memory(MemoryCheckpointStore);
///
/// #[async_trait]
/// impl StoreFixture for Memory {
///     async fn store(&mut self) -> oms_core::Result<Box<dyn CheckpointStore>> {
///         Ok(Box::new(self.0.clone()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = store_suite(&mut Memory(MemoryCheckpointStore::new())).await.unwrap();
/// assert!(report.skipped.is_empty());
/// # }
/// ```
pub async fn store_suite(fixture: &mut dyn StoreFixture) -> Result<SuiteReport, Violation> {
    let mut report = SuiteReport::default();
    let store = NONE.within("opening the store", fixture.store()).await?;
    let loaded = NONE.within("load", store.load("never saved")).await?;
    NONE.check(loaded.is_none(), || "there was one".to_owned())?;
    report.holds(NONE.0);

    for (i, checkpoint) in checkpoints().into_iter().enumerate() {
        let rule = if i == 0 { ROUND_TRIP } else { REPLACE };
        rule.within("save", store.save("suite", &checkpoint)).await?;
        expect(rule, &*store, "suite", &checkpoint).await?;
    }
    report.holds(ROUND_TRIP.0);
    report.holds(REPLACE.0);

    let names = ["a", "A", "a/b", "a%2Fb", "../a", "a b", "ü", "日本", "'; --", "."];
    let saved: Vec<_> = (0..names.len()).map(numbered).collect();
    for (name, checkpoint) in names.iter().zip(&saved) {
        APART.within("save", store.save(name, checkpoint)).await?;
    }
    for (name, checkpoint) in names.iter().zip(&saved) {
        expect(APART, &*store, name, checkpoint).await?;
    }
    report.holds(APART.0);

    drop(store);
    let store = DURABLE.within("opening the store", fixture.store()).await?;
    expect(DURABLE, &*store, names[0], &saved[0]).await?;
    report.holds(DURABLE.0);

    dropped_save(&mut *fixture, &*store).await?;
    report.holds(DROPPED.0);
    Ok(report)
}

/// Drops a save after each count of polls that it survives.
async fn dropped_save(fixture: &mut dyn StoreFixture, store: &dyn CheckpointStore) -> Result<(), Violation> {
    let (old, new) = (numbered(1), numbered(2));
    for polls in 1..=16 {
        DROPPED.within("save", store.save("dropped", &old)).await?;
        let mut finished = false;
        {
            let mut save = pin!(store.save("dropped", &new));
            for _ in 0..polls {
                if let Some(result) = save.as_mut().now_or_never() {
                    DROPPED.call("save", result)?;
                    finished = true;
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let store = DROPPED.within("opening the store", fixture.store()).await?;
        let loaded = DROPPED.within("load", store.load("dropped")).await?;
        DROPPED
            .check(loaded.as_ref() == Some(&new) || (loaded.as_ref() == Some(&old) && !finished), || {
                format!("after {polls} polls it was {}", describe(loaded.as_ref()))
            })?;
        if finished {
            break;
        }
    }
    Ok(())
}

async fn expect(
    rule: Rule,
    store: &dyn CheckpointStore,
    name: &str,
    expected: &Checkpoint,
) -> Result<(), Violation> {
    let loaded = rule.within("load", store.load(name)).await?;
    rule.check(loaded.as_ref() == Some(expected), || {
        format!("of pipeline {name:?} it was {}", describe(loaded.as_ref()))
    })
}

fn describe(checkpoint: Option<&Checkpoint>) -> String {
    match checkpoint {
        None => "nothing".to_owned(),
        Some(checkpoint) => format!(
            "one at {} with {} schemas, {}",
            checkpoint.position,
            checkpoint.schemas.len(),
            checkpoint.tally
        ),
    }
}

fn numbered(number: usize) -> Checkpoint {
    Checkpoint::new(Position::new("suite", number.to_string()), Arc::default(), Tally::default())
}

/// A small one, a large one, and a small one again.
fn checkpoints() -> [Checkpoint; 3] {
    let schemas: SchemaSet = [accounts(), journal()].into_iter().collect();
    let tally = Tally { read: u64::MAX, applied: u64::MAX - 3, filtered: 1, quarantined: 2 };
    let token = format!("{}:'\"\\\n\u{1f980}", "x".repeat(100_000));
    let large = Checkpoint::new(Position::new("suite", token), Arc::new(schemas), tally);
    [numbered(7), large, numbered(8)]
}
