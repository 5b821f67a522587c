//! [`LargeTransaction`]: a transaction that is too large to be held is applied while it comes in.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use oms_core::event::{Change, Transaction};
use oms_core::{At, Error, Result};

use super::careful;
use super::conflict::Conflict;
use super::ledger::{AppliedId, Committed};
use super::plan::WritePlan;
use super::worker::{Shared, Unit};
use super::writer::{Expect, Piece, Setback, Writer};

/// A transaction that is too large to be held: its parts are applied as they come, and committed together.
#[derive(Debug)]
pub(crate) struct LargeTransaction {
    writer: Writer,
    max_bytes: usize,
    transaction: Arc<Transaction>,
    /// Told once they are committed.
    resolved: Vec<Conflict>,
}

impl LargeTransaction {
    /// Begins it on a session of its own; nothing else is in flight until it ends.
    pub(crate) async fn begin(shared: Arc<Shared>, transaction: Arc<Transaction>) -> Result<Self> {
        let mut writer = Writer::new(0, shared);
        let session = writer.session().await?;
        session.execute("BEGIN").await?;
        let max_bytes = session.server().max_statement_bytes();
        Ok(Self { writer, max_bytes, transaction, resolved: Vec::new() })
    }

    /// Applies the next part.
    ///
    /// # Errors
    ///
    /// As for [`Writer::apply`], but a race for locks is not tried again here: the parts before are gone with it.
    pub(crate) async fn add(&mut self, changes: &[(Arc<WritePlan>, Change)]) -> Result<()> {
        for (plan, change) in changes {
            if change.is_overlap() {
                plan.upsert_first.store(true, Ordering::Relaxed);
            }
        }
        self.writer.session().await?.execute("SAVEPOINT part").await?;
        let statements = self.writer.render(changes, self.max_bytes)?;
        let pieces: Vec<Piece<'_>> = statements.iter().map(Piece::of).collect();
        match self.writer.run(&pieces, self.max_bytes).await {
            Ok(()) => Ok(()),
            // The part alone is taken back.
            Err(Setback::Conflict(_) | Setback::AlreadyThere(_)) => self.add_carefully(changes).await,
            Err(setback) => Err(self.give_up(setback).await),
        }
    }

    /// The part once more, row by row, to find the conflict and do about it what the policy says.
    async fn add_carefully(&mut self, changes: &[(Arc<WritePlan>, Change)]) -> Result<()> {
        let unit = Unit {
            number: 0,
            transaction: Some(Arc::clone(&self.transaction)),
            changes: changes.to_vec(),
            bytes: 0,
        };
        let shared = Arc::clone(&self.writer.shared);
        let session = self.writer.session().await?;
        session.execute("ROLLBACK TO SAVEPOINT part").await?;
        match careful::apply(session, std::slice::from_ref(&unit), &shared.conflicts).await {
            Ok(resolved) => {
                self.resolved.extend(resolved);
                Ok(())
            }
            Err(setback) => Err(self.give_up(setback).await),
        }
    }

    /// Commits all parts, together with the checkpoint row.
    pub(crate) async fn commit(mut self) -> Result<()> {
        let shared = Arc::clone(&self.writer.shared);
        let unit = shared.ledger().begin();
        let committed = Committed { unit, id: Some(AppliedId::of(self.transaction.id.as_str())) };
        let (sequence, progress) = shared.ledger().preview(0, &[committed]);
        let save = shared.checkpoints.save_worker(0, sequence, &progress)?;
        let save = [Piece { sql: &save, expect: Expect::OneRow }];
        if let Err(setback) = self.writer.run(&save, self.max_bytes).await {
            return Err(self.give_up(setback).await);
        }
        self.writer.session().await?.execute("COMMIT").await?;
        shared.ledger().complete(0, &[committed], sequence);
        self.resolved.iter().for_each(|conflict| shared.conflicts.tell(conflict));
        Ok(())
    }

    /// Rolls all of it back.
    async fn give_up(&mut self, setback: Setback) -> Error {
        let error = match self.writer.roll_back(setback).await {
            Setback::Race(error) | Setback::Failure(error) | Setback::Conflict(error) => error,
            Setback::AlreadyThere(plan) => {
                let reason = "a large transaction inserts a row that is there already";
                Error::conflict(At::table(plan.target.name()), reason)
            }
        };
        let at = oms_core::Position::new("transaction", self.transaction.id.as_str());
        if error.table().is_some() { error.at_place(&At::unknown().position(at)) } else { error }
    }
}
