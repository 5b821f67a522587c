//! Stopping, pausing, and what is closed when.

use super::*;
use crate::testing::{Fault, FaultPlan, FaultSink, FaultSource, FaultStore, LaggingSink, Step};
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::test(start_paused = true)]
async fn stop_drains_what_was_read() {
    let workload = Workload::new(1, 40);
    let (sink, store, diary) = (MemorySink::new(), MemoryCheckpointStore::new(), Diary::default());
    let source = Noted::new(log(&workload).with_waiting(true), &diary);
    let slow = LaggingSink::new(sink.clone(), Duration::from_millis(20));
    let pipeline = Pipeline::new("p", source, Noted::new(slow, &diary))
        .checkpoints(Noted::new(store.clone(), &diary))
        .options(PipelineOptions::default().with_batch_rows(1));
    let summary = pipeline.run_until(tokio::time::sleep(Duration::from_millis(1))).await.unwrap();
    assert_eq!(summary.end, EndReason::Stopped);
    let checkpoint = store.load("p").await.unwrap().unwrap();
    let done = TransactionSource::transactions_before(&checkpoint.position).unwrap();
    assert_rows(&sink, &workload, done);
    assert_eq!(summary.position, Some(checkpoint.position));
    assert_eq!(summary.tally, checkpoint.tally);
    let lines = diary.lines();
    let closing = lines.len() - 2;
    assert_eq!(lines[closing..], ["source closes", "sink closes"]);
    assert!(lines[closing - 1].starts_with("saved"), "nothing may follow a dropped next_batch: {lines:?}");
}

