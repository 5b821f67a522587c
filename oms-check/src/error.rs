//! [`Error`]: why a verification gives no report at all.

use std::fmt;

use oms_core::ErrorClass;
use serde::{Deserialize, Serialize};

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One of the two databases that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The database that is right by definition.
    Source,
    /// The database that should hold the same.
    Target,
}

impl Side {
    /// The side that it is compared with.
    pub fn other(self) -> Self {
        match self {
            Side::Source => Side::Target,
            Side::Target => Side::Source,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Source => "source",
            Side::Target => "target",
        })
    }
}

/// Why a verification gives no report at all.
///
/// What concerns a single table is no such error: that table is reported as not compared, and the others go on.
///
/// # Shape
///
/// No row value and no secret is in the text of an error or of its causes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A server cannot be reached, went away, or does not answer.
    #[error("the {side} failed while {action}")]
    Server {
        /// Which one.
        side: Side,
        /// What was being done.
        action: &'static str,
        /// Why.
        #[source]
        source: oms_core::Error,
    },
    /// The two servers do not compute the same digests of the same values, so equal digests would prove nothing.
    #[error("digests of these two servers cannot be trusted: {reason}")]
    SelfTest {
        /// What they disagree about.
        reason: Box<str>,
    },
    /// There is nothing to verify, or not as asked.
    #[error("option {option}: {reason}")]
    Config {
        /// Which option.
        option: &'static str,
        /// What is wrong with it.
        reason: Box<str>,
    },
}

impl Error {
    /// What to do about this error: another run may pass where it is [`ErrorClass::Transient`].
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Server { source, .. } => source.class(),
            Error::SelfTest { .. } | Error::Config { .. } => ErrorClass::Fatal,
        }
    }

    /// The server that failed, if one did.
    pub fn side(&self) -> Option<Side> {
        match self {
            Error::Server { side, .. } => Some(*side),
            Error::SelfTest { .. } | Error::Config { .. } => None,
        }
    }
}

impl From<Error> for oms_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Server { source, .. } => source,
            Error::SelfTest { reason } => oms_core::Error::unsupported("verification", reason),
            Error::Config { option, reason } => oms_core::Error::config(option, reason),
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_that_of_the_cause() {
        let lost = oms_core::Error::Connect {
            endpoint: "127.0.0.1:1".into(),
            source: Box::new(std::io::Error::other("refused")),
        };
        let error = Error::Server { side: Side::Target, action: "connecting", source: lost };
        assert_eq!((error.class(), error.side()), (ErrorClass::Transient, Some(Side::Target)));
        assert_eq!(error.to_string(), "the target failed while connecting");
        assert_eq!(Error::SelfTest { reason: "x".into() }.class(), ErrorClass::Fatal);
    }
}
