//! [`Ledger`]: every row that was read is applied, filtered or quarantined, or the pipeline stops.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::{EventBatch, Tally};
use crate::schema::SchemaSet;

/// Keeps the books between what is written to a sink and what is durable there, and makes the checkpoints.
///
/// The runner keeps one; a sink that stores checkpoints with its data keeps another.
///
/// # Examples
///
/// ```
/// use oms_core::Position;
/// use oms_core::event::EventBatch;
/// use oms_core::pipeline::Ledger;
/// let mut ledger = Ledger::resume(None).unwrap();
/// let mut batch = EventBatch::new().with_position(Position::new("demo", "1"));
/// batch.set_sequence(1);
/// ledger.accept(&batch).unwrap();
/// let checkpoint = ledger.durable_through(1).unwrap().expect("the batch has a position");
/// assert_eq!(checkpoint.position.token(), "1");
/// ```
#[derive(Debug)]
pub struct Ledger {
    /// What became of the rows that are durable, over all runs.
    tally: Tally,
    schemas: Arc<SchemaSet>,
    /// Accepted, not known to be durable; oldest first.
    in_flight: VecDeque<Entry>,
    accepted: u64,
}

#[derive(Debug)]
struct Entry {
    sequence: u64,
    tally: Tally,
    position: Option<crate::Position>,
    schemas: Option<Arc<SchemaSet>>,
}

impl Ledger {
    /// Goes on where a checkpoint ends, or begins with nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] if the checkpoint's own tally does not balance.
    pub fn resume(checkpoint: Option<&Checkpoint>) -> Result<Self> {
        let (tally, schemas) = match checkpoint {
            Some(checkpoint) => (checkpoint.tally, Arc::clone(&checkpoint.schemas)),
            None => Default::default(),
        };
        let ledger = Self { tally, schemas, in_flight: VecDeque::new(), accepted: 0 };
        ledger.check()?;
        Ok(ledger)
    }

    /// Notes a batch that is about to be written.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] if its rows are not those that were read less those that were left out by rule, or if it
    /// does not carry the next number.
    pub fn accept(&mut self, batch: &EventBatch) -> Result<()> {
        let mut tally = batch.tally();
        let (rows, sequence) = (batch.row_count(), batch.sequence());
        if tally.applied != 0 || tally.pending() != Some(rows) {
            return Err(unbalanced(format!(
                "batch {sequence} has {rows} rows of {} read, with {} filtered, {} quarantined and {} applied already",
                tally.read, tally.filtered, tally.quarantined, tally.applied
            )));
        }
        if sequence != self.accepted + 1 {
            let reason = format!("batch {sequence} comes after batch {}", self.accepted);
            return Err(unbalanced(reason));
        }
        tally.applied = rows;
        self.accepted = sequence;
        self.in_flight.push_back(Entry {
            sequence,
            tally,
            position: batch.position().cloned(),
            schemas: batch.schemas().cloned(),
        });
        Ok(())
    }

    /// Notes that every batch up to number `sequence` is durable; gives the newest checkpoint that follows.
    ///
    /// An older number than before changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] if no batch of this number was accepted, or if the sums do not balance.
    pub fn durable_through(&mut self, sequence: u64) -> Result<Option<Checkpoint>> {
        if sequence > self.accepted {
            return Err(unbalanced(format!(
                "batch {sequence} is said to be durable, but only {} were written",
                self.accepted
            )));
        }
        let mut newest = None;
        while let Some(entry) = self.in_flight.pop_front_if(|entry| entry.sequence <= sequence) {
            self.tally += entry.tally;
            if let Some(schemas) = entry.schemas {
                self.schemas = schemas;
            }
            if let Some(position) = entry.position {
                self.check()?;
                newest = Some((position, Arc::clone(&self.schemas), self.tally));
            }
        }
        Ok(newest.map(|(position, schemas, tally)| Checkpoint::new(position, schemas, tally)))
    }

