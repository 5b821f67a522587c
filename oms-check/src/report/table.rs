//! [`TableReport`]: what was found about one pair of tables.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_core::TableName;
use serde::Serialize;

use super::{Difference, DifferenceKind, Verdict};
use crate::normalize::NormalizeRule;
use crate::plan::{ComparedColumn, StructureDifference};

/// How the rows of a table were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Method {
    /// Digests of ranges of the key, which both servers sort alike.
    Ranges,
    /// Digests of groups of rows by a hash of the key, which the servers do not sort alike; each digest of a table reads
    /// all of it.
    Hashes,
    /// Counts of equal rows, as there is no key on both sides that names a row.
    Bag,
}

/// What was found about one pair of tables.
///
/// # Units
///
/// Counts are rows. What `missing`, `extra`, `different` and `unsettled` count is in `differences` row by row, up to
/// the limit of the options.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// The table at the source.
    #[serde(serialize_with = "name")]
    pub source: TableName,
    /// The table at the target.
    #[serde(serialize_with = "name")]
    pub target: TableName,
    /// How its rows were compared; `None` if that did not begin.
    pub method: Option<Method>,
    /// What of it was compared.
    pub columns: Vec<ComparedColumn>,
    /// What could not be compared, as the other side does not have it.
    pub structure: Vec<StructureDifference>,
    /// Rows at the source.
    pub source_rows: u64,
    /// Rows at the target.
    pub target_rows: u64,
    /// Pairs of digests that were compared.
    pub chunks: u64,
    /// Rows that the target does not have.
    pub missing: u64,
    /// Rows that only the target has.
    pub extra: u64,
    /// Rows that both have, with other values.
    pub different: u64,
    /// Rows that seemed to differ and kept changing.
    pub unsettled: u64,
    /// Rows in chunks that differ which were not read, as there were too many: the true count is between zero and this.
    pub not_examined: u64,
    /// Rows that seemed to differ and became equal while they were looked at again.
    pub settled: u64,
    /// Rows that are equal only by a rule, by rule.
    pub by_rule: BTreeMap<NormalizeRule, u64>,
    /// Rows that differ, up to the limit of the options.
    #[serde(skip)]
    pub differences: Vec<Difference>,
    /// Why it could not be found out.
    pub failure: Option<Box<str>>,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "super::seconds")]
    pub elapsed: Duration,
}

impl TableReport {
    /// Nothing found yet.
    pub(crate) fn new(source: TableName, target: TableName) -> Self {
        Self {
            source,
            target,
            method: None,
            columns: Vec::new(),
            structure: Vec::new(),
            source_rows: 0,
            target_rows: 0,
            chunks: 0,
            missing: 0,
            extra: 0,
            different: 0,
            unsettled: 0,
            not_examined: 0,
            settled: 0,
            by_rule: BTreeMap::new(),
            differences: Vec::new(),
            failure: None,
            elapsed: Duration::ZERO,
        }
    }

    /// What that comes to.
    pub fn verdict(&self) -> Verdict {
        if self.failure.is_some() {
            Verdict::Failed
        } else if self.missing + self.extra + self.different > 0 || !self.structure.is_empty() {
            Verdict::Different
        } else if self.unsettled + self.not_examined > 0 {
            Verdict::Unsettled
        } else {
            Verdict::Equal
        }
    }

    /// Rows that differ and are not in `differences` one by one.
    pub fn unlisted(&self) -> u64 {
        self.untold(usize::MAX)
    }

    /// How many rows differ beyond the first `told` differences that are listed.
    pub(super) fn untold(&self, told: usize) -> u64 {
        let listed: u64 = self.differences.iter().take(told).map(rows).sum();
        (self.missing + self.extra + self.different + self.unsettled).saturating_sub(listed)
    }

    /// Lists differences in the order of their keys, shorter numbers before longer ones.
    pub(crate) fn sort(&mut self) {
        self.differences.sort_by(|a, b| {
            let key = |difference: &Difference| -> Vec<(usize, Box<str>)> {
                difference.key.iter().map(|part| (part.value.len(), part.value.clone())).collect()
            };
            key(a).cmp(&key(b))
        });
    }

    /// Counts a difference, and lists it if there are fewer than `limit`.
    pub(crate) fn push(&mut self, difference: Difference, limit: usize) {
        let count = match (difference.is_unsettled, difference.kind) {
            (true, _) => &mut self.unsettled,
            (false, DifferenceKind::MissingAtTarget) => &mut self.missing,
            (false, DifferenceKind::ExtraAtTarget) => &mut self.extra,
            (false, DifferenceKind::Different) => &mut self.different,
        };
        *count += rows(&difference);
        if self.differences.len() < limit {
            self.differences.push(difference);
        }
    }
}

fn name<S: serde::Serializer>(name: &TableName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(name)
}

/// How many rows a difference is about: those that one side has more often, or the one that differs.
fn rows(difference: &Difference) -> u64 {
    difference.source_count.abs_diff(difference.target_count).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TableReport {
        TableReport::new(TableName::new("a", "t"), TableName::new("b", "t"))
    }

    fn difference(kind: DifferenceKind, source_count: u64, target_count: u64) -> Difference {
        Difference { kind, is_unsettled: false, key: vec![], columns: vec![], source_count, target_count }
    }

    #[test]
    fn all_are_counted_and_some_are_listed() {
        let mut table = table();
        table.push(difference(DifferenceKind::MissingAtTarget, 5, 2), 2);
        table.push(difference(DifferenceKind::Different, 1, 1), 2);
        table.push(difference(DifferenceKind::ExtraAtTarget, 0, 7), 2);
        assert_eq!((table.missing, table.extra, table.different), (3, 7, 1));
        assert_eq!((table.differences.len(), table.unlisted()), (2, 7));
        assert_eq!(table.verdict(), Verdict::Different);
    }

    #[test]
    fn what_is_not_known_is_not_equal() {
        assert_eq!(table().verdict(), Verdict::Equal);
        let mut unsettled = table();
        unsettled.push(Difference { is_unsettled: true, ..difference(DifferenceKind::Different, 1, 1) }, 0);
        assert_eq!(unsettled.verdict(), Verdict::Unsettled);
        assert_eq!(TableReport { not_examined: 1, ..table() }.verdict(), Verdict::Unsettled);
        assert_eq!(TableReport { failure: Some("x".into()), ..table() }.verdict(), Verdict::Failed);
    }
}
