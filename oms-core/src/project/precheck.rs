//! [`CheckReport`]: everything that stands against a migration, found before anything is written.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It works, but something is slower, less certain or otherwise than expected.
    Warning,
    /// The migration would fail, or could change or lose rows.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One thing that a check found.
///
/// # Shape
///
/// `code` is a stable word for programs, such as `binlog_format`; the texts are for people and may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of finding it is, as a stable word.
    pub code: Box<str>,
    /// What it is about: a table, a column, a variable or an end of the migration.
    pub subject: Box<str>,
    /// What is wrong.
    pub problem: Box<str>,
    /// What to do; empty where there is nothing to do.
    pub advice: Box<str>,
}

impl Finding {
    /// Something that is found.
    pub fn new(
        severity: Severity,
        code: &str,
        subject: impl fmt::Display,
        problem: impl Into<Box<str>>,
        advice: impl Into<Box<str>>,
    ) -> Self {
        let subject = subject.to_string().into();
        Self { severity, code: code.into(), subject, problem: problem.into(), advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity, self.subject, self.problem)?;
        match self.advice.is_empty() {
            true => Ok(()),
            false => write!(f, "; {}", self.advice),
        }
    }
}

/// Everything that the checks found, all at once.
///
/// # Examples
///
/// ```
/// use oms_core::project::{CheckReport, Severity};
/// let mut report = CheckReport::new();
/// report.error("log_bin", "source", "it writes no binary log", "start it with log_bin");
/// report.warning("no_key", "shop.log", "the table has no key", "give it a primary key");
/// assert!(!report.is_ok());
/// assert_eq!(report.findings_of(Severity::Error).count(), 1);
/// assert!(report.has("no_key"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub struct CheckReport {
    /// What was found, in the order in which it was looked for.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Nothing found so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds something that the migration would fail at.
    pub fn error(
        &mut self,
        code: &str,
        subject: impl fmt::Display,
        problem: impl Into<Box<str>>,
        advice: impl Into<Box<str>>,
    ) {
        self.push(Finding::new(Severity::Error, code, subject, problem, advice));
    }

    /// Adds something that the user should know before.
    pub fn warning(
        &mut self,
        code: &str,
        subject: impl fmt::Display,
        problem: impl Into<Box<str>>,
        advice: impl Into<Box<str>>,
    ) {
        self.push(Finding::new(Severity::Warning, code, subject, problem, advice));
    }

    /// Adds a fact.
    pub fn info(&mut self, code: &str, subject: impl fmt::Display, fact: impl Into<Box<str>>) {
        self.push(Finding::new(Severity::Info, code, subject, fact, ""));
    }

    /// Adds all findings of another report.
    pub fn merge(&mut self, other: CheckReport) {
        self.findings.extend(other.findings);
    }

    /// True if nothing stands against the migration; there may be warnings.
    pub fn is_ok(&self) -> bool {
        self.findings_of(Severity::Error).next().is_none()
    }

    /// The findings of one severity.
    pub fn findings_of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }

    /// True if there is a finding of this code.
    pub fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| *finding.code == *code)
    }
}

/// One finding a line, the gravest first.
impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            for finding in self.findings_of(severity) {
                write!(f, "{separator}{finding}")?;
                separator = "\n";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_comes_first_and_json_keeps_everything() {
        let mut report = CheckReport::new();
        report.info("server", "source", "MySQL 9.7.4");
        report.warning("no_key", "shop.log", "the table has no key", "give it one");
        report.error("log_bin", "source", "it writes no binary log", "set log_bin");
        let text = "error: source: it writes no binary log; set log_bin\n\
                    warning: shop.log: the table has no key; give it one\n\
                    info: source: MySQL 9.7.4";
        assert_eq!(report.to_string(), text);
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.contains(r#"{"severity":"error","code":"log_bin","subject":"source""#), "{json}");
        assert_eq!(serde_json::from_str::<CheckReport>(&json).unwrap(), report);
    }

    #[test]
    fn warnings_do_not_stand_against_a_migration() {
        let mut report = CheckReport::new();
        report.warning("no_key", "t", "x", "y");
        assert!(report.is_ok());
        let mut other = CheckReport::new();
        other.error("grants", "source", "x", "y");
        report.merge(other);
        assert!(!report.is_ok() && report.has("grants") && report.has("no_key"));
    }
}
