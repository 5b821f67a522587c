//! [`Failure`]: why a command did not do what it was asked, and which exit status that is.

use std::fmt;

use oms_core::error::Chain;
use oms_core::mysql::ServerError;
use oms_core::{BoxError, Error, ErrorClass};
use serde_json::json;

use crate::spec::SpecError;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, the project file, or what it leads to is wrong: exit status 2.
    Config(BoxError),
    /// A step failed, or there was not enough time: exit status 1.
    Failed(BoxError),
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A sentence for the person who runs the program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Sentence(String);

impl Failure {
    /// Something that whoever wrote the command or the project file has to change.
    pub(crate) fn config(text: impl Into<String>) -> Self {
        Failure::Config(Box::new(Sentence(text.into())))
    }

    /// Something that went wrong.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Failure::Failed(Box::new(Sentence(text.into())))
    }

    /// The error of a first connection: if the server refuses it, the project file is wrong.
    pub(crate) fn connecting(error: Error) -> Self {
        match error.class() {
            ErrorClass::Transient => Failure::Failed(Box::new(error)),
            _ => Failure::Config(Box::new(error)),
        }
    }

    /// True if the same may work when a server is back.
    pub(crate) fn is_transient(&self) -> bool {
        self.error().downcast_ref::<Error>().is_some_and(Error::is_retryable)
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Config(_) => 2,
            Failure::Failed(_) => 1,
        }
    }

    fn error(&self) -> &(dyn std::error::Error + 'static) {
        match self {
            Failure::Config(error) | Failure::Failed(error) => &**error,
        }
    }

    /// What to do about it, where the error does not say so itself.
    fn advice(&self) -> Option<String> {
        let error = self.error().downcast_ref::<Error>()?;
        if let Some(server) = ServerError::of(error) {
            return match server.code {
                1045 | 1698 => Some("check user and password in the project file".into()),
                1044 | 1142 | 1143 | 1227 | 1370 => {
                    Some("grant the account what it lacks; `oms check` lists everything at once".into())
                }
                1048 | 1062 | 1264 | 1265 | 1292 | 1366 | 1406 | 3819 | 4025 => Some(
                    "change the column at the target, or the row at the source, so that it fits, and run the same \
                     command again: it goes on where it was"
                        .into(),
                ),
                1040 | 1203 | 1226 => Some(
                    "the server has too many connections: lower full.connections and \
                                            apply.workers, or raise its limit"
                        .into(),
                ),
                _ => None,
            };
        }
        match error {
            Error::Connect { .. } => {
                let advice = "is the server running, and are host and port in the project file right? Then run the same \
                              command again: it goes on where it was";
                Some(advice.into())
            }
            Error::PositionLost { .. } => {
                Some("to begin anew: empty the target's tables, and give the project another name".into())
            }
            Error::Fenced { .. } => Some("stop the other process, or wait until it has ended".into()),
            Error::Conflict { .. } => Some(
                "the target was changed by somebody else, or holds rows that are not the source's: \
                      `oms verify` lists what differs"
                    .into(),
            ),
            _ if error.is_retryable() => Some("run the same command again: it goes on where it was".into()),
            _ => None,
        }
    }

    /// One JSON object with everything that is known.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let error = self.error().downcast_ref::<Error>();
        json!({
            "error": Chain(self.error()).to_string(),
            "advice": self.advice(),
            "table": error.and_then(Error::table).map(ToString::to_string),
            "position": error.and_then(Error::position).map(ToString::to_string),
        })
    }
}

/// The error with its causes, and what to do.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Chain(self.error()))?;
        match self.advice() {
            Some(advice) => write!(f, "\n     {advice}"),
            None => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Config { .. } => Failure::Config(Box::new(error)),
            error => Failure::Failed(Box::new(error)),
        }
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Failure::Config(Box::new(error))
    }
}
