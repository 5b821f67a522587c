//! [`ServerError`]: an error that a server sent, without the row values that its text may repeat.

mod text;

use super::error_code::class_of;
use super::server::Flavour;
use crate::error::{Error, ErrorClass};

/// An error that a server sent.
///
/// Servers repeat row values in their texts (`Duplicate entry 'ann@example.com' for key 'email'`), so only the texts
/// of numbers that are known to hold none are kept; of the others, a new text is made of what is safe: kind, column,
/// key and row. What is not known is withheld.
///
/// # Examples
///
/// ```
/// use oms_core::mysql::{Flavour, ServerError};
/// let text = "Duplicate entry 'ann@example.com' for key 'users.email'";
/// let error = ServerError::new(Flavour::MySql, 1062, "23000", text);
/// assert_eq!(error.to_string(), "server error 1062 (23000): duplicate entry for key users.email");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("server error {code} ({sqlstate}): {message}")]
#[non_exhaustive]
pub struct ServerError {
    /// The number.
    pub code: u16,
    /// The SQLSTATE, five characters, or `HY000` where the server gave none.
    pub sqlstate: Box<str>,
    /// A text without row values.
    pub message: Box<str>,
    /// What to do about it.
    pub class: ErrorClass,
}

impl ServerError {
    /// The error of a server with its own text, from which row values are removed.
    pub fn new(flavour: Flavour, code: u16, sqlstate: &str, text: &str) -> Self {
        let is_state = sqlstate.len() == 5 && sqlstate.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let sqlstate = if is_state { sqlstate } else { "HY000" };
        Self {
            code,
            sqlstate: sqlstate.into(),
            message: text::safe_text(flavour, code, text).into(),
            class: class_of(flavour, code, sqlstate),
        }
    }

    /// The error of a server that refuses a connection: no row has been read or written yet, so its text is kept.
    pub(super) fn on_connecting(flavour: Flavour, code: u16, sqlstate: &str, text: &str) -> Self {
        let mut error = Self::new(flavour, code, sqlstate, "");
        error.message = text::printable(text).into();
        error
    }

    /// The error of a connector whose `action` failed so.
    pub(super) fn during(self, flavour: Flavour, action: &str) -> Error {
        Error::Connector {
            connector: flavour.connector(),
            action: action.into(),
            class: self.class,
            at: Box::default(),
            source: Box::new(self),
        }
    }

    /// The server's error behind an error of a connector, if a server sent one.
    pub fn of(error: &Error) -> Option<&Self> {
        match error {
            Error::Connector { source, .. } | Error::Connect { source, .. } => source.downcast_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
