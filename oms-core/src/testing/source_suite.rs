//! The contract of [`Source`] as a test.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;

use super::report::{Rule, SuiteReport, Violation};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::event::{Change, ChangeKind, Event, EventBatch, Tally};
use crate::position::Position;
use crate::row::RowBatch;
use crate::row::format::canonical;
use crate::schema::SchemaSet;
use crate::source::Source;

const START: Rule = Rule("`open(None)` starts where the source's options say and gives every row");
const END: Rule = Rule(
    "`next_batch` gives `None` at the end of a finite source, again and again, and waits at that of a log",
);
const BRACKETS: Rule =
    Rule("changes stand between the begin and the commit of one transaction, but for scanned rows");
const COMMIT: Rule = Rule("a batch has a position only behind a commit");
const TALLY: Rule = Rule("a batch counts the rows that it has as read, and no others");
const RESUME: Rule = Rule("`open(Some(checkpoint))` leaves nothing out and gives nothing again");
const SAME_IDS: Rule = Rule("reading again gives the same transaction identities");
const CONFIRM: Rule =
    Rule("`confirm` takes positions in order, of which some are left out, and changes nothing that is read");
const CLOSE: Rule = Rule("`close` may be called at any time, and the source can be opened again afterwards");
const DROPPED: Rule = Rule("a pending `next_batch` may be dropped if only `close` follows");

/// How the suite gets at a source.
#[async_trait]
pub trait SourceFixture: Send {
    /// Another source onto the same data, which does not change while the suite runs.
    async fn source(&mut self) -> Result<Box<dyn Source>>;

    /// How many rows it gives from its start on, at least one.
    fn rows(&self) -> u64;

    /// True if it ends behind these rows, false if it waits for more.
    fn is_finite(&self) -> bool;

    /// True if it gives everything in the same order each time; a scan of many tables side by side does not.
    fn keeps_order(&self) -> bool;
}

/// Checks the contract of [`Source`].
///
/// # Errors
///
/// The first rule that does not hold.
///
/// # Examples
///
/// ```
/// use async_trait::async_trait;
/// use oms_core::source::Source;
/// use oms_core::testing::{SourceFixture, TransactionSource, Workload, source_suite};
///
/// struct Log(TransactionSource, u64);
///
/// #[async_trait]
/// impl SourceFixture for Log {
///     async fn source(&mut self) -> oms_core::Result<Box<dyn Source>> {
///         Ok(Box::new(self.0.clone()))
///     }
///     fn rows(&self) -> u64 {
///         self.1
///     }
///     fn is_finite(&self) -> bool {
///         true
///     }
///     fn keeps_order(&self) -> bool {
///         true
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let workload = Workload::new(1, 20);
/// let log = TransactionSource::new(workload.transactions().iter().cloned()).with_batch_events(5);
/// let report = source_suite(&mut Log(log, workload.rows())).await.unwrap();
/// println!("{report}");
/// # }
/// ```
pub async fn source_suite(fixture: &mut dyn SourceFixture) -> Result<SuiteReport, Violation> {
    let mut report = SuiteReport::default();
    let mut source = START.within("making the source", fixture.source()).await?;
    CLOSE.within("close before open", source.close()).await?;
    START.within("open", source.open(None)).await?;
    let whole = read(START, fixture, &mut *source, fixture.rows()).await?;
    report.holds(START.0);
    report.holds(BRACKETS.0);
    report.holds(COMMIT.0);
    report.holds(TALLY.0);
    end(fixture, &mut *source, &mut report).await?;

    for confirms in [false, true] {
        resume(fixture, &whole, confirms).await?;
    }
    for rule in [RESUME, SAME_IDS, CONFIRM, CLOSE] {
        report.holds(rule.0);
    }
    Ok(report)
}

/// Everything that was read, and where one could go on.
struct Reading {
    /// Transaction and row, in order.
    rows: Vec<(String, Vec<u8>)>,
    /// Positions, each with the count of rows before it and the schemas there.
    positions: Vec<(Position, usize, Arc<SchemaSet>)>,
}

/// Reads a finite source to its end; a log until so many rows have come and a place to go on has been reached.
async fn read(
    rule: Rule,
    fixture: &dyn SourceFixture,
    source: &mut dyn Source,
    expected: u64,
) -> Result<Reading, Violation> {
    let mut reading = Reading { rows: Vec::new(), positions: Vec::new() };
    let mut transaction: Option<String> = None;
    let mut schemas = Arc::default();
    loop {
        let complete = reading.rows.len() as u64 >= expected;
        let at_rest = reading.positions.last().is_some_and(|(_, rows, _)| *rows == reading.rows.len());
        if !fixture.is_finite() && complete && (at_rest || expected == 0) {
            break;
        }
        let Some(batch) = rule.within("next_batch", source.next_batch()).await? else {
            break;
        };
        take(&batch, &mut transaction, &mut reading)?;
        if let Some(new) = batch.schemas() {
            schemas = Arc::clone(new);
        }
        if let Some(position) = batch.position() {
            COMMIT.check(transaction.is_none(), || format!("{position} lies inside of a transaction"))?;
            reading.positions.push((position.clone(), reading.rows.len(), Arc::clone(&schemas)));
        }
    }
    let count = reading.rows.len() as u64;
    rule.check(count == expected, || format!("it gave {count} rows, not {expected}"))?;
    Ok(reading)
}

