//! [`Key`] and [`RowIdentity`]: the indexes of a table, and which of them names a row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::name::TableName;

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name; `PRIMARY` for the primary key.
    pub name: Arc<str>,
    /// What it enforces or serves.
    pub kind: KeyKind,
    /// Its parts, in order.
    pub parts: Vec<KeyPart>,
    /// False for an INVISIBLE index.
    pub visible: bool,
    /// Its comment.
    pub comment: Option<Arc<str>>,
    /// The parser of a FULLTEXT index, where it is not the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parser: Option<Arc<str>>,
}

/// What an index enforces or serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum KeyKind {
    Primary,
    Unique,
    Plain,
    Fulltext,
    Spatial,
}

/// One part of an index: a column, a prefix of one, or an expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyPart {
    /// A column of the table.
    Column {
        /// Its name.
        column: Arc<str>,
        /// Only the first so many characters (bytes for binary columns).
        prefix: Option<u32>,
        /// DESC.
        descending: bool,
    },
    /// A functional key part, in SQL.
    Expression {
        /// Without the outer parentheses.
        expression: Arc<str>,
        /// DESC.
        descending: bool,
    },
}

impl Key {
    /// A primary key or unique index over whole columns.
    pub fn unique<'a>(name: &str, kind: KeyKind, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = columns
            .into_iter()
            .map(|column| KeyPart::Column { column: column.into(), prefix: None, descending: false })
            .collect();
        Self { name: name.into(), kind, parts, visible: true, comment: None, parser: None }
    }

    /// True if no two rows may share its value.
    pub fn is_unique(&self) -> bool {
        matches!(self.kind, KeyKind::Primary | KeyKind::Unique)
    }

    /// Its columns, if every part is a whole column.
    pub fn whole_columns(&self) -> Option<Vec<&Arc<str>>> {
        self.parts
            .iter()
            .map(|part| match part {
                KeyPart::Column { column, prefix: None, .. } => Some(column),
                _ => None,
            })
            .collect()
    }
}

/// What names a row of a table: the primary key, else a unique index of whole NOT NULL columns, else nothing.
///
/// # Shape
///
/// Column positions in the table, in key order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowIdentity {
    /// These columns name one row.
    Key {
        /// Name of the index.
        index: Arc<str>,
        /// Positions of its columns in the table.
        columns: Arc<[usize]>,
    },
    /// Rows have no name: equal rows are told apart by count only.
    WholeRow,
}

impl RowIdentity {
    /// The key's column positions, `None` for a keyless table.
    pub fn key_columns(&self) -> Option<&[usize]> {
        match self {
            RowIdentity::Key { columns, .. } => Some(columns),
            RowIdentity::WholeRow => None,
        }
    }
}

/// A foreign key of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Its name.
    pub name: Arc<str>,
    /// Columns of this table.
    pub columns: Vec<Arc<str>>,
    /// The table that it refers to.
    pub referenced_table: TableName,
    /// Columns there.
    pub referenced_columns: Vec<Arc<str>>,
    /// ON DELETE.
    pub on_delete: ReferentialAction,
    /// ON UPDATE.
    pub on_update: ReferentialAction,
}

/// What a foreign key does when the row that it refers to changes.
///
/// MySQL and OceanBase check NO ACTION and RESTRICT at the same moment; schemas that oms reads have the former for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}
