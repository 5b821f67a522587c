//! [`MySqlSource`]: a live database, copied and followed without a gap.
//!
//! ```text
//!   keyless tables   ── one consistent view ────┐ position of the view, exactly
//!                                               ▼
//!   the log          ───────────────────────────●──●──●──●──●──●──●──●──●──●──────────────►
//!                                                  ╲  ╱╲    ╱╲  ╱
//!   tables with keys                             chunk   chunk  chunk …   done: only the log from here on
//!                                           begun ┘ └ handed on when the log is behind all that the chunk shows,
//!                                                     without rows that the log has changed since it was begun
//! ```
//!
//! * **Tables with a key** are scanned chunk by chunk while the log is followed; no lock is taken. Before a chunk is
//!   read, all that has been handed on of the log is visible to it. Its rows are handed on only when the log has passed
//!   everything that the chunk can show, and without those rows that the log has changed since the chunk was begun. So
//!   at every moment what has been handed on is a part of what the source held at one position of its log, and no row
//!   is ever given with an older value than was given before.
//! * **Tables without a key** are copied first, inside one consistent view whose position in the log is known exactly:
//!   the tables, and only they, are locked against writers for the moment in which it is opened. The log is followed
//!   from that very position on, so every row counts once.
//! * **Without GTIDs** the server does not tell which transactions of its log are visible yet. Chunks are then read with
//!   shared locks, which wait for transactions that have changed their rows.

mod joined;
mod options;
mod position;
mod touched;
mod view;
mod watch;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::ddl::Dialect;
use oms_core::event::{Change, Event, EventBatch};
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::schema::{SchemaSet, TableSchema};
use oms_core::source::Source;
use oms_core::{Error, Position, Result, TableName};

pub use options::HandoverOptions;
pub use position::HandoverPosition;

use super::binlog::{BinlogPosition, BinlogReader, LogState, Wanted};
use super::scan::planner::Planner;
use super::scan::progress::{ScanProgress, TableProgress};
use super::scan::readers::{Readers, Reading, Unwatched};
use super::scan::{first_batch, reader_connections};
use super::selected_schemas;
use joined::Joined;
use watch::HandoverWatch;

/// How often the schemas are compared before and after the position is taken, until they agree.
const SCHEMA_ATTEMPTS: u32 = 10;

/// Copies selected tables of a live MySQL server and follows their changes, without a gap and without a global lock.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_sources::mysql::MySqlSource;
/// let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?;
/// let shop = MySqlSource::new(source, |table| table.database() == "shop");
/// # Ok(())
/// # }
/// ```
pub struct MySqlSource {
    plan: Plan,
    state: Option<Box<State>>,
}

/// What is to be done.
struct Plan {
    connect: ConnectOptions,
    wanted: Wanted,
    options: HandoverOptions,
}

#[derive(Debug)]
struct State {
    first: Option<EventBatch>,
    phase: Phase,
    /// An earlier run has begun it.
    goes_on: bool,
    schemas: Arc<SchemaSet>,
    /// Where the log is followed from.
    log: BinlogPosition,
    progress: ScanProgress,
    /// The log is not followed.
    alone: bool,
    overlap_until: Option<BinlogPosition>,
    positioned_at: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// Tables without a key, or all tables if the log is not followed.
    Copy { planner: Arc<Planner>, readers: Readers<()> },
    /// Tables with a key, and the log.
    Joined(Box<Joined>),
    /// Between phases, or at the end.
    Next(Vec<Connection>),
}

impl MySqlSource {
    /// Copies and follows the tables that `wanted` names.
    pub fn new(connect: ConnectOptions, wanted: impl Fn(&TableName) -> bool + Send + Sync + 'static) -> Self {
        let plan = Plan { connect, wanted: Arc::new(wanted), options: HandoverOptions::default() };
        Self { plan, state: None }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: HandoverOptions) -> Self {
        self.plan.options = options;
        self
    }
}

impl Plan {
    /// Begins where nothing has been copied yet, or `again` where the copy of keyless tables was not finished.
    async fn begin(&self, progress: ScanProgress, again: bool) -> Result<State> {
        let mut session = Session::connect(&self.connect, &SessionOptions::default()).await?;
        for _ in 0..SCHEMA_ATTEMPTS {
            let schemas = selected_schemas(&mut session, &self.wanted).await?;
            let keyless: Vec<TableName> =
                keyless(&schemas, &progress).map(|schema| schema.name().clone()).collect();
            let (connections, log) = if keyless.is_empty() {
                (Vec::new(), LogState::read(&mut session).await?.end)
            } else {
                view::open(&self.connect, &keyless, self.options.scan.connections.min(keyless.len())).await?
            };
            // A change in between would be in the log, and would be made twice.
            if selected_schemas(&mut session, &self.wanted).await? != schemas {
                continue;
            }
            let dialect = Dialect::of(session.server());
            session.close().await?;
            return Ok(self.copy_keyless(connections, schemas, log, progress, dialect, again));
        }
        Err(Error::config(
            "source",
            "its tables change their shape all the time: try again when that is over",
        ))
    }

