//! [`SqlLeaseStore`]: leases as rows in the target, by the server's clock.

use std::time::Duration;

use async_trait::async_trait;
use oms_core::lease::{Lease, LeaseHolder, LeaseStore};
use oms_core::mysql::{
    ConnectOptions, Session, SessionOptions, TextRow, quote_ident, quote_table, quote_text,
};
use oms_core::{Error, Result, TableName};
use tokio::sync::Mutex;

/// Keeps leases in a table `lease` of the target, beside the checkpoints.
///
/// ```text
///   name   owner                  token  acquired_at          expires_at
///   shop   process 71 on host a       8  2026-01-02 03:04:05  2026-01-02 03:04:15
/// ```
///
/// Times are the server's own, so that clocks of hosts do not matter. A sink that is opened with a lease's token
/// ([`MySqlSinkOptions::with_lease`](crate::mysql::MySqlSinkOptions::with_lease)) writes nothing once somebody
/// else has acquired the lease and opened the pipeline.
///
/// # Examples
///
/// ```no_run
/// # async fn demo(target: oms_core::mysql::ConnectOptions) -> oms_core::Result<()> {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use oms_core::lease::LeaseKeeper;
/// use oms_sinks::mysql::SqlLeaseStore;
/// let store = Arc::new(SqlLeaseStore::new(target));
/// let keeper = LeaseKeeper::acquire(store, "shop", "process 1", Duration::from_secs(10)).await?;
/// keeper.release().await
/// # }
/// ```
#[derive(Debug)]
pub struct SqlLeaseStore {
    connect: ConnectOptions,
    database: String,
    /// Kept between calls; `None` before the first one and after an error.
    session: Mutex<Option<Session>>,
}

impl SqlLeaseStore {
    /// In the default checkpoint database of this server.
    pub fn new(connect: ConnectOptions) -> Self {
        let database = crate::mysql::MySqlSinkOptions::default().checkpoint_database;
        Self { connect, database, session: Mutex::new(None) }
    }

    /// The same in another database.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = database.into();
        self
    }

    fn table(&self) -> String {
        lease_table(&self.database)
    }

    /// The session, out of its place: it comes back only if all went well with it.
    async fn session(&self, place: &mut Option<Session>) -> Result<Session> {
        match place.take().filter(Session::is_open) {
            Some(session) => Ok(session),
            None => {
                // Affected rows are to be those that were found: a renewal may change nothing.
                let options = SessionOptions::default().with_found_rows(true);
                Session::connect(&self.connect, &options).await
            }
        }
    }

    async fn create(&self, session: &mut Session) -> Result<()> {
        session.execute(format!("CREATE DATABASE IF NOT EXISTS {}", quote_ident(&self.database))).await?;
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {} (name VARCHAR(128) NOT NULL, owner VARCHAR(255) NOT NULL, \
             token BIGINT UNSIGNED NOT NULL, acquired_at DATETIME(6) NOT NULL, expires_at DATETIME(6) NOT NULL, \
             PRIMARY KEY (name)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            self.table()
        );
        session.execute(create).await?;
        Ok(())
    }

    async fn acquire_in(
        &self,
        session: &mut Session,
        name: &str,
        owner: &str,
        duration: Duration,
    ) -> Result<Lease> {
        self.create(session).await?;
        let (table, quoted) = (self.table(), quote_text(name));
        // A row to lock; the first one that there ever is has ended long ago.
        let first = format!(
            "INSERT INTO {table} (name,owner,token,acquired_at,expires_at) \
             VALUES ({quoted},'',0,'2000-01-01','2000-01-01') ON DUPLICATE KEY UPDATE name=name"
        );
        session.execute(first).await?;
        session.execute("BEGIN").await?;
        let found = holder_in(session, &table, name, " FOR UPDATE").await?;
        if let Some((holder, true)) = &found {
            session.execute("ROLLBACK").await?;
            return Err(fenced(name, Some(holder)));
        }
        let token = found.map_or(0, |(holder, _)| holder.token) + 1;
        let owner: String = owner.chars().take(255).collect();
        let update = format!(
            "UPDATE {table} SET owner={}, token={token}, acquired_at=UTC_TIMESTAMP(6), \
             expires_at=UTC_TIMESTAMP(6)+INTERVAL {} MICROSECOND WHERE name={quoted}",
            quote_text(&owner),
            duration.as_micros()
        );
        session.execute(update).await?;
        session.execute("COMMIT").await?;
        Ok(Lease::new(name, owner, token, duration))
    }
}

