//! The byte budget, and a sink that is in no hurry.

use super::*;
use crate::testing::LaggingSink;
use crate::testing::sample::{SampleTransaction, accounts};

/// One transaction of so many one-row changes, each in a batch of its own, and a small one behind it.
fn large_transaction(rows: i64) -> TransactionSource {
    let large = (0..rows).fold(SampleTransaction::new("large"), |transaction, id| {
        transaction.insert(&accounts(), [[id.into(), 0_i64.into(), "x".repeat(900).as_str().into()]])
    });
    let small =
        SampleTransaction::new("small").insert(&accounts(), [[rows.into(), 0_i64.into(), Value::Null]]);
    TransactionSource::new([large, small]).with_batch_events(2)
}

/// So many transactions of one row, each about a kilobyte.
fn small_transactions(rows: i64) -> TransactionSource {
    TransactionSource::new((0..rows).map(|id| {
        let row = [[id.into(), 0_i64.into(), "x".repeat(900).as_str().into()]];
        SampleTransaction::new(&format!("t{id}")).insert(&accounts(), row)
    }))
}

fn small_budget() -> (ByteBudget, PipelineOptions) {
    let budget = ByteBudget::new(8 << 10);
    (budget.clone(), PipelineOptions::default().with_budget(budget).with_batch_rows(1))
}