fn take(
    batch: &EventBatch,
    transaction: &mut Option<String>,
    reading: &mut Reading,
) -> Result<(), Violation> {
    TALLY.check(batch.tally() == Tally::read(batch.row_count()), || {
        format!("a batch of {} rows says {}", batch.row_count(), batch.tally())
    })?;
    for event in batch.events() {
        match event {
            Event::Begin(begun) => {
                BRACKETS
                    .check(transaction.is_none(), || "a transaction begins inside of another".to_owned())?;
                *transaction = Some(begun.id.as_str().to_owned());
            }
            Event::Commit(ended) => {
                BRACKETS.check(transaction.as_deref() == Some(ended.id.as_str()), || {
                    format!("{} ends and did not begin", ended.id)
                })?;
                *transaction = None;
            }
            Event::Change(change) => {
                BRACKETS.check(transaction.is_some() || change.kind() == ChangeKind::Read, || {
                    format!("{:?} stands outside of a transaction", change.kind())
                })?;
                let id = transaction.clone().unwrap_or_default();
                for row in 0..change.row_count() {
                    reading.rows.push((id.clone(), print_row(change, row)?));
                }
            }
            Event::Schema(_) | Event::TableDone(_) | Event::Heartbeat(_) => {}
        }
    }
    Ok(())
}

/// Table, kind and values of a row, as bytes that are equal for equal ones.
fn print_row(change: &Change, row: usize) -> Result<Vec<u8>, Violation> {
    let mut print = format!("{} {:?} ", change.schema().name(), change.kind()).into_bytes();
    let mut image = |rows: Option<&RowBatch>| -> Result<()> {
        for cell in rows.iter().flat_map(|rows| rows.row(row).cells().collect::<Vec<_>>()) {
            let value = cell.decode()?.to_value()?;
            let start = print.len();
            print.extend_from_slice(&[0; 4]);
            canonical::encode(&value, &mut print);
            let len = (print.len() - start) as u32 | u32::from(value.is_null()) << 31;
            print[start..start + 4].copy_from_slice(&len.to_be_bytes());
        }
        Ok(())
    };
    START.call("decoding a row", image(change.before()).and_then(|()| image(change.after())))?;
    Ok(print)
}

/// What the source does when there is nothing more, and that a pending `next_batch` may be dropped.
async fn end(
    fixture: &dyn SourceFixture,
    source: &mut dyn Source,
    report: &mut SuiteReport,
) -> Result<(), Violation> {
    if fixture.is_finite() {
        for _ in 0..2 {
            loop {
                // Events without rows may follow, such as the word that a table is done.
                match END.within("next_batch at the end", source.next_batch()).await? {
                    None => break,
                    Some(batch) => END.check(batch.row_count() == 0, || "it gave more rows".to_owned())?,
                }
            }
        }
        report.skip(DROPPED.0, "a finite source is never kept waiting");
    } else {
        let waits = async {
            while let Some(batch) = source.next_batch().await? {
                if batch.row_count() > 0 {
                    return Ok(false);
                }
            }
            Ok::<_, crate::Error>(false)
        };
        match tokio::time::timeout(super::GLANCE, waits).await {
            Err(_) => {}
            Ok(waited) => {
                END.call("next_batch at the end", waited)?;
                return Err(END.broken("it gave more rows, or ended"));
            }
        }
        report.holds(DROPPED.0);
    }
    report.holds(END.0);
    CLOSE.within("close", source.close()).await?;
    CLOSE.within("close again", source.close()).await
}

/// Opens at every position, with the same source and with another one, and reads the rest.
async fn resume(fixture: &mut dyn SourceFixture, whole: &Reading, confirms: bool) -> Result<(), Violation> {
    let mut source = RESUME.within("making the source", fixture.source()).await?;
    // A source of many positions is not read from each of them.
    let stride = whole.positions.len().div_ceil(20).max(1);
    for (position, before, schemas) in whole.positions.iter().step_by(stride) {
        let tally = Tally { read: *before as u64, applied: *before as u64, ..Tally::default() };
        let checkpoint = Checkpoint::new(position.clone(), Arc::clone(schemas), tally);
        RESUME.within("open", source.open(Some(&checkpoint))).await?;
        let expected = (whole.rows.len() - before) as u64;
        let rest = read(RESUME, fixture, &mut *source, expected).await?;
        compare(fixture, whole, *before, &rest)?;
        if confirms {
            for (position, ..) in rest.positions.iter().step_by(3) {
                CONFIRM.within("confirm", source.confirm(position)).await?;
            }
        }
        CLOSE.within("close", source.close()).await?;
    }
    // Left in the middle: a next_batch that is asked for once, dropped, and closed.
    CLOSE.within("open", source.open(None)).await?;
    {
        let next = pin!(source.next_batch());
        if let Some(batch) = next.now_or_never() {
            DROPPED.call("next_batch", batch)?;
        }
    }
    CLOSE.within("close in the middle", source.close()).await?;
    CLOSE.within("open again", source.open(None)).await?;
    read(CLOSE, fixture, &mut *source, fixture.rows()).await?;
    CLOSE.within("close", source.close()).await
}

/// The rest is what was read behind a position, identities of transactions included.
fn compare(
    fixture: &dyn SourceFixture,
    whole: &Reading,
    before: usize,
    rest: &Reading,
) -> Result<(), Violation> {
    let expected = &whole.rows[before..];
    if fixture.keeps_order() {
        for (i, ((id, row), (expected_id, expected))) in rest.rows.iter().zip(expected).enumerate() {
            RESUME.check(row == expected, || format!("row {i} behind the checkpoint is another one"))?;
            SAME_IDS.check(id == expected_id, || format!("{id} was {expected_id} before"))?;
        }
        return Ok(());
    }
    let mut left: HashMap<&(String, Vec<u8>), usize> = HashMap::new();
    for row in expected {
        *left.entry(row).or_default() += 1;
    }
    for row in &rest.rows {
        match left.get_mut(row) {
            Some(count) if *count > 0 => *count -= 1,
            _ => return Err(RESUME.broken(format!("a row of transaction {:?} was not there before", row.0))),
        }
    }
    Ok(())
}
