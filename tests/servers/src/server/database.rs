//! A database of one test on a server that many share.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mysql_async::Conn;

use crate::client::{self, Rows};
use crate::error::{Error, Result};

/// How long the dropping of a database may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A fresh database with a name of its own, dropped with this value (as far as that is possible then).
#[derive(Debug)]
pub struct Database {
    kind: &'static str,
    name: String,
    server: String,
    url: String,
}

impl Database {
    pub(super) async fn create(kind: &'static str, server: &str, prefix: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Time and process keep runs on a long-lived server apart. Lower case: some servers fold names.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name =
            format!("{prefix}_{:x}_{:x}_{number}", time % (1 << 40), std::process::id()).to_lowercase();
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.len() > 64 || !name.chars().all(sound) {
            let reason = "letters, digits and _ it must be, 64 of them at most with the suffix".to_owned();
            return Err(Error::Input { what: "database name", text: name, reason });
        }
        client::query(kind, server, &format!("CREATE DATABASE `{name}`")).await?;
        let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
        let mut url = format!("{}/{name}", address.trim_end_matches('/'));
        if !parameters.is_empty() {
            url = format!("{url}?{parameters}");
        }
        Ok(Self { kind, name, server: server.to_owned(), url })
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the server's URL with this database as the default.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns `name.table`, as the oracle takes it.
    pub fn table(&self, table: &str) -> String {
        format!("{}.{table}", self.name)
    }

    /// Opens a session with this database as the default.
    ///
    /// # Errors
    /// [`Error::Statement`] when the server does not answer.
    pub async fn connect(&self) -> Result<Conn> {
        client::connect_to(self.kind, &self.url).await
    }

    /// Runs one or more statements with this database as the default, in a session of their own, and returns
    /// the rows of the last that gives any.
    ///
    /// # Errors
    /// [`Error::Statement`] with what the server says about the first statement that fails.
    pub async fn query(&self, statements: &str) -> Result<Rows> {
        client::query(self.kind, &self.url, statements).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A transaction that a test left open must not hold it up for long.
        let script = format!("SET SESSION lock_wait_timeout=2; DROP DATABASE IF EXISTS `{}`", self.name);
        let (kind, server) = (self.kind, self.server.clone());
        // A runtime of its own: the test's may be ending, and cannot be waited for in here. No server, no
        // database to drop.
        let _ = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // A server that stands still must not hold up the test's end.
            let drop = async { tokio::time::timeout(PATIENCE, client::query(kind, &server, &script)).await };
            runtime.map(|runtime| runtime.block_on(drop))
        })
        .join();
    }
}
