//! [`Pool`]: the connections to both servers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join;
use oms_core::ErrorClass;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions, TextRow};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result, Side};

/// How often a statement is tried in all; it only reads.
const TRIES: u32 = 5;
/// How long the second try waits; each later one four times as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Pairs of connections, opened when they are needed, never more than a given number.
#[derive(Debug)]
pub(crate) struct Pool {
    source: ConnectOptions,
    target: ConnectOptions,
    session: SessionOptions,
    statement_timeout: Duration,
    /// Of both sides; `None` for one that was not needed or is lost.
    idle: Mutex<Vec<[Option<Session>; 2]>>,
    permits: Semaphore,
    /// True while a side could not be reached: the tables that are left need not be as patient as the first.
    is_down: AtomicBool,
}

/// A connection to each side, which goes back to its pool.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    source: Link<'a>,
    target: Link<'a>,
    _permit: Option<SemaphorePermit<'a>>,
}

#[derive(Debug)]
struct Link<'a> {
    side: Side,
    pool: &'a Pool,
    open: Option<Session>,
}

impl Pool {
    pub(crate) fn new(
        source: &ConnectOptions,
        target: &ConnectOptions,
        connections: usize,
        statement_timeout: Duration,
    ) -> Self {
        // ALLOW_INVALID_DATES, or a bound with a zero date is refused.
        let session = SessionOptions::default()
            .with_sql_mode("ALLOW_INVALID_DATES")
            .with_statement_timeout(statement_timeout);
        Self {
            source: source.clone(),
            target: target.clone(),
            session,
            statement_timeout,
            idle: Mutex::default(),
            permits: Semaphore::new(connections.max(1)),
            is_down: AtomicBool::new(false),
        }
    }

    /// A pair, as soon as one is free. Whoever holds one must not ask for another.
    pub(crate) async fn take(&self) -> Pair<'_> {
        // The semaphore is never closed; without a permit there would be one connection more, and no harm.
        let permit = self.permits.acquire().await.ok();
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let [source, target] = idle.unwrap_or_default();
        let link = |side, open| Link { side, pool: self, open };
        Pair { source: link(Side::Source, source), target: link(Side::Target, target), _permit: permit }
    }
}

impl Pair<'_> {
    /// The rows of a query on one side.
    pub(crate) async fn query(
        &mut self,
        side: Side,
        action: &'static str,
        sql: &str,
    ) -> Result<Vec<TextRow>> {
        match side {
            Side::Source => self.source.query(action, sql).await,
            Side::Target => self.target.query(action, sql).await,
        }
    }

    /// The rows of a query on each side, run at the same time.
    pub(crate) async fn both(
        &mut self,
        action: &'static str,
        source_sql: &str,
        target_sql: &str,
    ) -> Result<[Vec<TextRow>; 2]> {
        let source = self.source.query(action, source_sql);
        let target = self.target.query(action, target_sql);
        let (source, target) = Box::pin(join(source, target)).await;
        Ok([source?, target?])
    }

    /// The session of one side, for the catalogue.
    pub(crate) async fn session(&mut self, side: Side) -> Result<&mut Session> {
        match side {
            Side::Source => self.source.session("connecting").await,
            Side::Target => self.target.session("connecting").await,
        }
    }
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        let sessions = [self.source.open.take(), self.target.open.take()];
        self.source.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sessions);
    }
}

impl Link<'_> {
    fn failed(&self, action: &'static str, source: oms_core::Error) -> Error {
        Error::Server { side: self.side, action, source }
    }

    /// The open session, or a new one in place of a lost one.
    async fn session(&mut self, action: &'static str) -> Result<&mut Session> {
        let session = match self.open.take().filter(Session::is_open) {
            Some(session) => session,
            None => {
                let options = match self.side {
                    Side::Source => &self.pool.source,
                    Side::Target => &self.pool.target,
                };
                let connected = Box::pin(Session::connect(options, &self.pool.session)).await;
                let mut session = connected.map_err(|error| self.failed(action, error))?;
                // A digest says nothing before it is done.
                session.set_io_timeout(self.pool.statement_timeout.max(options.io_timeout));
                self.pool.is_down.store(false, Ordering::Relaxed);
                session
            }
        };
        Ok(self.open.insert(session))
    }

    async fn query(&mut self, action: &'static str, sql: &str) -> Result<Vec<TextRow>> {
        let mut pause = FIRST_PAUSE;
        let mut tries = 1;
        loop {
            let error = match self.query_once(action, sql).await {
                Ok(rows) => return Ok(rows),
                Err(error) => error,
            };
            let is_lost = matches!(&error, Error::Server { source: oms_core::Error::Connect { .. }, .. });
            if error.class() != ErrorClass::Transient {
                return Err(error);
            }
            if tries == TRIES || is_lost && self.pool.is_down.load(Ordering::Relaxed) {
                self.pool.is_down.fetch_or(is_lost, Ordering::Relaxed);
                return Err(error);
            }
            tracing::debug!(side = %self.side, action, tries, "trying again");
            tokio::time::sleep(pause).await;
            tries += 1;
            pause *= 4;
        }
    }

    async fn query_once(&mut self, action: &'static str, sql: &str) -> Result<Vec<TextRow>> {
        let session = Box::pin(self.session(action)).await?;
        match Box::pin(session.query(sql)).await {
            Ok(rows) => Ok(rows),
            Err(error) => Err(self.failed(action, error)),
        }
    }
}
