//! Who holds a pipeline: one session at a time, for as long as it lives.
//!
//! MySQL has named locks, which end with their session. Those of OceanBase can outlive it, even the server's restart
//! (seekdb 1.4), so there the session is written down, and counts as long as the server lists it. Either way this only
//! keeps two living processes from taking the pipeline from each other; that the one which lost it writes nothing more is
//! the fence's work. With a lease, it is the lease that tells who lives: whoever has its newest token ends the sessions
//! of a holder before it. The workers' sessions are known in the same way, because what is left of a host that is gone
//! may hold locks of rows until the server notices.

use std::time::{Duration, Instant};

use oms_core::mysql::{Flavour, Session, quote_text};
use oms_core::{Error, Result};

use super::lease_table::require_token;
use super::store::{CheckpointTable, HOLDER, SESSION, first_text};

/// Who opens a pipeline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opener<'a> {
    pub(crate) holder: &'a str,
    /// The session in which the same sink held the pipeline before, if it did: should the server not have noticed that
    /// it is gone, it is ended.
    pub(crate) previous: Option<u64>,
    /// The token of the lease under which it is opened: while it is the newest, whoever else holds the pipeline is one
    /// that was thought dead, and is ended.
    pub(crate) lease: Option<u64>,
}

/// Workers at the most.
const MAX_WORKERS: usize = 64;

