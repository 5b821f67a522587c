//! What moves, and what is said about it.

use super::*;
use crate::event::{ChangeKind, Event};
use crate::testing::sample::{SampleTransaction, accounts, journal, lines};
use crate::transform::{Filter, Mapping};
use crate::{TableName, transform::Transform};

#[tokio::test]
async fn everything_arrives_and_is_accounted_for() {
    let workload = Workload::new(1, 50);
    let sink = MemorySink::new();
    let pipeline = Pipeline::new("p", log(&workload), sink.clone());
    let control = pipeline.control();
    let summary = pipeline.run().await.unwrap();
    assert_rows(&sink, &workload, 50);
    assert_eq!(summary.end, EndReason::SourceEnded);
    assert_eq!((summary.tally.read, summary.tally.applied), (workload.rows(), workload.rows()));
    assert_eq!(summary.rows(), workload.rows());
    assert_eq!(summary.retries, 0);
    assert_eq!(summary.position, Some(TransactionSource::position_after(50)));
    let progress = control.progress();
    assert_eq!(progress.state, PipelineState::Ended);
    assert_eq!((progress.rows(), progress.rows_in_flight), (workload.rows(), 0));
    let journal_rows = progress.table(journal().name()).unwrap();
    assert_eq!((journal_rows.rows.update, journal_rows.rows.read), (0, 0));
    assert!(journal_rows.rows.insert > 0 && journal_rows.rows.delete > 0 && journal_rows.bytes > 0);
}

#[tokio::test]
async fn a_second_run_goes_on_where_the_first_ended() {
    let workload = Workload::new(2, 40);
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new().with_strict(true));
    let half = TransactionSource::new(workload.transactions()[..20].iter().cloned());
    let first = Pipeline::new("p", half, sink.clone()).checkpoints(store.clone()).run().await.unwrap();
    assert_rows(&sink, &workload, 20);
    let diary = Diary::default();
    let second = Pipeline::new("p", Noted::new(log(&workload), &diary), sink.clone())
        .checkpoints(store.clone())
        .run()
        .await
        .unwrap();
    assert_rows(&sink, &workload, 40);
    assert_eq!(diary.lines()[0], "source opens at 20");
    assert_eq!(second.tally.read, workload.rows(), "the tally is over all runs");
    assert_eq!(second.rows(), workload.rows() - first.rows(), "the tables are of this run");
    assert_eq!(store.load("p").await.unwrap().unwrap().tally, second.tally);
}

#[tokio::test]
async fn sink_opens_first_and_its_checkpoint_outranks_the_stores() {
    let workload = Workload::new(3, 10);
    let sink = MemorySink::new().with_checkpoint(true);
    Pipeline::new("p", TransactionSource::new(workload.transactions()[..7].iter().cloned()), sink.clone())
        .run()
        .await
        .unwrap();
    let store = MemoryCheckpointStore::new();
    let position = TransactionSource::position_after(2);
    store.save("p", &Checkpoint::new(position, Arc::default(), Default::default())).await.unwrap();
    let diary = Diary::default();
    Pipeline::new("p", Noted::new(log(&workload), &diary), Noted::new(sink.clone(), &diary))
        .checkpoints(Noted::new(store.clone(), &diary))
        .run()
        .await
        .unwrap();
    assert_eq!(diary.lines()[..2], ["sink opens", "source opens at 7"]);
    let lines = diary.lines();
    assert!(!lines.iter().any(|line| line.starts_with("saved")), "the sink keeps it: {lines:?}");
    assert_eq!(lines[lines.len() - 3..], ["confirm 10", "source closes", "sink closes"]);
    assert_eq!(sink.checkpoint("p").unwrap().position.token(), "10");
    assert_rows(&sink, &workload, 10);
}

