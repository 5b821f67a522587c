//! [`Session`]: one connection for statements, with everything pinned that could change a value or a count.

mod driver;
mod options;
mod outcome;
mod row;
mod table_to_come;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, QueryResult, TextProtocol, Value};

pub use options::SessionOptions;
pub use outcome::{Outcome, StatementError};
pub use row::TextRow;

use super::error_code::ends_session;
use super::failure::{Failure, action};
use super::options::ConnectOptions;
use super::server::{Flavour, Server};
use super::server_error::ServerError;
use crate::error::{Error, Result};
use driver::{Fault, Link, contain, within};

/// One connection for catalogue reads, DDL, checkpoints and writes.
///
/// There is no pool behind it and it never reconnects: an open transaction, its locks and its pinned variables would
/// silently be gone. After a timeout, a lost connection or a dropped call it is *poisoned*: each later call gives an
/// [`ErrorClass::Transient`](crate::ErrorClass::Transient) error, and whoever owns it opens a new one. An error that
/// the server sends leaves it usable.
///
/// # Cancel safety
///
/// Dropping a pending call poisons the session, as the rest of the answer could be taken for the next one. The server
/// may still run the statement to its end.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> oms_core::Result<()> {
/// use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
/// let options = ConnectOptions::new("127.0.0.1", 3306);
/// let mut session = Session::connect(&options, &SessionOptions::default()).await?;
/// session.execute("CREATE DATABASE shop").await?;
/// for row in session.query("SHOW DATABASES").await? {
///     println!("{}", row.text(0)?);
/// }
/// session.close().await
/// # }
/// ```
pub struct Session {
    link: Option<Link>,
    server: Server,
    id: u32,
    io_timeout: Duration,
    max_result_bytes: usize,
}

impl Session {
    /// Connects, finds out which server answers, and pins the session's variables.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] if the server cannot be reached; [`Error::Connector`] if it refuses the account, the
    /// encryption or a setting, with the class that says whether to try again.
    pub async fn connect(options: &ConnectOptions, session: &SessionOptions) -> Result<Self> {
        let endpoint = options.endpoint();
        let link = Link::open(options, session).await.map_err(|fault| match fault {
            Fault::Broken(failure) => failure.connecting(&endpoint),
            Fault::Server(error) => {
                let flavour = Flavour::MySql;
                let error = ServerError::on_connecting(flavour, error.code, &error.state, &error.message);
                error.during(flavour, &format!("connecting to {endpoint}"))
            }
        })?;
        let id = link.id();
        let mut opened = Self {
            link: Some(link),
            server: Server::unknown(Flavour::MySql),
            id,
            io_timeout: options.io_timeout,
            max_result_bytes: session.max_result_bytes,
        };
        opened.execute(Server::BEFORE_VARIABLES).await?;
        let rows = opened.query(Server::VARIABLES).await?;
        opened.server = Server::from_rows(&rows)?;
        opened.execute(session.pin_statement(&opened.server)).await?;
        let rows = opened.query(SessionOptions::PINNED).await?;
        session.check_pinned(&opened.server, &rows)?;
        Ok(opened)
    }

    /// Which server answers.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server's number for this connection, for KILL.
    pub fn connection_id(&self) -> u64 {
        self.id.into()
    }

    /// False once the session is poisoned.
    pub fn is_open(&self) -> bool {
        self.link.is_some()
    }

    /// Bounds each later wait for an answer, for statements that are known to take long, such as an ALTER TABLE.
    pub fn set_io_timeout(&mut self, timeout: Duration) {
        self.io_timeout = timeout;
    }

    /// Runs a query and collects its rows. Of several statements the first gives the rows.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`] with the server's error as source, or with the reason why there is no answer. A result
    /// above [`SessionOptions::max_result_bytes`] is an error, and poisons the session.
    pub async fn query(&mut self, sql: impl AsRef<[u8]> + Send) -> Result<Vec<TextRow>> {
        let sql = sql.as_ref();
        let (bound, limit) = (self.io_timeout, self.max_result_bytes);
        let result = match self.begin(sql) {
            Ok(mut link) => {
                let result = contain(async { collect(link.begin()?, sql, bound, limit).await }).await;
                self.end(link, &result);
                result
            }
            Err(failure) => Err(failure.into()),
        };
        result.map_err(|fault| self.error(sql, fault))
    }

    /// Runs a statement. Of several in one text the outcome is the last one's; see [`Self::execute_all`].
    ///
    /// # Errors
    ///
    /// As for [`Self::query`]. A statement above the server's `max_allowed_packet` is refused before it is sent, and
    /// the session stays usable.
    pub async fn execute(&mut self, sql: impl AsRef<[u8]> + Send) -> Result<Outcome> {
        let outcomes = self.execute_all(sql).await?;
        Ok(outcomes.last().copied().unwrap_or_default())
    }

