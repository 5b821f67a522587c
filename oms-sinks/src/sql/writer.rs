//! [`Writer`]: one session that commits a group of units in one transaction, together with its checkpoint row.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use oms_core::event::Change;
use oms_core::mysql::{Outcome, ServerError, Session};
use oms_core::{At, Error, ErrorClass, Result};

use super::careful;
use super::hold;
use super::ledger::{AppliedId, Committed};
use super::plan::WritePlan;
use super::script::{Script, ScriptLimits, Statement, Verb};
use super::worker::{Shared, Unit};

/// Statements of one packet.
const PACKET_STATEMENTS: usize = 256;
/// Bytes of small statements that share a packet.
const PACKET_BYTES: usize = 1 << 20;

/// Duplicate value in a unique key.
pub(super) const ER_DUP_ENTRY: u16 = 1062;
/// NULL in a column that may not be NULL.
const ER_BAD_NULL: u16 = 1048;

/// One session that commits a group of units in one transaction, together with its checkpoint row.
#[derive(Debug)]
pub(crate) struct Writer {
    worker: usize,
    pub(super) shared: Arc<Shared>,
    session: Option<Session>,
}

/// Why a group was not committed. Everything of it is rolled back.
#[derive(Debug)]
pub(super) enum Setback {
    /// Rows of a scan are there already: they have to be written by upsert.
    AlreadyThere(Arc<WritePlan>),
    /// The target does not hold what a statement expects there; which row it is, the statement does not tell.
    Conflict(Error),
    /// Another transaction won; the same may work now.
    Race(Error),
    /// It is no use to try again here.
    Failure(Error),
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Setback::Failure(error)
    }
}

impl Writer {
    pub(crate) fn new(worker: usize, shared: Arc<Shared>) -> Self {
        Self { worker, shared, session: None }
    }

    /// Commits the units, in their order.
    ///
    /// # Errors
    ///
    /// Whatever the server answers that trying again does not mend; nothing of the group is applied then, unless the
    /// connection broke during COMMIT, which the checkpoint row tells.
    pub(crate) async fn apply(&mut self, group: &[Unit]) -> Result<()> {
        let (mut attempts, mut careful) = (0, false);
        loop {
            let tried = match careful {
                false => self.try_apply(group).await,
                true => self.try_carefully(group).await,
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(Setback::AlreadyThere(plan)) => plan.upsert_first.store(true, Ordering::Relaxed),
                Err(Setback::Conflict(_)) if !careful => careful = true,
                Err(Setback::Race(error)) if attempts < self.shared.limits.attempts => {
                    attempts += 1;
                    tracing::debug!(worker = self.worker, attempts, %error, "lost a race for locks, trying again");
                    tokio::time::sleep(Duration::from_millis(5 << attempts.min(8))).await;
                }
                Err(Setback::Race(error) | Setback::Failure(error) | Setback::Conflict(error)) => {
                    return Err(self.locate(group, error));
                }
            }
        }
    }

    /// Once more row by row, to find the conflict and do about it what the policy says.
    async fn try_carefully(&mut self, group: &[Unit]) -> Result<(), Setback> {
        let shared = Arc::clone(&self.shared);
        let finishing: Vec<Committed> = group.iter().map(committed).collect();
        let session = self.session().await?;
        session.execute("BEGIN").await?;
        let resolved = match careful::apply(session, group, &shared.conflicts).await {
            Ok(resolved) => resolved,
            Err(setback) => return Err(self.roll_back(setback).await),
        };
        let (sequence, progress) = shared.ledger().preview(self.worker, &finishing);
        let save = shared.checkpoints.save_worker(self.worker, sequence, &progress)?;
        let saved = self.run(&[Piece { sql: &save, expect: Expect::OneRow }], usize::MAX).await;
        if let Err(setback) = saved {
            return Err(self.roll_back(setback).await);
        }
        self.session().await?.execute("COMMIT").await?;
        shared.ledger().complete(self.worker, &finishing, sequence);
        resolved.iter().for_each(|conflict| shared.conflicts.tell(conflict));
        Ok(())
    }

