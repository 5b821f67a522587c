//! [`HandoverWatch`]: asks before each chunk, so that no change falls between the scan and the log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use oms_core::mysql::{ConnectOptions, ServerError, Session, SessionOptions, quote_text};
use oms_core::{Error, Result};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::mysql::binlog::{BinlogPosition, GtidSet, LogState};
use crate::mysql::scan::planner::Job;
use crate::mysql::scan::readers::ChunkWatch;

/// A table or column is not known: the chunk was planned with an older schema than the server has by now.
const OUTDATED_SCHEMA: [u16; 4] = [1054, 1146, 1176, 1412];

/// After so long, transactions that were being committed when a chunk was begun count as not shown by it: a session may
/// hold a GTID for ever without committing anything.
const COMMIT_PATIENCE: Duration = Duration::from_secs(60);

/// Goes with the rows of a chunk.
#[derive(Debug)]
pub(super) struct Ticket {
    /// Number of the chunk.
    pub(super) chunk: u64,
    /// The range that it is of.
    pub(super) range: u64,
    mark: OnceLock<Mark>,
    void: AtomicBool,
}

/// Where the log was once a chunk had begun.
#[derive(Debug)]
struct Mark {
    at: Instant,
    executed: BinlogPosition,
    /// With what was being committed.
    all: BinlogPosition,
}

impl Ticket {
    /// Where the log has to be before the chunk may be handed on, as everything that the chunk may show is before it;
    /// `None` until the chunk has begun.
    pub(super) fn mark(&self) -> Option<&BinlogPosition> {
        let mark = self.mark.get()?;
        Some(if mark.at.elapsed() < COMMIT_PATIENCE { &mark.all } else { &mark.executed })
    }

    /// Says that the chunk is not wanted any more.
    pub(super) fn set_void(&self) {
        self.void.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_void(&self) -> bool {
        self.void.load(Ordering::Relaxed)
    }
}

/// A reader wants to begin a chunk.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) job: Job,
    /// The range's chunk before.
    pub(super) previous: Option<Arc<Ticket>>,
    pub(super) reply: oneshot::Sender<Option<Begun>>,
}

/// A chunk may begin.
#[derive(Debug)]
pub(super) struct Begun {
    /// What is left to read, with the schema that holds where the log is.
    pub(super) job: Job,
    pub(super) ticket: Arc<Ticket>,
    /// What has been handed on of the log; the chunk must show all of it.
    pub(super) handed_on: BinlogPosition,
}

impl Begun {
    pub(super) fn new(job: Job, chunk: u64, handed_on: BinlogPosition) -> Self {
        let ticket = Ticket { chunk, range: job.id, mark: OnceLock::new(), void: AtomicBool::new(false) };
        Self { job, ticket: Arc::new(ticket), handed_on }
    }
}

/// Asks before each chunk, and notes where the log is once the chunk shows what it shows.
#[derive(Clone, Debug)]
pub(super) struct HandoverWatch {
    begins: mpsc::UnboundedSender<Begin>,
    /// Asks the source about its log.
    session: Arc<Mutex<Option<Session>>>,
    connect: ConnectOptions,
}

impl HandoverWatch {
    pub(super) fn new(connect: &ConnectOptions) -> (Self, mpsc::UnboundedReceiver<Begin>) {
        let (begins, receiver) = mpsc::unbounded_channel();
        (Self { begins, session: Arc::default(), connect: connect.clone() }, receiver)
    }

