//! [`Error`], the one error type of the traits, and [`ErrorClass`], the decision that it carries.

use std::fmt;
use std::sync::Arc;

use crate::name::TableName;
use crate::position::Position;

/// A boxed cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the runner does about an error; decided where the cause is known, never from message text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Reopen from the last durable checkpoint, with back-off.
    Transient,
    /// This row or table cannot be carried: stop or quarantine, by policy.
    Data,
    /// An operator must act; the message says on what.
    Fatal,
}

/// Where something happened: any of table, column, position and row number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct At {
    /// The table.
    pub table: Option<TableName>,
    /// The column.
    pub column: Option<Arc<str>>,
    /// The position in the source's log or scan.
    pub position: Option<Position>,
    /// The row, counted from zero within the batch or statement.
    pub row: Option<u64>,
}

impl At {
    /// Nowhere in particular.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// In this table.
    pub fn table(table: &TableName) -> Self {
        Self { table: Some(table.clone()), ..Self::default() }
    }

    /// The same place, narrowed to a column.
    pub fn column(mut self, column: impl Into<Arc<str>>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// The same place, with the source position.
    pub fn position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The same place, narrowed to a row.
    pub fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

/// Writes ` in table …, column …, row … at …`, or nothing.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = " in";
        if let Some(table) = &self.table {
            write!(f, "{separator} table {table}")?;
            separator = ",";
        }
        if let Some(column) = &self.column {
            write!(f, "{separator} column {column}")?;
            separator = ",";
        }
        if let Some(row) = self.row {
            write!(f, "{separator} row {row}")?;
        }
        if let Some(position) = &self.position {
            write!(f, " at {position}")?;
        }
        Ok(())
    }
}

