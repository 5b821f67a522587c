//! Who holds a pipeline: one session at a time, for as long as it lives.
//!
//! MySQL has named locks, which end with their session. Those of OceanBase can outlive it, even the server's restart
//! (seekdb 1.4), so there the session is written down, and counts as long as the server lists it. Either way this only
//! keeps two living processes from taking the pipeline from each other; that the one which lost it writes nothing more is
//! the fence's work.

use std::time::{Duration, Instant};

use oms_core::mysql::{Flavour, Session, quote_text};
use oms_core::{Error, Result};

use super::store::{CheckpointTable, HOLDER, Holder, SESSION, first_text};

/// How long a session that has ended may go on to be listed: servers notice that at their own pace.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until nobody else holds the pipeline, and begins the transaction in which it is taken over.
///
/// # Errors
///
/// [`Error::Fenced`] if somebody else holds it.
pub(super) async fn take(table: &CheckpointTable, session: &mut Session, opener: &Holder<'_>) -> Result<()> {
    let begun = Instant::now();
    loop {
        let user = match session.server().flavour() == Flavour::OceanBase {
            true => listed(table, session).await?,
            false => locked(table, session).await?,
        };
        let Some(user) = user else { return Ok(()) };
        let holder = format!("SELECT content FROM {}", part(table, HOLDER));
        let holder = session.query(holder).await?;
        let holder = first_text(&holder).unwrap_or("another process");
        if opener.previous == Some(user) && holder == opener.name {
            tracing::info!(
                session = user,
                "the target still holds a session of ours that is gone, ending it"
            );
            // It may have ended in this moment.
            let _ = session.execute(format!("KILL {user}")).await;
        }
        if begun.elapsed() > PATIENCE {
            return Err(Error::Fenced { pipeline: table.pipeline.as_str().into(), holder: holder.into() });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Gives the pipeline back at once, where the end of the session would do so in the server's own time.
pub(super) async fn give_back(table: &CheckpointTable, session: &mut Session) -> Result<()> {
    if session.server().flavour() == Flavour::OceanBase {
        let identity = quote_text(&identity(session).await?);
        let ours = format!("DELETE FROM {} AND content={identity}", part(table, SESSION));
        return session.execute(ours).await.map(drop);
    }
    session.query(format!("SELECT RELEASE_LOCK({})", table.lock)).await.map(drop)
}

/// Ends the sessions of an earlier holder that the server still lists. Where its host is gone or it stands still, they
/// may hold locks of rows for hours. Whoever calls it holds the pipeline.
pub(super) async fn end_leftovers(table: &CheckpointTable, session: &mut Session) -> Result<()> {
    let noted = format!(
        "SELECT content FROM {} WHERE pipeline={} AND part LIKE '{SESSION}%' AND content<>''",
        table.table,
        quote_text(&table.pipeline)
    );
    let noted = session.query(noted).await?;
    let noted: Vec<String> = noted.iter().map(|row| row.text(0).map(quote_text)).collect::<Result<_>>()?;
    if noted.is_empty() {
        return Ok(());
    }
    let listed = format!(
        "SELECT id FROM information_schema.processlist WHERE id<>CONNECTION_ID() AND CONCAT(id, ' ', host) IN ({})",
        noted.join(",")
    );
    for row in session.query(listed).await? {
        let user: u64 = row.number(0)?;
        tracing::info!(session = user, "the target still holds a session of an earlier holder, ending it");
        // It may have ended in this moment.
        let _ = session.execute(format!("KILL {user}")).await;
    }
    Ok(())
}

/// What tells a session from all others, those behind a restart of the server too.
pub(super) async fn identity(session: &mut Session) -> Result<String> {
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
