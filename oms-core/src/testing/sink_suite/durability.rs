//! When rows are durable, and in which order they take effect.

use super::driver::{Target, UNREADABLE, position};
use crate::event::{Change, Event};
use crate::sink::Progress;
use crate::testing::report::{Rule, Violation};
use crate::testing::sample::{SampleTransaction, accounts, rows};
use crate::testing::workload::Workload;
use crate::value::Value;

const FLUSH: Rule = Rule("`flush` returns only when every whole transaction that was accepted is durable");
const DURABLE: Rule = Rule("what is said to be durable can be read, and everything before it");
const ORDER: Rule = Rule("changes of one row take effect in the order in which they came");
const DROPPED: Rule =
    Rule("`flush` may be dropped at an await and called again, with or without a `write` in between");
const WHOLE: Rule = Rule("a transaction takes effect as a whole, and a batch's end is not its commit");
const PATIENCE: Rule = Rule("neither `write` nor `flush` waits for the rest of an unfinished transaction");
const GIVEN_UP: Rule = Rule("what was accepted before `close` does not take effect after the next `open`");
const READ: Rule =
    Rule("a scanned row takes the place of an older version, and may stand outside of a transaction");

pub(super) async fn check(target: &mut Target<'_>) -> Result<(), Violation> {
    unfinished(target).await?;
    target.report.holds(PATIENCE.0);
    dropped(target).await?;
    let readable = target.is_readable(FLUSH).await?;
    for rule in [FLUSH, DURABLE, ORDER, DROPPED, WHOLE, GIVEN_UP, READ] {
        match readable {
            true => target.report.holds(rule.0),
            false => target.report.skip(rule.0, UNREADABLE),
        }
    }
    if !readable {
        return Ok(());
    }
    flush(target).await?;
    durable(target).await?;
    order(target).await?;
    read(target).await
}

async fn flush(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::new(21, 60);
    let mut driver = target.fresh(FLUSH).await?;
    for index in 0..60 {
        driver.write_transaction(&workload, index).await?;
        if index % 20 == 19 {
            driver.flush().await?;
            target.expect_state(FLUSH, &workload, index + 1).await?;
        }
    }
    driver.close().await
}

/// Every answer that promises durability is taken at its word.
async fn durable(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(DURABLE).await?;
    let accounts = accounts();
    for id in 1..=40_i64 {
        let row = [[id.into(), 0_i64.into(), Value::Null]];
        let transaction = SampleTransaction::new(&format!("t{id}")).insert(&accounts, row);
        let progress = driver.write(transaction.into_batch(position(id as usize))).await?;
        let promised = match progress {
            Progress::Accepted => continue,
            Progress::Durable => id,
            Progress::DurableThrough(sequence) => sequence as i64,
        };
        let found = target.ids(DURABLE, accounts.name()).await?;
        for id in 1..=promised {
            DURABLE.check(found.contains(&id), || {
                format!("batch {promised} is said to be durable, and the row of batch {id} is not there")
            })?;
        }
    }
    driver.flush().await?;
    driver.close().await
}

async fn order(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(ORDER).await?;
    let accounts = accounts();
    let row = |id: i64, balance: i64| [[id.into(), balance.into(), Value::Null]];
    for round in 0..10_i64 {
        let begin = position(round as usize * 3 + 1);
        let name = |part: &str| format!("{part}{round}");
        // The key goes away and comes back, in one transaction and over several.
        let transaction = SampleTransaction::new(&name("a"))
            .insert(&accounts, row(1, 0))
            .update(&accounts, row(1, 0), row(1, 1))
            .delete(&accounts, row(1, 1))
            .insert(&accounts, row(1, 2));
        driver.write(transaction.into_batch(begin)).await?;
        let moved = SampleTransaction::new(&name("b")).update(&accounts, row(1, 2), row(2, 3));
        driver.write(moved.into_batch(position(round as usize * 3 + 2))).await?;
        let mut last =
            SampleTransaction::new(&name("c")).insert(&accounts, row(1, 4)).delete(&accounts, row(2, 3));
        if round < 9 {
            last = last.delete(&accounts, row(1, 4));
        }
        driver.write(last.into_batch(position(round as usize * 3 + 3))).await?;
    }
    driver.flush().await?;
    target.expect_rows(ORDER, accounts.name(), row(1, 4).map(Vec::from).into()).await?;
    driver.close().await
}

