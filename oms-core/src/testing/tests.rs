//! What is built in keeps its own contracts, and what breaks them is found.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::TableName;
use crate::checkpoint::{Checkpoint, CheckpointStore, FileCheckpointStore, MemoryCheckpointStore};
use crate::error::Result;
use crate::event::{Event, EventBatch};
use crate::schema::TableSchema;
use crate::sink::{MemorySink, NullSink, Progress, Router, Sink, SinkCapabilities, Tee};
use crate::source::{MemorySource, Source, channel};
use crate::value::Value;

/// Makes sinks over a memory sink that is emptied by taking a new one.
struct Over<F> {
    memory: MemorySink,
    new: fn() -> MemorySink,
    wrap: F,
}

impl<F> Over<F> {
    fn new(new: fn() -> MemorySink, wrap: F) -> Self {
        Self { memory: new(), new, wrap }
    }
}

#[async_trait]
impl<F: Fn(MemorySink) -> Box<dyn Sink> + Send> SinkFixture for Over<F> {
    async fn sink(&mut self) -> Result<Box<dyn Sink>> {
        Ok((self.wrap)(self.memory.clone()))
    }

    async fn reset(&mut self, _tables: &[Arc<TableSchema>]) -> Result<()> {
        self.memory = (self.new)();
        Ok(())
    }

    async fn rows(&mut self, table: &TableName) -> Result<Option<Vec<Vec<Value>>>> {
        Ok(Some(self.memory.rows(table)))
    }
}

fn stored() -> MemorySink {
    MemorySink::new().with_strict(true).with_checkpoint(true)
}

#[tokio::test]
async fn memory_sink_keeps_the_contract() {
    let report = sink_suite(&mut Over::new(MemorySink::new, |sink| Box::new(sink) as _)).await.unwrap();
    assert_eq!(report.skipped.len(), 3, "{report}");
    let report = sink_suite(&mut Over::new(stored, |sink| Box::new(sink) as _)).await.unwrap();
    assert_eq!(report.skipped.len(), 1, "{report}");
}