    /// Waits until all of `gtids` is committed in the storage engine: the log has a transaction a moment before others
    /// can see it.
    async fn wait_visible(&self, gtids: &GtidSet) -> Result<()> {
        if gtids.is_empty() {
            return Ok(());
        }
        let mut session = self.session().await?;
        let Some(session) = session.as_mut() else { return Ok(()) };
        let wait = format!("SELECT WAIT_FOR_EXECUTED_GTID_SET({}, 1)", quote_text(&gtids.to_string()));
        loop {
            let rows = session.query(&wait).await?;
            match rows.first().map_or(Ok(None), |row| row.text_or_null(0))? {
                Some("0") => return Ok(()),
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    }

    async fn session(&self) -> Result<tokio::sync::MutexGuard<'_, Option<Session>>> {
        let mut session = self.session.lock().await;
        if session.as_ref().is_none_or(|session| !session.is_open()) {
            *session = Some(Session::connect(&self.connect, &SessionOptions::default()).await?);
        }
        Ok(session)
    }

    /// Positions that everything visible at this moment is before, also what is visible and not yet counted as executed.
    async fn high_mark(&self) -> Result<Mark> {
        let mut session = self.session().await?;
        let Some(session) = session.as_mut() else {
            return Err(Error::Stopped { what: "the watch over the scan" });
        };
        // First what is being committed, then what is: nothing can slip from the one to the other in between.
        let owned = match session.server().flavour() {
            oms_core::mysql::Flavour::MySql => session.query("SELECT @@global.gtid_owned").await?,
            _ => Vec::new(),
        };
        let executed = LogState::end(session).await?;
        let mut all = executed.clone();
        if let (Some(gtids), Some(owned)) = (&mut all.gtids, owned.first()) {
            gtids.union(&parse_owned(owned.text(0)?)?);
        }
        Ok(Mark { at: Instant::now(), executed, all })
    }
}

/// Reads `uuid:5#12:7#9,…`: GTIDs with the threads that own them.
fn parse_owned(text: &str) -> Result<GtidSet> {
    let mut plain = String::with_capacity(text.len());
    let mut in_thread = false;
    for character in text.chars() {
        in_thread = character == '#' || in_thread && character.is_ascii_digit();
        if !in_thread {
            plain.push(character);
        }
    }
    plain.parse()
}

#[async_trait]
impl ChunkWatch for HandoverWatch {
    type Ticket = Arc<Ticket>;

    async fn begin(&self, job: Job, previous: Option<&Arc<Ticket>>) -> Result<Option<(Job, Arc<Ticket>)>> {
        let (reply, answer) = oneshot::channel();
        let gone = || Error::Stopped { what: "the hand-over" };
        self.begins.send(Begin { job, previous: previous.cloned(), reply }).map_err(|_| gone())?;
        let Some(Begun { job, ticket, handed_on }) = answer.await.map_err(|_| gone())? else {
            return Ok(None);
        };
        if let Some(gtids) = &handed_on.gtids {
            self.wait_visible(gtids).await?;
        }
        Ok(Some((job, ticket)))
    }

    async fn began(&self, ticket: &Arc<Ticket>) -> Result<()> {
        let mark = self.high_mark().await?;
        // Set once for each chunk.
        let _ = ticket.mark.set(mark);
        Ok(())
    }

    fn is_void(&self, ticket: &Arc<Ticket>) -> bool {
        ticket.is_void()
    }

    async fn retry(&self, error: &Error, ticket: &Arc<Ticket>) -> Result<bool> {
        if ticket.is_void() {
            return Ok(true);
        }
        if !ServerError::of(error).is_some_and(|server| OUTDATED_SCHEMA.contains(&server.code)) {
            return Ok(false);
        }
        // The statement that changed the schema is in the log, so the chunk will be void once the log is there.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !ticket.is_void() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(ticket.is_void())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_left_out() {
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        let owned =
            parse_owned(&format!("{uuid}:5#12:7#9:app:3#4,\n4350f323-7565-4e59-8763-4b1b83a0ce0e:1#2"))
                .unwrap();
        assert_eq!(
            owned.to_string(),
            format!("{uuid}:5:7,{uuid}:app:3,4350f323-7565-4e59-8763-4b1b83a0ce0e:1")
        );
        assert!(parse_owned("").unwrap().is_empty());
    }
}