/// `flush` is polled once and dropped, again and again, between writes and at the end.
async fn dropped(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::new(22, 30);
    let mut driver = target.fresh(DROPPED).await?;
    for index in 0..30 {
        driver.write_transaction(&workload, index).await?;
        for _ in 0..index % 3 {
            driver.glance_at_flush()?;
            tokio::task::yield_now().await;
        }
    }
    driver.flush().await?;
    target.expect_state(DROPPED, &workload, 30).await?;
    driver.close().await
}

/// A transaction over three batches: nothing of it shows before its commit.
async fn unfinished(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(PATIENCE).await?;
    let accounts = accounts();
    let row = |id: i64| [[id.into(), 0_i64.into(), Value::Null]];
    driver.write(SampleTransaction::new("whole").insert(&accounts, row(1)).into_batch(position(1))).await?;
    let long = SampleTransaction::new("long").insert(&accounts, row(2)).insert(&accounts, row(3));
    let mut events = long.into_events().into_iter();
    driver.write_events(events.by_ref().take(2), None).await?;
    driver.flush().await?;
    target.expect_rows(WHOLE, accounts.name(), row(1).map(Vec::from).into()).await?;
    driver.write_events(events.by_ref().take(1), None).await?;
    driver.flush().await?;
    target.expect_rows(WHOLE, accounts.name(), row(1).map(Vec::from).into()).await?;
    driver.write_events(events, Some(position(2))).await?;
    driver.flush().await?;
    let all = [1, 2, 3].map(|id| row(id)[0].to_vec());
    target.expect_rows(WHOLE, accounts.name(), all.into()).await?;

    let begun =
        SampleTransaction::new("given up").insert(&accounts, row(4)).into_events().into_iter().take(2);
    driver.write_events(begun, None).await?;
    driver.close().await?;
    let all = [1, 2, 3].map(|id| row(id)[0].to_vec());
    target.expect_rows(WHOLE, accounts.name(), all.into()).await?;

    // The rest of the one that was given up never comes; another one does.
    driver.rule = GIVEN_UP;
    let mut driver = driver.reopen().await?;
    for (id, name) in [(5, "next"), (6, "last")] {
        let next = SampleTransaction::new(name).insert(&accounts, row(id));
        driver.write(next.into_batch(position(id as usize))).await?;
    }
    driver.flush().await?;
    let all = [1, 2, 3, 5, 6].map(|id| row(id)[0].to_vec());
    target.expect_rows(GIVEN_UP, accounts.name(), all.into()).await?;
    driver.close().await
}

async fn read(target: &mut Target<'_>) -> Result<(), Violation> {
    let mut driver = target.fresh(READ).await?;
    let accounts = accounts();
    let row = |id: i64, balance: i64| [[id.into(), balance.into(), "Ann".into()]];
    let insert = SampleTransaction::new("t1").insert(&accounts, row(1, 1));
    driver.write(insert.into_batch(position(1))).await?;
    let scanned = [row(1, 2), row(2, 2)].concat();
    let scanned = Event::Change(Change::read(rows(&accounts, scanned)));
    driver.write_events([scanned], Some(position(2))).await?;
    let begun = SampleTransaction::new("t2").change(Change::read(rows(&accounts, row(2, 3))));
    driver.write(begun.into_batch(position(3))).await?;
    driver.flush().await?;
    let expected = [row(1, 2), row(2, 3)].concat().into_iter().map(Vec::from).collect();
    target.expect_rows(READ, accounts.name(), expected).await?;
    driver.close().await
}
