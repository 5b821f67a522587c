//! [`BinlogReader`]: a replication connection, its events assembled into batches.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use oms_core::event::{Event, EventBatch};
use oms_core::mysql::wire::{Connection, DumpFrom};
use oms_core::mysql::{ConnectOptions, ServerError, Session, SessionOptions, quote_text};
use oms_core::schema::SchemaSet;
use oms_core::{Error, Result};

use super::decoder::{Decoder, Limits, Step};
use super::header::Checksum;
use super::log_state::{LogState, collations};
use super::statements::Statements;
use super::tables::{Tables, Wanted};
use super::{BinlogOptions, BinlogPosition};

/// The server cannot send the log from there.
const ER_SOURCE_FATAL_ERROR_READING_BINLOG: u16 = 1236;

/// A replication connection, its events assembled into batches.
pub(crate) struct BinlogReader {
    connect: ConnectOptions,
    connection: Connection,
    decoder: Decoder,
    statements: Statements,
    /// Events that have arrived and are not decoded.
    arrived: Bytes,
    events: Vec<Range<usize>>,
    next_event: usize,
    /// The source's clock minus ours.
    clock: ClockOffset,
}

/// How far the source's clock is from ours.
#[derive(Clone, Copy, Debug)]
struct ClockOffset {
    ahead: bool,
    by: Duration,
}

impl ClockOffset {
    async fn measure(session: &mut Session) -> Result<Self> {
        let before = SystemTime::now();
        let rows = session.query("SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)").await?;
        let now = before + before.elapsed().unwrap_or_default() / 2;
        let micros = rows.first().map_or(Ok(0), |row| row.number(0))?;
        let there = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
        Ok(match there.duration_since(now) {
            Ok(by) => Self { ahead: true, by },
            Err(behind) => Self { ahead: false, by: behind.duration() },
        })
    }

    fn now(self) -> SystemTime {
        let now = SystemTime::now();
        if self.ahead { now + self.by } else { now - self.by }
    }
}

impl BinlogReader {
    /// Begins to read behind `position`, where `schemas` hold.
    ///
    /// # Errors
    ///
    /// [`Error::PositionLost`] if the log is not there any more.
    pub(crate) async fn open(
        connect: &ConnectOptions,
        options: &BinlogOptions,
        wanted: Wanted,
        schemas: Arc<SchemaSet>,
        position: BinlogPosition,
    ) -> Result<Self> {
        let mut session = Session::connect(connect, &SessionOptions::default()).await?;
        LogState::read(&mut session).await?.require(&position)?;
        let tables = Tables::new(wanted, schemas, collations(&mut session).await?);
        let clock = ClockOffset::measure(&mut session).await?;
        let server_id = match options.server_id {
            Some(server_id) => server_id,
            None => free_server_id(&mut session).await?,
        };
        let statements = Statements::of(&mut session).await?;
        session.close().await?;
        let limits = Limits {
            part_bytes: options.part_bytes,
            prepared_bytes: options.prepared_bytes,
            event_bytes: options.event_bytes,
        };
        let mut connection = Connection::connect(connect, &SessionOptions::default()).await?;
        let checksum = prepare(&mut connection, options).await?;
        connection.register_replica(server_id, "", 0).await?;
        connection.set_io_timeout(options.heartbeat.saturating_mul(3));
        connection.set_max_packet_bytes(options.event_bytes);
        start(&mut connection, server_id, &position).await?;
        let decoder = Decoder::new(tables, checksum, position, limits);
        Ok(Self {
            connect: connect.clone(),
            connection,
            decoder,
            statements,
            arrived: Bytes::new(),
            events: Vec::new(),
            next_event: 0,
            clock,
        })
    }

    /// Leaves out transactions committed before this time, up to the first one that was not.
    pub(crate) fn skip_before(&mut self, time: Option<SystemTime>) {
        self.decoder.skip_before(time);
    }

    /// The next batch: what has arrived up to now, and at least something.
    ///
    /// # Errors
    ///
    /// Whatever ends reading; the reader is not to be used after it.
    pub(crate) async fn next_batch(&mut self) -> Result<EventBatch> {
        loop {
            while let Some(range) = self.events.get(self.next_event) {
                let event = self.arrived.get(range.clone()).unwrap_or_default();
                self.next_event += 1;
                match self.decoder.feed(&self.arrived, event)? {
                    Step::Continue => {}
                    Step::Idle => return Ok(self.idle()),
                    Step::Statement(statement) => {
                        let events = self.statements.apply(&statement, self.decoder.tables());
                        let events = events.map_err(|error| self.decoder.locate(error))?;
                        self.decoder.statement_done(events);
                    }
                }
                // A batch ends behind a schema change, so that there is a checkpoint before the next row.
                if self.decoder.has_part() || self.decoder.has_new_schemas() {
                    break;
                }
            }
            if let Some(batch) = self.decoder.take_batch() {
                return Ok(batch);
            }
            if self.next_event >= self.events.len() {
                self.receive().await?;
            }
        }
    }

