//! [`SqlSink`]: batches in, units out to the workers, durability back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oms_core::checkpoint::Checkpoint;
use oms_core::event::{
    Change, ChangeKind, Event, EventBatch, SchemaChange, SchemaChangeKind, Tally, Transaction,
};
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::schedule::{Conflicts, Footprint};
use oms_core::sink::Progress;
use oms_core::{Error, Result};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::ddl::{BegunChanges, Made, SchemaApplier};
use super::hold::{self, Opener};
use super::large::LargeTransaction;
use super::ledger::{self, AppliedId, Committed, Ledger};
use super::plan::WritePlan;
use super::store::CheckpointTable;
use super::tables::Tables;
use super::worker::{self, Done, GroupLimits, Shared, Unit};

/// Units in flight at the most: what a restart may have to skip is listed in the checkpoint.
const MAX_OPEN: usize = 4096;

/// The main row is saved this often at the most.
const SAVE_INTERVAL: Duration = Duration::from_millis(100);

/// What a sink is told.
#[derive(Clone, Debug)]
pub(crate) struct SqlOptions {
    pub(crate) connect: ConnectOptions,
    pub(crate) session: SessionOptions,
    /// Database of the checkpoint table.
    pub(crate) checkpoint_database: String,
    pub(crate) workers: usize,
    pub(crate) limits: GroupLimits,
    pub(crate) on_conflict: super::conflict::Conflicts,
    /// Bytes above which a transaction is applied piece by piece while it comes in.
    pub(crate) large_bytes: usize,
    /// Who runs the pipeline, for whoever finds it locked.
    pub(crate) holder: String,
    /// The token of the lease under which it is run.
    pub(crate) lease: Option<u64>,
}

/// An opened SQL sink.
#[derive(Debug)]
pub(crate) struct SqlSink {
    options: SqlOptions,
    shared: Arc<Shared>,
    control: Control,
    /// The last batch that was said to be durable.
    told: u64,
    tables: Tables,
    conflicts: Conflicts,
    queues: Vec<mpsc::UnboundedSender<Unit>>,
    /// Units whose worker is chosen. They are handed over once the end of their batch is noted, so that the commit of the
    /// last one can say its position; or when somebody waits for them.
    chosen: Vec<(usize, Unit)>,
    done: mpsc::UnboundedReceiver<Done>,
    _workers: JoinSet<()>,
    /// Applied in an earlier run, behind the checkpoint.
    applied: HashSet<AppliedId>,
    /// Schema changes behind the checkpoint that were begun: all but the last are made.
    begun: BegunChanges,
    open: Option<OpenTransaction>,
    /// When the main row was last saved.
    saved_at: Option<Instant>,
    tally: Tally,
    footprint: Footprint,
}

/// The session that holds the pipeline's lock, reads the catalogue and carries out schema changes.
#[derive(Debug)]
struct Control {
    /// `None` while it saves.
    session: Option<Session>,
    /// Saves go on when whoever waits for them is dropped, as a broken session would give the lock away.
    saving: Option<JoinHandle<(Session, Result<()>)>>,
}

impl Control {
    /// The session, once it is not saving.
    async fn session(&mut self) -> Result<&mut Session> {
        if let Some(saving) = &mut self.saving {
            let ended = saving.await;
            self.saving = None;
            let (session, result) = ended.map_err(|_| Error::Stopped { what: "saving the checkpoint" })?;
            self.session = Some(session);
            result?;
        }
        self.session.as_mut().ok_or(Error::Stopped { what: "the control session of the SQL sink" })
    }

    /// Begins to save the main row.
    fn save(&mut self, shared: Arc<Shared>, sequence: u64, progress: ledger::Progress) {
        let Some(mut session) = self.session.take() else { return };
        self.saving = Some(tokio::spawn(async move {
            let result = async {
                let saved = session.execute(shared.checkpoints.save_main(sequence, &progress)?).await?;
                if saved.affected_rows != 1 {
                    return Err(shared.checkpoints.fenced());
                }
                shared.ledger().saved(sequence);
                Ok(())
            };
            let result = result.await;
            (session, result)
        }));
    }
}

/// The transaction whose end has not come yet.
#[derive(Debug)]
struct OpenTransaction {
    transaction: Arc<Transaction>,
    changes: Vec<(Arc<WritePlan>, Change)>,
    bytes: usize,
    footprint: Footprint,
    /// It is being applied while it comes in.
    large: Option<Box<LargeTransaction>>,
    /// Applied in an earlier run.
    skip: bool,
}

