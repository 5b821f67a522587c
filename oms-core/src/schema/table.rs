//! [`TableSchema`]: columns, keys and options of one table.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Collation, Column, ForeignKey, Key, KeyKind, RowIdentity};
use crate::name::TableName;

/// The schema of one table at one moment.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
///
/// let id = ColumnType::Int { width: IntWidth::I64, unsigned: false, zerofill: None };
/// let orders = TableSchema::new(
///     TableName::new("shop", "orders"),
///     vec![Column::new("id", id).with_nullable(false), Column::new("note", ColumnType::VarChar { length: 80 })],
/// )
/// .with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, ["id"])]);
/// assert_eq!(orders.identity().key_columns(), Some(&[0][..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredSchema", into = "StoredSchema")]
pub struct TableSchema {
    stored: StoredSchema,
    identity: RowIdentity,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredSchema {
    name: TableName,
    columns: Vec<Column>,
    #[serde(default)]
    keys: Vec<Key>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    foreign_keys: Vec<ForeignKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collation: Option<Collation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partitioning: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<Arc<str>, Arc<str>>,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name.
    pub name: Arc<str>,
    /// In the SQL of the server that it was read from, without the outer parentheses.
    pub expression: Arc<str>,
    /// False for NOT ENFORCED.
    pub enforced: bool,
}

impl From<StoredSchema> for TableSchema {
    fn from(stored: StoredSchema) -> Self {
        let identity = choose_identity(&stored.columns, &stored.keys);
        Self { stored, identity }
    }
}

impl From<TableSchema> for StoredSchema {
    fn from(schema: TableSchema) -> Self {
        schema.stored
    }
}

impl TableSchema {
    /// A table of these columns, in their order, without keys.
    pub fn new(name: TableName, columns: Vec<Column>) -> Self {
        StoredSchema {
            name,
            columns,
            keys: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            collation: None,
            comment: None,
            partitioning: None,
            options: BTreeMap::new(),
        }
        .into()
    }

    /// Its name.
    pub fn name(&self) -> &TableName {
        &self.stored.name
    }

    /// Its columns in ordinal order, invisible and generated ones included.
    pub fn columns(&self) -> &[Column] {
        &self.stored.columns
    }

    /// Its indexes, the primary key first, the others by name where the table was read from a server or a statement.
    pub fn keys(&self) -> &[Key] {
        &self.stored.keys
    }

    /// Its foreign keys.
    pub fn foreign_keys(&self) -> &[ForeignKey] {
        &self.stored.foreign_keys
    }

    /// Its CHECK constraints.
    pub fn checks(&self) -> &[Check] {
        &self.stored.checks
    }

    /// Its default collation.
    pub fn collation(&self) -> Option<&Collation> {
        self.stored.collation.as_ref()
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&Arc<str>> {
        self.stored.comment.as_ref()
    }

    /// Its PARTITION BY clause, in the SQL of the server that it was read from.
    pub fn partitioning(&self) -> Option<&Arc<str>> {
        self.stored.partitioning.as_ref()
    }

    /// How the server stores it, by option name in lower case: `engine` where it is not InnoDB, `row_format`,
    /// `key_block_size` and the like, as far as they were given.
    pub fn options(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.stored.options
    }

    /// What names a row.
    pub fn identity(&self) -> &RowIdentity {
        &self.identity
    }

    /// The primary key, if there is one.
    pub fn primary_key(&self) -> Option<&Key> {
        self.keys().iter().find(|key| key.kind == KeyKind::Primary)
    }

    /// Position of the column of this name, compared as MySQL does: without case.
    pub fn column_position(&self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| {
            &**column.name() == name || column.name().to_lowercase() == name.to_lowercase()
        })
    }

    /// The same table under another name.
    pub fn with_name(mut self, name: TableName) -> Self {
        self.stored.name = name;
        self
    }

    /// The same table with these columns.
    pub fn with_columns(mut self, columns: Vec<Column>) -> Self {
        self.stored.columns = columns;
        self.stored.into()
    }

