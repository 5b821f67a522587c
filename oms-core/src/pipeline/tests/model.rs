//! Delivery against a model: whatever goes wrong, in the end every row is there once, and no checkpoint is ever ahead.

use std::collections::HashSet;

use super::*;
use crate::testing::sample::lines;
use crate::testing::{Fault, FaultPlan, FaultSink, FaultSource, FaultStore, LaggingSink, Step};
use crate::transform::Filter;

/// How the rows are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    /// The checkpoint with the rows: exactly once, keyless tables too, and any row given twice is an error.
    Exact,
    /// The checkpoint in a store: at least once, by key.
    Stored,
}

/// How the sink works.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Durable at once.
    Direct,
    /// In the background.
    Lagging,
}

/// Saves only what may be saved.
struct Watched {
    inner: MemoryCheckpointStore,
    sink: MemorySink,
    workload: Arc<Workload>,
}

#[async_trait]
impl CheckpointStore for Watched {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.inner.load(pipeline).await
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        let before = TransactionSource::transactions_before(&checkpoint.position)?;
        let durable: HashSet<_> = self.sink.transactions().iter().map(|t| t.id.clone()).collect();
        for transaction in &self.workload.transactions()[..before] {
            assert!(
                durable.contains(transaction.id()),
                "the checkpoint at {before} passes {}, which is not durable",
                transaction.id()
            );
        }
        assert!(checkpoint.tally.balances());
        self.inner.save(pipeline, checkpoint).await
    }
}

impl Mode {
    fn workload(self, seed: u64) -> Arc<Workload> {
        Arc::new(match self {
            Mode::Exact => Workload::new(seed, 30),
            Mode::Stored => Workload::keyed(seed, 30),
        })
    }

    fn sink(self) -> MemorySink {
        match self {
            Mode::Exact => MemorySink::new().with_strict(true).with_checkpoint(true),
            Mode::Stored => MemorySink::new(),
        }
    }
}

struct Setup {
    workload: Arc<Workload>,
    log: TransactionSource,
    sink: MemorySink,
    store: MemoryCheckpointStore,
    mode: Mode,
    pace: Pace,
    filters: bool,
}

impl Setup {
    fn new(workload: &Arc<Workload>, mode: Mode, pace: Pace, filters: bool) -> Self {
        Self {
            workload: Arc::clone(workload),
            log: log(workload).with_batch_events(7),
            sink: mode.sink(),
            store: MemoryCheckpointStore::new(),
            mode,
            pace,
            filters,
        }
    }

    fn pipeline(&self, plan: &FaultPlan) -> Pipeline {
        let source = FaultSource::new(self.log.clone(), plan.clone());
        let sink: Box<dyn Sink> = match self.pace {
            Pace::Direct => Box::new(self.sink.clone()),
            Pace::Lagging => Box::new(LaggingSink::new(self.sink.clone(), Duration::from_millis(3))),
        };
        let watched = Watched {
            inner: self.store.clone(),
            sink: self.sink.clone(),
            workload: Arc::clone(&self.workload),
        };
        let options = PipelineOptions::default()
            .with_batch_rows(5)
            .with_budget(ByteBudget::new(8 << 10))
            .with_checkpoint_interval(Duration::from_millis(20))
            .with_retry(RetryPolicy::default().with_seed(5));
        let pipeline = Pipeline::new("p", source, FaultSink::new(sink, plan.clone()))
            .checkpoints(FaultStore::new(watched, plan.clone()))
            .options(options);
        match self.filters {
            // Most lines come and go across this border several times.
            true => pipeline.transform(Filter::new().table(lines().name().clone(), |row| {
                let quantity = row.cell(2).decode()?.as_i64();
                Ok(quantity.is_some_and(|quantity| quantity >= 50))
            })),
            false => pipeline,
        }
    }

    /// Runs, and starts anew after whatever ends a run, until the source has ended.
    async fn run(&self, plan: &FaultPlan) -> Summary {
        for _ in 0..200 {
            // A call that never returns ends like a process that is killed.
            let run = self.pipeline(plan).run();
            match tokio::time::timeout(Duration::from_secs(120), run).await {
                Ok(Ok(summary)) => return summary,
                Ok(Err(error)) => {
                    assert!(!matches!(error, Error::Ledger { .. } | Error::Conflict { .. }), "{error}");
                }
                Err(_) => {}
            }
            self.check_checkpoint();
        }
        panic!("it never came to an end");
    }