#[tokio::test(start_paused = true)]
async fn stop_ends_a_pipeline_that_waits_or_opens_or_was_not_started() {
    let waiting = Pipeline::new("p", log(&Workload::new(1, 0)).with_waiting(true), MemorySink::new());
    let summary = waiting.run_until(tokio::time::sleep(Duration::from_secs(5))).await.unwrap();
    assert_eq!((summary.end, summary.rows()), (EndReason::Stopped, 0));

    for step in [Step::SinkOpen, Step::Load, Step::SourceOpen] {
        let plan = FaultPlan::new().at(step, 1, Fault::Hang);
        let diary = Diary::default();
        let source = Noted::new(FaultSource::new(log(&Workload::new(1, 5)), plan.clone()), &diary);
        let sink = FaultSink::new(MemorySink::new(), plan.clone());
        let store = FaultStore::new(MemoryCheckpointStore::new(), plan);
        let pipeline = Pipeline::new("p", source, sink).checkpoints(store);
        let summary = pipeline.run_until(tokio::time::sleep(Duration::from_secs(5))).await.unwrap();
        assert_eq!(summary.end, EndReason::Stopped, "{step:?}");
        assert_eq!(diary.count("source closes"), 1, "{step:?}");
    }

    let sink = MemorySink::new();
    let pipeline = Pipeline::new("p", log(&Workload::new(1, 5)), sink.clone());
    pipeline.control().stop();
    pipeline.control().resume();
    assert_eq!(pipeline.run().await.unwrap().end, EndReason::Stopped, "a stop is not taken back");
    assert!(sink.transactions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_fails_is_not_a_success() {
    let plan = FaultPlan::new().at(Step::Save, 1, Fault::Refuse).at(Step::Save, 2, Fault::Refuse);
    let store = FaultStore::new(MemoryCheckpointStore::new(), plan);
    let source = log(&Workload::new(1, 5)).with_waiting(true);
    let pipeline = Pipeline::new("p", source, MemorySink::new()).checkpoints(store);
    let error = pipeline.run_until(tokio::time::sleep(Duration::from_millis(500))).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_paused_pipeline_moves_nothing_and_goes_on_afterwards() {
    let workload = Workload::new(2, 200);
    let sink = MemorySink::new();
    let slow = LaggingSink::new(sink.clone(), Duration::from_millis(5));
    let (budget, diary) = (ByteBudget::new(16 << 10), Diary::default());
    let source = Noted::new(log(&workload), &diary);
    let options = PipelineOptions::default().with_batch_rows(1).with_budget(budget.clone());
    let handle = Pipeline::new("p", source, slow).options(options).start().unwrap();
    eventually("some rows are there", || handle.progress().rows() > 5).await;
    handle.pause();
    eventually("what was read is durable", || handle.progress().rows_in_flight == 0).await;
    assert_eq!(handle.progress().state, PipelineState::Paused);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(budget.in_use_bytes(), 0, "a paused pipeline leaves the budget to others");
    let at = handle.progress().position.unwrap();
    assert_rows(&sink, &workload, TransactionSource::transactions_before(&at).unwrap());
    assert_eq!(
        diary.count(&format!("confirm {}", at.token())),
        1,
        "what becomes durable meanwhile is confirmed"
    );
    let transactions = sink.transactions().len();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(sink.transactions().len(), transactions);
    handle.resume();
    assert_ne!(handle.progress().state, PipelineState::Paused);
    assert_eq!(handle.join().await.unwrap().end, EndReason::SourceEnded);
    assert_rows(&sink, &workload, 200);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_was_waited_for_when_the_pause_began_waits_too() {
    let workload = Workload::new(2, 2);
    let (sender, source) = crate::source::channel(4);
    let sink = MemorySink::new();
    let handle = Pipeline::new("p", source, sink.clone()).start().unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    handle.pause();
    for (i, transaction) in workload.transactions().iter().enumerate() {
        let batch = transaction.clone().into_batch(Position::new("channel", i.to_string()));
        sender.send(batch).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(sink.transactions().is_empty());
    handle.resume();
    drop(sender);
    handle.join().await.unwrap();
    assert_rows(&sink, &workload, 2);
}

#[tokio::test(start_paused = true)]
async fn a_paused_pipeline_can_be_stopped() {
    let handle = Pipeline::new("p", log(&Workload::new(2, 50)), MemorySink::new()).start().unwrap();
    handle.pause();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!handle.is_ended());
    assert_eq!(handle.progress().rows(), 0);
    handle.control().stop();
    assert_eq!(handle.join().await.unwrap().end, EndReason::Stopped);
}

#[tokio::test]
async fn both_ends_are_closed_after_an_error() {
    for step in [Step::SinkOpen, Step::SourceOpen, Step::Load, Step::NextBatch, Step::Write, Step::Save] {
        let (plan, diary) = (FaultPlan::new().at(step, 1, Fault::Crash), Diary::default());
        let source = FaultSource::new(log(&Workload::new(1, 5)), plan.clone());
        let sink = FaultSink::new(MemorySink::new(), plan.clone());
        let store = FaultStore::new(MemoryCheckpointStore::new(), plan);
        let pipeline = Pipeline::new("p", Noted::new(source, &diary), Noted::new(sink, &diary));
        let control = pipeline.control();
        pipeline.checkpoints(store).run().await.unwrap_err();
        assert_eq!(diary.count("source closes"), 1, "{step:?}");
        assert_eq!(diary.count("sink closes"), 1, "{step:?}");
        assert_eq!(control.progress().state, PipelineState::Ended);
    }
}

#[tokio::test]
async fn an_error_of_closing_changes_nothing() {
    let plan = FaultPlan::new().at(Step::SourceClose, 1, Fault::Crash).at(Step::SinkClose, 1, Fault::Crash);
    let source = FaultSource::new(log(&Workload::new(1, 5)), plan.clone());
    let summary = Pipeline::new("p", source, FaultSink::new(MemorySink::new(), plan)).run().await.unwrap();
    assert_eq!(summary.end, EndReason::SourceEnded);
}

#[tokio::test]
async fn a_source_that_panics_ends_the_pipeline_with_an_error() {
    struct Panics;
    impl Transform for Panics {
        fn apply(&mut self, _batch: EventBatch) -> Result<EventBatch> {
            panic!("a transform of somebody else");
        }
    }
    let pipeline = Pipeline::new("p", log(&Workload::new(1, 5)), MemorySink::new()).transform(Panics);
    let error = pipeline.run().await.unwrap_err();
    assert_eq!(error.to_string(), "the source's task has ended unexpectedly");
}

#[tokio::test(start_paused = true)]
async fn dropping_a_handle_ends_the_pipeline() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    impl Transform for Dropped {
        fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
            Ok(batch)
        }
    }
    let gone = Arc::new(AtomicBool::new(false));
    let source = log(&Workload::new(1, 5)).with_waiting(true);
    let pipeline = Pipeline::new("p", source, MemorySink::new()).transform(Dropped(Arc::clone(&gone)));
    let handle = pipeline.start().unwrap();
    let control = handle.control();
    eventually("it runs", || control.progress().rows() > 0).await;
    drop(handle);
    eventually("the source's task is gone", || gone.load(Ordering::Relaxed)).await;
    assert_eq!(control.progress().state, PipelineState::Ended);
}
