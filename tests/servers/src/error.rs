//! What can go wrong while a server is got, started or asked.

use std::path::{Path, PathBuf};

/// Result of this package.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Says which server could not be had, started or asked, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server's files cannot be had on this machine: a tool is missing, or a download failed.
    #[error("cannot get {kind}: {action} failed: {output}")]
    Unavailable {
        /// Name of the kind of server.
        kind: String,
        /// What was attempted.
        action: String,
        /// The last lines that the tool printed, without host names.
        output: String,
    },
    /// The server's files are there, but it does not come up.
    #[error("{kind} did not start: {reason}; its log ends with:\n{log}")]
    Start {
        /// Name of the kind of server.
        kind: String,
        /// What was seen.
        reason: String,
        /// The last lines of the server's log.
        log: String,
    },
    /// The call is not possible for this server.
    #[error("{kind}: cannot {action}: {reason}")]
    Refused {
        /// Name of the kind of server.
        kind: String,
        /// What was asked for.
        action: String,
        /// Why not, and what to do instead.
        reason: String,
    },
    /// A server did not answer a statement.
    #[error("{kind}: {action} failed")]
    Statement {
        /// Name of the kind of server, or its address.
        kind: String,
        /// What was attempted.
        action: String,
        /// The driver's error.
        #[source]
        source: Box<mysql_async::Error>,
    },
    /// A URL or a table name cannot be read.
    #[error("cannot read {what} {text:?}: {reason}")]
    Input {
        /// What the text should have been.
        what: &'static str,
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file, a folder or a process could not be handled.
    #[error("cannot {action} {path}", path = path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// With which file, folder or program.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Wraps a system error with what was attempted; made for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// Wraps a driver error with what was attempted; made for `map_err`.
    pub(crate) fn statement(kind: &str, action: &str) -> impl FnOnce(mysql_async::Error) -> Self {
        let (kind, action) = (kind.to_owned(), action.to_owned());
        move |source| Self::Statement { kind, action, source: Box::new(source) }
    }

    /// Prints the error and its causes in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
