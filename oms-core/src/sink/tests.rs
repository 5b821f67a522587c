//! Tests of the sinks that wrap others, and of what the suites do not see of the memory sink.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;

use super::*;
use crate::TableName;
use crate::event::{Change, Event, SchemaChange, SchemaChangeKind};
use crate::pipeline::Pipeline;
use crate::row::{CellFormat, LayoutColumn, RowBatchBuilder, RowLayout};
use crate::schema::{Column, Key, KeyKind, TableSchema};
use crate::testing::sample::{SampleTransaction, accounts, batch, bigint, journal, lines, rows};
use crate::testing::{Fault, FaultPlan, FaultSink, LaggingSink, Step, TransactionSource, Workload};
use crate::value::Value;

fn sorted(mut rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    rows.sort_by_cached_key(|row| serde_json::to_string(row).unwrap());
    rows
}

fn numbered(batch: EventBatch, sequence: u64) -> Arc<EventBatch> {
    let mut batch = batch;
    batch.set_sequence(sequence);
    Arc::new(batch)
}

fn one(id: i64) -> SampleTransaction {
    SampleTransaction::new(&format!("t{id}")).insert(&accounts(), [[id.into(), 0_i64.into(), Value::Null]])
}

fn position(token: i64) -> crate::Position {
    crate::Position::new("test", token.to_string())
}

#[tokio::test(start_paused = true)]
async fn the_slowest_branch_of_a_tee_decides() {
    let (fast, slow) = (MemorySink::new(), MemorySink::new());
    let lagging = LaggingSink::new(slow.clone(), Duration::from_millis(10));
    let mut tee = Tee::new().with(fast.clone()).with(lagging);
    tee.open("p").await.unwrap();
    assert_eq!(tee.write(numbered(one(1).into_batch(position(1)), 1)).await.unwrap(), Progress::Accepted);
    assert_eq!(tee.write(numbered(one(2).into_batch(position(2)), 2)).await.unwrap(), Progress::Accepted);
    tokio::time::sleep(Duration::from_millis(11)).await;
    let progress = tee.write(numbered(one(3).into_batch(position(3)), 3)).await.unwrap();
    assert_eq!(progress, Progress::DurableThrough(1));
    assert_eq!(tee.flush().await.unwrap(), Progress::DurableThrough(2));
    assert_eq!(tee.flush().await.unwrap(), Progress::Durable);
    assert_eq!(fast.row_count(accounts().name()), slow.row_count(accounts().name()));
    tee.close().await.unwrap();
}

#[tokio::test]
async fn a_tee_in_a_pipeline_brings_both_branches_to_the_same_rows() {
    let workload = Workload::keyed(4, 60);
    let (left, right) = (MemorySink::new(), MemorySink::new());
    let plan = FaultPlan::new().at(Step::Write, 3, Fault::LoseAnswer).at(Step::Flush, 1, Fault::Refuse);
    let tee = Tee::new().with(left.clone()).with(FaultSink::new(right.clone(), plan.clone()));
    let source = TransactionSource::new(workload.transactions().iter().cloned());
    let options = crate::pipeline::PipelineOptions::default().with_batch_rows(0);
    Pipeline::new("p", source, tee).options(options).run().await.unwrap();
    assert!(plan.fired() > 0);
    for (table, rows) in workload.rows_after(60) {
        let rows = sorted(rows);
        assert!(sorted(left.rows(&table)) == rows && sorted(right.rows(&table)) == rows, "{table}");
    }
}

#[tokio::test]
async fn a_tee_can_what_all_its_branches_can() {
    let strict = MemorySink::new().with_strict(true).with_checkpoint(true);
    let capabilities = Tee::new().with(NullSink::new()).with(strict).capabilities();
    assert!(!capabilities.replay_safe && capabilities.applies_schema);
    assert!(!capabilities.stores_checkpoint, "its branches may be at different places");
    assert_eq!(Tee::new().flush().await.unwrap(), Progress::Durable);
}

