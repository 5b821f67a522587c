//! A server that answers queries.

use std::process::Command;
use std::sync::Arc;

use mysql_async::Conn;

use super::Database;
use super::instance::Instance;
use super::shared::Shared;
use crate::client::{self, Rows};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::process::Signal;

/// A server that answers queries.
///
/// A private one ends when this value is dropped, and its data with it. A shared one ends some seconds after
/// the last process that used it; one named by environment is left alone. Whatever way the test process ends,
/// SIGKILL included, no server outlives it for longer than that.
#[derive(Debug)]
pub struct Server {
    pub(super) kind: &'static dyn Kind,
    pub(super) url: String,
    pub(super) version: String,
    pub(super) backing: Backing,
}

/// Where a server comes from.
#[derive(Debug)]
pub(super) enum Backing {
    Named,
    Shared(Arc<Shared>),
    Private(Box<Instance>),
}

impl Server {
    /// Returns its URL with the login, such as `mysql://root@127.0.0.1:13306` or
    /// `oceanbase://root@127.0.0.1:12881`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the name of its kind, such as `mysql57`.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        match &self.backing {
            Backing::Private(instance) => instance.port(),
            Backing::Shared(shared) => shared.state.port,
            Backing::Named => client::options(&self.url).map_or(0, |options| options.tcp_port()),
        }
    }

    /// Returns its address, for [`Proxy::to`](crate::Proxy::to).
    pub fn address(&self) -> String {
        let host = client::options(&self.url)
            .map_or_else(|_| String::new(), |options| options.ip_or_hostname().to_owned());
        format!("{host}:{}", self.port())
    }

    /// Returns the id of its process; none for a server named by environment.
    pub fn pid(&self) -> Option<u32> {
        match &self.backing {
            Backing::Private(instance) => Some(instance.process().pid()),
            Backing::Shared(shared) => Some(shared.state.server.pid()),
            Backing::Named => None,
        }
    }

    /// Returns what `SELECT VERSION()` says.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs one or more statements in a session of their own and returns the rows of the last that gives any.
    ///
    /// # Errors
    /// [`Error::Statement`] with what the server says about the first statement that fails.
    pub async fn query(&self, statements: &str) -> Result<Rows> {
        client::query(self.kind.name(), &self.url, statements).await
    }

    /// Opens a session, for transactions and whatever else needs one that stays.
    ///
    /// # Errors
    /// [`Error::Statement`] when the server does not answer.
    pub async fn connect(&self) -> Result<Conn> {
        client::connect_to(self.kind.name(), &self.url).await
    }

    /// Creates a database with a name that nobody else has; it is dropped with the returned value.
    pub async fn create_database(&self, prefix: &str) -> Result<Database> {
        Database::create(self.kind.name(), &self.url, prefix).await
    }

    /// Returns a command that runs one of the server's own client programs, such as `mysqlbinlog`.
    ///
    /// # Errors
    /// [`Error::Refused`] where the kind comes without it, [`Error::Unavailable`] when its files cannot be
    /// had.
    pub fn client_tool(&self, program: &str) -> Result<Command> {
        let words = self.kind.client(&self.kind.root()?, program);
        let words = words.ok_or_else(|| Error::Refused {
            kind: self.kind.name().to_owned(),
            action: format!("run {program}"),
            reason: "this kind comes without that program".to_owned(),
        })?;
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        Ok(command)
    }

    /// Ends the server in good order; [`restart`](Self::restart) starts it again on its data.
    ///
    /// # Errors
    /// [`Error::Refused`] unless the server is private.
    pub async fn stop(&self) -> Result<()> {
        self.private("stop")?.stop().await
    }

    /// Ends the server by SIGKILL, as a crash would; [`restart`](Self::restart) starts it again on its data.
    ///
    /// # Errors
    /// [`Error::Refused`] unless the server is private.
    pub async fn kill(&self) -> Result<()> {
        self.private("kill")?.kill().await
    }

    /// Starts the server again on its data and its port, after it was ended in good order if it runs.
    ///
    /// # Errors
    /// [`Error::Refused`] unless the server is private, [`Error::Start`] when it does not come up.
    pub async fn restart(&self) -> Result<()> {
        Box::pin(self.private("restart")?.restart()).await
    }

    /// Makes the server stand still (SIGSTOP): connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`Error::Refused`] unless the server is private.
    pub fn pause(&self) -> Result<()> {
        self.private("pause")?.signal(Signal::Stop)
    }

    /// Lets a paused server go on (SIGCONT).
    ///
    /// # Errors
    /// [`Error::Refused`] unless the server is private.
    pub fn resume(&self) -> Result<()> {
        self.private("resume")?.signal(Signal::Continue)
    }

    fn private(&self, action: &str) -> Result<&Instance> {
        let reason = match &self.backing {
            Backing::Private(instance) => return Ok(instance),
            Backing::Shared(_) => "other tests use it; ask for one with private()".to_owned(),
            Backing::Named => {
                let variable = self.kind.variable();
                format!("it was named by {variable} and is not ours; ask for one with private()")
            }
        };
        let (kind, action) = (self.kind.name().to_owned(), action.to_owned());
        Err(Error::Refused { kind, action, reason })
    }
}
