//! [`Target`] and [`Driver`]: how the rules drive a sink and look at what it has done.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::SinkFixture;
use futures::FutureExt;

use crate::checkpoint::Checkpoint;
use crate::event::{Event, EventBatch};
use crate::name::TableName;
use crate::position::Position;
use crate::row::format::canonical;
use crate::sink::{Progress, Sink, SinkCapabilities};
use crate::testing::report::{Rule, SuiteReport, Violation};
use crate::testing::sample::{SampleTransaction, accounts, batch, journal, lines};
use crate::testing::workload::Workload;
use crate::value::Value;

/// The target of the sinks under test.
pub(super) struct Target<'a> {
    fixture: &'a mut dyn SinkFixture,
    pub(super) report: SuiteReport,
    pipelines: usize,
}

/// A sink under test, open.
pub(super) struct Driver {
    pub(super) sink: Box<dyn Sink>,
    pub(super) rule: Rule,
    pub(super) pipeline: String,
    /// What `open` gave.
    pub(super) checkpoint: Option<Checkpoint>,
    written: u64,
    /// The last batch that the sink has said to be durable.
    durable: u64,
}

const FLUSH: Rule =
    Rule("`flush` returns when more is durable than before, or everything is, and says which");

pub(super) const UNREADABLE: &str = "the target cannot be read back";

impl<'a> Target<'a> {
    pub(super) fn new(fixture: &'a mut dyn SinkFixture) -> Self {
        Self { fixture, report: SuiteReport::default(), pipelines: 0 }
    }

    /// Empties the target, and opens a sink under a name that was not used before.
    pub(super) async fn fresh(&mut self, rule: Rule) -> Result<Driver, Violation> {
        let tables = [accounts(), lines(), journal()];
        rule.within("emptying the target", self.fixture.reset(&tables)).await?;
        self.pipelines += 1;
        self.open(rule, &format!("suite {}", self.pipelines)).await
    }

    /// Opens another sink onto the target as it is.
    pub(super) async fn open(&mut self, rule: Rule, pipeline: &str) -> Result<Driver, Violation> {
        let sink = self.closed(rule).await?;
        Driver::open(sink, rule, pipeline).await
    }

    /// Another sink, not open.
    pub(super) async fn closed(&mut self, rule: Rule) -> Result<Box<dyn Sink>, Violation> {
        rule.within("making the sink", self.fixture.sink()).await
    }

    pub(super) async fn capabilities(&mut self, rule: Rule) -> Result<SinkCapabilities, Violation> {
        Ok(self.closed(rule).await?.capabilities())
    }

    /// True if rows can be read back.
    pub(super) async fn is_readable(&mut self, rule: Rule) -> Result<bool, Violation> {
        let accounts = accounts();
        let rows = self.fixture.rows(accounts.name());
        Ok(rule.within("reading the target", rows).await?.is_some())
    }

    /// The first column of all rows, as numbers.
    pub(super) async fn ids(&mut self, rule: Rule, table: &TableName) -> Result<HashSet<i64>, Violation> {
        let rows = rule.within("reading the target", self.fixture.rows(table)).await?;
        let id = |row: Vec<Value>| match row.first() {
            Some(Value::Int(id)) => Some(*id),
            _ => None,
        };
        Ok(rows.unwrap_or_default().into_iter().filter_map(id).collect())
    }

    /// The target holds what the workload leaves behind so many transactions, if it can be read back.
    pub(super) async fn expect_state(
        &mut self,
        rule: Rule,
        workload: &Workload,
        transactions: usize,
    ) -> Result<(), Violation> {
        for (table, rows) in workload.rows_after(transactions) {
            self.expect_rows(rule, &table, rows).await?;
        }
        Ok(())
    }

    /// The table holds these rows and no others, if it can be read back.
    pub(super) async fn expect_rows(
        &mut self,
        rule: Rule,
        table: &TableName,
        expected: Vec<Vec<Value>>,
    ) -> Result<(), Violation> {
        let read = rule.within("reading the target", self.fixture.rows(table)).await?;
        let Some(found) = read else {
            return Ok(());
        };
        let (found, expected) = (bag(&found), bag(&expected));
        rule.check(found == expected, || {
            let count = |bag: &BTreeMap<_, u64>, other: &BTreeMap<_, u64>| -> u64 {
                let missing = bag.iter().map(|(row, n)| n.saturating_sub(*other.get(row).unwrap_or(&0)));
                missing.sum()
            };
            let (missing, surplus) = (count(&expected, &found), count(&found, &expected));
            format!("table {table} lacks {missing} rows and has {surplus} that should not be there")
        })
    }
}