/// `` `database`.`lease` ``
pub(super) fn lease_table(database: &str) -> String {
    format!("{}.`lease`", quote_ident(database))
}

/// Who holds or held a lease, and whether it has not ended.
async fn holder_in(
    session: &mut Session,
    table: &str,
    name: &str,
    lock: &str,
) -> Result<Option<(LeaseHolder, bool)>> {
    parse_holder(&session.query(select_holder(table, name, lock)).await?)
}

fn select_holder(table: &str, name: &str, lock: &str) -> String {
    format!(
        "SELECT owner, token, DATE_FORMAT(acquired_at, '%Y-%m-%d %H:%i:%s'), \
         DATE_FORMAT(expires_at, '%Y-%m-%d %H:%i:%s.%f'), expires_at > UTC_TIMESTAMP(6) FROM {table} \
         WHERE name={}{lock}",
        quote_text(name)
    )
}

fn parse_holder(rows: &[TextRow]) -> Result<Option<(LeaseHolder, bool)>> {
    let Some(row) = rows.first() else { return Ok(None) };
    let holder = LeaseHolder::new(row.text(0)?, row.number(1)?, row.text(2)?, Some(row.text(3)?.into()));
    Ok(Some((holder, row.text(4)? == "1")))
}

fn fenced(name: &str, holder: Option<&LeaseHolder>) -> Error {
    let holder = holder.map_or_else(|| "nobody: its row is gone".to_owned(), ToString::to_string);
    Error::Fenced { pipeline: name.into(), holder: holder.into() }
}

/// Checks, in the transaction that takes a pipeline over, that a token is still the newest; the row stays locked.
///
/// # Errors
///
/// [`Error::Fenced`] if it is not.
pub(super) async fn require_token(
    session: &mut Session,
    database: &str,
    name: &str,
    token: u64,
) -> Result<()> {
    match holder_in(session, &lease_table(database), name, " FOR UPDATE").await? {
        Some((holder, _)) if holder.token == token => Ok(()),
        found => Err(fenced(name, found.as_ref().map(|(holder, _)| holder))),
    }
}

#[async_trait]
impl LeaseStore for SqlLeaseStore {
    async fn acquire(&self, name: &str, owner: &str, duration: Duration) -> Result<Lease> {
        let mut place = self.session.lock().await;
        let mut session = self.session(&mut place).await?;
        let result = self.acquire_in(&mut session, name, owner, duration).await;
        // An error of the server may leave a transaction open; its end gives the row free.
        if matches!(result, Ok(_) | Err(Error::Fenced { .. })) {
            *place = Some(session);
        }
        result
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let mut place = self.session.lock().await;
        let mut session = self.session(&mut place).await?;
        let (table, name) = (self.table(), quote_text(&lease.name));
        let update = format!(
            "UPDATE {table} SET expires_at=UTC_TIMESTAMP(6)+INTERVAL {} MICROSECOND \
             WHERE name={name} AND token={}",
            lease.duration.as_micros(),
            lease.token
        );
        let renewed = session.execute(update).await?.affected_rows == 1;
        let holder = match renewed {
            true => None,
            false => holder_in(&mut session, &table, &lease.name, "").await?,
        };
        *place = Some(session);
        match renewed {
            true => Ok(()),
            false => Err(fenced(&lease.name, holder.as_ref().map(|(holder, _)| holder))),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let mut place = self.session.lock().await;
        let mut session = self.session(&mut place).await?;
        let update = format!(
            "UPDATE {} SET expires_at=UTC_TIMESTAMP(6) WHERE name={} AND token={}",
            self.table(),
            quote_text(&lease.name),
            lease.token
        );
        session.execute(update).await?;
        session.close().await
    }

    async fn holder(&self, name: &str) -> Result<Option<LeaseHolder>> {
        let mut place = self.session.lock().await;
        let mut session = self.session(&mut place).await?;
        let table = TableName::new(self.database.as_str(), "lease");
        let rows = session.query_if_there(&table, &select_holder(&quote_table(&table), name, "")).await?;
        let found = parse_holder(&rows)?;
        *place = Some(session);
        Ok(found.filter(|(_, lives)| *lives).map(|(holder, _)| holder))
    }
}
