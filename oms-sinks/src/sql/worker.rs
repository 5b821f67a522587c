//! A worker: takes units from its queue and commits them in groups.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oms_core::Result;
use oms_core::event::{Change, Transaction};
use oms_core::mysql::{ConnectOptions, SessionOptions};
use tokio::sync::mpsc;

use super::conflict::Conflicts;
use super::ledger::Ledger;
use super::plan::WritePlan;
use super::store::CheckpointTable;
use super::writer::Writer;

/// What all workers of a sink share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) connect: ConnectOptions,
    pub(crate) session: SessionOptions,
    pub(crate) checkpoints: CheckpointTable,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) limits: GroupLimits,
    pub(crate) conflicts: Conflicts,
}

impl Shared {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounds of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupLimits {
    /// Units that share a transaction.
    pub(crate) units: usize,
    /// Bytes of source rows after which a group ends.
    pub(crate) bytes: usize,
    /// Rows of a statement.
    pub(crate) statement_rows: u64,
    /// Bytes after which a statement ends.
    pub(crate) statement_bytes: usize,
    /// How often a group that lost a race for locks is tried again.
    pub(crate) attempts: u32,
}

/// What a worker applies as a whole: a transaction, or rows of a scanned range.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) number: u64,
    /// `None` for rows of a scanned range, which may be applied again.
    pub(crate) transaction: Option<Arc<Transaction>>,
    pub(crate) changes: Vec<(Arc<WritePlan>, Change)>,
    pub(crate) bytes: usize,
}

/// What a worker answers.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) worker: usize,
    /// Units applied.
    pub(crate) units: u64,
    pub(crate) result: Result<()>,
}

/// Applies units until the queue ends or one fails.
pub(crate) async fn run(
    worker: usize,
    shared: Arc<Shared>,
    mut queue: mpsc::UnboundedReceiver<Unit>,
    done: mpsc::UnboundedSender<Done>,
) {
    let limits = shared.limits;
    let mut writer = Writer::new(worker, shared);
    while let Some(first) = queue.recv().await {
        let mut group = vec![first];
        let mut bytes = group[0].bytes;
        while bytes < limits.bytes && group.len() < limits.units {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.bytes;
            group.push(next);
        }
        let result = writer.apply(&group).await;
        let failed = result.is_err();
        let units = group.len() as u64;
        drop(group);
        if done.send(Done { worker, units, result }).is_err() || failed {
            return;
        }
    }
}
