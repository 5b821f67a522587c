//! Asking for a server.

use std::env;
use std::time::Duration;

use super::blocking::blocking;
use super::instance::Instance;
use super::running::{Backing, Server};
use super::shared;
use crate::error::{Error, Result};
use crate::kind::{self, Kind};
use crate::{client, report};

/// The kinds of server that tests can have.
///
/// ```no_run
/// # async fn example() -> oms_test_servers::Result<()> {
/// use oms_test_servers::Servers;
///
/// let source = Servers::mysql().start().await?; // shared by all tests of the run
/// let target = Servers::seekdb().private().start().await?; // this test's own
/// let narrow = Servers::mysql().with_option("--max-allowed-packet=16M").start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Servers;

impl Servers {
    /// The newest MySQL that Debian has (9.7), with GTIDs and full row metadata on. `OMS_TEST_MYSQL` names
    /// one that is there.
    pub fn mysql() -> ServerBuilder {
        Self::known("mysql")
    }

    /// MySQL 5.7.22. `OMS_TEST_MYSQL57` names one that is there.
    pub fn mysql57() -> ServerBuilder {
        Self::known("mysql57")
    }

    /// MySQL 8.0.15. `OMS_TEST_MYSQL80` names one that is there.
    pub fn mysql80() -> ServerBuilder {
        Self::known("mysql80")
    }

    /// MariaDB of the machine's Debian suite. `OMS_TEST_MARIADB` names one that is there.
    pub fn mariadb() -> ServerBuilder {
        Self::known("mariadb")
    }

    /// OceanBase seekdb 1.4. `OMS_TEST_SEEKDB` names one that is there.
    pub fn seekdb() -> ServerBuilder {
        Self::known("seekdb")
    }

    /// Returns the kind of a name, such as `mysql57`.
    pub fn by_name(name: &str) -> Option<ServerBuilder> {
        kind::by_name(name).map(|kind| ServerBuilder { kind, options: Vec::new(), private: false })
    }

    /// Returns the names of all kinds.
    pub fn names() -> Vec<&'static str> {
        kind::KINDS.iter().map(|kind| kind.name()).collect()
    }

    /// # Panics
    /// Never: the names above are those of the table of kinds, and a test looks.
    fn known(name: &str) -> ServerBuilder {
        Self::by_name(name).expect("the name stands in the table of kinds")
    }
}

/// A server that is asked for: shared by default, private with options of its own or on request.
#[derive(Debug, Clone)]
pub struct ServerBuilder {
    kind: &'static dyn Kind,
    options: Vec<String>,
    private: bool,
}

impl ServerBuilder {
    /// Adds an option of the server's command line, and makes the server private. Later ones win over earlier
    /// ones and over the defaults.
    ///
    /// # Shape
    /// `--max-allowed-packet=16M` for MySQL and MariaDB, where `--lower-case-table-names`,
    /// `--innodb-page-size` and `--innodb-data-file-path` also go to the making of the data folder;
    /// `memstore_memory_limit=2G`, a parameter, or `--name`, `value` for seekdb.
    #[must_use]
    pub fn with_option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self.private()
    }

    /// Asks for a server of this test's own, which it may stop, kill and pause.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Returns the name of the kind.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// Downloads and unpacks the server unless that was done before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn get(&self) -> Result<()> {
        let kind = self.kind;
        blocking(move || kind.root()).await.map(drop)
    }

    /// Returns a server that answers queries: the one named by environment, the shared one, or a new one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its files cannot be had, [`Error::Start`] when it does not come up,
    /// [`Error::Statement`] when the one named by environment does not answer.
    pub async fn start(self) -> Result<Server> {
        let kind = self.kind;
        let local = |port: u16| format!("{}://root@127.0.0.1:{port}", kind.scheme());
        if self.private {
            let instance = Box::pin(Instance::start(kind, self.options, Duration::ZERO)).await?;
            let (url, version) = (local(instance.port()), instance.version());
            return Ok(Server { kind, url, version, backing: Backing::Private(Box::new(instance)) });
        }
        if let Some(url) = env::var(kind.variable()).ok().filter(|url| !url.is_empty()) {
            let rows = client::query(kind.name(), &url, "SELECT VERSION()").await?;
            let version = rows.into_iter().flatten().flatten().next().unwrap_or_default();
            return Ok(Server { kind, url, version, backing: Backing::Named });
        }
        let shared = Box::pin(shared::join(kind)).await?;
        let (url, version) = (local(shared.state.port), shared.state.version.clone());
        Ok(Server { kind, url, version, backing: Backing::Shared(shared) })
    }

    /// Returns the server, or none when it cannot be had on this machine; then `test` is recorded as skipped.
    ///
    /// The record is printed at once, whatever the test harness captures, and by `test-servers skipped` at
    /// the end of a run.
    ///
    /// # Panics
    /// When the server cannot be had although `CI=true` demands it, and when it was had but does not start.
    pub async fn start_or_skip(self, test: &str) -> Option<Server> {
        match Box::pin(self.start()).await {
            Ok(server) => Some(server),
            Err(error @ Error::Unavailable { .. }) if !report::must_have_servers() => {
                if let Err(unwritten) = report::skip(test, &error.chain()) {
                    panic!("{test} was to be skipped, but that could not be recorded: {}", unwritten.chain());
                }
                None
            }
            Err(error) => panic!("{test}: {}", error.chain()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name() {
        let builders =
            [Servers::mysql(), Servers::mysql57(), Servers::mysql80(), Servers::mariadb(), Servers::seekdb()];
        let names: Vec<_> = builders.iter().map(ServerBuilder::kind).collect();
        assert_eq!(names, Servers::names());
        assert!(Servers::by_name("postgres").is_none());
    }
}
