//! [`SchemaChange`]: a DDL statement in the stream.

use std::sync::Arc;

use crate::dialect::Dialect;
use crate::name::TableName;
use crate::schema::TableSchema;

/// What a DDL statement does to one table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaChangeKind {
    /// A new table.
    Create,
    /// Columns, keys or options changed.
    Alter {
        /// Columns that kept their rows' values under another name: (before, after).
        renamed_columns: Vec<(Arc<str>, Arc<str>)>,
    },
    /// Nothing but the foreign keys of the table: a table or column that they refer to has another name now. Servers
    /// do this on their own, so there is nothing to carry out.
    References,
    /// The table has another name now. Renames of one statement happen at once, so two tables may change places.
    Rename {
        /// The new name.
        to: TableName,
    },
    /// The table is gone.
    Drop,
    /// All rows are gone.
    Truncate,
}

/// A DDL statement in the stream, reduced to what it does to one table.
///
/// It is a barrier: everything of the table before it is applied first, everything behind it afterwards. A change is given
/// again after a restart from before it, so a source MUST end the batch behind it, with a position: rows that were written
/// behind a table that is emptied or dropped would be taken away by the repetition. The SQL sinks refuse such rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// What it does.
    pub kind: SchemaChangeKind,
    /// The table, by its name before the statement.
    pub table: TableName,
    /// Its schema before, `None` for a new table.
    pub before: Option<Arc<TableSchema>>,
    /// Its schema afterwards, `None` if it is gone.
    pub after: Option<Arc<TableSchema>>,
    /// The statement as the source logged it.
    pub statement: Arc<str>,
    /// The product and version whose SQL the statement and the schemas are in.
    pub dialect: Dialect,
}