#[tokio::test(start_paused = true)]
async fn tee_and_router_keep_the_contract() {
    let tee = |sink: MemorySink| -> Box<dyn Sink> {
        let lagging = LaggingSink::new(MemorySink::new(), Duration::from_micros(100));
        Box::new(Tee::new().with(NullSink::new()).with(sink).with(lagging))
    };
    sink_suite(&mut Over::new(MemorySink::new, tee)).await.unwrap();
    let router = |sink: MemorySink| -> Box<dyn Sink> {
        let slow = LaggingSink::new(sink.clone(), Duration::from_micros(100));
        let router = Router::new().route(|table| table.table() == "lines", slow);
        Box::new(router.route(|table| table.table() == "journal", sink.clone()).otherwise(sink))
    };
    sink_suite(&mut Over::new(MemorySink::new, router)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lagging_and_fault_sinks_keep_the_contract_that_they_wrap() {
    let lagging =
        |sink: MemorySink| -> Box<dyn Sink> { Box::new(LaggingSink::new(sink, Duration::from_micros(300))) };
    sink_suite(&mut Over::new(stored, lagging)).await.unwrap();
    let faultless = |sink: MemorySink| -> Box<dyn Sink> { Box::new(FaultSink::new(sink, FaultPlan::new())) };
    sink_suite(&mut Over::new(stored, faultless)).await.unwrap();
}

#[tokio::test]
async fn null_sink_keeps_what_can_be_seen_of_the_contract() {
    struct Null;
    #[async_trait]
    impl SinkFixture for Null {
        async fn sink(&mut self) -> Result<Box<dyn Sink>> {
            Ok(Box::new(NullSink::new()))
        }
        async fn reset(&mut self, _tables: &[Arc<TableSchema>]) -> Result<()> {
            Ok(())
        }
        async fn rows(&mut self, _table: &TableName) -> Result<Option<Vec<Vec<Value>>>> {
            Ok(None)
        }
    }
    let report = sink_suite(&mut Null).await.unwrap();
    assert!(report.skipped.iter().any(|(_, reason)| reason.contains("cannot be read back")), "{report}");
}

/// Ways to break the contract of a sink.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    /// Says that a batch is durable, and writes it when the next one comes.
    PromisesTooEarly,
    /// Flushes nothing that it holds.
    FlushesNothing,
    /// Keeps what it holds over a close, and so gives it again.
    ForgetsToForget,
    /// Takes a batch's end for a commit.
    CommitsEachBatch,
    /// Takes schema changes without carrying them out.
    IgnoresSchema,
    /// Returns a checkpoint that is ahead of the rows.
    AheadOfItself,
}

struct BadSink {
    bad: Bad,
    inner: MemorySink,
    held: Option<Arc<EventBatch>>,
    /// Batches given to the inner sink since it was opened.
    sent: u64,
    /// The position of the last batch that was taken.
    promised: Option<crate::Position>,
}

impl BadSink {
    async fn send(&mut self, mut batch: EventBatch) -> Result<Progress> {
        self.sent += 1;
        batch.set_sequence(self.sent);
        self.inner.write(Arc::new(batch)).await
    }

    async fn send_held(&mut self) -> Result<()> {
        match self.held.take() {
            None => Ok(()),
            Some(held) => self.send(EventBatch::clone(&held)).await.map(drop),
        }
    }
}

/// The same batch with a begin and a commit of its own where it lacks one.
fn closed(batch: &EventBatch) -> EventBatch {
    let mut events = batch.events().to_vec();
    if let Some(Event::Begin(begun)) = events.first().cloned()
        && !matches!(events.last(), Some(Event::Commit(_)))
    {
        events.push(Event::Commit(begun));
    }
    let closed = sample::batch(events);
    match batch.position() {
        Some(position) => closed.with_position(position.clone()),
        None => closed,
    }
}

#[async_trait]
impl Sink for BadSink {
    fn name(&self) -> &str {
        "bad"
    }

    fn capabilities(&self) -> SinkCapabilities {
        let is_stored = self.bad == Bad::AheadOfItself;
        let inner = self.inner.capabilities();
        inner.with_checkpoint(is_stored).with_schema(self.bad != Bad::IgnoresSchema)
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.sent = 0;
        let mut checkpoint = self.inner.open(pipeline).await?;
        if let (Some(checkpoint), Some(promised)) = (&mut checkpoint, self.promised.take()) {
            checkpoint.position = promised;
        }
        Ok(checkpoint)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        match self.bad {
            Bad::PromisesTooEarly | Bad::FlushesNothing | Bad::ForgetsToForget | Bad::AheadOfItself => {
                self.send_held().await?;
                self.promised = batch.position().cloned().or(self.promised.take());
                self.held = Some(batch);
                Ok(match self.bad {
                    Bad::PromisesTooEarly => Progress::Durable,
                    _ => Progress::Accepted,
                })
            }
            Bad::CommitsEachBatch => self.send(closed(&batch)).await,
            Bad::IgnoresSchema => {
                let is_schema = |event: &&Event| matches!(event, Event::Schema(_));
                let kept = batch.events().iter().filter(|event| !is_schema(event));
                self.send(sample::batch(kept.cloned())).await
            }
        }
    }

    async fn flush(&mut self) -> Result<Progress> {
        if self.bad != Bad::FlushesNothing {
            self.send_held().await?;
        }
        self.inner.flush().await
    }

    async fn close(&mut self) -> Result<()> {
        if self.bad != Bad::ForgetsToForget {
            self.held = None;
        }
        self.inner.close().await
    }
}

#[tokio::test]
async fn the_sink_suite_finds_what_breaks_the_contract() {
    for (bad, rule) in [
        (Bad::PromisesTooEarly, "said to be durable can be read"),
        (Bad::FlushesNothing, "numbered from 1"),
        (Bad::ForgetsToForget, "after the next `open`"),
        (Bad::CommitsEachBatch, "takes effect as a whole"),
        (Bad::IgnoresSchema, "applies schema changes"),
        (Bad::AheadOfItself, "take effect together"),
    ] {
        let new = match bad {
            Bad::AheadOfItself => stored,
            _ => MemorySink::new,
        };
        let make = move |inner: MemorySink| -> Box<dyn Sink> {
            Box::new(BadSink { bad, inner, held: None, sent: 0, promised: None })
        };
        match sink_suite(&mut Over::new(new, make)).await {
            Ok(report) => panic!("{bad:?} was not found:\n{report}"),
            Err(violation) => assert!(violation.rule.contains(rule), "{bad:?} was found as {violation:?}"),
        }
    }
}

struct Logs<F> {
    rows: u64,
    is_finite: bool,
    make: F,
}

#[async_trait]
impl<F: Fn() -> Box<dyn Source> + Send + Sync> SourceFixture for Logs<F> {
    async fn source(&mut self) -> Result<Box<dyn Source>> {
        Ok((self.make)())
    }

    fn rows(&self) -> u64 {
        self.rows
    }

    fn is_finite(&self) -> bool {
        self.is_finite
    }

    fn keeps_order(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn built_in_sources_keep_the_contract() {
    let workload = Workload::new(3, 40);
    for events in [1, 3, 1000] {
        for waits in [false, true] {
            let log = TransactionSource::new(workload.transactions().iter().cloned())
                .with_batch_events(events)
                .with_waiting(waits);
            let mut logs = Logs {
                rows: workload.rows(),
                is_finite: !waits,
                make: || Box::new(FaultSource::new(log.clone(), FaultPlan::new())) as Box<dyn Source>,
            };
            let report = source_suite(&mut logs).await.unwrap();
            assert_eq!(report.skipped.len(), usize::from(!waits), "{report}");
        }
    }
    let transactions = workload.transactions().iter().cloned();
    let batches: Vec<_> = transactions.map(|t| sample::batch(t.into_events())).collect();
    let mut logs = Logs {
        rows: workload.rows(),
        is_finite: true,
        make: || Box::new(MemorySource::new(batches.clone())) as Box<dyn Source>,
    };
    source_suite(&mut logs).await.unwrap();
}

#[tokio::test]
async fn a_source_that_cannot_go_back_is_found() {
    let mut logs = Logs {
        rows: 1,
        is_finite: true,
        make: || {
            let (sender, source) = channel(4);
            let row = [[1_i64.into(), 2_i64.into(), Value::Null]];
            let transaction = sample::SampleTransaction::new("t").insert(&sample::accounts(), row);
            let batch = transaction.into_batch(crate::Position::new("channel", "1"));
            futures::FutureExt::now_or_never(sender.send(batch)).unwrap().unwrap();
            Box::new(source) as Box<dyn Source>
        },
    };
    let violation = source_suite(&mut logs).await.unwrap_err();
    assert!(violation.rule.contains("gives nothing again"), "{violation:?}");
}

#[tokio::test]
async fn a_position_inside_of_a_transaction_is_found() {
    let workload = Workload::new(3, 10);
    let events: Vec<_> = workload.transactions().iter().cloned().flat_map(|t| t.into_events()).collect();
    // Cut anywhere, and every cut says that one may go on there.
    let batches: Vec<_> = events.chunks(2).map(|events| sample::batch(events.iter().cloned())).collect();
    let mut logs = Logs {
        rows: workload.rows(),
        is_finite: true,
        make: || Box::new(MemorySource::new(batches.clone())) as Box<dyn Source>,
    };
    let violation = source_suite(&mut logs).await.unwrap_err();
    assert!(violation.rule.contains("position only behind a commit"), "{violation:?}");
}

struct Stores<F>(F);

#[async_trait]
impl<F: Fn() -> Box<dyn CheckpointStore> + Send> StoreFixture for Stores<F> {
    async fn store(&mut self) -> Result<Box<dyn CheckpointStore>> {
        Ok((self.0)())
    }
}

#[tokio::test]
async fn built_in_stores_keep_the_contract() {
    let memory = MemoryCheckpointStore::new();
    store_suite(&mut Stores(|| Box::new(memory.clone()) as _)).await.unwrap();
    let memory = FaultStore::new(MemoryCheckpointStore::new(), FaultPlan::new());
    let shared: Arc<dyn CheckpointStore> = Arc::new(memory);
    store_suite(&mut Stores(|| Box::new(Arc::clone(&shared)) as _)).await.unwrap();

    let folder = std::env::temp_dir().join(format!("oms-store-suite-{}", std::process::id()));
    let report = store_suite(&mut Stores(|| Box::new(FileCheckpointStore::new(&folder)) as _)).await;
    std::fs::remove_dir_all(&folder).unwrap();
    report.unwrap();
}

#[tokio::test]
async fn a_store_that_mixes_up_pipelines_is_found() {
    struct Careless(MemoryCheckpointStore);
    #[async_trait]
    impl CheckpointStore for Careless {
        async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
            self.0.load(&pipeline.to_lowercase()).await
        }
        async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
            self.0.save(&pipeline.to_lowercase(), checkpoint).await
        }
    }
    let memory = MemoryCheckpointStore::new();
    let mut stores = Stores(|| Box::new(Careless(memory.clone())) as Box<dyn CheckpointStore>);
    let violation = store_suite(&mut stores).await.unwrap_err();
    assert!(violation.rule.contains("kept apart"), "{violation:?}");
}

#[test]
fn a_workload_is_what_its_tables_hold() {
    // The memory sink is checked by the workload's own account of the rows, over many seeds.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for seed in 0..12 {
        let workload = Workload::new(seed, 30);
        let sink = stored();
        let mut writer = sink.clone();
        runtime.block_on(async {
            writer.open("w").await.unwrap();
            for (i, transaction) in workload.transactions().iter().enumerate() {
                let mut batch = transaction.clone().into_batch(TransactionSource::position_after(i + 1));
                batch.set_sequence(i as u64 + 1);
                writer.write(Arc::new(batch)).await.unwrap();
                for (table, mut rows) in workload.rows_after(i + 1) {
                    let mut found = sink.rows(&table);
                    let order = |row: &Vec<Value>| serde_json::to_string(row).unwrap();
                    rows.sort_by_key(order);
                    found.sort_by_key(order);
                    assert!(found == rows, "seed {seed}, transaction {i}, table {table}");
                }
            }
        });
    }
}

