//! [`SuiteReport`] and [`Violation`]: what a conformance suite has found.

use std::fmt;

use crate::error::Error;

/// What a suite has checked.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SuiteReport {
    /// The rules that hold.
    pub checked: Vec<&'static str>,
    /// Rules that could not be checked, each with the reason.
    pub skipped: Vec<(&'static str, &'static str)>,
}

impl SuiteReport {
    pub(super) fn holds(&mut self, rule: &'static str) {
        self.checked.push(rule);
    }

    pub(super) fn skip(&mut self, rule: &'static str, reason: &'static str) {
        self.skipped.push((rule, reason));
    }
}

impl fmt::Display for SuiteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.checked {
            writeln!(f, "holds: {rule}")?;
        }
        for (rule, reason) in &self.skipped {
            writeln!(f, "not checked: {rule} ({reason})")?;
        }
        Ok(())
    }
}

/// A rule of a contract that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {found}")]
#[non_exhaustive]
pub struct Violation {
    /// The rule.
    pub rule: &'static str,
    /// What was found instead.
    pub found: String,
    /// The error that was met, where it was one.
    #[source]
    pub source: Option<Error>,
}

/// One rule while it is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule(pub(super) &'static str);

impl Rule {
    /// Fails unless `holds`.
    pub(super) fn check(self, holds: bool, found: impl FnOnce() -> String) -> Result<(), Violation> {
        match holds {
            true => Ok(()),
            false => Err(self.broken(found())),
        }
    }

    pub(super) fn broken(self, found: impl Into<String>) -> Violation {
        Violation { rule: self.0, found: found.into(), source: None }
    }

    /// Turns the error of a call into a violation.
    pub(super) fn call<T>(self, what: &str, result: Result<T, Error>) -> Result<T, Violation> {
        result.map_err(|error| Violation {
            rule: self.0,
            found: format!("{what} failed"),
            source: Some(error),
        })
    }

    /// Waits for a call, but not for ever, and turns its error into a violation.
    pub(super) async fn within<T>(
        self,
        what: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Violation> {
        match tokio::time::timeout(super::DEADLINE, call).await {
            Ok(result) => self.call(what, result),
            Err(_) => Err(self.broken(format!("{what} did not return within {:?}", super::DEADLINE))),
        }
    }
}
