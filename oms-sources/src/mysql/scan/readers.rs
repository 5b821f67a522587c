//! [`Readers`]: tasks that read ranges side by side and give their rows to whoever hands them on.

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{MySqlTableReader, bound_of};
use oms_core::row::RowBatch;
use oms_core::source::{KeyBound, TableReader};
use oms_core::{Error, Result, TableName};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::ScanOptions;
use super::planner::{Job, Planner, Work};

/// Batches that wait to be handed on, for each reader.
const WAITING_BATCHES: usize = 2;

/// What a reader says, in the order of its rows.
#[derive(Debug)]
pub(crate) enum Reading<T> {
    /// Rows of a range, up to `last`.
    Rows {
        table: TableName,
        id: u64,
        rows: RowBatch,
        /// `None` for a keyless table.
        last: Option<KeyBound>,
        ticket: T,
    },
    /// Nothing is left of a range.
    End { table: TableName, id: u64, ticket: T },
    /// The reader has failed.
    Failed(Error),
}

/// Watches over each chunk that is read; a scan that stands alone needs nothing.
#[async_trait]
pub(crate) trait ChunkWatch: Clone + Send + Sync + 'static {
    /// Goes with the rows of a chunk.
    type Ticket: Clone + Send + Sync + 'static;

    /// Before a chunk is read: what to read, which may have changed, and its ticket. `None` if there is nothing left
    /// to read. `previous` is the ticket of the range's chunk before, if this reader has read one.
    async fn begin(&self, job: Job, previous: Option<&Self::Ticket>) -> Result<Option<(Job, Self::Ticket)>>;

    /// Once the server has begun to answer, and so has fixed what it shows.
    async fn began(&self, ticket: &Self::Ticket) -> Result<()>;

    /// True if the rest of the chunk is not wanted any more.
    fn is_void(&self, ticket: &Self::Ticket) -> bool;

    /// After an error of a chunk: true if it should be begun anew.
    async fn retry(&self, error: &Error, ticket: &Self::Ticket) -> Result<bool>;
}

/// Tasks that read ranges side by side; dropping it ends them.
#[derive(Debug)]
pub(crate) struct Readers<T> {
    readings: mpsc::Receiver<Reading<T>>,
    tasks: JoinSet<Option<Connection>>,
}

impl<T: Send + Sync + 'static> Readers<T> {
    /// Starts a reader for each connection.
    pub(crate) fn start<W: ChunkWatch<Ticket = T>>(
        connections: Vec<Connection>,
        planner: &Arc<Planner>,
        watch: &W,
        options: &ScanOptions,
        locking: bool,
    ) -> Self {
        let (sender, readings) = mpsc::channel(WAITING_BATCHES * connections.len().max(1));
        let mut tasks = JoinSet::new();
        for connection in connections {
            let reader = Reader {
                planner: Arc::clone(planner),
                watch: watch.clone(),
                options: options.clone(),
                locking,
                sender: sender.clone(),
            };
            tasks.spawn(reader.run(connection));
        }
        Self { readings, tasks }
    }

    /// What the readers say next; `None` when all are through.
    pub(crate) async fn next(&mut self) -> Option<Reading<T>> {
        self.readings.recv().await
    }

    /// The connections of readers that are through.
    pub(crate) async fn into_connections(mut self) -> Vec<Connection> {
        let mut connections = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            connections.extend(ended.ok().flatten());
        }
        connections
    }
}

struct Reader<W: ChunkWatch> {
    planner: Arc<Planner>,
    watch: W,
    options: ScanOptions,
    locking: bool,
    sender: mpsc::Sender<Reading<W::Ticket>>,
}

/// How a chunk ended.
enum Chunk {
    /// More rows follow behind this key.
    Full(KeyBound),
    /// The range has no more rows.
    Last,
    /// It is to be begun anew, from what is left of the range.
    Void,
}

