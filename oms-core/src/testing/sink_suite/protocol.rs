//! What may be called when, and what a sink has to take without rows in it.

use std::sync::Arc;
use std::time::SystemTime;

use super::driver::{Driver, Target, UNREADABLE, position};
use crate::event::{Event, EventBatch, SchemaChange, SchemaChangeKind};
use crate::schema::{Column, TableSchema};
use crate::testing::report::{Rule, Violation};
use crate::testing::sample::{SampleTransaction, accounts, bigint};
use crate::testing::workload::Workload;
use crate::value::Value;

const CLOSE: Rule = Rule("`close` may be called at any time, and the sink can be opened again afterwards");
const NO_ROWS: Rule =
    Rule("batches without rows are taken: positions, heartbeats, ends of tables, empty transactions");
const RENUMBER: Rule = Rule("batches are numbered from 1 after each `open`");
const SCHEMA: Rule =
    Rule("a sink that applies schema changes carries them out, one that does not fails on them");

pub(super) async fn check(target: &mut Target<'_>) -> Result<(), Violation> {
    close(target).await?;
    target.report.holds(CLOSE.0);
    target.report.holds(RENUMBER.0);
    no_rows(target).await?;
    target.report.holds(NO_ROWS.0);
    schema(target).await
}

async fn close(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut sink = target.closed(CLOSE).await?;
    CLOSE.within("close before open", sink.close()).await?;
    CLOSE.within("close again", sink.close()).await?;
    let mut driver = target.fresh(CLOSE).await?;
    driver.close().await?;
    driver.close().await?;

    let workload = Workload::keyed(11, 6);
    driver.rule = RENUMBER;
    let mut driver = driver.reopen().await?;
    for index in 0..3 {
        driver.write_transaction(&workload, index).await?;
    }
    driver.flush().await?;
    driver.close().await?;
    let mut driver = driver.reopen().await?;
    for index in 3..6 {
        driver.write_transaction(&workload, index).await?;
    }
    driver.flush().await?;
    target.expect_state(RENUMBER, &workload, 6).await?;
    driver.close().await
}

async fn no_rows(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(NO_ROWS).await?;
    driver.flush().await?;
    driver.write(EventBatch::new().with_position(position(1))).await?;
    driver.write(EventBatch::new()).await?;
    driver.write_events([Event::Heartbeat(SystemTime::now())], Some(position(2))).await?;
    driver.write_events([Event::TableDone(accounts().name().clone())], None).await?;
    driver.write(SampleTransaction::new("empty").into_batch(position(3))).await?;
    driver.flush().await?;
    let (written, durable) = driver.counts();
    NO_ROWS
        .check(written == durable, || format!("{durable} of {written} batches are durable after flush"))?;
    target.expect_rows(NO_ROWS, accounts().name(), Vec::new()).await?;
    driver.close().await
}

async fn schema(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(SCHEMA).await?;
    let before = accounts();
    let mut columns = before.columns().to_vec();
    columns.push(Column::new("rank", bigint()));
    let after = Arc::new(TableSchema::clone(&before).with_columns(columns));
    let change = Event::Schema(Arc::new(SchemaChange {
        kind: SchemaChangeKind::Alter { renamed_columns: Vec::new() },
        table: before.name().clone(),
        before: Some(Arc::clone(&before)),
        after: Some(Arc::clone(&after)),
        statement: "ALTER TABLE accounts ADD COLUMN `rank` BIGINT".into(),
        dialect: crate::dialect::Dialect::mysql(9, 7, 4),
    }));
    if !driver.sink.capabilities().applies_schema {
        return refuses(driver, change, target).await;
    }
    let old = [[1_i64.into(), 10_i64.into(), "Ann".into()]];
    driver.write(SampleTransaction::new("t1").insert(&before, old).into_batch(position(1))).await?;
    driver.write_events([change], Some(position(2))).await?;
    let new = [[2_i64.into(), 20_i64.into(), Value::Null, 7_i64.into()]];
    driver.write(SampleTransaction::new("t2").insert(&after, new.clone()).into_batch(position(3))).await?;
    driver.flush().await?;
    if !target.is_readable(SCHEMA).await? {
        target.report.skip(SCHEMA.0, UNREADABLE);
        return driver.close().await;
    }
    let old = [1_i64.into(), 10_i64.into(), "Ann".into(), Value::Null];
    let [new] = new;
    target.expect_rows(SCHEMA, after.name(), vec![old.into(), new.into()]).await?;
    target.report.holds(SCHEMA.0);
    driver.close().await
}

async fn refuses(mut driver: Driver, change: Event, target: &mut Target<'_>) -> Result<(), Violation> {
    let mut batch = crate::testing::sample::batch([change]).with_position(position(1));
    batch.set_sequence(1);
    let answer = async {
        driver.sink.write(Arc::new(batch)).await?;
        driver.sink.flush().await.map(drop)
    };
    let failed = tokio::time::timeout(crate::testing::DEADLINE, answer).await;
    SCHEMA.check(matches!(failed, Ok(Err(_))), || "it passed over one".to_owned())?;
    target.report.holds(SCHEMA.0);
    driver.close().await
}
