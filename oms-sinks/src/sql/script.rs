//! [`Script`]: the statements of one group of transactions, with what each must answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use oms_core::event::{Change, ChangeKind};
use oms_core::row::RowRef;
use oms_core::{At, Error, Result};

use super::plan::WritePlan;

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: Vec<u8>,
    pub(crate) verb: Verb,
    pub(crate) plan: Arc<WritePlan>,
    /// Rows that it is about.
    pub(crate) rows: u64,
}

/// What a statement does, and so what it must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// New rows; each must be inserted.
    Insert,
    /// Rows of a table that is still being scanned, tried as new ones.
    TryInsert,
    /// The same, by upsert.
    Upsert,
    /// A row that must be there.
    Update,
    /// Rows that must be there.
    Delete,
    /// Rows of a table that is still being scanned; they may be missing.
    DeleteIfThere,
}

impl Verb {
    /// The statement's first word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verb::Insert | Verb::TryInsert | Verb::Upsert => "INSERT",
            Verb::Update => "UPDATE",
            Verb::Delete | Verb::DeleteIfThere => "DELETE",
        }
    }
}

/// Bounds of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScriptLimits {
    /// Rows of a multi-row statement.
    pub(crate) rows: u64,
    /// Bytes after which a multi-row statement ends.
    pub(crate) bytes: usize,
    /// Bytes that no statement may pass: what the server takes.
    pub(crate) max_bytes: usize,
}

/// Renders changes into statements: the order of changes of one table is kept, and runs of the same kind share one
/// statement.
#[derive(Debug)]
pub(crate) struct Script {
    limits: ScriptLimits,
    statements: Vec<Statement>,
    /// One for each table whose last statement may still grow.
    growing: Vec<Statement>,
}

impl Script {
    pub(crate) fn new(limits: ScriptLimits) -> Self {
        Self { limits, statements: Vec::new(), growing: Vec::new() }
    }

    /// Adds a change.
    ///
    /// # Errors
    ///
    /// Whatever makes a value unwritable, and a row that passes the server's limit, with the table named.
    pub(crate) fn add(&mut self, plan: &Arc<WritePlan>, change: &Change) -> Result<()> {
        self.try_add(plan, change).map_err(|error| error.at_place(&At::table(plan.target.name())))
    }

    /// All statements in an order in which they may run.
    pub(crate) fn finish(mut self) -> Vec<Statement> {
        std::mem::take(&mut self.growing).into_iter().for_each(|statement| self.end(statement));
        self.statements
    }

    fn try_add(&mut self, plan: &Arc<WritePlan>, change: &Change) -> Result<()> {
        let overlap = change.is_overlap() || change.kind() == ChangeKind::Read;
        let insert = match (overlap && plan.has_key(), plan.upsert_first.load(Ordering::Relaxed)) {
            (false, _) => Verb::Insert,
            (true, false) => Verb::TryInsert,
            (true, true) => Verb::Upsert,
        };
        match (change.before(), change.after()) {
            (None, Some(after)) => after.rows().try_for_each(|row| self.insert(plan, insert, row)),
            (Some(before), None) => {
                let verb = if overlap { Verb::DeleteIfThere } else { Verb::Delete };
                before.rows().try_for_each(|row| self.delete(plan, verb, row))
            }
            (Some(before), Some(after)) => before.rows().zip(after.rows()).try_for_each(|(before, after)| {
                if overlap && plan.has_key() {
                    self.replace(plan, before, after)
                } else {
                    self.update(plan, before, after)
                }
            }),
            (None, None) => Ok(()),
        }
    }

    /// An update of a row that may not be there yet.
    fn replace(&mut self, plan: &Arc<WritePlan>, before: RowRef<'_>, after: RowRef<'_>) -> Result<()> {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        plan.write_key(before, &mut old)?;
        plan.write_key(after, &mut new)?;
        if old != new {
            self.delete(plan, Verb::DeleteIfThere, before)?;
        }
        self.insert(plan, Verb::Upsert, after)
    }

    fn insert(&mut self, plan: &Arc<WritePlan>, verb: Verb, row: RowRef<'_>) -> Result<()> {
        let place = self.grow(plan, verb);
        let statement = &mut self.growing[place];
        let start = statement.sql.len();
        statement.sql.extend_from_slice(if start == 0 { plan.insert_head() } else { b"," });
        plan.write_values(row, &mut statement.sql)?;
        let tail = if verb == Verb::Upsert { plan.upsert_tail().len() } else { 0 };
        self.added(place, start, tail, |sql| {
            sql.splice(0..1, plan.insert_head().iter().copied()).for_each(drop)
        })
    }