    fn copy_keyless(
        &self,
        connections: Vec<Connection>,
        schemas: Arc<SchemaSet>,
        log: BinlogPosition,
        progress: ScanProgress,
        dialect: Dialect,
        again: bool,
    ) -> State {
        let tables: Vec<Arc<TableSchema>> = keyless(&schemas, &progress).map(Arc::clone).collect();
        let first = if again {
            // Rows may be there that the last checkpoint does not know of, of tables that follow, too, and the log is read
            // from a later position than they are of.
            let mut begun = progress.clone();
            let left: Vec<_> =
                schemas.iter().filter(|schema| !progress.is_done(schema.name())).cloned().collect();
            left.iter().for_each(|schema| begun.set(schema.name(), TableProgress::Begun));
            first_batch(&left, &begun, dialect)
        } else {
            first_batch(&tables, &progress, dialect)
        };
        let first = first.with_schemas(Arc::clone(&schemas));
        let phase = if tables.is_empty() {
            Phase::Next(connections)
        } else {
            let planner = Arc::new(Planner::new(tables, progress.clone(), None));
            let readers = Readers::start(connections, &planner, &Unwatched, &self.options.scan, false);
            Phase::Copy { planner, readers }
        };
        let alone = !self.options.follow;
        State {
            first: Some(first),
            phase,
            goes_on: false,
            schemas,
            log,
            progress,
            alone,
            overlap_until: None,
            positioned_at: None,
        }
    }

    /// What follows when the tables without a key are copied; `None` at the end of a scan that stands alone.
    async fn next_phase(&self, state: &mut State, connections: Vec<Connection>) -> Result<Option<Phase>> {
        let keyed: Vec<Arc<TableSchema>> = state
            .schemas
            .iter()
            .filter(|schema| !state.progress.is_done(schema.name()))
            .map(Arc::clone)
            .collect();
        if !self.options.follow {
            if keyed.is_empty() {
                return Ok(None);
            }
            let connections = self.connections(connections).await?;
            let range_rows = self.options.scan.range_rows.filter(|_| connections.len() > 1);
            let planner = Arc::new(Planner::new(keyed, state.progress.clone(), range_rows));
            let readers = Readers::start(connections, &planner, &Unwatched, &self.options.scan, false);
            return Ok(Some(Phase::Copy { planner, readers }));
        }
        let binlog = &self.options.binlog;
        let (wanted, schemas) = (Arc::clone(&self.wanted), Arc::clone(&state.schemas));
        let log = BinlogReader::open(&self.connect, binlog, wanted, schemas, state.log.clone()).await?;
        let (watch, begins) = HandoverWatch::new(&self.connect);
        let connections = if keyed.is_empty() { Vec::new() } else { self.connections(connections).await? };
        let range_rows = self.options.scan.range_rows.filter(|_| connections.len() > 1);
        let planner = Arc::new(Planner::new(keyed, state.progress.clone(), range_rows));
        let locking = state.log.gtids.is_none();
        let readers = (!connections.is_empty())
            .then(|| Readers::start(connections, &planner, &watch, &self.options.scan, locking));
        let interval = self.options.scan.position_interval;
        let overlap_until = state.overlap_until.take();
        let mut joined = Joined::new(planner, readers, begins, log, overlap_until, interval);
        joined.goes_on = state.goes_on;
        Ok(Some(Phase::Joined(Box::new(joined))))
    }

    /// As many connections as are asked for, out of their views.
    async fn connections(&self, mut connections: Vec<Connection>) -> Result<Vec<Connection>> {
        connections.truncate(self.options.scan.connections);
        let missing = self.options.scan.connections - connections.len();
        connections.extend(reader_connections(&self.connect, missing).await?);
        for connection in &mut connections {
            connection.execute("COMMIT").await?;
            // Locks of a chunk are for its rows, not for the gaps between them.
            connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        }
        Ok(connections)
    }