    async fn try_apply(&mut self, group: &[Unit]) -> Result<(), Setback> {
        let max_bytes = self.session().await?.server().max_statement_bytes();
        let statements = self.render(group.iter().flat_map(|unit| &unit.changes), max_bytes)?;
        let finishing: Vec<Committed> = group.iter().map(committed).collect();
        let (sequence, progress) = self.shared.ledger().preview(self.worker, &finishing);
        let save = self.shared.checkpoints.save_worker(self.worker, sequence, &progress)?;
        let mut pieces: Vec<Piece<'_>> = vec![Piece { sql: b"BEGIN", expect: Expect::Nothing }];
        pieces.extend(statements.iter().map(Piece::of));
        pieces.push(Piece { sql: &save, expect: Expect::OneRow });
        if let Err(setback) = self.run(&pieces, max_bytes).await {
            return Err(self.roll_back(setback).await);
        }
        self.session().await?.execute("COMMIT").await?;
        self.shared.ledger().complete(self.worker, &finishing, sequence);
        Ok(())
    }

    pub(super) fn render<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a (Arc<WritePlan>, Change)>,
        max_bytes: usize,
    ) -> Result<Vec<Statement>> {
        let limits = self.shared.limits;
        let bytes = limits.statement_bytes.min(max_bytes);
        let mut script = Script::new(ScriptLimits { rows: limits.statement_rows, bytes, max_bytes });
        for (plan, change) in changes {
            script.add(plan, change)?;
        }
        Ok(script.finish())
    }

    /// Runs the pieces, as many as fit into a packet at a time, until one has a setback; what they did is to be rolled back
    /// then.
    pub(super) async fn run(&mut self, pieces: &[Piece<'_>], max_bytes: usize) -> Result<(), Setback> {
        let mut start = 0;
        let mut packet = Vec::new();
        while start < pieces.len() {
            let (mut end, mut size) = (start + 1, pieces[start].sql.len());
            while end < pieces.len() && end - start < PACKET_STATEMENTS {
                size += 1 + pieces[end].sql.len();
                if size > PACKET_BYTES.min(max_bytes) {
                    break;
                }
                end += 1;
            }
            let packed = &pieces[start..end];
            let sql = match packed {
                // A statement may be as long as a row, and is not copied for nothing.
                [alone] => alone.sql,
                _ => {
                    join(packed, &mut packet);
                    &packet[..]
                }
            };
            let outcomes = match self.session().await?.execute_all(sql).await {
                Ok(outcomes) => outcomes,
                Err(error) => {
                    let refused = packed.get(error.statement).map_or(&Expect::Nothing, |piece| &piece.expect);
                    return Err(self.refusal(refused, error.error));
                }
            };
            let unexpected = packed.iter().zip(&outcomes).find_map(|(piece, outcome)| match piece.expect {
                Expect::Nothing => None,
                Expect::OneRow => {
                    (outcome.affected_rows != 1).then(|| Setback::Failure(self.shared.checkpoints.fenced()))
                }
                Expect::Of(statement) => unexpected(statement, outcome).map(Setback::Conflict),
            });
            if let Some(setback) = unexpected {
                return Err(setback);
            }
            start = end;
        }
        Ok(())
    }

    /// What a refused statement means.
    fn refusal(&self, refused: &Expect<'_>, mut error: Error) -> Setback {
        // It bears the name of the packet's first statement.
        if let (Error::Connector { action, .. }, Expect::Of(statement)) = (&mut error, refused) {
            *action = statement.verb.name().into();
        }
        let Some(server) = ServerError::of(&error) else { return Setback::Failure(error) };
        let Expect::Of(statement) = refused else {
            let transient = error.class() == ErrorClass::Transient;
            return if transient { Setback::Race(error) } else { Setback::Failure(error) };
        };
        let at = At::table(statement.plan.target.name());
        match (server.code, statement.verb) {
            (ER_DUP_ENTRY, Verb::TryInsert) => Setback::AlreadyThere(Arc::clone(&statement.plan)),
            (ER_DUP_ENTRY, _) => {
                let reason = format!("{server}: the target holds another row with this key");
                Setback::Conflict(Error::conflict(at, reason))
            }
            _ if is_guarded(statement, server) => {
                let reason =
                    "a row has the value of another row of the target in a unique key other than its own";
                Setback::Conflict(Error::conflict(at, reason))
            }
            _ if error.class() == ErrorClass::Transient => Setback::Race(error.at_place(&at)),
            _ => Setback::Failure(error.at_place(&at)),
        }
    }

    /// Rolls back, and gives the setback; if the session is broken, no more than that is known.
    pub(super) async fn roll_back(&mut self, setback: Setback) -> Setback {
        let rolled_back = match &mut self.session {
            Some(session) if session.is_open() => session.execute("ROLLBACK").await.is_ok(),
            _ => false,
        };
        match setback {
            Setback::Race(error) if !rolled_back => Setback::Failure(error),
            setback => setback,
        }
    }

    /// Adds the transaction to an error that names a table.
    fn locate(&self, group: &[Unit], error: Error) -> Error {
        match group.first().and_then(|unit| unit.transaction.as_ref()) {
            Some(transaction) if error.table().is_some() => {
                let first = oms_core::Position::new("transaction", transaction.id.as_str());
                error.at_place(&At::unknown().position(first))
            }
            _ => error,
        }
    }

    pub(super) async fn session(&mut self) -> Result<&mut Session> {
        let session = match self.session.take() {
            Some(session) => session,
            None => {
                let mut session = Session::connect(&self.shared.connect, &self.shared.session).await?;
                hold::note_worker(&self.shared.checkpoints, &mut session, self.worker).await?;
                session
            }
        };
        Ok(self.session.insert(session))
    }
}

