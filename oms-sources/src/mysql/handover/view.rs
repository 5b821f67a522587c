//! A consistent read view of the tables without a key, and the position of the log that belongs to it.

use std::time::Duration;

use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, ServerError, Session, SessionOptions, quote_table};
use oms_core::{Error, Result, TableName};

use crate::mysql::binlog::{BinlogPosition, LogState};
use crate::mysql::scan::reader_connections;

/// How long writers of a keyless table may have to wait for us at a time.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// Tries to get the locks, with a pause as long as the patience after each.
const LOCK_ATTEMPTS: u32 = 40;

/// May not lock tables.
const ACCESS_DENIED: [u16; 3] = [1044, 1142, 1227];

/// Opens `count` connections that show the tables as they are at the position that is returned, exactly.
///
/// The tables are locked against writers for the moment that it takes to open the views; other tables are not.
///
/// # Errors
///
/// [`Error::Config`] if the user may not lock the tables; a [`Transient`](oms_core::ErrorClass::Transient) error if
/// writers of them never pause.
pub(super) async fn open(
    connect: &ConnectOptions,
    tables: &[TableName],
    count: usize,
) -> Result<(Vec<Connection>, BinlogPosition)> {
    let mut connections = reader_connections(connect, count).await?;
    for connection in &mut connections {
        connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    }
    let options = SessionOptions::default().with_lock_wait_timeout(LOCK_PATIENCE);
    let mut locks = Session::connect(connect, &options).await?;
    let mut log = Session::connect(connect, &SessionOptions::default()).await?;
    lock(&mut locks, tables).await?;
    for connection in &mut connections {
        connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
    }
    let position = LogState::read(&mut log).await?.end;
    locks.execute("UNLOCK TABLES").await?;
    locks.close().await?;
    log.close().await?;
    Ok((connections, position))
}

/// Waits until no transaction has uncommitted changes of the tables, and keeps new ones from making any.
async fn lock(session: &mut Session, tables: &[TableName]) -> Result<()> {
    let tables: Vec<String> = tables.iter().map(|table| format!("{} READ", quote_table(table))).collect();
    let lock = format!("LOCK TABLES {}", tables.join(", "));
    let mut attempts = 0;
    loop {
        let Err(error) = session.execute(&lock).await else { return Ok(()) };
        let Some(server) = ServerError::of(&error) else { return Err(error) };
        if ACCESS_DENIED.contains(&server.code) {
            let reason = "to copy tables without a key while they are written to, it needs the right LOCK TABLES \
                          (for a moment, to find the position in the log that belongs to the copy)";
            return Err(Error::config("source user", reason));
        }
        attempts += 1;
        if !error.is_retryable() || attempts >= LOCK_ATTEMPTS {
            return Err(error);
        }
        tracing::info!(
            attempts,
            "a long transaction keeps the keyless tables from being locked, trying again"
        );
        tokio::time::sleep(LOCK_PATIENCE).await;
    }
}
