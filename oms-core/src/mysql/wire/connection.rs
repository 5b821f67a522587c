//! [`Connection`]: opening, short statements, and the state that long answers share.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use mysql_common::constants::CapabilityFlags;
use mysql_common::packets::SslRequest;
use mysql_common::proto::MySerialize;
use tokio::net::TcpStream;

use super::answer::{ERR, Fault, LOCAL_FILE, OK, read_error, read_ok};
use super::auth::{MAX_PACKET, sign_in};
use super::handshake::Greeting;
use super::packet::{Io, Packets};
use super::result::{self, ColumnDefinition};
use super::tls;
use crate::error::{Error, Result};
use crate::mysql::error_code::ends_session;
use crate::mysql::failure::{Failure, TlsFailure, action};
use crate::mysql::options::{ConnectOptions, TlsMode};
use crate::mysql::server::{Flavour, Server};
use crate::mysql::session::{Outcome, SessionOptions, TextRow};

/// One connection for reading much: the rows of a query, or the events of a binary log.
///
/// # Cancel safety
///
/// [`Self::next_rows`] and [`Self::next_events`] may be dropped while they wait and called again: no byte is lost.
/// Dropping any other pending call poisons the connection, as does a timeout or a broken answer: each later call then
/// gives an [`ErrorClass::Transient`](crate::ErrorClass::Transient) error. An error that the server sends ends the
/// answer but leaves the connection usable.
///
/// # Examples
///
/// ```no_run
/// # async fn example(layout: std::sync::Arc<oms_core::row::RowLayout>) -> oms_core::Result<()> {
/// use oms_core::mysql::{ConnectOptions, SessionOptions, wire};
/// let options = ConnectOptions::new("127.0.0.1", 3306);
/// let mut connection = wire::Connection::connect(&options, &SessionOptions::default()).await?;
/// connection.query("SELECT id, name FROM shop.orders").await?;
/// while let Some(rows) = connection.next_rows(&layout, 1 << 20).await? {
///     println!("{} rows", rows.len());
/// }
/// connection.close().await
/// # }
/// ```
pub struct Connection {
    pub(super) packets: Packets,
    pub(super) phase: Phase,
    pub(super) columns: Vec<ColumnDefinition>,
    /// Where packets lie in the buffer at hand; kept so that its storage is reused.
    pub(super) ranges: Vec<Range<usize>>,
    /// True if the server ends rows with an OK packet.
    pub(super) ends_with_ok: bool,
    pub(super) server: Server,
    id: u32,
}

/// What the connection is in the middle of.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nothing.
    Ready,
    /// Rows of a query.
    Rows,
    /// Events of a binary log; after the last one, how it ended.
    Dump(Option<Result<(), Fault>>),
    /// A call that was not finished, or failed.
    Broken,
}

/// The longest payload that is read unless [`Connection::set_max_packet_bytes`] says otherwise: the most that a
/// server's `max_allowed_packet` can be, and something for what stands around a cell.
const MAX_PACKET_BYTES: usize = (1 << 30) + (1 << 20);

/// Commands.
const COM_QUIT: u8 = 0x01;
const COM_QUERY: u8 = 0x03;
const COM_PING: u8 = 0x0e;

impl Connection {
    /// Connects, signs in, finds out which server answers and pins the session's variables.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`](crate::Error::Connect) if the server cannot be reached;
    /// [`Error::Connector`](crate::Error::Connector) if it refuses the account, the
    /// encryption or a setting, with the class that says whether to try again.
    pub async fn connect(options: &ConnectOptions, session: &SessionOptions) -> Result<Self> {
        let endpoint = options.endpoint();
        let bound = options.connect_timeout;
        let opened = tokio::time::timeout(bound, Self::open(options)).await;
        let opened = opened.unwrap_or_else(|_| Err(Failure::NoAnswer(bound).into()));
        let mut connection = opened.map_err(|fault| match fault {
            Fault::Broken(failure) => failure.connecting(&endpoint),
            Fault::Server(error) => error.during(Flavour::MySql, &format!("connecting to {endpoint}")),
        })?;
        connection.packets.set_timeout(options.io_timeout);
        connection.execute(Server::BEFORE_VARIABLES).await?;
        let rows = connection.query_text(Server::VARIABLES).await?;
        connection.server = Server::from_rows(&rows)?;
        let pin = session.pin_statement(&connection.server);
        connection.execute(&pin).await?;
        let rows = connection.query_text(SessionOptions::PINNED).await?;
        session.check_pinned(&connection.server, &rows)?;
        Ok(connection)
    }