    /// What became of the rows that are durable, over all runs.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Number of the last batch that was accepted, 0 before the first.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Number of the last batch that is durable, with all before it; 0 before the first.
    pub fn durable(&self) -> u64 {
        self.in_flight.front().map_or(self.accepted, |oldest| oldest.sequence - 1)
    }

    /// True if every accepted batch is durable.
    pub fn is_settled(&self) -> bool {
        self.in_flight.is_empty()
    }

    fn check(&self) -> Result<()> {
        if self.tally.balances() {
            return Ok(());
        }
        Err(unbalanced(format!("the sums up to here are {}", self.tally)))
    }
}

fn unbalanced(reason: String) -> Error {
    Error::Ledger { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Change, Event};
    use crate::row::RowBatchBuilder;
    use crate::schema::{Column, ColumnType, TableSchema};
    use crate::value::Value;
    use crate::{Position, TableName};

    fn batch(sequence: u64, rows: usize, position: Option<&str>) -> EventBatch {
        let schema = TableSchema::new(TableName::new("s", "t"), vec![Column::new("d", ColumnType::Date)]);
        let mut builder = RowBatchBuilder::canonical(Arc::new(schema));
        (0..rows).for_each(|_| builder.push([Value::Null]).unwrap());
        let mut batch = EventBatch::new();
        batch.push(Event::Change(Change::read(builder.finish())));
        if let Some(token) = position {
            batch = batch.with_position(Position::new("test", token));
        }
        batch.set_sequence(sequence);
        batch
    }

    #[test]
    fn a_checkpoint_comes_only_from_a_durable_batch_with_a_position() {
        let mut ledger = Ledger::resume(None).unwrap();
        ledger.accept(&batch(1, 2, Some("a"))).unwrap();
        ledger.accept(&batch(2, 3, None)).unwrap();
        ledger.accept(&batch(3, 1, Some("c"))).unwrap();
        assert!(ledger.durable_through(0).unwrap().is_none());
        let checkpoint = ledger.durable_through(2).unwrap().unwrap();
        assert_eq!(checkpoint.position.token(), "a");
        assert_eq!((checkpoint.tally.read, checkpoint.tally.applied), (2, 2));
        let checkpoint = ledger.durable_through(3).unwrap().unwrap();
        assert_eq!((checkpoint.position.token(), checkpoint.tally.read), ("c", 6));
        assert!(ledger.is_settled());

        let ledger = Ledger::resume(Some(&checkpoint)).unwrap();
        assert_eq!(ledger.tally().read, 6);
    }

    #[test]
    fn rows_that_vanish_are_noticed() {
        let mut ledger = Ledger::resume(None).unwrap();
        let lost = batch(1, 2, None);
        let mut short = EventBatch::new();
        short.set_sequence(1);
        short.append(batch(1, 0, None));
        ledger.accept(&short).unwrap();
        // A batch whose tally was taken over from another one with more rows.
        let mapped = lost.try_map::<Error>(|_| Ok(None)).unwrap();
        assert_eq!(mapped.tally().filtered, 2, "dropping by rule is counted");
        let mut forged = EventBatch::new();
        forged.set_sequence(2);
        forged.tally_mut().read = 2;
        let error = ledger.accept(&forged).unwrap_err();
        assert!(error.to_string().contains("0 rows of 2 read"), "{error}");
    }

    #[test]
    fn a_sink_cannot_be_ahead_of_what_it_was_given() {
        let mut ledger = Ledger::resume(None).unwrap();
        ledger.accept(&batch(1, 1, None)).unwrap();
        assert!(ledger.durable_through(2).is_err());
        assert!(ledger.accept(&batch(3, 1, None)).is_err());
    }

    #[test]
    fn a_checkpoint_that_does_not_balance_is_refused() {
        let checkpoint = Checkpoint::new(Position::new("test", "a"), Arc::default(), Tally::read(1));
        assert!(Ledger::resume(Some(&checkpoint)).is_err());
    }
}