fn bag(rows: &[Vec<Value>]) -> BTreeMap<Vec<u8>, u64> {
    let mut bag = BTreeMap::new();
    for row in rows {
        let mut bytes = Vec::new();
        for value in row {
            let start = bytes.len();
            bytes.extend_from_slice(&[0; 5]);
            canonical::encode(value, &mut bytes);
            let len = (bytes.len() - start) as u32;
            bytes[start] = u8::from(value.is_null());
            bytes[start + 1..start + 5].copy_from_slice(&len.to_be_bytes());
        }
        *bag.entry(bytes).or_default() += 1;
    }
    bag
}

/// The position behind so many transactions of a workload.
pub(super) fn position(transactions: usize) -> Position {
    Position::new("suite", transactions.to_string())
}

/// How many transactions lie before such a position.
pub(super) fn transactions_before(position: &Position) -> Option<usize> {
    position.token_of("suite").ok()?.parse().ok()
}

impl Driver {
    pub(super) async fn open(mut sink: Box<dyn Sink>, rule: Rule, pipeline: &str) -> Result<Self, Violation> {
        let checkpoint = rule.within("open", sink.open(pipeline)).await?;
        Ok(Self { sink, rule, pipeline: pipeline.to_owned(), checkpoint, written: 0, durable: 0 })
    }

    /// Opens the same sink again, which is closed.
    pub(super) async fn reopen(self) -> Result<Self, Violation> {
        Self::open(self.sink, self.rule, &self.pipeline).await
    }

    pub(super) async fn write(&mut self, mut batch: EventBatch) -> Result<Progress, Violation> {
        self.written += 1;
        batch.set_sequence(self.written);
        let progress = self.rule.within("write", self.sink.write(Arc::new(batch))).await?;
        let durable = match progress {
            Progress::Accepted => return Ok(progress),
            Progress::Durable => self.written,
            Progress::DurableThrough(sequence) => sequence,
        };
        self.rule.check(durable <= self.written, || {
            format!("batch {durable} is said to be durable, but only {} were written", self.written)
        })?;
        self.durable = self.durable.max(durable);
        Ok(progress)
    }

    /// Writes transaction `index` of a workload as one batch.
    pub(super) async fn write_transaction(
        &mut self,
        workload: &Workload,
        index: usize,
    ) -> Result<Progress, Violation> {
        let transaction: SampleTransaction = workload.transactions()[index].clone();
        self.write(transaction.into_batch(position(index + 1))).await
    }

    pub(super) async fn write_events(
        &mut self,
        events: impl IntoIterator<Item = Event>,
        position: Option<Position>,
    ) -> Result<Progress, Violation> {
        let mut batch = batch(events);
        if let Some(position) = position {
            batch = batch.with_position(position);
        }
        self.write(batch).await
    }

    pub(super) async fn flush(&mut self) -> Result<(), Violation> {
        loop {
            let through = match self.rule.within("flush", self.sink.flush()).await? {
                Progress::Accepted => return Err(FLUSH.broken("it said nothing")),
                Progress::Durable => break,
                Progress::DurableThrough(sequence) => sequence,
            };
            FLUSH.check((self.durable + 1..=self.written).contains(&through), || {
                format!("batch {through} of {} is durable, and {} was before", self.written, self.durable)
            })?;
            self.durable = through;
        }
        self.durable = self.written;
        Ok(())
    }

    /// As [`Self::flush`], given up after the first poll.
    pub(super) fn glance_at_flush(&mut self) -> Result<(), Violation> {
        if let Some(flushed) = self.sink.flush().now_or_never() {
            match self.rule.call("flush", flushed)? {
                Progress::Accepted => return Err(FLUSH.broken("it said nothing")),
                Progress::Durable => self.durable = self.written,
                Progress::DurableThrough(sequence) => self.durable = self.durable.max(sequence),
            }
        }
        Ok(())
    }

    pub(super) async fn close(&mut self) -> Result<(), Violation> {
        self.rule.within("close", self.sink.close()).await
    }

    /// How many batches have been written, and how many of them are said to be durable.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.written, self.durable)
    }
}