#[tokio::test(start_paused = true)]
async fn a_transaction_larger_than_the_budget_does_not_wait_for_itself() {
    let (budget, options) = small_budget();
    for flush_takes in [Duration::ZERO, Duration::from_millis(3)] {
        let sink = MemorySink::new();
        let holding = HoldingSink::new(sink.clone(), flush_takes, &Diary::default());
        let run = Pipeline::new("p", large_transaction(100), holding).options(options.clone()).run();
        let summary =
            tokio::time::timeout(Duration::from_secs(600), run).await.expect("no deadlock").unwrap();
        assert_eq!(summary.rows(), 101);
        assert_eq!(sink.row_count(accounts().name()), 101);
        assert_eq!(budget.in_use_bytes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn memory_stays_within_the_budget_while_the_sink_stalls() {
    let (budget, options) = small_budget();
    let sink = MemorySink::new();
    let stalled = LaggingSink::new(sink.clone(), Duration::from_secs(60));
    let handle = Pipeline::new("p", small_transactions(50), stalled).options(options).start().unwrap();
    let mut most = 0;
    while !handle.is_ended() {
        tokio::time::sleep(Duration::from_secs(7)).await;
        let progress = handle.progress();
        most = most.max(progress.rows_in_flight);
        assert!(budget.in_use_bytes() <= budget.capacity_bytes());
    }
    assert_eq!(handle.join().await.unwrap().rows(), 50);
    assert!((2..=5).contains(&most), "about four batches of 2 KiB fit: {most}");
}

#[tokio::test(start_paused = true)]
async fn pipelines_that_share_a_budget_all_get_their_turn() {
    let (budget, options) = small_budget();
    let mut handles = Vec::new();
    let sinks: Vec<MemorySink> = (0..4).map(|_| MemorySink::new()).collect();
    for (i, sink) in sinks.iter().enumerate() {
        let holding = HoldingSink::new(sink.clone(), Duration::from_millis(10 * i as u64), &Diary::default());
        let pipeline = Pipeline::new(format!("p{i}"), large_transaction(60), holding);
        handles.push(pipeline.options(options.clone()).start().unwrap());
    }
    for handle in handles {
        let summary =
            tokio::time::timeout(Duration::from_secs(3600), handle.join()).await.expect("no deadlock");
        assert_eq!(summary.unwrap().rows(), 61);
    }
    assert!(sinks.iter().all(|sink| sink.row_count(accounts().name()) == 61));
    assert_eq!(budget.in_use_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_stalls_with_the_whole_budget_does_not_halt_the_others() {
    let (budget, options) = small_budget();
    let never = LaggingSink::new(MemorySink::new(), Duration::from_secs(1_000_000));
    let stalled =
        Pipeline::new("stalled", small_transactions(50), never).options(options.clone()).start().unwrap();
    eventually("it has taken the whole budget", || budget.in_use_bytes() == budget.capacity_bytes()).await;
    let sink = MemorySink::new();
    let other = Pipeline::new("other", large_transaction(50), sink.clone()).options(options).run();
    let summary = tokio::time::timeout(Duration::from_secs(60), other).await.expect("it moves").unwrap();
    assert_eq!(summary.rows(), 51);
    assert_eq!(stalled.progress().rows(), 0);
}

#[tokio::test(start_paused = true)]
async fn rows_of_an_unfinished_transaction_are_not_durable() {
    let rows = |id: i64| [[id.into(), 0_i64.into(), Value::Null]];
    let (sender, source) = crate::source::channel(8);
    let handle = Pipeline::new("p", source, MemorySink::new()).start().unwrap();
    let mut events =
        SampleTransaction::new("t").insert(&accounts(), rows(1)).insert(&accounts(), rows(2)).into_events();
    let commit = events.split_off(2);
    sender.send(crate::testing::sample::batch(events)).await.unwrap();
    eventually("the first row is with the sink", || handle.progress().rows_in_flight == 1).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let progress = handle.progress();
    assert_eq!((progress.rows(), progress.rows_in_flight, progress.tally.read), (0, 1, 0));
    let end = crate::testing::sample::batch(commit).with_position(Position::new("channel", "1"));
    sender.send(end).await.unwrap();
    eventually("both are durable", || handle.progress().rows() == 2).await;
    assert_eq!(handle.progress().tally.applied, 2);
    handle.stop();
    assert_eq!(handle.join().await.unwrap().tally.read, 2);
}

#[tokio::test(start_paused = true)]
async fn a_flush_gives_way_to_a_batch_but_not_for_ever() {
    let (sender, source) = crate::source::channel(1);
    let diary = Diary::default();
    let sink = MemorySink::new();
    let holding = HoldingSink::new(sink.clone(), Duration::from_millis(50), &diary);
    let handle = Pipeline::new("p", source, holding).start().unwrap();
    // A flush takes longer than the pause between two batches.
    for id in 1..=300_i64 {
        let row = [[id.into(), 0_i64.into(), Value::Null]];
        let transaction = SampleTransaction::new(&format!("t{id}")).insert(&accounts(), row);
        sender.send(transaction.into_batch(Position::new("channel", id.to_string()))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let lines = diary.lines();
    let held = lines.iter().filter(|line| line.starts_with("held")).count();
    assert!(held > 250, "writing went on while flushes were pending: {held}");
    let flushes = diary.count("flushed");
    assert!((2..=3).contains(&flushes), "one a second in three seconds: {flushes}");
    assert!(handle.progress().rows() > 150);
    drop(sender);
    assert_eq!(handle.join().await.unwrap().rows(), 300);
}

#[tokio::test(start_paused = true)]
async fn an_idle_pipeline_flushes_at_once() {
    let (sender, source) = crate::source::channel(1);
    let sink = MemorySink::new();
    let holding = HoldingSink::new(sink.clone(), Duration::from_millis(5), &Diary::default());
    let handle = Pipeline::new("p", source, holding).start().unwrap();
    let start = tokio::time::Instant::now();
    let transaction =
        SampleTransaction::new("t").insert(&accounts(), [[1_i64.into(), 0_i64.into(), Value::Null]]);
    sender.send(transaction.into_batch(Position::new("channel", "1"))).await.unwrap();
    eventually("the row is durable", || handle.progress().rows() == 1).await;
    assert!(start.elapsed() < Duration::from_millis(10), "{:?}", start.elapsed());
    handle.stop();
    handle.join().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_long_drain_shows_its_progress_and_saves_checkpoints() {
    let workload = Workload::new(3, 20);
    let (store, sink, diary) = (MemoryCheckpointStore::new(), MemorySink::new(), Diary::default());
    let slow = LaggingSink::new(sink.clone(), Duration::from_secs(10));
    let handle = Pipeline::new("p", log(&workload), slow)
        .checkpoints(Noted::new(store.clone(), &diary))
        .options(PipelineOptions::default().with_batch_rows(0))
        .start()
        .unwrap();
    tokio::time::sleep(Duration::from_secs(105)).await;
    let position = handle.progress().position.expect("some of it is durable");
    assert_eq!(position.token(), "10");
    assert_eq!(store.load("p").await.unwrap().unwrap().position, position);
    assert_rows(&sink, &workload, 10);
    handle.join().await.unwrap();
    let saves = diary.lines().iter().filter(|line| line.starts_with("saved")).count();
    assert!(saves >= 19, "{saves} saves");
}
