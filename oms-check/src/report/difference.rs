//! [`Difference`]: one row that both sides do not hold alike.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// One row that both sides do not hold alike.
///
/// It holds the key of the row, as whoever reads the report has to find it; its `Debug` form does not.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// In which way they differ.
    pub kind: DifferenceKind,
    /// True if it kept changing while it was looked at again, so that it may be equal by now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_unsettled: bool,
    /// The key of the row; of a row of a table without a key, the SHA2-256 of its columns' text.
    pub key: Vec<KeyPart>,
    /// The columns that differ, by their names at the source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Arc<str>>,
    /// How many of these rows are at the source.
    pub source_count: u64,
    /// How many of these rows are at the target.
    pub target_count: u64,
}

/// In which way a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The source has it (more often, if rows are counted), the target has not.
    MissingAtTarget,
    /// The target has it (more often, if rows are counted), the source has not.
    ExtraAtTarget,
    /// Both have it, with other values.
    Different,
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DifferenceKind::MissingAtTarget => "missing at target",
            DifferenceKind::ExtraAtTarget => "extra at target",
            DifferenceKind::Different => "different",
        })
    }
}

/// One column of a key.
///
/// # Shape
///
/// Numbers and times as the server prints them at UTC, text as it is, other bytes as `0x` and hexadecimal digits, ENUM and SET
/// by number.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct KeyPart {
    /// Its name at the source.
    pub column: Arc<str>,
    /// Its value.
    pub value: Box<str>,
}

/// Prints what differs, never a value.
impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Difference")
            .field("kind", &self.kind)
            .field("is_unsettled", &self.is_unsettled)
            .field("columns", &self.columns)
            .field("source_count", &self.source_count)
            .field("target_count", &self.target_count)
            .finish_non_exhaustive()
    }
}

/// Prints the column, never the value.
impl fmt::Debug for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPart").field("column", &self.column).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_a_value() {
        let difference = Difference {
            kind: DifferenceKind::Different,
            is_unsettled: false,
            key: vec![KeyPart { column: "id".into(), value: "secret".into() }],
            columns: vec!["v".into()],
            source_count: 1,
            target_count: 1,
        };
        assert!(!format!("{difference:?} {:?}", difference.key).contains("secret"));
        let json = serde_json::to_string(&difference).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"different","key":[{"column":"id","value":"secret"}],"columns":["v"],"source_count":1,"target_count":1}"#
        );
    }
}