/// Everything that can go wrong between a source and a sink.
///
/// No variant ever holds a row value, a statement with values, or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A server could not be reached.
    #[error("cannot reach {endpoint}")]
    Connect {
        /// Host and port, never with credentials.
        endpoint: Box<str>,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The source no longer holds the log from this position on.
    #[error("the source no longer holds the log at {position}: {missing}")]
    PositionLost {
        /// Where reading was to start.
        position: Position,
        /// What is missing, and what to do.
        missing: Box<str>,
    },
    /// A connector failed.
    #[error("{connector}: {action} failed{at}")]
    Connector {
        /// Which connector.
        connector: &'static str,
        /// What was attempted.
        action: Box<str>,
        /// What to do about it.
        class: ErrorClass,
        /// Where.
        at: Box<At>,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Bytes that should hold a value, an event or a packet do not.
    #[error("cannot decode {what}{at}: {reason}")]
    Decode {
        /// What was being decoded.
        what: &'static str,
        /// Why it cannot be.
        reason: Box<str>,
        /// Where.
        at: Box<At>,
    },
    /// A value or a table cannot be carried over without changing it.
    #[error("cannot carry over{at}: {reason}")]
    Refused {
        /// Where.
        at: Box<At>,
        /// Which rule refuses it, and what to do.
        reason: Box<str>,
    },
    /// The target does not hold what the change expects there.
    #[error("conflict at the target{at}: {reason}")]
    Conflict {
        /// Where.
        at: Box<At>,
        /// What was expected and what was found, by keys and counts, never by value.
        reason: Box<str>,
    },
    /// Something that this component does not do.
    #[error("{component} does not support {feature}")]
    Unsupported {
        /// Which component.
        component: &'static str,
        /// What was asked of it.
        feature: Box<str>,
    },
    /// An option is wrong.
    #[error("option {option}: {reason}")]
    Config {
        /// Which option.
        option: Box<str>,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// Another process runs this pipeline.
    #[error("pipeline {pipeline} is held by {holder}")]
    Fenced {
        /// Which pipeline.
        pipeline: Box<str>,
        /// Who holds it.
        holder: Box<str>,
    },
    /// Counts that must agree do not; going on could lose rows.
    #[error("the ledger does not balance: {reason}")]
    Ledger {
        /// Which counts.
        reason: Box<str>,
    },
    /// Part of the program has ended without giving an answer.
    #[error("{what} has ended unexpectedly")]
    Stopped {
        /// Which part.
        what: &'static str,
    },
}

impl Error {
    /// What to do about this error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Connect { .. } => ErrorClass::Transient,
            Error::Connector { class, .. } => *class,
            Error::Refused { .. } | Error::Conflict { .. } => ErrorClass::Data,
            Error::PositionLost { .. }
            | Error::Decode { .. }
            | Error::Unsupported { .. }
            | Error::Config { .. }
            | Error::Fenced { .. }
            | Error::Ledger { .. }
            | Error::Stopped { .. } => ErrorClass::Fatal,
        }
    }

    /// True if reopening from the last durable checkpoint may help.
    pub fn is_retryable(&self) -> bool {
        self.class() == ErrorClass::Transient
    }

    /// The table that the error is about, where one is known.
    pub fn table(&self) -> Option<&TableName> {
        self.at()?.table.as_ref()
    }

    /// The source position that the error is about, where one is known.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Error::PositionLost { position, .. } => Some(position),
            _ => self.at()?.position.as_ref(),
        }
    }

    fn at(&self) -> Option<&At> {
        match self {
            Error::Connector { at, .. }
            | Error::Decode { at, .. }
            | Error::Refused { at, .. }
            | Error::Conflict { at, .. } => Some(at),
            _ => None,
        }
    }

    /// The same error, with its place filled in where it was still unknown.
    #[must_use]
    pub fn at_place(mut self, place: &At) -> Self {
        if let Error::Connector { at, .. }
        | Error::Decode { at, .. }
        | Error::Refused { at, .. }
        | Error::Conflict { at, .. } = &mut self
        {
            let At { table, column, position, row } = place;
            at.table = at.table.take().or_else(|| table.clone());
            at.column = at.column.take().or_else(|| column.clone());
            at.position = at.position.take().or_else(|| position.clone());
            at.row = at.row.or(*row);
        }
        self
    }

    /// Bytes that cannot be decoded, at a place still to be filled in.
    pub fn decode(what: &'static str, reason: impl Into<Box<str>>) -> Self {
        Error::Decode { what, reason: reason.into(), at: Box::default() }
    }

    /// A value that cannot be carried over.
    pub fn refused(at: At, reason: impl Into<Box<str>>) -> Self {
        Error::Refused { at: Box::new(at), reason: reason.into() }
    }

    /// A target that does not hold what was expected.
    pub fn conflict(at: At, reason: impl Into<Box<str>>) -> Self {
        Error::Conflict { at: Box::new(at), reason: reason.into() }
    }

    /// A wrong option.
    pub fn config(option: impl Into<Box<str>>, reason: impl Into<Box<str>>) -> Self {
        Error::Config { option: option.into(), reason: reason.into() }
    }

    /// Something that a component does not do.
    pub fn unsupported(component: &'static str, feature: impl Into<Box<str>>) -> Self {
        Error::Unsupported { component, feature: feature.into() }
    }
}

/// Prints an error with all its causes, each once, joined by `: `.
///
/// # Examples
///
/// ```
/// let error = oms_core::Error::Connect {
///     endpoint: "127.0.0.1:3306".into(),
///     source: Box::new(std::io::Error::other("refused")),
/// };
/// assert_eq!(oms_core::error::Chain(&error).to_string(), "cannot reach 127.0.0.1:3306: refused");
/// ```
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'a));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_stays_cheap() {
        assert!(size_of::<Error>() <= 64, "{}", size_of::<Error>());
    }

    #[test]
    fn place_is_printed_from_wide_to_narrow() {
        let at = At::table(&TableName::new("shop", "orders")).column("total").row(3);
        assert_eq!(at.to_string(), " in table shop.orders, column total, row 3");
        assert_eq!(At::unknown().to_string(), "");
    }

    #[test]
    fn known_place_is_not_overwritten() {
        let error = Error::refused(At::unknown().column("a"), "too long");
        let error = error.at_place(&At::table(&TableName::new("s", "t")).column("b"));
        assert_eq!(error.to_string(), "cannot carry over in table s.t, column a: too long");
    }
}