    /// Runs several statements, joined by `;`, in one packet. The server stops at the first that fails.
    ///
    /// # Errors
    ///
    /// [`StatementError`], which tells which statement failed, why, and what those before it did.
    pub async fn execute_all(
        &mut self,
        sql: impl AsRef<[u8]> + Send,
    ) -> Result<Vec<Outcome>, StatementError> {
        let sql = sql.as_ref();
        let bound = self.io_timeout;
        let mut outcomes = Vec::new();
        let result = match self.begin(sql) {
            Ok(mut link) => {
                let run = async { run_all(link.begin()?, sql, bound, &mut outcomes).await };
                let result = contain(run).await;
                self.end(link, &result);
                result
            }
            Err(failure) => Err(failure.into()),
        };
        match result {
            Ok(()) => Ok(outcomes),
            Err(fault) => {
                Err(StatementError { statement: outcomes.len(), outcomes, error: self.error(sql, fault) })
            }
        }
    }

    /// Checks that the server answers.
    ///
    /// # Errors
    ///
    /// As for [`Self::query`].
    pub async fn ping(&mut self) -> Result<()> {
        let bound = self.io_timeout;
        let result = match self.begin(b"") {
            Ok(mut link) => {
                let result = contain(async { within(bound, link.begin()?.ping()).await }).await;
                self.end(link, &result);
                result
            }
            Err(failure) => Err(failure.into()),
        };
        result.map_err(|fault| self.error(b"", fault))
    }

    /// Says goodbye and closes the connection; a poisoned one is closed already.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`] if the goodbye cannot be sent.
    pub async fn close(mut self) -> Result<()> {
        match self.link.take() {
            Some(link) => link.close(self.io_timeout).await.map_err(|fault| self.error(b"", fault)),
            None => Ok(()),
        }
    }

    /// Takes the connection out for a call: if the call is dropped, the connection goes with it.
    fn begin(&mut self, sql: &[u8]) -> Result<Link, Failure> {
        let limit = self.server.max_statement_bytes();
        if sql.len() > limit {
            let size = sql.len();
            return Err(Failure::StatementTooLarge { size, limit });
        }
        self.link.take().ok_or(Failure::Poisoned)
    }

    /// Puts the connection back unless the call broke it.
    fn end<T>(&mut self, mut link: Link, result: &Result<T, Fault>) {
        let lives = match result {
            Ok(_) => true,
            Err(Fault::Server(error)) => !ends_session(self.server.flavour(), error.code),
            Err(Fault::Broken(_)) => false,
        };
        if lives {
            link.ended();
            self.link = Some(link);
        }
    }

    fn error(&self, sql: &[u8], fault: Fault) -> Error {
        match fault {
            Fault::Server(error) => {
                let flavour = self.server.flavour();
                ServerError::new(flavour, error.code, &error.state, &error.message)
                    .during(flavour, &action(sql))
            }
            Fault::Broken(failure) => failure.during(self.server.connector(), &action(sql)),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("server", &self.server.version_text())
            .field("connection_id", &self.id)
            .field("is_open", &self.is_open())
            .finish_non_exhaustive()
    }
}

/// All rows of the first result; what follows it is read and dropped.
async fn collect(conn: &mut Conn, sql: &[u8], bound: Duration, limit: usize) -> Result<Vec<TextRow>, Fault> {
    let mut result = within(bound, conn.query_iter(sql)).await?;
    let columns = result.columns().unwrap_or_default();
    let names: Arc<[Box<str>]> = columns.iter().map(|column| column.name_str().into()).collect();
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(row) = within(bound, result.next()).await? {
        let mut cells = Vec::with_capacity(names.len());
        for value in row.unwrap_raw() {
            cells.push(match value {
                Some(Value::Bytes(bytes)) => Some(bytes.into_boxed_slice()),
                Some(Value::NULL) => None,
                _ => return Err(Failure::Protocol("a cell that is not text").into()),
            });
        }
        bytes += cells.iter().flatten().map(|cell| cell.len()).sum::<usize>();
        if bytes > limit {
            return Err(Failure::AnswerTooLarge { limit }.into());
        }
        rows.push(TextRow::new(Arc::clone(&names), cells.into()));
    }
    drain(&mut result, bound).await?;
    Ok(rows)
}

/// Reads what is left of all results.
async fn drain(result: &mut QueryResult<'_, '_, TextProtocol>, bound: Duration) -> Result<(), Fault> {
    loop {
        while within(bound, result.next()).await?.is_some() {}
        if result.columns().is_none() {
            return Ok(());
        }
    }
}

/// Runs all statements and notes the outcome of each as it comes in.
async fn run_all(
    conn: &mut Conn,
    sql: &[u8],
    bound: Duration,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Fault> {
    let mut result = within(bound, conn.query_iter(sql)).await?;
    loop {
        let Some(columns) = result.columns() else {
            // Either there is no further result, or the next one is the error of its statement.
            within(bound, result.next()).await?;
            return Ok(());
        };
        // Reading on overwrites what the driver tells about this result.
        let mut outcome = Outcome::default();
        if columns.is_empty() {
            outcome = Outcome {
                affected_rows: result.affected_rows(),
                last_insert_id: result.last_insert_id().filter(|id| *id > 0),
                warnings: result.warnings(),
                ..outcome
            }
            .with_info(&result.info());
        }
        while within(bound, result.next()).await?.is_some() {
            outcome.returned_rows += 1;
        }
        outcomes.push(outcome);
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Session>();
};