#[tokio::test(start_paused = true)]
async fn a_position_is_confirmed_only_when_its_checkpoint_is_saved() {
    let workload = Workload::new(4, 30);
    let diary = Diary::default();
    let slow = crate::testing::LaggingSink::new(MemorySink::new(), Duration::from_millis(70));
    let options = PipelineOptions::default().with_batch_rows(1).with_budget(ByteBudget::new(4096));
    Pipeline::new("p", Noted::new(log(&workload), &diary), slow)
        .checkpoints(Noted::new(MemoryCheckpointStore::new(), &diary))
        .options(options)
        .run()
        .await
        .unwrap();
    let lines = diary.lines();
    let mut saved = 0;
    for line in &lines {
        match line.split_once(' ') {
            Some(("saved", position)) => saved = position.parse().unwrap(),
            Some(("confirm", position)) => assert!(position.parse::<i32>().unwrap() <= saved, "{lines:?}"),
            _ => {}
        }
    }
    assert_eq!(saved, 30);
    let saves = lines.iter().filter(|line| line.starts_with("saved")).count();
    let confirms = lines.iter().filter(|line| line.starts_with("confirm")).count();
    assert!((2..=5).contains(&saves), "once a second over two seconds: {lines:?}");
    assert!((2..=saves).contains(&confirms), "{lines:?}");
}

#[tokio::test]
async fn filtered_rows_are_counted_and_do_not_hold_up_the_position() {
    let workload = Workload::new(5, 30);
    let store = MemoryCheckpointStore::new();
    let nothing = [accounts(), lines(), journal()]
        .into_iter()
        .fold(Filter::new(), |filter, table| filter.table(table.name().clone(), |_| Ok(false)));
    let sink = MemorySink::new();
    let summary = Pipeline::new("p", log(&workload), sink.clone())
        .transform(nothing)
        .checkpoints(store.clone())
        .run()
        .await
        .unwrap();
    assert_eq!((summary.tally.filtered, summary.tally.applied), (workload.rows(), 0));
    assert!(sink.schemas().is_empty());
    assert_eq!(store.load("p").await.unwrap().unwrap().position.token(), "30");
}

#[tokio::test]
async fn transforms_are_applied_in_order_and_progress_names_the_targets_tables() {
    let workload = Workload::new(6, 30);
    let sink = MemorySink::new();
    let moved = TableName::new("there", "accounts");
    let pipeline = Pipeline::new("p", log(&workload), sink.clone())
        .transform(Mapping::new().database("oms_sample", "here"))
        .transform(Mapping::new().database("here", "there"));
    let control = pipeline.control();
    pipeline.run().await.unwrap();
    assert!(control.progress().table(&moved).is_some());
    let (_, rows) = workload.rows_after(30).swap_remove(0);
    assert!(sorted(sink.rows(&moved)) == sorted(rows));
}

#[tokio::test(start_paused = true)]
async fn a_lone_transaction_is_not_delayed() {
    let (sender, source) = crate::source::channel(4);
    let handle = Pipeline::new("p", source, MemorySink::new()).start().unwrap();
    let start = tokio::time::Instant::now();
    let row = [[1_i64.into(), 1_i64.into(), Value::Null]];
    let transaction = SampleTransaction::new("t").insert(&accounts(), row);
    sender.send(transaction.into_batch(Position::new("channel", "1"))).await.unwrap();
    while handle.progress().rows() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "no timer was waited for");
    drop(sender);
    handle.join().await.unwrap();
}

#[tokio::test]
async fn batches_that_wait_are_merged_and_numbered_from_one() {
    let workload = Workload::new(7, 100);
    let diary = Diary::default();
    // On one thread the source runs ahead until it has to make way.
    Pipeline::new("p", log(&workload), Noted::new(MemorySink::new(), &diary)).run().await.unwrap();
    let writes: Vec<String> = diary.lines().into_iter().filter(|line| line.starts_with("write")).collect();
    assert!(writes.len() < 20, "{writes:?}");
    assert!(writes[0].starts_with("write 1 to "));
    assert!(writes[writes.len() - 1].ends_with("to 100"));

    let diary = Diary::default();
    let single = PipelineOptions::default().with_batch_rows(0);
    Pipeline::new("p", log(&workload), Noted::new(MemorySink::new(), &diary))
        .options(single)
        .run()
        .await
        .unwrap();
    assert_eq!(diary.lines().iter().filter(|line| line.starts_with("write")).count(), 100);
}

