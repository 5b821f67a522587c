//! [`PipelineProgress`]: a look at a pipeline while it runs.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::event::{ChangeKind, Tally};
use crate::name::TableName;
use crate::position::Position;

/// What a pipeline is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PipelineState {
    /// It connects to both ends.
    Opening,
    /// It moves rows, or waits for some.
    Running,
    /// It was told to pause; what had been read before is still made durable.
    Paused,
    /// It waits before it opens again.
    Retrying {
        /// What went wrong, with its causes.
        error: Arc<str>,
        /// Failures in a row.
        attempt: u32,
    },
    /// It was told to stop and drains.
    Stopping,
    /// It has ended, well or not.
    Ended,
}

/// Rows by kind of change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowCounts {
    /// Scanned rows.
    pub read: u64,
    /// New rows.
    pub insert: u64,
    /// Changed rows.
    pub update: u64,
    /// Deleted rows.
    pub delete: u64,
}

impl RowCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.read + self.insert + self.update + self.delete
    }

    pub(super) fn of(&mut self, kind: ChangeKind) -> &mut u64 {
        match kind {
            ChangeKind::Read => &mut self.read,
            ChangeKind::Insert => &mut self.insert,
            ChangeKind::Update => &mut self.update,
            ChangeKind::Delete => &mut self.delete,
        }
    }
}

/// How far one table is, by its name at the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableProgress {
    /// The table.
    pub table: TableName,
    /// Rows that became durable in this run.
    pub rows: RowCounts,
    /// Bytes of their images as they travelled, before and after together.
    pub bytes: u64,
    /// True once all its rows have been scanned and are durable.
    pub done: bool,
}

/// A look at a pipeline while it runs.
///
/// # Shape
///
/// `tables` counts what the sink has said to be durable since the pipeline was started: rows that had to be given
/// again after a retry count again. `tally` is the exact account over all runs, as of `position`; it goes into the
/// checkpoint there.
///
/// # Units
///
/// `lag` is how far the newest durable transaction, or word of idleness, of the source lies behind the clock at the
/// moment of asking. It is `None` until there is one, never below zero, grows while anything stalls, and stays at the
/// interval of the source's heartbeats while there is nothing to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PipelineProgress {
    /// What it is doing.
    pub state: PipelineState,
    /// What became of the rows up to `position`, over all runs.
    pub tally: Tally,
    /// Rows that have left the source and its transforms and are not durable yet.
    pub rows_in_flight: u64,
    /// Every table that rows became durable of, in order of appearance.
    pub tables: Vec<TableProgress>,
    /// The newest durable position.
    pub position: Option<Position>,
    /// How far behind the source it is.
    pub lag: Option<Duration>,
    /// Times that it opened again after a transient error.
    pub retries: u64,
}

impl PipelineProgress {
    /// Rows that became durable in this run.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows.total()).sum()
    }

    /// Bytes that became durable in this run.
    pub fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| table.bytes).sum()
    }

    /// How far this table is, if rows of it became durable or its scan is done.
    pub fn table(&self, name: &TableName) -> Option<&TableProgress> {
        self.tables.iter().find(|table| table.table == *name)
    }
}

/// Why a pipeline ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// The source has no more.
    SourceEnded,
    /// It was told to stop.
    Stopped,
}

/// What a pipeline did, once it has ended without an error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub end: EndReason,
    /// What became of the rows up to `position`, over all runs; the last checkpoint says the same.
    pub tally: Tally,
    /// Rows and bytes of this run by table, in order of appearance.
    pub tables: Vec<TableProgress>,
    /// The last durable position.
    pub position: Option<Position>,
    /// Times that it opened again after a transient error.
    pub retries: u64,
    /// How long this run took.
    pub elapsed: Duration,
}

impl Summary {
    /// Rows that became durable in this run.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows.total()).sum()
    }
}

/// How far the source's clock lies behind `now`; a clock that runs ahead is no lag.
pub(super) fn lag(clock: Option<SystemTime>, now: SystemTime) -> Option<Duration> {
    clock.map(|clock| now.duration_since(clock).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_unknown_first_and_never_negative() {
        let now = SystemTime::now();
        assert_eq!(lag(None, now), None);
        assert_eq!(lag(Some(now - Duration::from_secs(3)), now), Some(Duration::from_secs(3)));
        assert_eq!(lag(Some(now + Duration::from_secs(3)), now), Some(Duration::ZERO));
    }
}
