//! What a verification found, for programs as JSON lines and for people as text.

mod difference;
mod table;
mod write;

use std::time::Duration;

pub use difference::{Difference, DifferenceKind, KeyPart};
pub use table::{Method, TableReport};

use serde::{Deserialize, Serialize};

/// What a verification found about a table, or about all of them.
///
/// # Shape
///
/// Ordered from good to bad; the verdict about several tables is the worst of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Both sides hold the same.
    Equal,
    /// Rows seemed to differ, and neither became equal nor stayed as they were while they were looked at.
    Unsettled,
    /// Both sides do not hold the same.
    Different,
    /// It could not be found out.
    Failed,
}

impl Verdict {
    /// The exit status of a program that verifies: 0 for equal, 1 for everything else.
    pub fn exit_status(self) -> u8 {
        u8::from(self != Verdict::Equal)
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Equal => "equal",
            Verdict::Unsettled => "unsettled",
            Verdict::Different => "different",
            Verdict::Failed => "failed",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What a verification found.
///
/// # Examples
///
/// ```
/// use oms_check::{Report, Verdict};
/// let report = Report::default();
/// assert_eq!((report.verdict(), report.exit_status()), (Verdict::Equal, 0));
/// let mut text = Vec::new();
/// report.write_text(&mut text).unwrap();
/// assert!(text.ends_with(b"equal: 0 tables, 0 rows\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// One for each pair of tables, in the order in which they were given.
    pub tables: Vec<TableReport>,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub elapsed: Duration,
}

impl Report {
    /// The worst verdict about any table.
    pub fn verdict(&self) -> Verdict {
        self.tables.iter().map(TableReport::verdict).max().unwrap_or(Verdict::Equal)
    }

    /// The exit status of a program that verifies: 0 if all tables are equal, else 1.
    pub fn exit_status(&self) -> u8 {
        self.verdict().exit_status()
    }

    /// Rows compared at the source, in all tables.
    pub fn source_rows(&self) -> u64 {
        self.tables.iter().map(|table| table.source_rows).sum()
    }
}

pub(crate) fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_counts_and_only_equal_is_success() {
        let order = [Verdict::Equal, Verdict::Unsettled, Verdict::Different, Verdict::Failed];
        assert!(order.is_sorted());
        assert_eq!(order.map(Verdict::exit_status), [0, 1, 1, 1]);
    }
}