/// Loses a row without saying so.
struct Careless;

impl Transform for Careless {
    fn apply(&mut self, mut batch: EventBatch) -> Result<EventBatch> {
        if batch.events().iter().any(|event| event.row_count() > 0) {
            batch.tally_mut().read += 1;
        }
        Ok(batch)
    }
}

#[tokio::test]
async fn a_row_that_is_lost_on_the_way_ends_the_pipeline() {
    let workload = Workload::new(8, 10);
    let (sink, store) = (MemorySink::new(), MemoryCheckpointStore::new());
    let options = PipelineOptions::default().with_batch_rows(0);
    let error = Pipeline::new("p", log(&workload), sink.clone())
        .transform(Careless)
        .checkpoints(store.clone())
        .options(options)
        .run()
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Ledger { .. }), "{error}");
    assert!(error.to_string().contains("filtered"), "{error}");
    assert_eq!(sink.transactions().len(), 0, "nothing behind the gap is written");
}

#[tokio::test]
async fn tables_whose_scan_is_done_are_told() {
    let mut batch = EventBatch::new();
    batch.push(Event::TableDone(TableName::new("s", "t")));
    let source = crate::source::MemorySource::new([batch]);
    let pipeline = Pipeline::new("p", source, MemorySink::new());
    let control = pipeline.control();
    pipeline.run().await.unwrap();
    let table = control.progress().table(&TableName::new("s", "t")).cloned().unwrap();
    assert!(table.done && table.rows.total() == 0);
}

#[test]
fn without_a_runtime_it_says_so() {
    let pipeline = || Pipeline::new("p", crate::source::MemorySource::new([]), MemorySink::new());
    let error = futures::FutureExt::now_or_never(pipeline().run()).unwrap().unwrap_err();
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    assert!(pipeline().start().is_err());
}

#[test]
fn counts_are_by_kind() {
    let mut counts = RowCounts::default();
    for (n, kind) in
        [ChangeKind::Read, ChangeKind::Insert, ChangeKind::Update, ChangeKind::Delete].iter().enumerate()
    {
        *counts.of(*kind) += n as u64 + 1;
    }
    assert_eq!((counts.read, counts.insert, counts.update, counts.delete), (1, 2, 3, 4));
    assert_eq!(counts.total(), 10);
}

#[tokio::test(start_paused = true)]
async fn times_beyond_all_clocks_are_taken_as_very_long() {
    let workload = Workload::new(7, 20);
    let options = PipelineOptions::default()
        .with_checkpoint_interval(Duration::MAX)
        .with_batch_delay(Duration::MAX)
        .with_retry(RetryPolicy::default().with_give_up_after(Some(Duration::MAX)));
    let plan =
        crate::testing::FaultPlan::new().at(crate::testing::Step::Write, 1, crate::testing::Fault::Refuse);
    let sink = crate::testing::FaultSink::new(MemorySink::new(), plan);
    let summary = Pipeline::new("p", log(&workload), sink).options(options).run().await.unwrap();
    assert_eq!((summary.rows(), summary.retries), (workload.rows(), 1));
}

#[test]
fn public_types_can_be_sent_and_shared() {
    fn is_send<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    is_send::<Pipeline>();
    is_send::<Ledger>();
    is_shared::<PipelineControl>();
    is_shared::<PipelineHandle>();
    is_shared::<PipelineOptions>();
    is_shared::<PipelineProgress>();
    is_shared::<Summary>();
    is_shared::<ByteBudget>();
    is_shared::<ReservedBytes>();
    is_shared::<crate::registry::Registry>();
    is_shared::<crate::select::Selection>();
    is_send::<crate::transform::Chain>();
    is_send::<crate::sink::Router>();
    is_send::<crate::sink::Tee>();
    is_shared::<MemorySink>();
}