    /// The same table with these indexes.
    pub fn with_keys(mut self, keys: Vec<Key>) -> Self {
        self.stored.keys = keys;
        self.stored.into()
    }

    /// The same table with these foreign keys.
    pub fn with_foreign_keys(mut self, foreign_keys: Vec<ForeignKey>) -> Self {
        self.stored.foreign_keys = foreign_keys;
        self
    }

    /// The same table with these CHECK constraints.
    pub fn with_checks(mut self, checks: Vec<Check>) -> Self {
        self.stored.checks = checks;
        self
    }

    /// The same table with this default collation.
    pub fn with_collation(mut self, collation: Option<Collation>) -> Self {
        self.stored.collation = collation;
        self
    }

    /// The same table with this comment.
    pub fn with_comment(mut self, comment: Option<Arc<str>>) -> Self {
        self.stored.comment = comment;
        self
    }

    /// The same table with this PARTITION BY clause.
    pub fn with_partitioning(mut self, partitioning: Option<Arc<str>>) -> Self {
        self.stored.partitioning = partitioning;
        self
    }

    /// The same table with these storage options.
    pub fn with_options(mut self, options: BTreeMap<Arc<str>, Arc<str>>) -> Self {
        self.stored.options = options;
        self
    }
}

/// The primary key, else the first unique index whose parts are all whole NOT NULL columns.
///
/// Approximate columns (FLOAT, DOUBLE) disqualify an index: a WHERE on them is not to be trusted.
fn choose_identity(columns: &[Column], keys: &[Key]) -> RowIdentity {
    let usable = |key: &Key| -> Option<Arc<[usize]>> {
        key.whole_columns()?
            .into_iter()
            .map(|name| {
                let position = columns.iter().position(|column| column.name().eq_ignore_ascii_case(name))?;
                let column = &columns[position];
                (!column.is_nullable() && !column.column_type().is_approximate()).then_some(position)
            })
            .collect()
    };
    let candidates = keys
        .iter()
        .filter(|key| key.kind == KeyKind::Primary)
        .chain(keys.iter().filter(|key| key.kind == KeyKind::Unique));
    for key in candidates {
        if let Some(columns) = usable(key) {
            return RowIdentity::Key { index: Arc::clone(&key.name), columns };
        }
    }
    RowIdentity::WholeRow
}

#[cfg(test)]
mod tests {
    use super::super::{ColumnType, IntWidth, KeyPart};
    use super::*;

    fn table(nullable: bool, keys: Vec<Key>) -> TableSchema {
        let int = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };
        let columns = vec![
            Column::new("a", int.clone()).with_nullable(nullable),
            Column::new("b", int).with_nullable(nullable),
        ];
        TableSchema::new(TableName::new("s", "t"), columns).with_keys(keys)
    }

    #[test]
    fn primary_key_wins_over_unique_index() {
        let unique = Key::unique("u", KeyKind::Unique, ["a"]);
        let primary = Key::unique("PRIMARY", KeyKind::Primary, ["b", "a"]);
        let schema = table(false, vec![unique, primary]);
        assert_eq!(schema.identity().key_columns(), Some(&[1, 0][..]));
    }

    #[test]
    fn nullable_and_prefix_indexes_name_no_row() {
        let unique = Key::unique("u", KeyKind::Unique, ["a"]);
        assert_eq!(*table(true, vec![unique.clone()]).identity(), RowIdentity::WholeRow);
        let mut prefix = unique;
        prefix.parts = vec![KeyPart::Column { column: "a".into(), prefix: Some(3), descending: false }];
        assert_eq!(*table(false, vec![prefix]).identity(), RowIdentity::WholeRow);
    }

    #[test]
    fn survives_being_stored() {
        let schema = table(false, vec![Key::unique("PRIMARY", KeyKind::Primary, ["a"])]);
        let text = serde_json::to_string(&schema).unwrap();
        let back: TableSchema = serde_json::from_str(&text).unwrap();
        assert_eq!(back, schema);
        assert_eq!(back.identity(), schema.identity());
    }
}