impl<W: ChunkWatch> Reader<W> {
    /// Reads until there is no work left; gives the connection back if it is still good.
    async fn run(self, mut connection: Connection) -> Option<Connection> {
        while let Some(work) = self.planner.next().await {
            let (job, divide) = match work {
                Work::Read(job) => (job, None),
                Work::Divide(job, rows) => (job, Some(rows)),
            };
            match self.read(connection, job, divide).await {
                Ok(Some(back)) => connection = back,
                // Nobody listens any more.
                Ok(None) => return None,
                Err(error) => {
                    // If nobody listens, nobody needs to know.
                    let _ = self.sender.send(Reading::Failed(error)).await;
                    return None;
                }
            }
        }
        Some(connection)
    }

    /// Reads a range chunk by chunk.
    async fn read(
        &self,
        connection: Connection,
        job: Job,
        divide: Option<u64>,
    ) -> Result<Option<Connection>> {
        let mut reader = self.reader(connection, &job)?;
        let mut job = job;
        if let Some(rows) = divide {
            let bound = reader.bound(job.range.after.as_ref(), rows).await?;
            job = self.planner.divided(job, bound);
        }
        let mut previous = None;
        loop {
            let (table, id) = (job.schema.name().clone(), job.id);
            let Some((current, ticket)) = self.watch.begin(job, previous.as_ref()).await? else {
                return Ok(Some(reader.into_connection()));
            };
            job = current;
            if job.schema != *reader.schema() {
                reader = self.reader(reader.into_connection(), &job)?;
            }
            let chunk = match self.read_chunk(&mut reader, &job, &ticket).await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(None),
                Err(error) if self.watch.retry(&error, &ticket).await? => Chunk::Void,
                Err(error) => return Err(error),
            };
            match chunk {
                Chunk::Full(last) => job.range.after = Some(last),
                // The watch knows what is left.
                Chunk::Void => {}
                Chunk::Last => {
                    let ended = self.sender.send(Reading::End { table, id, ticket }).await;
                    return Ok(ended.is_ok().then(|| reader.into_connection()));
                }
            }
            previous = Some(ticket);
        }
    }

    fn reader(&self, connection: Connection, job: &Job) -> Result<MySqlTableReader> {
        let reader = MySqlTableReader::new(connection, Arc::clone(&job.schema))?;
        Ok(reader.with_batch_bytes(self.options.batch_bytes).with_locking(self.locking))
    }

    /// Reads one chunk and hands its rows on; `None` if nobody listens any more.
    async fn read_chunk(
        &self,
        reader: &mut MySqlTableReader,
        job: &Job,
        ticket: &W::Ticket,
    ) -> Result<Option<Chunk>> {
        let keyed = job.schema.identity().key_columns().is_some();
        let limit = keyed.then_some(self.options.chunk_rows);
        reader.start(&job.range, limit).await?;
        let (mut rows_read, mut last, mut began) = (0, None, false);
        while let Some(rows) = reader.next_batch().await? {
            if !std::mem::replace(&mut began, true) {
                self.watch.began(ticket).await?;
            }
            if self.watch.is_void(ticket) {
                reader.connection().abandon(usize::MAX).await?;
                return Ok(Some(Chunk::Void));
            }
            rows_read += rows.len() as u64;
            if keyed && !rows.is_empty() {
                last = Some(bound_of(rows.row(rows.len() - 1))?);
            }
            let (table, id) = (job.schema.name().clone(), job.id);
            let reading = Reading::Rows { table, id, rows, last: last.clone(), ticket: ticket.clone() };
            if self.sender.send(reading).await.is_err() {
                return Ok(None);
            }
        }
        if !began {
            self.watch.began(ticket).await?;
        }
        Ok(Some(match last {
            Some(last) if rows_read >= self.options.chunk_rows => Chunk::Full(last),
            _ => Chunk::Last,
        }))
    }
}

/// Watches nothing.
#[derive(Clone, Debug)]
pub(crate) struct Unwatched;

#[async_trait]
impl ChunkWatch for Unwatched {
    type Ticket = ();

    async fn begin(&self, job: Job, _previous: Option<&()>) -> Result<Option<(Job, ())>> {
        Ok(Some((job, ())))
    }

    async fn began(&self, _ticket: &()) -> Result<()> {
        Ok(())
    }

    fn is_void(&self, _ticket: &()) -> bool {
        false
    }

    async fn retry(&self, _error: &Error, _ticket: &()) -> Result<bool> {
        Ok(false)
    }
}
