//! A group that met a conflict, applied once more: row by row, so that the row is known, the rows of the target that
//! stand in its way can be shown, and the conflict can be resolved where that is the policy.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use oms_core::event::{Change, ChangeKind};
use oms_core::mysql::{ServerError, Session};
use oms_core::{At, Error, ErrorClass, Result};

use super::conflict::{Conflict, ConflictKind, ConflictPolicy, Conflicts, TargetRow};
use super::plan::WritePlan;
use super::script::{Script, ScriptLimits, Statement, Verb};
use super::worker::Unit;
use super::writer::{ER_DUP_ENTRY, Setback, is_guarded, unexpected};

/// Rows of the target that a report shows.
const SHOWN_ROWS: usize = 10;

/// Applies the units row by row inside the transaction that `session` has begun; gives the conflicts that were resolved.
pub(super) async fn apply(
    session: &mut Session,
    group: &[Unit],
    conflicts: &Conflicts,
) -> Result<Vec<Conflict>, Setback> {
    let mut resolved = Vec::new();
    let max_bytes = session.server().max_statement_bytes();
    for unit in group {
        for (plan, change) in &unit.changes {
            // An upsert says of itself whether it met the row's own version or another row.
            plan.upsert_first.store(true, Ordering::Relaxed);
            for row in 0..change.row_count() as u32 {
                let one = One { plan, change: change.slice(row..row + 1), max_bytes };
                let Some(kind) = one.apply(session).await? else { continue };
                if kind == ConflictKind::Duplicate && conflicts.goes_on && one.is_of_the_copy() {
                    one.resolve(session).await?;
                    let table = plan.target.name();
                    tracing::info!(%table, "a row of a copy that was cut off gave way, the log or the copy brings it again");
                    continue;
                }
                let mut conflict = one.describe(session, unit, kind).await?;
                if conflicts.policy == ConflictPolicy::Stop {
                    conflicts.tell(&conflict);
                    return Err(Setback::Failure(one.error(&conflict)));
                }
                one.resolve(session).await?;
                conflict.is_resolved = true;
                resolved.push(conflict);
            }
        }
    }
    Ok(resolved)
}

/// A change of one row.
struct One<'a> {
    plan: &'a Arc<WritePlan>,
    change: Change,
    max_bytes: usize,
}

