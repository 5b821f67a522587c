//! What is left after a restart.

use super::driver::{Target, UNREADABLE, position, transactions_before};
use crate::event::Tally;
use crate::schema::SchemaSet;
use crate::testing::report::{Rule, Violation};
use crate::testing::sample::{accounts, lines};
use crate::testing::workload::Workload;

const REPLAY: Rule =
    Rule("a replay-safe sink converges when it is given transactions again from an earlier position on");
const STORED: Rule =
    Rule("a sink that stores checkpoints returns the last durable one, with schemas and tally");
const ATOMIC: Rule = Rule("a stored checkpoint and the rows take effect together, whatever is lost");
const APART: Rule = Rule("checkpoints of two pipelines are kept apart");
const NOT_STORED: Rule = Rule("a sink that does not store checkpoints returns none");

pub(super) async fn check(target: &mut Target<'_>) -> Result<(), Violation> {
    let capabilities = target.capabilities(REPLAY).await?;
    if capabilities.replay_safe {
        replay(target).await?;
        match target.is_readable(REPLAY).await? {
            true => target.report.holds(REPLAY.0),
            false => target.report.skip(REPLAY.0, UNREADABLE),
        }
    } else {
        target.report.skip(REPLAY.0, "the sink is not replay-safe");
    }
    if !capabilities.stores_checkpoint {
        let mut driver = target.fresh(NOT_STORED).await?;
        driver.write_transaction(&Workload::new(31, 1), 0).await?;
        driver.flush().await?;
        driver.close().await?;
        let mut driver = driver.reopen().await?;
        NOT_STORED.check(driver.checkpoint.is_none(), || "it returned one".to_owned())?;
        target.report.holds(NOT_STORED.0);
        for rule in [STORED, ATOMIC, APART] {
            target.report.skip(rule.0, "the sink does not store checkpoints");
        }
        return driver.close().await;
    }
    stored(target).await?;
    target.report.holds(STORED.0);
    atomic(target).await?;
    target.report.holds(ATOMIC.0);
    apart(target).await?;
    target.report.holds(APART.0);
    Ok(())
}

async fn replay(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::keyed(32, 30);
    let mut driver = target.fresh(REPLAY).await?;
    for restart in [0, 5, 17, 17, 29] {
        for index in restart..30 {
            driver.write_transaction(&workload, index).await?;
        }
        driver.flush().await?;
        target.expect_state(REPLAY, &workload, 30).await?;
        driver.close().await?;
        driver = driver.reopen().await?;
    }
    driver.close().await
}

async fn stored(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::new(33, 4);
    let mut driver = target.fresh(STORED).await?;
    STORED.check(driver.checkpoint.is_none(), || "it returned one before any was stored".to_owned())?;
    let schemas: SchemaSet = [accounts(), lines()].into_iter().collect();
    let mut tally = Tally::default();
    for index in 0..4 {
        let transaction = workload.transactions()[index].clone();
        let mut batch = transaction.into_batch(position(index + 1));
        if index == 1 {
            batch = batch.with_schemas(std::sync::Arc::new(schemas.clone()));
        }
        // A row that a transform has left out.
        batch.tally_mut().read += 1;
        batch.tally_mut().filtered += 1;
        tally += batch.tally();
        tally.applied += batch.row_count();
        driver.write(batch).await?;
    }
    driver.flush().await?;
    driver.close().await?;
    let mut driver = driver.reopen().await?;
    let Some(checkpoint) = driver.checkpoint.take() else {
        return Err(STORED.broken("it returned none"));
    };
    STORED.check(checkpoint.position == position(4), || format!("it is at {}", checkpoint.position))?;
    STORED.check(*checkpoint.schemas == schemas, || {
        format!("it has {} schemas, or others than those of batch 2", checkpoint.schemas.len())
    })?;
    STORED.check(checkpoint.tally == tally, || format!("its tally is {}, not {tally}", checkpoint.tally))?;
    driver.close().await
}

/// Sinks are left at all places, in the middle of a transaction too, without a flush: where the checkpoint is, there
/// the rows are.
async fn atomic(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::new(34, 40);
    let mut driver = target.fresh(ATOMIC).await?;
    let mut next = 0;
    for (round, leave_after) in [1, 3, 2, 7, 5, 1, 9, 4].into_iter().enumerate() {
        for index in next..(next + leave_after).min(40) {
            driver.write_transaction(&workload, index).await?;
        }
        if round % 2 == 1 {
            let begun = (next + leave_after).min(39);
            let events = workload.transactions()[begun].clone().into_events();
            let half = events.len().div_ceil(2);
            driver.write_events(events.into_iter().take(half), None).await?;
        }
        if round % 3 == 2 {
            // As a process that dies: dropped, not closed.
            let pipeline = driver.pipeline.clone();
            drop(driver);
            driver = target.open(ATOMIC, &pipeline).await?;
        } else {
            driver.close().await?;
            driver = driver.reopen().await?;
        }
        let at = driver
            .checkpoint
            .as_ref()
            .map_or(Some(0), |checkpoint| transactions_before(&checkpoint.position));
        let Some(at) = at else {
            return Err(ATOMIC.broken("its checkpoint is at a position that it was never given"));
        };
        ATOMIC.check((next..=next + leave_after).contains(&at), || {
            format!(
                "its checkpoint is at {at}, though it had been at {next} and was given {leave_after} more"
            )
        })?;
        target.expect_state(ATOMIC, &workload, at).await?;
        next = at;
    }
    for index in next..40 {
        driver.write_transaction(&workload, index).await?;
    }
    driver.flush().await?;
    target.expect_state(ATOMIC, &workload, 40).await?;
    driver.close().await
}

async fn apart(target: &mut Target<'_>) -> Result<(), Violation> {
    let workload = Workload::new(35, 3);
    let mut first = target.fresh(APART).await?;
    let name = first.pipeline.clone();
    first.write_transaction(&workload, 0).await?;
    first.flush().await?;
    first.close().await?;
    for other in [format!("{name} "), name.to_uppercase(), format!("{name}#1"), format!("{name}ü")] {
        let mut second = target.open(APART, &other).await?;
        APART.check(second.checkpoint.is_none(), || format!("{other:?} has the checkpoint of {name:?}"))?;
        second.write_events([], Some(position(2))).await?;
        second.flush().await?;
        second.close().await?;
    }
    let mut first = first.reopen().await?;
    let at = first.checkpoint.as_ref().map(|checkpoint| &checkpoint.position);
    APART.check(at == Some(&position(1)), || format!("{name:?} has another's checkpoint"))?;
    first.close().await
}
