//! Databases and tables by name, size and kind.

use std::sync::Arc;

use super::Catalog;
use crate::error::Result;
use crate::mysql::quote_text;
use crate::name::TableName;
use crate::schema::Collation;

/// A database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseInfo {
    /// Its name.
    pub name: Arc<str>,
    /// The collation of its new tables.
    pub collation: Collation,
}

/// A table or view.
///
/// # Units
///
/// Sizes are bytes as the server estimates them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableInfo {
    /// Its name.
    pub name: TableName,
    /// What it is.
    pub kind: TableKind,
    /// Its storage engine.
    pub engine: Option<Arc<str>>,
    /// How many rows it may have; `None` or far from the truth where the server does not count.
    pub row_estimate: Option<u64>,
    /// Size of its rows.
    pub data_bytes: Option<u64>,
    /// Size of its secondary indexes.
    pub index_bytes: Option<u64>,
    /// The next AUTO_INCREMENT value, where the server tells.
    pub auto_increment: Option<u64>,
    /// Its comment.
    pub comment: Option<Arc<str>>,
}

/// What stands under a table's name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableKind {
    /// A table with rows of its own.
    Table,
    /// A view.
    View,
    /// Something else, such as a sequence, by the server's word.
    Other(Arc<str>),
}

impl TableKind {
    pub(super) fn from_text(text: &str) -> Self {
        match text {
            "BASE TABLE" => TableKind::Table,
            "VIEW" | "SYSTEM VIEW" => TableKind::View,
            other => TableKind::Other(other.into()),
        }
    }
}

/// Databases that belong to the server, not to its users.
const SYSTEM: [&str; 12] = [
    "information_schema",
    "performance_schema",
    "mysql",
    "sys",
    "ndbinfo",
    "oceanbase",
    "lbacsys",
    "oraauditor",
    "sys_external_tbs",
    "metrics_schema",
    "__recyclebin",
    "__public",
];

impl Catalog<'_> {
    /// The databases of users, in name order.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Connector`] if the server cannot be asked.
    pub async fn databases(&mut self) -> Result<Vec<DatabaseInfo>> {
        let sql = "SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA";
        let mut databases = Vec::new();
        for row in self.session.query(sql).await? {
            let name = row.text(0)?;
            if !SYSTEM.contains(&name.to_lowercase().as_str()) {
                databases.push(DatabaseInfo { name: name.into(), collation: Collation::new(row.text(1)?) });
            }
        }
        databases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(databases)
    }

    /// The tables and views of some databases, in name order.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Connector`] if the server cannot be asked.
    pub async fn tables(&mut self, databases: &[&str]) -> Result<Vec<TableInfo>> {
        let mut tables = Vec::new();
        for database in databases {
            let sql = format!(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH, \
                 AUTO_INCREMENT, TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}",
                quote_text(database)
            );
            for row in self.session.query(sql).await? {
                // The server may compare without case where names differ by it.
                if row.text(0)? != *database {
                    continue;
                }
                let kind = TableKind::from_text(row.text(2)?);
                // The comment of a view is the word VIEW.
                let comment =
                    row.text_or_null(8)?.filter(|text| !text.is_empty() && kind == TableKind::Table);
                tables.push(TableInfo {
                    name: TableName::new(row.text(0)?, row.text(1)?),
                    comment: comment.map(Arc::from),
                    kind,
                    engine: row.text_or_null(3)?.map(Arc::from),
                    row_estimate: row.number_or_null(4)?,
                    data_bytes: row.number_or_null(5)?,
                    index_bytes: row.number_or_null(6)?,
                    auto_increment: row.number_or_null(7)?,
                });
            }
        }
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tables)
    }
}
