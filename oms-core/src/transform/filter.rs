//! [`Filter`]: only some rows of a table.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Transform;
use crate::error::{Error, Result};
use crate::event::{Change, ChangeKind, Event, EventBatch, SchemaChangeKind};
use crate::name::TableName;
use crate::row::{RowBatch, RowRef};

/// Whether a row stays.
type Predicate = Box<dyn FnMut(RowRef<'_>) -> Result<bool> + Send>;

/// One row in so many: below that the kept rows are copied rather than holding on to the bytes of all.
const SPARSE: usize = 4;

/// Carries only the rows that a closure accepts; the others are counted as filtered.
///
/// An update whose row comes into the selection becomes an insert, one whose row leaves it a delete. The closure is
/// asked about each image of each row and has to answer by the row alone: the same row, the same answer.
///
/// # Errors
///
/// What the closure fails with; [`Error::Config`] if a table with a filter is renamed to a name without one.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::transform::Filter;
/// let filter = Filter::new().table(TableName::new("shop", "orders"), |row| {
///     let Some(region) = row.get("region") else { return Ok(true) };
///     Ok(region.decode()?.as_str() == Some("EU"))
/// });
/// ```
#[derive(Default)]
pub struct Filter {
    predicates: HashMap<TableName, Vec<Predicate>>,
    /// The answers about one change, kept for their capacity.
    answers: Vec<(bool, bool)>,
}

impl Filter {
    /// All rows of all tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with only the rows of this table that `accept` accepts. With several for one table a row has to be
    /// accepted by all.
    #[must_use]
    pub fn table(
        mut self,
        table: TableName,
        accept: impl FnMut(RowRef<'_>) -> Result<bool> + Send + 'static,
    ) -> Self {
        self.predicates.entry(table).or_default().push(Box::new(accept));
        self
    }

    fn filter(&mut self, change: Change, out: &mut Vec<Event>) -> Result<()> {
        let Some(predicates) = self.predicates.get_mut(change.schema().name()) else {
            out.push(Event::Change(change));
            return Ok(());
        };
        let mut accepts = |rows: Option<&RowBatch>, row: usize| match rows {
            Some(rows) => accepts(predicates, rows.row(row)),
            None => Ok(false),
        };
        self.answers.clear();
        for row in 0..change.row_count() {
            let before = accepts(change.before(), row)?;
            self.answers.push((before, accepts(change.after(), row)?));
        }
        match change.kind() {
            ChangeKind::Update => split_update(change, &self.answers, out),
            kind => {
                let stays = |(before, after): &(bool, bool)| *before || *after;
                let kept = self.answers.iter().filter(|answer| stays(answer)).count();
                if kept == self.answers.len() {
                    out.push(Event::Change(change));
                } else if kept > 0 {
                    let rows = keep(change.rows(), kept, |row| stays(&self.answers[row]));
                    out.push(Event::Change(match kind {
                        ChangeKind::Read => Change::read(rows),
                        ChangeKind::Insert => Change::insert(rows),
                        ChangeKind::Delete => Change::delete(rows),
                        ChangeKind::Update => unreachable!("split above"),
                    }));
                }
            }
        }
        Ok(())
    }
}

fn accepts(predicates: &mut [Predicate], row: RowRef<'_>) -> Result<bool> {
    for accept in predicates {
        if !accept(row)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The rows that stay.
fn keep(rows: &RowBatch, kept: usize, stays: impl Fn(usize) -> bool) -> RowBatch {
    let selected = rows.respan(Arc::clone(rows.layout()), |row, from, to| {
        if stays(row) {
            to.extend_from_slice(from);
        }
    });
    match kept * SPARSE < rows.len() {
        true => selected.compact(),
        false => selected,
    }
}

/// Cuts an update where the outcome changes, so that the order of its rows stays: one may take the key that another
/// has just given up.
fn split_update(change: Change, answers: &[(bool, bool)], out: &mut Vec<Event>) {
    if answers.iter().all(|answer| *answer == (true, true)) {
        out.push(Event::Change(change));
        return;
    }
    let (Some(before), Some(after)) = (change.before(), change.after()) else {
        unreachable!("an update has both images");
    };
    let mut start = 0;
    for run in answers.chunk_by(|left, right| left == right) {
        let end = start + run.len();
        // Copied, as each run would otherwise count and hold the bytes of all.
        let rows = |image: &RowBatch| image.slice(start as u32..end as u32).compact();
        match run[0] {
            (true, true) => out.push(Event::Change(Change::update(rows(before), rows(after)))),
            (true, false) => out.push(Event::Change(Change::delete(rows(before)))),
            (false, true) => out.push(Event::Change(Change::insert(rows(after)))),
            (false, false) => {}
        }
        start = end;
    }
}

impl Transform for Filter {
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        batch.try_flat_map(|event, out| {
            match event {
                Event::Change(change) => return self.filter(change, out),
                Event::Schema(change) => {
                    if let SchemaChangeKind::Rename { to } = &change.kind
                        && self.predicates.contains_key(&change.table)
                        && !self.predicates.contains_key(to)
                    {
                        let reason =
                            format!("table {} becomes {to}, which has no filter; add one", change.table);
                        return Err(Error::config("transform", reason));
                    }
                    out.push(Event::Schema(change));
                }
                event => out.push(event),
            }
            Ok(())
        })
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({} tables)", self.predicates.len())
    }
}
