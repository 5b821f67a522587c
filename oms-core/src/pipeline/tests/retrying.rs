//! The one retry loop.

use super::*;
use crate::testing::{Fault, FaultPlan, FaultSink, FaultSource, FaultStore, Step};
use tokio::time::Instant;

/// Everything goes wrong by one plan.
fn faulty(
    workload: &Workload,
    sink: &MemorySink,
    store: &MemoryCheckpointStore,
    plan: &FaultPlan,
) -> Pipeline {
    let source = FaultSource::new(log(workload), plan.clone());
    Pipeline::new("p", source, FaultSink::new(sink.clone(), plan.clone()))
        .checkpoints(FaultStore::new(store.clone(), plan.clone()))
        .options(PipelineOptions::default().with_batch_rows(0))
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_is_tried_again_from_the_last_durable_checkpoint() {
    let workload = Workload::new(1, 20);
    let (store, sink, diary) =
        (MemoryCheckpointStore::new(), MemorySink::new().with_strict(true), Diary::default());
    let plan = FaultPlan::new().at(Step::Write, 8, Fault::Refuse);
    let source = Noted::new(log(&workload), &diary);
    let pipeline = Pipeline::new("p", source, FaultSink::new(sink.clone(), plan))
        .checkpoints(store.clone())
        .options(PipelineOptions::default().with_batch_rows(0));
    let control = pipeline.control();
    let summary = pipeline.run().await.unwrap();
    assert_eq!((summary.retries, control.progress().retries), (1, 1));
    // Seven were durable and their checkpoint, though not yet due, was saved before opening again.
    let opened: Vec<String> =
        diary.lines().into_iter().filter(|line| line.starts_with("source opens")).collect();
    assert_eq!(opened, ["source opens at the start", "source opens at 7"]);
    assert_rows(&sink, &workload, 20);
    assert_eq!(summary.tally.read, workload.rows());
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_the_source_failed_is_delivered() {
    let workload = Workload::new(1, 20);
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    let plan = FaultPlan::new().at(Step::NextBatch, 11, Fault::Crash);
    let error = faulty(&workload, &sink, &store, &plan).run().await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(store.load("p").await.unwrap().unwrap().position.token(), "10");
    assert_rows(&sink, &workload, 10);
}

#[tokio::test(start_paused = true)]
async fn data_and_fatal_errors_end_the_pipeline_at_once() {
    for class in [ErrorClass::Data, ErrorClass::Fatal] {
        struct Failing(ErrorClass);
        impl Transform for Failing {
            fn apply(&mut self, _batch: EventBatch) -> Result<EventBatch> {
                Err(super::error(self.0))
            }
        }
        let pipeline =
            Pipeline::new("p", log(&Workload::new(1, 5)), MemorySink::new()).transform(Failing(class));
        let control = pipeline.control();
        let start = Instant::now();
        assert_eq!(pipeline.run().await.unwrap_err().class(), class);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(control.progress().retries, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_final_error_counts_more_than_a_transient_one_beside_it() {
    // The sink is refused while the source fails for good.
    let plan = FaultPlan::new().at(Step::Write, 1, Fault::Refuse).at(Step::NextBatch, 2, Fault::Crash);
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    let error = faulty(&Workload::new(1, 5), &sink, &store, &plan).run().await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal);
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_after_a_time_without_progress() {
    let plan = FaultPlan::new().random(1, 1, [Fault::Refuse]);
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    let pipeline = faulty(&Workload::new(1, 5), &sink, &store, &plan);
    let control = pipeline.control();
    let start = Instant::now();
    let error = pipeline.run().await.unwrap_err();
    assert!(error.is_retryable());
    let minutes = start.elapsed().as_secs() / 60;
    assert!((15..=16).contains(&minutes), "{minutes} minutes");
    let retries = control.progress().retries;
    assert!((30..=80).contains(&retries), "{retries} attempts, with pauses up to half a minute");
}

#[tokio::test(start_paused = true)]
async fn progress_begins_the_patience_anew() {
    // One batch is written, then the next one is refused, for much longer in sum than the patience lasts.
    let workload = Workload::new(1, 100);
    let plan = (1..=50).fold(FaultPlan::new(), |plan, n| plan.at(Step::Write, 2 * n, Fault::Refuse));
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    let patience = RetryPolicy::default()
        .with_initial(Duration::from_secs(60))
        .with_max(Duration::from_secs(60))
        .with_give_up_after(Some(Duration::from_secs(90)));
    let options = PipelineOptions::default().with_batch_rows(0).with_retry(patience);
    let summary = faulty(&workload, &sink, &store, &plan).options(options).run().await.unwrap();
    assert_eq!(summary.retries, 50);
    assert!(summary.elapsed > Duration::from_secs(50 * 30));
    assert_rows(&sink, &workload, 100);
}

#[tokio::test(start_paused = true)]
async fn a_retrying_pipeline_says_why_and_can_be_stopped() {
    let plan = FaultPlan::new().random(1, 1, [Fault::Refuse]);
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    let handle = faulty(&Workload::new(1, 5), &sink, &store, &plan).start().unwrap();
    let is_third = |state: &PipelineState| matches!(state, PipelineState::Retrying { attempt: 3, .. });
    eventually("it has failed three times", || is_third(&handle.progress().state)).await;
    match handle.progress().state {
        PipelineState::Retrying { error, .. } => {
            assert_eq!(&*error, "fault: SinkOpen failed: an injected fault");
        }
        state => panic!("{state:?}"),
    }
    handle.stop();
    assert_eq!(handle.progress().state, PipelineState::Stopping);
    assert_eq!(handle.join().await.unwrap().end, EndReason::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_go_back_is_not_tried_for_ever() {
    let (sender, source) = crate::source::channel(8);
    for (i, transaction) in Workload::new(1, 5).transactions().iter().enumerate() {
        let batch = transaction.clone().into_batch(Position::new("channel", i.to_string()));
        sender.send(batch).await.unwrap();
    }
    let plan = FaultPlan::new().at(Step::Write, 2, Fault::Refuse);
    let options = PipelineOptions::default().with_batch_rows(0);
    let pipeline = Pipeline::new("p", source, FaultSink::new(MemorySink::new(), plan)).options(options);
    let error = pipeline.run().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_pipeline_that_loses_its_connection_now_and_then_does_not_give_up() {
    /// Waits, and loses its connection every hour.
    struct Idle(u32);
    #[async_trait]
    impl Source for Idle {
        fn name(&self) -> &str {
            "idle"
        }
        async fn open(&mut self, _from: Option<&Checkpoint>) -> Result<()> {
            Ok(())
        }
        async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            self.0 += 1;
            match self.0 {
                24 => Ok(None),
                _ => Err(super::error(ErrorClass::Transient)),
            }
        }
        async fn confirm(&mut self, _durable: &Position) -> Result<()> {
            Ok(())
        }
        async fn close(&mut self) -> Result<()> {
            Ok(())
        }
    }
    let summary = Pipeline::new("p", Idle(0), MemorySink::new()).run().await.unwrap();
    assert_eq!(summary.retries, 23);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_always_fails_after_a_long_while_is_given_up() {
    /// Gives the first half of a transaction, and loses its connection a minute later.
    struct Half(bool);
    #[async_trait]
    impl Source for Half {
        fn name(&self) -> &str {
            "half"
        }
        async fn open(&mut self, _from: Option<&Checkpoint>) -> Result<()> {
            self.0 = false;
            Ok(())
        }
        async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
            if std::mem::replace(&mut self.0, true) {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return Err(super::error(ErrorClass::Transient));
            }
            let events = Workload::new(1, 1).transactions()[0].clone().into_events();
            Ok(Some(crate::testing::sample::batch(events.into_iter().take(2))))
        }
        async fn confirm(&mut self, _durable: &Position) -> Result<()> {
            Ok(())
        }
        async fn close(&mut self) -> Result<()> {
            Ok(())
        }
    }
    let start = Instant::now();
    let sink = MemorySink::new();
    Pipeline::new("p", Half(false), sink.clone()).run().await.unwrap_err();
    let minutes = start.elapsed().as_secs() / 60;
    assert!((15..=18).contains(&minutes), "{minutes} minutes");
    assert!(sink.transactions().is_empty());
}
