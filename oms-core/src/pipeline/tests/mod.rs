//! Tests of whole pipelines, over sources and sinks in memory.

mod backpressure;
mod cancellation;
mod ending;
mod model;
mod observing;
mod retrying;
mod running;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::Position;
use crate::checkpoint::{Checkpoint, MemoryCheckpointStore};
use crate::error::{At, ErrorClass};
use crate::event::EventBatch;
use crate::sink::{MemorySink, Progress, SinkCapabilities};
use crate::testing::{TransactionSource, Workload};
use crate::value::Value;

/// What happened, in order.
#[derive(Clone, Debug, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn count(&self, what: &str) -> usize {
        self.lines().iter().filter(|line| *line == what).count()
    }
}

/// Writes down what is called on the part that it wraps.
struct Noted<T> {
    inner: T,
    diary: Diary,
}

impl<T> Noted<T> {
    fn new(inner: T, diary: &Diary) -> Self {
        Self { inner, diary: diary.clone() }
    }
}

#[async_trait]
impl<S: Source> Source for Noted<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        let at = from.map_or("the start", |from| from.position.token());
        self.diary.note(format!("source opens at {at}"));
        self.inner.open(from).await
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        self.inner.next_batch().await
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        self.diary.note(format!("confirm {}", durable.token()));
        self.inner.confirm(durable).await
    }

    async fn close(&mut self) -> Result<()> {
        self.diary.note("source closes");
        self.inner.close().await
    }
}

#[async_trait]
impl<S: Sink> Sink for Noted<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> SinkCapabilities {
        self.inner.capabilities()
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.diary.note("sink opens");
        self.inner.open(pipeline).await
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        let end = batch.position().map_or("nowhere", |position| position.token());
        self.diary.note(format!("write {} to {end}", batch.sequence()));
        self.inner.write(batch).await
    }

    async fn flush(&mut self) -> Result<Progress> {
        self.inner.flush().await
    }

    async fn close(&mut self) -> Result<()> {
        self.diary.note("sink closes");
        self.inner.close().await
    }
}

#[async_trait]
impl<S: CheckpointStore> CheckpointStore for Noted<S> {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.diary.note("load");
        self.inner.load(pipeline).await
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        self.inner.save(pipeline, checkpoint).await?;
        self.diary.note(format!("saved {}", checkpoint.position.token()));
        Ok(())
    }
}

/// Takes every batch and makes nothing durable before a flush, which takes a while.
struct HoldingSink {
    inner: MemorySink,
    held: std::collections::VecDeque<Arc<EventBatch>>,
    flush_takes: Duration,
    flushing_since: Option<tokio::time::Instant>,
    diary: Diary,
}

impl HoldingSink {
    fn new(inner: MemorySink, flush_takes: Duration, diary: &Diary) -> Self {
        Self { inner, held: Default::default(), flush_takes, flushing_since: None, diary: diary.clone() }
    }
}

#[async_trait]
impl Sink for HoldingSink {
    fn name(&self) -> &str {
        "holding"
    }

    fn capabilities(&self) -> SinkCapabilities {
        self.inner.capabilities()
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.held.clear();
        self.flushing_since = None;
        self.inner.open(pipeline).await
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        self.diary.note(format!("held {}", batch.sequence()));
        self.held.push_back(batch);
        self.flushing_since = None;
        Ok(Progress::Accepted)
    }

    async fn flush(&mut self) -> Result<Progress> {
        // A new batch makes it begin anew, so that a flush which is always dropped never ends.
        let since = *self.flushing_since.get_or_insert_with(tokio::time::Instant::now);
        tokio::time::sleep_until(since + self.flush_takes).await;
        while let Some(batch) = self.held.pop_front() {
            self.inner.write(batch).await?;
        }
        self.diary.note("flushed");
        self.inner.flush().await
    }

    async fn close(&mut self) -> Result<()> {
        self.held.clear();
        self.inner.close().await
    }
}

fn log(workload: &Workload) -> TransactionSource {
    TransactionSource::new(workload.transactions().iter().cloned())
}

fn error(class: ErrorClass) -> Error {
    Error::Connector {
        connector: "test",
        action: "moving".into(),
        class,
        at: Box::new(At::unknown()),
        source: "an injected fault".into(),
    }
}

/// The sink holds what the workload leaves behind so many transactions.
fn assert_rows(sink: &MemorySink, workload: &Workload, transactions: usize) {
    for (table, rows) in workload.rows_after(transactions) {
        assert!(sorted(sink.rows(&table)) == sorted(rows), "table {table} after {transactions} transactions");
    }
}

fn sorted(mut rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    rows.sort_by_cached_key(|row| serde_json::to_string(row).unwrap());
    rows
}

/// Waits until `holds`, on the clock of the test.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to be that {what}");
}
