//! Table scan: a full read of tables, range by range, in parallel and resumable.
//!
//! ```text
//!   Planner ── next range ──► Reader ── SELECT … LIMIT n ──► RowBatch ─┐
//!      ▲                      Reader ── SELECT … ─────────► RowBatch ─┼─► ScanSource ─► EventBatch + position
//!      └──── handed on ───────────────────────────────────────────────┘
//! ```
//!
//! A range ends at a key that the server names, so ranges neither overlap nor leave a gap, whatever the collation, and
//! rows may come and go meanwhile.

mod options;
pub(crate) mod planner;
pub(crate) mod progress;
pub(crate) mod readers;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::ddl::Dialect;
use oms_core::event::{Change, Event, EventBatch, SchemaChange, SchemaChangeKind};
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{Catalog, ConnectOptions, MySqlTableReader, Session, SessionOptions};
use oms_core::schema::TableSchema;
use oms_core::source::Source;
use oms_core::{Error, Position, Result, TableName};

pub use options::ScanOptions;
use planner::Planner;
use progress::{ScanProgress, TableProgress};
use readers::{Readers, Reading, Unwatched};

/// The position scheme of [`ScanSource`].
const SCHEME: &str = "mysql-scan";

/// Reads tables whole and then ends.
///
/// Each range is read as it is at that moment; to copy a database that is written to, use
/// [`MySqlSource`](crate::mysql::MySqlSource), which joins the scan with the log.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> oms_core::Result<()> {
/// use oms_core::TableName;
/// use oms_core::mysql::ConnectOptions;
/// use oms_sources::mysql::scan::{ScanOptions, ScanSource};
/// let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?;
/// let scan = ScanSource::new(source, [TableName::new("shop", "orders")])
///     .with_options(ScanOptions::default().with_connections(2));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ScanSource {
    connect: ConnectOptions,
    tables: Vec<TableName>,
    options: ScanOptions,
    state: Option<State>,
}

#[derive(Debug)]
struct State {
    planner: Arc<Planner>,
    readers: Readers<()>,
    /// What is to be said before anything is read.
    first: Option<EventBatch>,
    positioned_at: Option<Instant>,
}

impl ScanSource {
    /// A scan of these tables, in this order.
    pub fn new(connect: ConnectOptions, tables: impl IntoIterator<Item = TableName>) -> Self {
        Self { connect, tables: tables.into_iter().collect(), options: ScanOptions::default(), state: None }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: ScanOptions) -> Self {
        self.options = options;
        self
    }
}

/// Reads the schemas of tables that must exist.
pub(crate) async fn existing_tables(
    session: &mut Session,
    tables: &[TableName],
) -> Result<Vec<Arc<TableSchema>>> {
    let read = Catalog::new(session).schemas(tables).await?;
    if let Some(missing) = read.missing.first() {
        return Err(Error::config("tables", format!("the source has no table {missing}")));
    }
    match read.refused.into_iter().next() {
        Some(refused) => Err(refused),
        None => Ok(read.tables),
    }
}

/// Opens connections for table readers.
pub(crate) async fn reader_connections(connect: &ConnectOptions, count: usize) -> Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(Connection::connect(connect, &MySqlTableReader::session_options()).await?);
    }
    Ok(connections)
}

/// What has to be said at the start: the schemas, and that keyless tables that were begun before are begun anew.
pub(crate) fn first_batch(
    schemas: &[Arc<TableSchema>],
    progress: &ScanProgress,
    dialect: Dialect,
) -> EventBatch {
    let mut batch = EventBatch::new();
    for schema in schemas {
        if progress.table(schema.name()) == Some(&TableProgress::Begun) {
            batch.push(Event::Schema(Arc::new(SchemaChange {
                kind: SchemaChangeKind::Truncate,
                table: schema.name().clone(),
                before: Some(Arc::clone(schema)),
                after: Some(Arc::clone(schema)),
                statement: "TRUNCATE TABLE".into(),
                dialect,
            })));
        }
    }
    batch.with_schemas(Arc::new(schemas.iter().cloned().collect()))
}

impl State {
    /// The next batch, `None` when all tables are done.
    async fn next(&mut self, options: &ScanOptions) -> Result<Option<EventBatch>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first.with_position(Position::new(SCHEME, self.planner.progress().to_token()?))));
        }
        let Some(reading) = self.readers.next().await else { return Ok(None) };
        let mut batch = EventBatch::new();
        let mut due = self.positioned_at.is_none_or(|at| at.elapsed() >= options.position_interval);
        match reading {
            Reading::Rows { table, id, rows, last, .. } => {
                batch.push(Event::Change(Change::read(rows)));
                if let Some(last) = last {
                    self.planner.advance(&table, id, last);
                }
            }
            Reading::End { table, id, .. } => {
                if self.planner.finish(&table, id) {
                    batch.push(Event::TableDone(table));
                }
                due = true;
            }
            Reading::Failed(error) => return Err(error),
        }
        if due {
            self.positioned_at = Some(Instant::now());
            batch = batch.with_position(Position::new(SCHEME, self.planner.progress().to_token()?));
        }
        Ok(Some(batch))
    }
}

#[async_trait]
impl Source for ScanSource {
    fn name(&self) -> &str {
        "mysql-scan"
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.state = None;
        let mut progress = match from {
            Some(checkpoint) => ScanProgress::from_token(checkpoint.position.token_of(SCHEME)?)?,
            None => ScanProgress::default(),
        };
        let mut session = Session::connect(&self.connect, &SessionOptions::default()).await?;
        let schemas = existing_tables(&mut session, &self.tables).await?;
        if from.is_some() {
            // Rows may be there that the checkpoint does not know of.
            let keyless = schemas.iter().filter(|schema| schema.identity().key_columns().is_none());
            for schema in
                keyless.filter(|schema| !progress.is_done(schema.name())).cloned().collect::<Vec<_>>()
            {
                progress.set(schema.name(), TableProgress::Begun);
            }
        }
        let dialect = Dialect::of(session.server());
        session.close().await?;
        let connections = reader_connections(&self.connect, self.options.connections).await?;
        let range_rows = self.options.range_rows.filter(|_| connections.len() > 1);
        let first = first_batch(&schemas, &progress, dialect);
        let planner = Arc::new(Planner::new(schemas, progress, range_rows));
        let readers = Readers::start(connections, &planner, &Unwatched, &self.options, false);
        self.state = Some(State { planner, readers, first: Some(first), positioned_at: None });
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        match &mut self.state {
            Some(state) => state.next(&self.options).await,
            None => Err(Error::Stopped { what: "a source that is not open" }),
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
