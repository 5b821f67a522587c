//! [`Conflict`]: the target does not hold what a change expects there; what to do, and whom to tell.

use std::fmt;
use std::sync::Arc;

use oms_core::TableName;
use oms_core::event::{ChangeKind, TransactionId};
use oms_core::value::Value;

/// What a SQL sink does when the target does not hold what a change expects there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictPolicy {
    /// Nothing is overwritten: the pipeline ends with [`Error::Conflict`](oms_core::Error::Conflict), and goes on from
    /// there when somebody has mended the target.
    #[default]
    Stop,
    /// The source is right: rows of the target that stand in the way are deleted, missing ones are inserted.
    Overwrite,
}

/// What was not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictKind {
    /// The target holds a row with a value of a unique key that is this row's.
    Duplicate,
    /// The target does not hold the row that was updated or deleted at the source.
    Missing,
}

/// A row of the target: each column and its value in the server's own text, `None` for NULL.
pub type TargetRow = Vec<(Arc<str>, Option<Box<[u8]>>)>;

/// One row of the source that the target had no place for, or did not have.
///
/// It holds values of both sides, for whoever has asked for reports; its `Debug` form does not show them.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Conflict {
    /// The table at the target.
    pub table: TableName,
    /// What happened at the source.
    pub change: ChangeKind,
    /// What was not as expected.
    pub kind: ConflictKind,
    /// The source's transaction; `None` for rows of a scan.
    pub transaction: Option<TransactionId>,
    /// The row of the source: as it is now, or as it was where it is gone.
    pub source_row: Vec<(Arc<str>, Value)>,
    /// Rows of the target that stand in the way, each value in the server's own text; no more than ten of them.
    #[allow(clippy::type_complexity, reason = "rows of named cells, as for the source's one")]
    pub target_rows: Vec<TargetRow>,
    /// True if the target was made to hold what the source has.
    pub is_resolved: bool,
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conflict")
            .field("table", &self.table)
            .field("change", &self.change)
            .field("kind", &self.kind)
            .field("transaction", &self.transaction)
            .field("target_rows", &self.target_rows.len())
            .field("is_resolved", &self.is_resolved)
            .finish_non_exhaustive()
    }
}

/// Whoever wants to know of conflicts.
pub(crate) type ConflictReport = Arc<dyn Fn(&Conflict) + Send + Sync>;

/// What to do about conflicts, and whom to tell.
#[derive(Clone, Default)]
pub(crate) struct Conflicts {
    pub(crate) policy: ConflictPolicy,
    pub(crate) report: Option<ConflictReport>,
    /// An earlier run of the pipeline has written to the target.
    pub(crate) goes_on: bool,
}

impl Conflicts {
    pub(crate) fn tell(&self, conflict: &Conflict) {
        tracing::warn!(table = %conflict.table, kind = ?conflict.kind, change = ?conflict.change,
            resolved = conflict.is_resolved, "a conflict at the target");
        if let Some(report) = &self.report {
            report(conflict);
        }
    }
}

impl fmt::Debug for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conflicts({:?})", self.policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_debug_form_shows_no_value() {
        let conflict = Conflict {
            table: TableName::new("shop", "t"),
            change: ChangeKind::Insert,
            kind: ConflictKind::Duplicate,
            transaction: None,
            source_row: vec![("a".into(), Value::from("secret"))],
            target_rows: vec![vec![("a".into(), Some(b"secret".to_vec().into()))]],
            is_resolved: false,
        };
        assert!(!format!("{conflict:?}").contains("secret"));
    }
}
