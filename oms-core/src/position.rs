//! [`Position`]: a point in a source's log, opaque to everyone but the source that made it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A point from which a source can go on: a scheme that names the kind of source, and its own text.
///
/// It is text, so that a person can read and edit it, and it is never compared by the core: order is the order
/// of batches. A source that makes positions offers a typed form with `Display` and `FromStr`.
///
/// # Examples
///
/// ```
/// use oms_core::Position;
/// let position = Position::new("mysql-binlog", "binlog.000004:157");
/// assert_eq!(position.to_string(), "mysql-binlog:binlog.000004:157");
/// assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Position {
    scheme: Cow<'static, str>,
    token: Arc<str>,
}

impl Position {
    /// A position of the sources that use `scheme`, which holds no `:`.
    pub fn new(scheme: impl Into<Cow<'static, str>>, token: impl Into<Arc<str>>) -> Self {
        Self { scheme: scheme.into(), token: token.into() }
    }

    /// Which kind of source made it.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The source's own text.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The source's own text, if it was made under `scheme`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if another kind of source made it.
    pub fn token_of(&self, scheme: &str) -> Result<&str, Error> {
        if self.scheme == scheme {
            return Ok(&self.token);
        }
        Err(Error::config(
            "checkpoint",
            format!(
                "it was made by a source of kind {}, not {scheme}; use another pipeline name",
                self.scheme
            ),
        ))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.token)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            Some((scheme, token)) if !scheme.is_empty() => Ok(Self::new(scheme.to_owned(), token)),
            _ => Err(Error::decode("a position", "it has the form scheme:token")),
        }
    }
}

impl From<Position> for String {
    fn from(position: Position) -> String {
        position.to_string()
    }
}

impl TryFrom<String> for Position {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_hold_colons() {
        let position: Position = "a:b:c".parse().unwrap();
        assert_eq!((position.scheme(), position.token()), ("a", "b:c"));
        assert!("abc".parse::<Position>().is_err());
    }

    #[test]
    fn another_kind_of_source_is_refused() {
        let error = Position::new("kafka", "0:1").token_of("mysql-binlog").unwrap_err();
        assert!(error.to_string().contains("kind kafka"), "{error}");
    }
}