/// One statement on its way, and what it must answer.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) sql: &'a [u8],
    pub(super) expect: Expect<'a>,
}

/// Several statements as one text.
fn join(pieces: &[Piece<'_>], text: &mut Vec<u8>) {
    text.clear();
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 {
            text.push(b';');
        }
        text.extend_from_slice(piece.sql);
    }
}

#[derive(Debug)]
pub(super) enum Expect<'a> {
    Nothing,
    /// The checkpoint row, which is there as long as nobody else has taken over.
    OneRow,
    Of(&'a Statement),
}

impl<'a> Piece<'a> {
    pub(super) fn of(statement: &'a Statement) -> Self {
        Self { sql: &statement.sql, expect: Expect::Of(statement) }
    }
}

fn committed(unit: &Unit) -> Committed {
    let id = unit.transaction.as_ref().map(|transaction| AppliedId::of(transaction.id.as_str()));
    Committed { unit: unit.number, id }
}

/// True if an upsert ran into its guard: another row has the row's value in a unique key.
pub(super) fn is_guarded(statement: &Statement, server: &ServerError) -> bool {
    server.code == ER_BAD_NULL
        && statement.verb == Verb::Upsert
        && statement.plan.guard.as_deref().is_some_and(|column| server.message.contains(column))
}

/// The error, if a statement did not do what the source's change did.
pub(super) fn unexpected(statement: &Statement, outcome: &Outcome) -> Option<Error> {
    let affected = outcome.affected_rows;
    let expected = match statement.verb {
        Verb::Insert | Verb::TryInsert | Verb::Delete => affected == statement.rows,
        Verb::Update => outcome.matched.unwrap_or(affected) == 1,
        Verb::DeleteIfThere => affected <= statement.rows,
        Verb::Upsert => affected <= 2 * statement.rows,
    };
    if expected {
        return None;
    }
    let reason = match statement.verb {
        Verb::Update => "a row that was updated at the source is not at the target".to_owned(),
        Verb::Delete => {
            format!("of {} rows that were deleted at the source, the target had {affected}", statement.rows)
        }
        _ => format!("a statement for {} rows affected {affected}", statement.rows),
    };
    Some(Error::conflict(At::table(statement.plan.target.name()), reason))
}