    fn delete(&mut self, plan: &Arc<WritePlan>, verb: Verb, row: RowRef<'_>) -> Result<()> {
        if !plan.has_key() {
            let mut sql = Vec::new();
            plan.write_delete_head(&mut sql);
            plan.write_where(row, &mut sql)?;
            return self.single(plan, verb, sql);
        }
        let place = self.grow(plan, verb);
        let statement = &mut self.growing[place];
        let start = statement.sql.len();
        if start == 0 {
            write_delete_in(plan, &mut statement.sql);
        } else {
            statement.sql.push(b',');
        }
        plan.write_key(row, &mut statement.sql)?;
        self.added(place, start, 1, |sql| {
            let mut head = Vec::new();
            write_delete_in(plan, &mut head);
            sql.splice(0..1, head).for_each(drop);
        })
    }

    fn update(&mut self, plan: &Arc<WritePlan>, before: RowRef<'_>, after: RowRef<'_>) -> Result<()> {
        let mut sql = Vec::new();
        if plan.write_update(before, after, &mut sql)? {
            self.single(plan, Verb::Update, sql)?;
        }
        Ok(())
    }

    /// A statement of its own.
    fn single(&mut self, plan: &Arc<WritePlan>, verb: Verb, sql: Vec<u8>) -> Result<()> {
        self.check_size(sql.len())?;
        self.end_growing(plan);
        self.statements.push(Statement { sql, verb, plan: Arc::clone(plan), rows: 1 });
        Ok(())
    }

    /// The place of the table's growing statement, which does `verb`.
    fn grow(&mut self, plan: &Arc<WritePlan>, verb: Verb) -> usize {
        let same = |statement: &Statement| Arc::ptr_eq(&statement.plan, plan) && statement.verb == verb;
        if let Some(place) = self.growing.iter().position(same) {
            return place;
        }
        self.end_growing(plan);
        self.growing.push(Statement { sql: Vec::new(), verb, plan: Arc::clone(plan), rows: 0 });
        self.growing.len() - 1
    }

    /// Ends what grows for this table.
    fn end_growing(&mut self, plan: &WritePlan) {
        let table = plan.target.name();
        if let Some(place) = self.growing.iter().position(|statement| statement.plan.target.name() == table) {
            let statement = self.growing.swap_remove(place);
            self.end(statement);
        }
    }

    fn end(&mut self, mut statement: Statement) {
        if statement.rows == 0 {
            return;
        }
        match statement.verb {
            Verb::Upsert => statement.sql.extend_from_slice(statement.plan.upsert_tail()),
            Verb::Delete | Verb::DeleteIfThere => statement.sql.push(b')'),
            _ => {}
        }
        self.statements.push(statement);
    }

    /// Takes note of a row that was just appended at `start`, and ends the statement if it is long enough. A row that
    /// makes the statement pass the server's limit begins a new one; `rehead` puts the head in place of its comma.
    fn added(
        &mut self,
        place: usize,
        start: usize,
        tail: usize,
        rehead: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        let limits = self.limits;
        let statement = &mut self.growing[place];
        statement.rows += 1;
        if statement.sql.len() + tail > limits.max_bytes && start > 0 {
            let mut rest = statement.sql.split_off(start);
            rehead(&mut rest);
            statement.rows -= 1;
            let next =
                Statement { sql: rest, verb: statement.verb, plan: Arc::clone(&statement.plan), rows: 1 };
            let full = std::mem::replace(statement, next);
            self.end(full);
        }
        let statement = &self.growing[place];
        let (bytes, rows) = (statement.sql.len(), statement.rows);
        self.check_size(bytes + tail)?;
        if bytes >= limits.bytes || rows >= limits.rows {
            let full = self.growing.swap_remove(place);
            self.end(full);
        }
        Ok(())
    }

    fn check_size(&self, bytes: usize) -> Result<()> {
        if bytes <= self.limits.max_bytes {
            return Ok(());
        }
        let reason = format!(
            "a row needs a statement of {bytes} bytes, and the target takes {}: raise its max_allowed_packet",
            self.limits.max_bytes
        );
        Err(Error::refused(At::unknown(), reason))
    }
}

fn write_delete_in(plan: &WritePlan, out: &mut Vec<u8>) {
    plan.write_delete_head(out);
    plan.write_key_columns(out);
    out.extend_from_slice(b" IN (");
}

#[cfg(test)]
mod tests;
