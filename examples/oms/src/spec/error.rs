//! [`SpecError`]: what is wrong with a project file.

use std::path::{Path, PathBuf};

/// What is wrong with a project file. It never holds the text of a line or a value: either may be a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpecError {
    /// The file cannot be read.
    #[error("cannot read project file {}", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// It is no TOML, or has a key that is not known, or lacks one.
    #[error("{}, line {line}, column {column}: {reason}", .path.display())]
    Malformed { path: PathBuf, line: usize, column: usize, reason: String },
    /// A key's value is wrong.
    #[error("{}, key {key}: {reason}", .path.display())]
    Wrong { path: PathBuf, key: &'static str, reason: String },
    /// A secret cannot be had.
    #[error("cannot read the password of [{section}]: {what}")]
    Secret {
        section: &'static str,
        what: String,
        #[source]
        source: Option<std::io::Error>,
    },
    /// The address or account of a server is wrong.
    #[error("[{section}]: {reason}")]
    Endpoint { section: &'static str, reason: String },
}

impl SpecError {
    /// What the TOML reader refused, by line and column, counted from 1.
    pub(super) fn of_toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        // A span may end inside a character.
        let before = String::from_utf8_lossy(&text.as_bytes()[..start]);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        SpecError::Malformed { path: path.to_owned(), line, column, reason: without_value(error.message()) }
    }
}

/// A message of the TOML reader without the text that it found, as that may be a password.
fn without_value(message: &str) -> String {
    let message = message.replace('\n', ", ");
    match (message.find(": string \""), message.rfind("\", expected")) {
        (Some(from), Some(to)) if from < to => {
            format!("{}: a string{}", &message[..from], &message[to + 1..])
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_left_out_of_messages() {
        let text = "invalid type: string \"hun, \"ter2\", expected a map";
        assert_eq!(without_value(text), "invalid type: a string, expected a map");
        assert_eq!(without_value("unknown field `urll`"), "unknown field `urll`");
    }
}