    /// Connects and signs in.
    async fn open(options: &ConnectOptions) -> Result<Self, Fault> {
        let stream = TcpStream::connect((options.host.as_str(), options.port)).await;
        let stream = stream.map_err(Failure::Lost)?;
        stream.set_nodelay(true).map_err(Failure::Lost)?;
        Self::open_over(Box::new(stream), options).await
    }

    /// Signs in over `io`.
    pub(super) async fn open_over(io: Box<dyn Io>, options: &ConnectOptions) -> Result<Self, Fault> {
        let mut packets = Packets::new(io, MAX_PACKET_BYTES, options.connect_timeout);
        let greeting = Greeting::read(&packets.next().await?)?;
        let encrypted = options.tls != TlsMode::Disabled;
        let capabilities = greeting.agree(encrypted);
        if encrypted {
            if !capabilities.contains(CapabilityFlags::CLIENT_SSL) {
                return Err(Failure::from(TlsFailure::NotOffered).into());
            }
            let mut request = Vec::new();
            SslRequest::new(capabilities, MAX_PACKET, UTF8MB4).serialize(&mut request);
            packets.send(&request, &[]).await?;
            let (io, sequence) = packets.into_plain()?;
            let io = tls::encrypt(io, options).await?;
            packets = Packets::new(io, MAX_PACKET_BYTES, options.connect_timeout).with_sequence(sequence);
        }
        sign_in(&mut packets, &greeting, capabilities, options).await?;
        Ok(Self {
            packets,
            phase: Phase::Ready,
            columns: Vec::new(),
            ranges: Vec::new(),
            ends_with_ok: capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF),
            server: Server::unknown(greeting.flavour),
            id: greeting.connection_id,
        })
    }

    /// Which server answers.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server's number for this connection, for KILL.
    pub fn connection_id(&self) -> u64 {
        self.id.into()
    }

    /// False once the connection is poisoned, or the log that it read has ended.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Broken | Phase::Dump(Some(_)))
    }

    /// Bounds each later wait for bytes. While a binary log is read, the heartbeat period must be shorter.
    pub fn set_io_timeout(&mut self, timeout: Duration) {
        self.packets.set_timeout(timeout);
    }

    /// Bounds the bytes of one row or event; what is longer is refused before anything is allocated for it.
    pub fn set_max_packet_bytes(&mut self, bytes: usize) {
        self.packets.set_ceiling(bytes.clamp(1 << 16, 1 << 31));
    }

    /// Runs one statement. If it returns rows, they are read and counted.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`](crate::Error::Connector) with the server's error as source, or with the reason why there is no answer.
    pub async fn execute(&mut self, sql: impl AsRef<[u8]> + Send) -> Result<Outcome> {
        let sql = sql.as_ref();
        let result = self.try_execute(sql).await;
        self.settle(sql, result)
    }

    async fn try_execute(&mut self, sql: &[u8]) -> Result<Outcome, Fault> {
        self.command(COM_QUERY, sql).await?;
        let Some(outcome) = self.read_result_head().await? else {
            let mut returned_rows = 0;
            loop {
                let packet = self.packets.next().await?;
                if let Some(outcome) = result::end_of_rows(&packet, self.ends_with_ok, &self.server)? {
                    return Ok(Outcome { returned_rows, ..outcome });
                }
                returned_rows += 1;
            }
        };
        Ok(outcome)
    }

    /// Runs a query with a small result and collects its rows.
    ///
    /// # Errors
    ///
    /// As for [`Self::execute`].
    pub async fn query_text(&mut self, sql: impl AsRef<[u8]> + Send) -> Result<Vec<TextRow>> {
        let sql = sql.as_ref();
        let result = self.try_query_text(sql).await;
        self.settle(sql, result)
    }

    async fn try_query_text(&mut self, sql: &[u8]) -> Result<Vec<TextRow>, Fault> {
        self.command(COM_QUERY, sql).await?;
        if self.read_result_head().await?.is_some() {
            return Ok(Vec::new());
        }
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        let mut rows = Vec::new();
        loop {
            let packet = self.packets.next().await?;
            if result::end_of_rows(&packet, self.ends_with_ok, &self.server)?.is_some() {
                return Ok(rows);
            }
            rows.push(result::read_text_row(&packet, &names)?);
        }
    }

    /// Begins a query whose rows [`Self::next_rows`] then gives.
    ///
    /// # Errors
    ///
    /// As for [`Self::execute`].
    pub async fn query(&mut self, sql: impl AsRef<[u8]> + Send) -> Result<()> {
        let sql = sql.as_ref();
        let result = self.try_query(sql).await;
        let has_rows = self.settle(sql, result)?;
        if has_rows {
            self.phase = Phase::Rows;
        }
        Ok(())
    }

    async fn try_query(&mut self, sql: &[u8]) -> Result<bool, Fault> {
        self.command(COM_QUERY, sql).await?;
        Ok(self.read_result_head().await?.is_none())
    }

    /// The columns of the last query.
    pub fn columns(&self) -> &[ColumnDefinition] {
        &self.columns
    }

    /// Checks that the server answers.
    ///
    /// # Errors
    ///
    /// As for [`Self::execute`].
    pub async fn ping(&mut self) -> Result<()> {
        let result = self.try_ping().await;
        self.settle(b"", result)
    }

    async fn try_ping(&mut self) -> Result<(), Fault> {
        self.command(COM_PING, &[]).await?;
        self.read_short_answer().await.map(drop)
    }

    /// Says goodbye and closes the connection; a poisoned one, or one in the middle of an answer, is just closed.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`](crate::Error::Connector) if the goodbye cannot be sent.
    pub async fn close(mut self) -> Result<()> {
        if !matches!(self.phase, Phase::Ready) {
            return Ok(());
        }
        let result = self.try_close().await;
        self.settle(b"", result)
    }

    async fn try_close(&mut self) -> Result<(), Fault> {
        self.command(COM_QUIT, &[]).await?;
        // The server may have closed its side already, which is what was asked for.
        match self.packets.shut_down().await {
            Ok(()) | Err(Failure::Lost(_) | Failure::Closed) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Sends a command. Until its answer is read, the connection counts as broken: who drops the call leaves it so.
    pub(super) async fn command(&mut self, command: u8, body: &[u8]) -> Result<(), Fault> {
        match self.phase {
            Phase::Ready => {}
            Phase::Broken | Phase::Dump(Some(_)) => return Err(Failure::Poisoned.into()),
            Phase::Rows | Phase::Dump(None) => return Err(Failure::Busy.into()),
        }
        let limit = self.server.max_statement_bytes();
        if body.len() > limit {
            let size = body.len();
            return Err(Failure::StatementTooLarge { size, limit }.into());
        }
        self.phase = Phase::Broken;
        self.packets.begin()?;
        Ok(self.packets.send(&[command], body).await?)
    }

    /// Reads an OK or ERR packet.
    pub(super) async fn read_short_answer(&mut self) -> Result<Outcome, Fault> {
        let packet = self.packets.next().await?;
        match packet.first() {
            Some(&OK) => Ok(read_ok(&packet)?),
            Some(&ERR) => Err(read_error(self.server.flavour(), &packet)),
            _ => Err(Failure::Protocol("an unexpected answer").into()),
        }
    }

    /// Reads what comes before rows: the outcome if there are none, else the columns.
    async fn read_result_head(&mut self) -> Result<Option<Outcome>, Fault> {
        self.columns.clear();
        let packet = self.packets.next().await?;
        match packet.first() {
            Some(&OK) => return Ok(Some(read_ok(&packet)?)),
            Some(&ERR) => return Err(read_error(self.server.flavour(), &packet)),
            Some(&LOCAL_FILE) => return Err(Failure::Protocol("the server asks for a local file").into()),
            _ => {}
        }
        let count = result::read_column_count(&packet)?;
        self.columns.reserve(count);
        for _ in 0..count {
            let packet = self.packets.next().await?;
            if packet.first() == Some(&ERR) {
                return Err(read_error(self.server.flavour(), &packet));
            }
            self.columns.push(ColumnDefinition::read(&packet)?);
        }
        if !self.ends_with_ok {
            let packet = self.packets.next().await?;
            if result::end_of_rows(&packet, false, &self.server)?.is_none() {
                return Err(Failure::Protocol("no end of the columns").into());
            }
        }
        Ok(None)
    }

    /// The error of a call that does nothing.
    pub(super) fn refuse(&self, failure: Failure) -> Error {
        failure.during(self.server.connector(), &action(b""))
    }

    /// Decides by the result of a call whether the connection goes on, and makes the error of it.
    pub(super) fn settle<T>(&mut self, sql: &[u8], result: Result<T, Fault>) -> Result<T> {
        let flavour = self.server.flavour();
        match result {
            Ok(value) => {
                self.phase = Phase::Ready;
                Ok(value)
            }
            Err(Fault::Server(error)) => {
                self.phase = match ends_session(flavour, error.code) {
                    true => Phase::Broken,
                    false => Phase::Ready,
                };
                Err(error.during(flavour, &action(sql)))
            }
            Err(Fault::Broken(failure)) => {
                if !failure.leaves_connection() {
                    self.phase = Phase::Broken;
                }
                Err(failure.during(flavour.connector(), &action(sql)))
            }
        }
    }
}

/// The number of utf8mb4_general_ci, which every server knows; the session names its character set itself.
const UTF8MB4: u8 = 45;

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server.version_text())
            .field("connection_id", &self.id)
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Connection>();
};

#[cfg(test)]
pub(super) mod tests;