impl SqlSink {
    /// Connects, takes the pipeline over, and starts the workers.
    ///
    /// `previous` is the number of the session that held the pipeline for the same sink before.
    pub(crate) async fn open(
        options: SqlOptions,
        pipeline: &str,
        previous: Option<u64>,
    ) -> Result<(Self, Option<Checkpoint>)> {
        let mut control = Session::connect(&options.connect, &options.session).await?;
        let (checkpoints, opened) = CheckpointTable::open(
            &mut control,
            &options.checkpoint_database,
            pipeline,
            Opener { holder: &options.holder, previous, lease: options.lease },
            options.workers,
        )
        .await?;
        let tally = opened.progress.tally;
        let shared = Arc::new(Shared {
            connect: options.connect.clone(),
            session: options.session.clone(),
            checkpoints,
            ledger: Mutex::new(Ledger::new(options.workers, &opened.progress, opened.sequence)),
            limits: options.limits,
            conflicts: super::conflict::Conflicts {
                goes_on: opened.checkpoint.is_some(),
                ..options.on_conflict.clone()
            },
        });
        let (done_sender, done) = mpsc::unbounded_channel();
        let mut workers = JoinSet::new();
        let queues = (0..options.workers)
            .map(|worker| {
                let (queue, units) = mpsc::unbounded_channel();
                workers.spawn(worker::run(worker, Arc::clone(&shared), units, done_sender.clone()));
                queue
            })
            .collect();
        let sink = Self {
            conflicts: Conflicts::new(options.workers),
            options,
            shared,
            control: Control { session: Some(control), saving: None },
            told: 0,
            tables: Tables::default(),
            queues,
            chosen: Vec::new(),
            done,
            _workers: workers,
            applied: opened.applied,
            begun: opened.begun,
            open: None,
            saved_at: None,
            tally,
            footprint: Footprint::new(),
        };
        Ok((sink, opened.checkpoint))
    }

    /// The number of the session that holds the pipeline.
    pub(crate) fn control_id(&self) -> Option<u64> {
        self.control.session.as_ref().map(Session::connection_id)
    }

    /// Takes a batch.
    pub(crate) async fn write(&mut self, batch: &Arc<EventBatch>) -> Result<Progress> {
        self.collect_done()?;
        let events = batch.events();
        for (place, event) in events.iter().enumerate() {
            if let Event::Schema(change) = event {
                // Renames of one statement happen at once; the first of them brings the others along.
                let same =
                    |event: &Event| matches!(event, Event::Schema(other) if is_same_rename(change, other));
                if place == 0 || !same(&events[place - 1]) {
                    let changes = schema_changes(&events[place..], same);
                    self.change_schema(&changes).await?;
                }
                continue;
            }
            match event {
                Event::Begin(transaction) => self.begin(transaction)?,
                Event::Change(change) => self.change(change).await?,
                Event::Commit(_) => self.commit().await?,
                Event::TableDone(_) | Event::Heartbeat(_) => {}
                unknown => return Err(Error::unsupported("the SQL sink", format!("the event {unknown:?}"))),
            }
        }
        self.apply_large().await?;
        self.end_batch(batch).await?;
        Ok(self.progress(batch.sequence()))
    }

    /// Waits until more is committed than was said before; [`Progress::Durable`] once nothing is in flight and the
    /// checkpoint says so.
    ///
    /// May be dropped at any await: nothing is lost by it.
    pub(crate) async fn flush(&mut self) -> Result<Progress> {
        while !self.conflicts.is_idle() {
            self.wait_done().await?;
            let durable = self.shared.ledger().durable_batch();
            if durable > self.told {
                self.told = durable;
                return Ok(Progress::DurableThrough(durable));
            }
        }
        self.save_main().await?;
        Ok(Progress::Durable)
    }

    /// Lets the workers end and gives the lock back.
    pub(crate) async fn close(self: Box<Self>) -> Result<()> {
        let Self { mut control, shared, queues, _workers: mut workers, .. } = *self;
        drop(queues);
        workers.shutdown().await;
        hold::give_back(&shared.checkpoints, control.session().await?).await?;
        match control.session {
            Some(session) => session.close().await,
            None => Ok(()),
        }
    }