#[tokio::test]
async fn a_router_gives_each_table_to_its_sink_with_the_transactions_around() {
    let (a, b) = (MemorySink::new(), MemorySink::new());
    let mut router = Router::new().route(|table| table.table() == "accounts", a.clone()).otherwise(b.clone());
    router.open("p").await.unwrap();
    let row = |id: i64| [[id.into(), 0_i64.into(), Value::Null]];
    let line = [["c".into(), 1_i64.into(), 1_i64.into()]];
    let both = SampleTransaction::new("both").insert(&accounts(), row(1)).insert(&lines(), line);
    let only_b = SampleTransaction::new("b").insert(&journal(), [[1_i64.into(), Value::Null]]);
    let neither = SampleTransaction::new("neither");
    // A transaction that goes on in the next batch.
    let mut long =
        SampleTransaction::new("long").insert(&accounts(), row(2)).insert(&accounts(), row(3)).into_events();
    let rest = long.split_off(2);
    let first = [both.into_events(), only_b.into_events(), neither.into_events(), long].concat();
    assert_eq!(router.write(numbered(batch(first), 1)).await.unwrap(), Progress::Durable);
    assert_eq!(a.row_count(accounts().name()), 1, "the long one is not committed");
    router.write(numbered(batch(rest).with_position(position(1)), 2)).await.unwrap();
    assert_eq!((a.row_count(accounts().name()), b.row_count(lines().name())), (3, 1));
    let ids = |sink: &MemorySink| sink.transactions().iter().map(|t| t.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&a), ["both", "long"]);
    assert_eq!(ids(&b), ["both", "b"]);
    let beat = batch([Event::Heartbeat(SystemTime::now())]).with_position(position(2));
    assert_eq!(router.write(numbered(beat, 3)).await.unwrap(), Progress::Durable);
    router.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_routers_position_advances_with_the_slowest() {
    let slow = LaggingSink::new(MemorySink::new(), Duration::from_millis(10));
    let mut router = Router::new().route(|table| table.table() == "lines", slow).otherwise(MemorySink::new());
    router.open("p").await.unwrap();
    let line = |line: i64| {
        let row = [["c".into(), line.into(), 1_i64.into()]];
        SampleTransaction::new(&format!("l{line}")).insert(&lines(), row).into_batch(position(line))
    };
    assert_eq!(router.write(numbered(one(1).into_batch(position(1)), 1)).await.unwrap(), Progress::Durable);
    assert_eq!(router.write(numbered(line(2), 2)).await.unwrap(), Progress::DurableThrough(1));
    assert_eq!(
        router.write(numbered(one(3).into_batch(position(3)), 3)).await.unwrap(),
        Progress::DurableThrough(1)
    );
    assert_eq!(router.write(numbered(line(4), 4)).await.unwrap(), Progress::DurableThrough(1));
    assert!(router.flush().now_or_never().is_none());
    // The slow sink's first batch is our second, and our third was durable at once.
    assert_eq!(router.flush().await.unwrap(), Progress::DurableThrough(3));
    assert_eq!(router.flush().await.unwrap(), Progress::Durable);
    router.close().await.unwrap();
}

#[tokio::test]
async fn a_table_without_a_sink_is_an_error() {
    let mut router = Router::new().route(|table| table.table() == "lines", MemorySink::new());
    router.open("p").await.unwrap();
    let error = router.write(numbered(one(1).into_batch(position(1)), 1)).await.unwrap_err();
    assert!(error.to_string().contains("no sink takes table oms_sample.accounts"), "{error}");

    let mut router =
        Router::new().route(|table| table.table() == "lines", MemorySink::new()).otherwise(NullSink::new());
    router.open("p").await.unwrap();
    let rename = change_of(&lines(), SchemaChangeKind::Rename { to: TableName::new("s", "elsewhere") }, None);
    let error = router.write(numbered(batch([rename]), 1)).await.unwrap_err();
    assert!(error.to_string().contains("another sink"), "{error}");
}

fn change_of(before: &Arc<TableSchema>, kind: SchemaChangeKind, after: Option<TableSchema>) -> Event {
    Event::Schema(Arc::new(SchemaChange {
        kind,
        table: before.name().clone(),
        before: Some(Arc::clone(before)),
        after: after.map(Arc::new),
        statement: "".into(),
        dialect: crate::dialect::Dialect::mysql(9, 7, 4),
    }))
}

/// A memory sink that is given these events, each in a batch.
async fn given(sink: &MemorySink, events: Vec<Event>) -> crate::Result<()> {
    let mut writer = sink.clone();
    writer.open("p").await?;
    for (i, event) in events.into_iter().enumerate() {
        writer.write(numbered(batch([event]), i as u64 + 1)).await?;
    }
    Ok(())
}

fn read(rows_of: &Arc<TableSchema>, new: Vec<Vec<Value>>) -> Event {
    Event::Change(Change::read(rows(rows_of, new)))
}