    /// Where the sink keeps the checkpoint, the rows are exactly those that it says, at any moment.
    fn check_checkpoint(&self) {
        if self.mode == Mode::Exact {
            let at = self.sink.checkpoint("p").map_or(0, |checkpoint| {
                TransactionSource::transactions_before(&checkpoint.position).unwrap()
            });
            self.check_rows(at);
        }
    }

    fn check_rows(&self, transactions: usize) {
        for (table, mut rows) in self.workload.rows_after(transactions) {
            if self.filters && table == *lines().name() {
                rows.retain(|row| matches!(row[2], Value::Int(50..)));
            }
            assert!(
                sorted(self.sink.rows(&table)) == sorted(rows),
                "{table} after {transactions} transactions"
            );
        }
    }

    async fn check_end(&self, summary: &Summary) {
        self.check_rows(30);
        let checkpoint = match self.mode {
            Mode::Exact => self.sink.checkpoint("p"),
            Mode::Stored => self.store.load("p").await.unwrap(),
        };
        let checkpoint = checkpoint.unwrap();
        assert_eq!(checkpoint.position, TransactionSource::position_after(30));
        for tally in [summary.tally, checkpoint.tally] {
            assert!(tally.balances());
            assert_eq!(
                tally.read,
                self.workload.rows(),
                "each row is counted once, however often it was read"
            );
            assert_eq!(tally.filtered > 0, self.filters);
        }
    }
}

const MODES: [(Mode, Pace, bool); 6] = [
    (Mode::Exact, Pace::Direct, false),
    (Mode::Exact, Pace::Lagging, true),
    (Mode::Exact, Pace::Lagging, false),
    (Mode::Stored, Pace::Direct, false),
    (Mode::Stored, Pace::Direct, true),
    (Mode::Stored, Pace::Lagging, false),
];

#[tokio::test(start_paused = true)]
async fn every_fault_in_every_phase() {
    let faults = [
        Fault::Refuse,
        Fault::LoseAnswer,
        Fault::Crash,
        Fault::CrashAfter,
        Fault::Slow(Duration::from_millis(30)),
        Fault::Hang,
    ];
    let mut fired = 0;
    for (mode, pace, filters) in MODES {
        let workloads = [1, 4].map(|call| (call, mode.workload(call)));
        for step in Step::ALL {
            for fault in faults {
                for (call, workload) in &workloads {
                    let setup = Setup::new(workload, mode, pace, filters);
                    let plan = FaultPlan::new().at(step, *call, fault);
                    let summary = setup.run(&plan).await;
                    setup.check_end(&summary).await;
                    fired += plan.fired();
                }
            }
        }
    }
    // Some calls are never made: a sink that keeps the checkpoint is not saved for, a good run flushes seldom.
    assert!(fired > 300, "only {fired} faults came to be");
}

#[tokio::test(start_paused = true)]
async fn faults_all_over_the_place() {
    for (mode, pace, filters) in MODES {
        for seed in 0..15 {
            let setup = Setup::new(&mode.workload(seed), mode, pace, filters);
            let faults = [
                Fault::Refuse,
                Fault::LoseAnswer,
                Fault::LoseAnswer,
                Fault::Crash,
                Fault::CrashAfter,
                Fault::Slow(Duration::from_millis(7)),
                Fault::Hang,
            ];
            let plan = FaultPlan::new().random(seed, 12, faults);
            let summary = setup.run(&plan).await;
            setup.check_end(&summary).await;
            assert!(plan.fired() > 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_lies_about_durability_is_caught_by_the_watched_store() {
    struct Liar(MemorySink);
    #[async_trait]
    impl Sink for Liar {
        fn name(&self) -> &str {
            "liar"
        }
        fn capabilities(&self) -> SinkCapabilities {
            self.0.capabilities()
        }
        async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
            self.0.open(pipeline).await
        }
        async fn write(&mut self, _batch: Arc<EventBatch>) -> Result<Progress> {
            Ok(Progress::Durable)
        }
        async fn flush(&mut self) -> Result<Progress> {
            Ok(Progress::Durable)
        }
        async fn close(&mut self) -> Result<()> {
            self.0.close().await
        }
    }
    let setup = Setup::new(&Mode::Stored.workload(1), Mode::Stored, Pace::Direct, false);
    let watched = Watched {
        inner: setup.store.clone(),
        sink: setup.sink.clone(),
        workload: Arc::clone(&setup.workload),
    };
    let pipeline = Pipeline::new("p", log(&setup.workload), Liar(setup.sink.clone())).checkpoints(watched);
    let run = tokio::spawn(pipeline.run());
    assert!(run.await.unwrap_err().is_panic(), "the model notices what it is there to notice");
}