    /// Goes on behind a position.
    async fn resume(&self, checkpoint: &Checkpoint) -> Result<State> {
        let position = HandoverPosition::try_from(&checkpoint.position)?;
        let progress = position.scan.clone().unwrap_or_default();
        let schemas = Arc::clone(&checkpoint.schemas);
        let log = position.log()?;
        let unfinished = keyless(&schemas, &progress).next().cloned();
        if let Some(schema) = unfinished.filter(|_| !position.is_scanned()) {
            let keyed_begun = schemas
                .iter()
                .any(|schema| matches!(progress.table(schema.name()), Some(TableProgress::Left(_))));
            if keyed_begun {
                let reason = format!(
                    "{} has no key, and was selected after the copy of others had begun: use another pipeline name for it",
                    schema.name()
                );
                return Err(Error::config("checkpoint", reason));
            }
            return self.begin(progress, true).await;
        }
        let progress = if position.is_scanned() { all_done(&schemas) } else { progress };
        let mut overlap_until = position.overlap_until()?;
        if position.is_alone() && self.options.follow {
            let mut session = Session::connect(&self.connect, &SessionOptions::default()).await?;
            overlap_until = Some(LogState::end(&mut session).await?);
        }
        Ok(State {
            first: None,
            phase: Phase::Next(Vec::new()),
            goes_on: true,
            schemas,
            log,
            progress,
            alone: !self.options.follow,
            overlap_until,
            positioned_at: None,
        })
    }
}

/// Tables without a key that are not copied yet.
fn keyless<'a>(
    schemas: &'a SchemaSet,
    progress: &'a ScanProgress,
) -> impl Iterator<Item = &'a Arc<TableSchema>> {
    schemas
        .iter()
        .filter(|schema| schema.identity().key_columns().is_none() && !progress.is_done(schema.name()))
}

fn all_done(schemas: &SchemaSet) -> ScanProgress {
    let mut progress = ScanProgress::default();
    schemas.iter().for_each(|schema| progress.set(schema.name(), TableProgress::Done));
    progress
}

impl State {
    fn position(&self) -> Result<Position> {
        let position = HandoverPosition::new(&self.log).with_scan(Some(self.progress.clone()));
        position.with_alone(self.alone).with_overlap(self.overlap_until.as_ref()).to_position()
    }

    /// Hands on what a reader of a table without a key says.
    fn hand_on(
        &mut self,
        planner: &Planner,
        reading: Reading<()>,
        options: &HandoverOptions,
    ) -> Result<EventBatch> {
        let mut batch = EventBatch::new();
        let mut due = self.positioned_at.is_none_or(|at| at.elapsed() >= options.scan.position_interval);
        match reading {
            Reading::Rows { table, id, rows, last, .. } => {
                batch.push(Event::Change(Change::read(rows)));
                if let Some(last) = last {
                    planner.advance(&table, id, last);
                }
            }
            Reading::End { table, id, .. } => {
                if planner.finish(&table, id) {
                    batch.push(Event::TableDone(table));
                }
                due = true;
            }
            Reading::Failed(error) => return Err(error),
        }
        if due {
            self.positioned_at = Some(Instant::now());
            self.progress = planner.progress();
            batch = batch.with_position(self.position()?);
        }
        Ok(batch)
    }
}

impl std::fmt::Debug for MySqlSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySqlSource").field("connect", &self.plan.connect).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for MySqlSource {
    fn name(&self) -> &str {
        "mysql"
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.state = None;
        let state = match from {
            None => self.plan.begin(ScanProgress::default(), false).await?,
            Some(checkpoint) => self.plan.resume(checkpoint).await?,
        };
        self.state = Some(Box::new(state));
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        let Some(mut state) = self.state.take() else {
            return Err(Error::Stopped { what: "a source that is not open" });
        };
        if let Some(first) = state.first.take() {
            let batch = first.with_position(state.position()?);
            self.state = Some(state);
            return Ok(Some(batch));
        }
        loop {
            match &mut state.phase {
                Phase::Joined(joined) => {
                    let batch = joined.next_batch().await?;
                    self.state = Some(state);
                    return Ok(Some(batch));
                }
                Phase::Copy { planner, readers } => {
                    let planner = Arc::clone(planner);
                    match readers.next().await {
                        Some(reading) => {
                            let batch = state.hand_on(&planner, reading, &self.plan.options)?;
                            self.state = Some(state);
                            return Ok(Some(batch));
                        }
                        None => {
                            state.progress = planner.progress();
                            let Phase::Copy { readers, .. } =
                                std::mem::replace(&mut state.phase, Phase::Next(Vec::new()))
                            else {
                                continue;
                            };
                            state.phase = Phase::Next(readers.into_connections().await);
                        }
                    }
                }
                Phase::Next(connections) => {
                    let connections = std::mem::take(connections);
                    match self.plan.next_phase(&mut state, connections).await? {
                        Some(phase) => state.phase = phase,
                        None => {
                            // Whoever asks again gets the same answer.
                            self.state = Some(state);
                            return Ok(None);
                        }
                    }
                }
            }
        }
    }

    async fn confirm(&mut self, _durable: &Position) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.state = None;
        Ok(())
    }
}