/// How long a session that has ended may go on to be listed: servers notice that at their own pace.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until nobody else holds the pipeline, ends what is left of an earlier holder's workers, and begins the
/// transaction in which the pipeline is taken over.
///
/// # Errors
///
/// [`Error::Fenced`] if somebody else holds it.
pub(super) async fn take(table: &CheckpointTable, session: &mut Session, opener: Opener<'_>) -> Result<()> {
    if opener.lease.is_some() {
        // Proven before anybody's session is ended.
        session.execute("BEGIN").await?;
        prove(table, session, opener).await?;
        session.execute("COMMIT").await?;
    }
    let begun = Instant::now();
    loop {
        let user = match writes_down(session) {
            true => listed(table, session).await?,
            false => locked(table, session).await?,
        };
        let Some(user) = user else { break };
        let holder = format!("SELECT content FROM {}", part(table, HOLDER));
        let holder = session.query(holder).await?;
        let holder = first_text(&holder).unwrap_or("another process");
        if begun.elapsed() > PATIENCE {
            return Err(Error::Fenced { pipeline: table.pipeline.as_str().into(), holder: holder.into() });
        }
        if user != 0 && (opener.lease.is_some() || opener.previous == Some(user) && holder == opener.holder) {
            end_session(session, user).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for user in workers(table, session).await? {
        end_session(session, user).await;
    }
    prove(table, session, opener).await
}

/// Checks that the lease is ours still; its row stays locked until the end of the transaction.
async fn prove(table: &CheckpointTable, session: &mut Session, opener: Opener<'_>) -> Result<()> {
    match opener.lease {
        Some(token) => require_token(session, &table.database, &table.pipeline, token).await,
        None => Ok(()),
    }
}

/// Ends a session of which only the server does not know that it is gone.
async fn end_session(session: &mut Session, id: u64) {
    tracing::info!(session = id, "the target still holds a session that is gone, ending it");
    // It may have ended in this moment.
    let _ = session.execute(format!("KILL {id}")).await;
}

/// True where the server's named locks do not end with their session.
fn writes_down(session: &Session) -> bool {
    session.server().flavour() == Flavour::OceanBase
}

/// Lets whoever takes the pipeline over know of a worker's session.
pub(super) async fn note_worker(table: &CheckpointTable, session: &mut Session, worker: usize) -> Result<()> {
    if !writes_down(session) {
        // Another session of the same worker may still be ending, which is no reason to wait.
        return session.query(format!("SELECT GET_LOCK({}, 0)", worker_lock(table, worker))).await.map(drop);
    }
    let identity = quote_text(&identity(session).await?);
    let note = format!(
        "INSERT INTO {} (pipeline,part,fence,sequence,content,saved_at) \
         VALUES ({},'{}',{fence},0,{identity},UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE \
         content=IF(fence<={fence},{identity},content), fence=GREATEST(fence,{fence})",
        table.table,
        quote_text(&table.pipeline),
        worker_session(worker),
        fence = table.fence
    );
    session.execute(note).await.map(drop)
}

/// Sessions of workers that the server still has. Whoever calls it holds the pipeline.
async fn workers(table: &CheckpointTable, session: &mut Session) -> Result<Vec<u64>> {
    let sql = if writes_down(session) {
        format!(
            "SELECT id FROM information_schema.processlist WHERE CONCAT(id, ' ', host) IN \
             (SELECT content FROM {} WHERE pipeline={} AND part LIKE '{SESSION}-%')",
            table.table,
            quote_text(&table.pipeline)
        )
    } else {
        let locks: Vec<_> =
            (0..MAX_WORKERS).map(|worker| format!("IS_USED_LOCK({})", worker_lock(table, worker))).collect();
        format!("SELECT {}", locks.join(","))
    };
    let mut users = Vec::new();
    for row in session.query(sql).await? {
        for place in 0..row.len() {
            users.extend(row.number_or_null::<u64>(place)?);
        }
    }
    Ok(users)
}

fn worker_lock(table: &CheckpointTable, worker: usize) -> String {
    format!("{}:{worker:02}'", table.lock.trim_end_matches('\''))
}

fn worker_session(worker: usize) -> String {
    format!("{SESSION}-{worker:02}")
}

/// Gives the pipeline back at once, where the end of the session would do so in the server's own time.
pub(super) async fn give_back(table: &CheckpointTable, session: &mut Session) -> Result<()> {
    if writes_down(session) {
        let identity = quote_text(&identity(session).await?);
        let ours = format!("DELETE FROM {} AND content={identity}", part(table, SESSION));
        return session.execute(ours).await.map(drop);
    }
    session.query(format!("SELECT RELEASE_LOCK({})", table.lock)).await.map(drop)
}

/// What tells a session from all others, those behind a restart of the server too; empty where locks do that.
pub(super) async fn identity(session: &mut Session) -> Result<String> {
    if !writes_down(session) {
        return Ok(String::new());
    }
    let own = "SELECT CONCAT(id, ' ', host) FROM information_schema.processlist WHERE id=CONNECTION_ID()";
    let rows = session.query(own).await?;
    Ok(first_text(&rows).unwrap_or_default().to_owned())
}

/// Takes the named lock; gives the session that has it, if it is not this one.
async fn locked(table: &CheckpointTable, session: &mut Session) -> Result<Option<u64>> {
    let taken = session.query(format!("SELECT GET_LOCK({}, 0)", table.lock)).await?;
    if first_text(&taken) == Some("1") {
        session.execute("BEGIN").await?;
        return Ok(None);
    }
    let used = session.query(format!("SELECT IS_USED_LOCK({})", table.lock)).await?;
    // Zero is nobody: the lock was given back in this moment.
    Ok(Some(first_text(&used).and_then(|id| id.parse().ok()).unwrap_or(0)))
}

/// The session that was written down, if the server still lists it; else the row stays locked until the end of the
/// transaction.
async fn listed(table: &CheckpointTable, session: &mut Session) -> Result<Option<u64>> {
    session.execute("BEGIN").await?;
    let noted = session.query(format!("SELECT content FROM {} FOR UPDATE", part(table, SESSION))).await?;
    let Some(noted) = first_text(&noted).filter(|noted| !noted.is_empty()) else { return Ok(None) };
    let alive = format!(
        "SELECT id FROM information_schema.processlist WHERE CONCAT(id, ' ', host)={}",
        quote_text(noted)
    );
    let alive = session.query(alive).await?;
    let user = first_text(&alive).and_then(|id| id.parse().ok());
    if user.is_some() {
        session.execute("ROLLBACK").await?;
    }
    Ok(user)
}

fn part(table: &CheckpointTable, part: &str) -> String {
    format!("{} WHERE pipeline={} AND part='{part}'", table.table, quote_text(&table.pipeline))
}