    /// True if everything before `position` has been handed on, be it that an XA transaction is not decided yet.
    pub(crate) fn has_passed(&self, position: &BinlogPosition) -> bool {
        self.decoder.has_passed(position)
    }

    /// Behind the last group that was handed on.
    pub(crate) fn position(&self) -> &BinlogPosition {
        self.decoder.position()
    }

    fn idle(&mut self) -> EventBatch {
        let mut batch = self.decoder.take_batch().unwrap_or_default();
        batch.push(Event::Heartbeat(self.clock.now()));
        batch
    }

    async fn receive(&mut self) -> Result<()> {
        self.next_event = 0;
        match self.connection.next_events(&mut self.events).await {
            Ok(Some(arrived)) => {
                self.arrived = arrived;
                Ok(())
            }
            Ok(None) => Err(Error::Connect {
                endpoint: self.connect.endpoint().into(),
                source: "the source has ended the log, as when it shuts down".into(),
            }),
            Err(error) => Err(self.explain(error).await),
        }
    }

    /// A fatal error of the log often means that the position is gone by now.
    async fn explain(&mut self, error: Error) -> Error {
        let fatal =
            ServerError::of(&error).is_some_and(|server| server.code == ER_SOURCE_FATAL_ERROR_READING_BINLOG);
        if !fatal {
            return error;
        }
        let state = async {
            let mut session = Session::connect(&self.connect, &SessionOptions::default()).await?;
            LogState::read(&mut session).await
        };
        match state.await {
            Ok(state) => state.require(self.decoder.position()).err().unwrap_or(error),
            Err(_) => error,
        }
    }
}

/// A number that no replica of the server has.
async fn free_server_id(session: &mut Session) -> Result<u32> {
    let statement =
        if session.server().has_replica_statements() { "SHOW REPLICAS" } else { "SHOW SLAVE HOSTS" };
    let mut taken = Vec::new();
    for row in session.query(statement).await? {
        taken.push(row.number::<u32>(0)?);
    }
    let own: u32 = session.query("SELECT @@server_id").await?.first().map_or(Ok(0), |row| row.number(0))?;
    taken.push(own);
    // From the connection's number, which no two connections share: two readers that start together differ.
    let mut server_id = 0x6f6d_0000 | (session.connection_id() as u32 & 0xffff);
    while taken.contains(&server_id) {
        server_id = server_id.wrapping_add(1).max(1);
    }
    Ok(server_id)
}

/// Sets what the server adds to events.
async fn prepare(connection: &mut Connection, options: &BinlogOptions) -> Result<Checksum> {
    let period = options.heartbeat.as_nanos();
    let set = format!(
        "SET @master_binlog_checksum=@@global.binlog_checksum, @source_binlog_checksum=@@global.binlog_checksum, \
         @master_heartbeat_period={period}, @source_heartbeat_period={period}, @slave_uuid=UUID(), @replica_uuid=@slave_uuid"
    );
    connection.execute(set).await?;
    let rows = connection.query_text("SELECT @master_binlog_checksum").await?;
    match rows.first().map_or(Ok("NONE"), |row| row.text(0))? {
        "NONE" => Ok(Checksum::None),
        "CRC32" => Ok(Checksum::crc32()),
        other => {
            Err(Error::unsupported("the binlog reader", format!("binlog_checksum={}", quote_text(other))))
        }
    }
}

async fn start(connection: &mut Connection, server_id: u32, position: &BinlogPosition) -> Result<()> {
    if let Some(gtids) = &position.gtids {
        let set = gtids.encode();
        return connection.start_dump(server_id, DumpFrom::Gtids { set: &set }, true).await;
    }
    let (name, offset) =
        position.held.as_ref().map_or((&position.file, position.offset), |(file, at)| (file, *at));
    let offset = u32::try_from(offset).map_err(|_| {
        Error::unsupported(
            "the binlog reader",
            "starting beyond 4 GiB of a log file without GTIDs: set gtid_mode=ON",
        )
    })?;
    connection.start_dump(server_id, DumpFrom::File { name, position: offset }, true).await
}

impl std::fmt::Debug for BinlogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BinlogReader").field("position", self.decoder.position()).finish_non_exhaustive()
    }
}