#[tokio::test]
async fn memory_tables_change_their_shape_with_their_rows() {
    let sink = MemorySink::new();
    let old = accounts();
    let columns = vec![
        old.columns()[2].clone().with_name("holder"),
        Column::new("rank", bigint()),
        old.columns()[0].clone(),
    ];
    let new = TableSchema::clone(&old).with_columns(columns);
    let kind = SchemaChangeKind::Alter { renamed_columns: vec![("owner".into(), "holder".into())] };
    let row = vec![1_i64.into(), 10_i64.into(), "Ann".into()];
    let events = vec![read(&old, vec![row]), change_of(&old, kind, Some(new.clone()))];
    given(&sink, events).await.unwrap();
    assert!(sink.rows(old.name()) == [vec!["Ann".into(), Value::Null, 1_i64.into()]]);

    let to = TableName::new("s", "people");
    let moved = new.clone().with_name(to.clone());
    let rename = SchemaChangeKind::Rename { to: to.clone() };
    given(&sink, vec![change_of(&Arc::new(new), rename, Some(moved.clone()))]).await.unwrap();
    assert_eq!((sink.row_count(old.name()), sink.row_count(&to)), (0, 1));
    let moved = Arc::new(moved);
    given(&sink, vec![change_of(&moved, SchemaChangeKind::Truncate, None)]).await.unwrap();
    assert_eq!((sink.row_count(&to), sink.schemas().len()), (0, 1));
    given(&sink, vec![change_of(&moved, SchemaChangeKind::Drop, None)]).await.unwrap();
    assert!(sink.schemas().is_empty());
}

#[tokio::test]
async fn a_new_key_that_rows_do_not_have_is_a_conflict() {
    let sink = MemorySink::new();
    let old = journal();
    let keyed = TableSchema::clone(&old).with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, ["entry"])]);
    let row = |text: &str| vec![1_i64.into(), text.into()];
    let alter = SchemaChangeKind::Alter { renamed_columns: Vec::new() };
    let events = vec![read(&old, vec![row("a"), row("b")]), change_of(&old, alter, Some(keyed))];
    assert!(matches!(given(&sink, events).await, Err(crate::Error::Conflict { .. })));
}

#[tokio::test]
async fn partial_images_change_only_what_they_say() {
    let accounts = accounts();
    let sink = MemorySink::new();
    given(&sink, vec![read(&accounts, vec![vec![1_i64.into(), 10_i64.into(), "Ann".into()]])]).await.unwrap();
    let image = |columns: &[usize], values: Vec<Value>| {
        let columns =
            columns.iter().map(|column| LayoutColumn { column: *column, format: CellFormat::Canonical });
        let mut builder = RowBatchBuilder::new(Arc::new(RowLayout::new(Arc::clone(&accounts), columns)));
        builder.push(values).unwrap();
        builder.finish()
    };
    let update = Change::update(
        image(&[0], vec![1_i64.into()]),
        image(&[1, 2], vec![20_i64.into(), Value::Unchanged]),
    );
    let transaction = SampleTransaction::new("t").change(update);
    let mut writer = sink.clone();
    writer.open("p").await.unwrap();
    writer.write(numbered(transaction.into_batch(position(1)), 1)).await.unwrap();
    assert!(sink.rows(accounts.name()) == [vec![1_i64.into(), 20_i64.into(), "Ann".into()]]);
}

#[tokio::test]
async fn a_strict_memory_sink_finds_what_does_not_fit() {
    let row = |id: i64| [[id.into(), 0_i64.into(), Value::Null]];
    for (name, transaction) in [
        ("insert twice", SampleTransaction::new("t").insert(&accounts(), row(1))),
        ("update of nothing", SampleTransaction::new("t").update(&accounts(), row(2), row(3))),
        (
            "update onto another",
            SampleTransaction::new("t").insert(&accounts(), row(2)).update(&accounts(), row(2), row(1)),
        ),
        ("delete of nothing", SampleTransaction::new("t").delete(&accounts(), row(2))),
        (
            "keyless delete of nothing",
            SampleTransaction::new("t").delete(&journal(), [[1_i64.into(), Value::Null]]),
        ),
    ] {
        for strict in [true, false] {
            let mut sink = MemorySink::new().with_strict(strict);
            sink.open("p").await.unwrap();
            sink.write(numbered(one(1).into_batch(position(1)), 1)).await.unwrap();
            let result = sink.write(numbered(transaction.clone().into_batch(position(2)), 2)).await;
            assert_eq!(matches!(result, Err(crate::Error::Conflict { .. })), strict, "{name}");
        }
    }
}

#[tokio::test]
async fn events_in_the_wrong_place_are_refused() {
    let insert =
        Event::Change(Change::insert(rows(&accounts(), [[1_i64.into(), 0_i64.into(), Value::Null]])));
    let events = one(1).into_events();
    for wrong in [vec![insert], vec![events[2].clone()], vec![events[0].clone(), events[0].clone()]] {
        assert!(given(&MemorySink::new(), wrong).await.is_err());
    }
    let mut unopened = MemorySink::new();
    assert!(unopened.write(numbered(EventBatch::new(), 1)).await.is_err());
}