impl One<'_> {
    /// True for what is written while its table is copied.
    ///
    /// A copy that was cut off may have written rows that its last checkpoint does not know of. They are newer than the
    /// position where the log is read again, or older than a chunk that is read again. Where such a row has a value of a
    /// unique key that is another row's at the source by now, it is out of date itself: a change that is still in the
    /// log, or a chunk that is still to be read, brings it as it is, or it is gone. So it can give way.
    fn is_of_the_copy(&self) -> bool {
        self.plan.has_key() && (self.change.is_overlap() || self.change.kind() == ChangeKind::Read)
    }

    /// Applies it as it is; gives what was not as expected.
    async fn apply(&self, session: &mut Session) -> Result<Option<ConflictKind>, Setback> {
        for statement in self.render(&self.change)? {
            let kind = match session.execute(&statement.sql).await {
                Ok(outcome) => unexpected(&statement, &outcome).map(|_| match statement.verb {
                    Verb::Update | Verb::Delete => ConflictKind::Missing,
                    _ => ConflictKind::Duplicate,
                }),
                Err(error) if is_duplicate(&statement, &error) => Some(ConflictKind::Duplicate),
                Err(error) => return Err(self.setback(error)),
            };
            if kind.is_some() {
                return Ok(kind);
            }
        }
        Ok(None)
    }

    /// Makes the target hold what the source has.
    async fn resolve(&self, session: &mut Session) -> Result<(), Setback> {
        let Some(after) = self.change.after() else {
            // What was to be deleted is not there.
            return Ok(());
        };
        let row = after.row(0);
        if self.plan.has_key() {
            let mut sql = Vec::new();
            self.plan.write_delete_head(&mut sql);
            sql.push(b'(');
            if self.plan.write_rivals(row, &mut sql)? {
                sql.extend_from_slice(b") AND NOT (");
                self.plan.write_where(row, &mut sql)?;
                sql.push(b')');
                session.execute(&sql).await.map_err(|error| self.setback(error))?;
            }
            // With its old key gone, the row is written whole under its new one.
            if self.apply_as(session, self.change.clone().in_overlap()).await?.is_none() {
                return Ok(());
            }
        } else if self.apply_as(session, Change::insert(after.clone())).await?.is_none() {
            return Ok(());
        }
        let reason = "a unique key over parts of columns or expressions keeps the row out: \
                      delete the target's row that has its value";
        Err(Setback::Failure(Error::conflict(At::table(self.plan.target.name()), reason)))
    }

    async fn apply_as(&self, session: &mut Session, change: Change) -> Result<Option<ConflictKind>, Setback> {
        let other = One { plan: self.plan, change, max_bytes: self.max_bytes };
        Box::pin(other.apply(session)).await
    }

    fn render(&self, change: &Change) -> Result<Vec<Statement>> {
        let limits = ScriptLimits { rows: 1, bytes: self.max_bytes, max_bytes: self.max_bytes };
        let mut script = Script::new(limits);
        script.add(self.plan, change)?;
        Ok(script.finish())
    }

    /// What there is to say: the row, and those that stand in its way.
    async fn describe(
        &self,
        session: &mut Session,
        unit: &Unit,
        kind: ConflictKind,
    ) -> Result<Conflict, Setback> {
        let row = self.change.rows().row(0);
        let mut source_row = Vec::with_capacity(row.width());
        for cell in row.cells() {
            source_row.push((Arc::clone(cell.column().name()), cell.decode()?.to_value()?));
        }
        Ok(Conflict {
            table: self.plan.target.name().clone(),
            change: self.change.kind(),
            kind,
            transaction: unit.transaction.as_ref().map(|transaction| transaction.id.clone()),
            source_row,
            target_rows: self.rivals(session).await?,
            is_resolved: false,
        })
    }

    /// Rows of the target that share a unique value with this one.
    async fn rivals(&self, session: &mut Session) -> Result<Vec<TargetRow>, Setback> {
        let mut condition = Vec::new();
        if !self.plan.write_rivals(self.change.rows().row(0), &mut condition)? {
            return Ok(Vec::new());
        }
        let mut sql = Vec::new();
        let names = self.plan.write_select(&mut sql);
        sql.extend_from_slice(&condition);
        sql.extend_from_slice(format!(" LIMIT {SHOWN_ROWS}").as_bytes());
        let rows = session.query(&sql).await.map_err(|error| self.setback(error))?;
        let mut rivals = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut rival = Vec::with_capacity(names.len());
            for (place, name) in names.iter().enumerate() {
                rival.push((Arc::clone(name), row.bytes(place)?.map(Box::from)));
            }
            rivals.push(rival);
        }
        Ok(rivals)
    }

    /// The error of a conflict that is not resolved, without values.
    fn error(&self, conflict: &Conflict) -> Error {
        let what = match conflict.change {
            ChangeKind::Insert => "inserted at",
            ChangeKind::Update => "updated at",
            ChangeKind::Delete => "deleted at",
            _ => "copied from",
        };
        let found = match conflict.kind {
            ConflictKind::Missing => "is not at the target".to_owned(),
            ConflictKind::Duplicate => format!(
                "has a value in a unique key that {} of the target has too",
                match conflict.target_rows.len() {
                    0 | 1 => "another row".to_owned(),
                    rows => format!("{rows} other rows"),
                }
            ),
        };
        let reason = format!(
            "a row that was {what} the source {found}: mend the target, or choose the policy to overwrite"
        );
        Error::conflict(At::table(&conflict.table), reason)
    }

    fn setback(&self, error: Error) -> Setback {
        let transient = error.class() == ErrorClass::Transient;
        let error = error.at_place(&At::table(self.plan.target.name()));
        if transient { Setback::Race(error) } else { Setback::Failure(error) }
    }
}

fn is_duplicate(statement: &Statement, error: &Error) -> bool {
    ServerError::of(error).is_some_and(|server| server.code == ER_DUP_ENTRY || is_guarded(statement, server))
}