    fn begin(&mut self, transaction: &Arc<Transaction>) -> Result<()> {
        if self.open.is_some() {
            return Err(Error::decode("a stream of events", "a transaction begins inside another"));
        }
        let skip = self.applied.remove(&AppliedId::of(transaction.id.as_str()));
        self.open = Some(OpenTransaction {
            transaction: Arc::clone(transaction),
            changes: Vec::new(),
            bytes: 0,
            footprint: Footprint::new(),
            large: None,
            skip,
        });
        Ok(())
    }

    async fn change(&mut self, change: &Change) -> Result<()> {
        if self.begun.take_away() {
            let reason = "rows come behind a table that is emptied or dropped, with no position in between";
            return Err(Error::decode("a stream of events", reason));
        }
        let Some(open) = &mut self.open else {
            if change.kind() != ChangeKind::Read {
                return Err(Error::decode("a stream of events", "a change stands outside a transaction"));
            }
            self.footprint.clear();
            let plan =
                self.tables.prepare(self.control.session().await?, change, &mut self.footprint).await?;
            let unit = Unit {
                number: 0,
                transaction: None,
                changes: vec![(plan, change.clone())],
                bytes: change.byte_size(),
            };
            let footprint = std::mem::take(&mut self.footprint);
            let dispatched = self.dispatch(unit, &footprint).await;
            self.footprint = footprint;
            return dispatched;
        };
        if open.skip {
            return Ok(());
        }
        let plan = self.tables.prepare(self.control.session().await?, change, &mut open.footprint).await?;
        open.bytes += change.byte_size();
        open.changes.push((plan, change.clone()));
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Err(Error::decode("a stream of events", "a commit stands outside a transaction"));
        };
        let OpenTransaction { transaction, changes, bytes, footprint, large, skip } = open;
        if skip {
            let mut ledger = self.shared.ledger();
            let (unit, id) = (ledger.begin(), AppliedId::of(transaction.id.as_str()));
            // Listed on, until a position passes it.
            ledger.complete(0, &[Committed { unit, id: Some(id) }], 0);
            return Ok(());
        }
        if let Some(mut large) = large {
            large.add(&changes).await?;
            return large.commit().await;
        }
        if changes.is_empty() {
            return Ok(());
        }
        let unit = Unit { number: 0, transaction: Some(transaction), changes, bytes };
        self.dispatch(unit, &footprint).await
    }

    /// Chooses a worker for a unit, waiting for room and for conflicts to pass.
    async fn dispatch(&mut self, mut unit: Unit, footprint: &Footprint) -> Result<()> {
        while self.shared.ledger().open() >= MAX_OPEN {
            self.wait_done().await?;
        }
        let worker = loop {
            let least =
                (0..self.queues.len()).min_by_key(|worker| self.conflicts.in_flight(*worker)).unwrap_or(0);
            match self.conflicts.place(footprint, least) {
                Some(worker) => break worker,
                None => self.wait_done().await?,
            }
        };
        self.conflicts.assign(footprint, worker);
        unit.number = self.shared.ledger().begin();
        self.chosen.push((worker, unit));
        Ok(())
    }

    /// Lets the workers have what was chosen for them.
    fn hand_over(&mut self) {
        for (worker, unit) in self.chosen.drain(..) {
            // A worker ends only after it has said why, and whoever waits for the unit is told.
            let _ = self.queues[worker].send(unit);
        }
    }

    /// Applies what has come of a transaction that is too large to be held.
    async fn apply_large(&mut self) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        if open.large.is_none() && open.bytes < self.options.large_bytes {
            return Ok(());
        }
        if open.large.is_none() {
            // Its later parts may touch anything, so it has the target for itself.
            self.drain().await?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.large.is_none() {
            tracing::info!(transaction = %open.transaction.id, "applying a large transaction while it comes in");
            open.large = Some(Box::new(
                LargeTransaction::begin(Arc::clone(&self.shared), Arc::clone(&open.transaction)).await?,
            ));
        }
        if let Some(large) = &mut open.large {
            large.add(&open.changes).await?;
        }
        open.changes.clear();
        open.footprint.clear();
        Ok(())
    }

    /// Carries out a schema change, or renames of one statement, once nothing is in flight.
    async fn change_schema(&mut self, changes: &[&SchemaChange]) -> Result<()> {
        self.drain().await?;
        let id = SchemaApplier::id_of(changes);
        let Some(first) = changes.first() else { return Ok(()) };
        let made = self.begun.begin(id, &first.kind);
        if made == Made::Yes {
            return Ok(());
        }
        let session = self.control.session().await?;
        self.shared.checkpoints.begin_change(session, &self.begun).await?;
        SchemaApplier::new(session, &mut self.tables).apply(changes, made).await
    }

    /// Notes where the batch ends.
    async fn end_batch(&mut self, batch: &Arc<EventBatch>) -> Result<()> {
        self.tally += batch.tally();
        self.tally.applied += batch.row_count();
        let position = batch.position().map(|position| (Arc::from(position.to_string()), self.tally));
        let has_changes = !self.begun.is_empty() && position.is_some();
        if batch.schemas().is_some() || has_changes {
            self.drain().await?;
            self.shared.ledger().mark(batch.sequence(), position);
            let (sequence, progress) = self.durable();
            let (checkpoints, schemas) =
                (&self.shared.checkpoints, batch.schemas().map(|schemas| &**schemas));
            checkpoints.save_schemas(self.control.session().await?, sequence, &progress, schemas).await?;
            self.shared.ledger().saved(sequence);
            self.begun.forget();
        } else {
            self.shared.ledger().mark(batch.sequence(), position);
            self.hand_over();
        }
        Ok(())
    }

    fn progress(&mut self, sequence: u64) -> Progress {
        let ledger = self.shared.ledger();
        // A position without rows is in no row of the checkpoint table yet; a flush puts it there, and is asked for only
        // where something is not durable.
        let most = if ledger.is_saved() { sequence } else { sequence.saturating_sub(1) };
        let durable = ledger.durable_batch().min(most);
        self.told = self.told.max(durable);
        match durable {
            durable if durable >= sequence => Progress::Durable,
            0 => Progress::Accepted,
            durable => Progress::DurableThrough(durable),
        }
    }

    /// Waits until nothing is in flight.
    async fn drain(&mut self) -> Result<()> {
        while !self.conflicts.is_idle() {
            self.wait_done().await?;
        }
        Ok(())
    }

    /// Saves the durable position, if no row has it yet.
    async fn save_main(&mut self) -> Result<()> {
        // A save that was dropped may still be under way.
        self.control.session().await?;
        if self.shared.ledger().is_saved() {
            return Ok(());
        }
        // Of a source that writes much else, positions alone would keep the target busy.
        if let Some(saved_at) = self.saved_at {
            tokio::time::sleep_until(saved_at + SAVE_INTERVAL).await;
        }
        self.saved_at = Some(Instant::now());
        let (sequence, progress) = self.durable();
        self.control.save(Arc::clone(&self.shared), sequence, progress);
        self.control.session().await.map(drop)
    }

    /// What the main row says: with the transactions of earlier runs that have not come by yet.
    fn durable(&self) -> (u64, ledger::Progress) {
        let (sequence, mut progress) = self.shared.ledger().preview(0, &[]);
        progress.applied.extend(&self.applied);
        (sequence, progress)
    }

    async fn wait_done(&mut self) -> Result<()> {
        self.hand_over();
        match self.done.recv().await {
            Some(done) => self.note(done),
            None => Err(Error::Stopped { what: "the workers of the SQL sink" }),
        }
    }

    fn collect_done(&mut self) -> Result<()> {
        while let Ok(done) = self.done.try_recv() {
            self.note(done)?;
        }
        Ok(())
    }

    fn note(&mut self, done: Done) -> Result<()> {
        done.result?;
        self.conflicts.completed(done.worker, done.units);
        Ok(())
    }
}

/// True if both are renames by one statement.
fn is_same_rename(one: &SchemaChange, other: &SchemaChange) -> bool {
    let is_rename = |change: &SchemaChange| matches!(change.kind, SchemaChangeKind::Rename { .. });
    is_rename(one) && is_rename(other) && Arc::ptr_eq(&one.statement, &other.statement)
}

/// The first schema change, and those behind it that `same` holds together with it.
fn schema_changes(events: &[Event], same: impl Fn(&Event) -> bool) -> Vec<&SchemaChange> {
    let others = events.iter().skip(1).take_while(|event| same(event));
    let changes = events.iter().take(1).chain(others);
    changes
        .filter_map(|event| if let Event::Schema(change) = event { Some(&**change) } else { None })
        .collect()
}