mod generated {
    use super::super::strategies;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Every generated value is one that the canonical form can hold and give back.
        #[test]
        fn rows_survive_the_canonical_form(
            (table, rows) in strategies::table().prop_flat_map(|table| {
                let rows = strategies::rows(&table, 0..8);
                (Just(table), rows)
            })
        ) {
            let batch = sample::rows(&table, rows.clone());
            prop_assert_eq!(batch.len(), rows.len());
            for (found, expected) in batch.rows().zip(&rows) {
                let found: Vec<Value> = found.cells().map(|cell| cell.decode().unwrap().to_value().unwrap()).collect();
                prop_assert!(found == *expected);
            }
        }

        /// Generated transactions never meet a row that is not there, and leave the rows that they say.
        #[test]
        fn transactions_are_valid(
            (table, (transactions, mut left)) in strategies::table().prop_flat_map(|table| {
                let transactions = strategies::transactions(&table, 0..8);
                (Just(table), transactions)
            })
        ) {
            let sink = stored();
            let mut writer = sink.clone();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                writer.open("generated").await.unwrap();
                for (i, transaction) in transactions.into_iter().enumerate() {
                    let mut batch = sample::batch(transaction.into_events());
                    batch.set_sequence(i as u64 + 1);
                    writer.write(Arc::new(batch)).await.unwrap();
                }
            });
            let mut found = sink.rows(table.name());
            let order = |row: &Vec<Value>| serde_json::to_string(row).unwrap();
            found.sort_by_key(order);
            left.sort_by_key(order);
            prop_assert!(found == left);
        }
    }
}
