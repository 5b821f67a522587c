//! [`ScanProgress`]: which ranges have been handed on, as a compact token that a restart goes on from.

use std::collections::BTreeMap;

use oms_core::source::{KeyBound, KeyRange};
use oms_core::{Error, Result, TableName};
use serde::{Deserialize, Serialize};

/// Which ranges of which tables have been handed on. Tables that are not in it have not been begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ScanProgress {
    databases: BTreeMap<String, BTreeMap<String, TableProgress>>,
}

/// How far one table is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum TableProgress {
    /// All rows have been handed on.
    #[serde(rename = "done")]
    Done,
    /// Begun, and to be begun again after a restart: rows of a keyless table cannot be told apart.
    #[serde(rename = "begun")]
    Begun,
    /// What is left: disjoint ranges.
    #[serde(rename = "left")]
    Left(Vec<RangeLeft>),
}

/// What is left of one range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RangeLeft {
    /// Names the range while the program runs; `after` moves up as rows are handed on.
    #[serde(skip)]
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) range: KeyRange,
}

impl ScanProgress {
    /// How far a table is; `None` if it has not been begun.
    pub(crate) fn table(&self, table: &TableName) -> Option<&TableProgress> {
        self.databases.get(table.database())?.get(table.table())
    }

    /// True if all rows of the table have been handed on.
    pub(crate) fn is_done(&self, table: &TableName) -> bool {
        self.table(table) == Some(&TableProgress::Done)
    }

    /// Sets how far a table is.
    pub(crate) fn set(&mut self, table: &TableName, progress: TableProgress) {
        self.databases
            .entry(table.database().to_owned())
            .or_default()
            .insert(table.table().to_owned(), progress);
    }

    /// Forgets a table, as if it had not been begun.
    pub(crate) fn remove(&mut self, table: &TableName) {
        if let Some(tables) = self.databases.get_mut(table.database()) {
            tables.remove(table.table());
        }
    }

    /// What is left of a table in ranges; empty if it is not read in ranges, or not at present.
    pub(crate) fn ranges(&self, table: &TableName) -> &[RangeLeft] {
        match self.table(table) {
            Some(TableProgress::Left(ranges)) => ranges,
            _ => &[],
        }
    }

    /// What is left of a table in ranges, to be changed.
    pub(crate) fn ranges_mut(&mut self, table: &TableName) -> Option<&mut Vec<RangeLeft>> {
        match self.databases.get_mut(table.database())?.get_mut(table.table())? {
            TableProgress::Left(ranges) => Some(ranges),
            _ => None,
        }
    }

    /// Notes that a range has been handed on up to this key.
    pub(crate) fn advance(&mut self, table: &TableName, id: u64, read_to: KeyBound) {
        if let Some(ranges) = self.ranges_mut(table)
            && let Some(left) = ranges.iter_mut().find(|left| left.id == id)
        {
            left.range.after = Some(read_to);
        }
    }

    /// Notes that nothing is left of a range; true if nothing is left of the table.
    pub(crate) fn finish(&mut self, table: &TableName, id: u64) -> bool {
        let Some(ranges) = self.ranges_mut(table) else { return false };
        ranges.retain(|left| left.id != id);
        let done = ranges.is_empty();
        if done {
            self.set(table, TableProgress::Done);
        }
        done
    }

    /// Its text.
    pub(crate) fn to_token(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::decode("scan progress", error.to_string()))
    }

    /// Reads its text.
    pub(crate) fn from_token(token: &str) -> Result<Self> {
        serde_json::from_str(token).map_err(|error| Error::decode("scan progress", error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use oms_core::value::Value;

    use super::*;

    fn left(id: u64, after: Option<i64>, through: Option<i64>) -> RangeLeft {
        let bound = |value: Option<i64>| value.map(|value| KeyBound([Value::Int(value)].into()));
        RangeLeft { id, range: KeyRange { after: bound(after), through: bound(through) } }
    }

    #[test]
    fn ranges_shrink_until_the_table_is_done() {
        let table = TableName::new("my-db.1", "t");
        let mut progress = ScanProgress::default();
        let ranges = vec![left(1, None, Some(100)), left(2, Some(100), None)];
        progress.set(&table, TableProgress::Left(ranges));
        progress.advance(&table, 1, KeyBound([Value::Int(50)].into()));
        assert_eq!(progress.ranges(&table), [left(1, Some(50), Some(100)), left(2, Some(100), None)]);
        assert!(!progress.finish(&table, 2));
        assert!(progress.finish(&table, 1));
        assert!(progress.is_done(&table));
    }

    #[test]
    fn the_token_is_short_and_survives() {
        let mut progress = ScanProgress::default();
        progress.set(&TableName::new("my-db.1", "t"), TableProgress::Done);
        assert_eq!(progress.to_token().unwrap(), r#"{"my-db.1":{"t":"done"}}"#);
        let ranges = vec![left(0, Some(1), None)];
        progress.set(&TableName::new("a", "b"), TableProgress::Left(ranges));
        assert_eq!(ScanProgress::from_token(&progress.to_token().unwrap()).unwrap(), progress);
        assert!(ScanProgress::from_token("{").is_err());
    }
}
