//! [`SchemaSet`]: the schemas of all captured tables at one position.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Collation, TableSchema};
use crate::name::TableName;

/// The schemas of all captured tables at one position, by table name, and the default collations of databases there.
///
/// A statement that makes a table or a column without a character set takes that of the database at its position in the
/// log, so these defaults belong to the position as the tables do. Schemas are shared, so a clone with one table changed
/// is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredSet", into = "StoredSet")]
pub struct SchemaSet {
    tables: BTreeMap<TableName, Arc<TableSchema>>,
    databases: BTreeMap<Arc<str>, Collation>,
}

#[derive(Serialize, Deserialize)]
struct StoredSet {
    tables: Vec<Arc<TableSchema>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    databases: BTreeMap<Arc<str>, Collation>,
}

impl SchemaSet {
    /// No tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of this table.
    pub fn get(&self, name: &TableName) -> Option<&Arc<TableSchema>> {
        self.tables.get(name)
    }

    /// Adds or replaces the schema of its table.
    pub fn insert(&mut self, schema: Arc<TableSchema>) {
        self.tables.insert(schema.name().clone(), schema);
    }

    /// Forgets a table.
    pub fn remove(&mut self, name: &TableName) -> Option<Arc<TableSchema>> {
        self.tables.remove(name)
    }

    /// All tables in name order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        self.tables.values()
    }

    /// How many tables.
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// True if it holds no table.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The default collation of a database, where it is known.
    pub fn database_collation(&self, database: &str) -> Option<&Collation> {
        self.databases.get(database)
    }

    /// Sets or, with `None`, forgets the default collation of a database.
    pub fn set_database_collation(&mut self, database: impl Into<Arc<str>>, collation: Option<Collation>) {
        let database = database.into();
        match collation {
            Some(collation) => self.databases.insert(database, collation),
            None => self.databases.remove(&database),
        };
    }

    /// The databases whose default collation is known, in name order.
    pub fn databases(&self) -> impl Iterator<Item = (&Arc<str>, &Collation)> {
        self.databases.iter()
    }
}

impl FromIterator<Arc<TableSchema>> for SchemaSet {
    fn from_iter<I: IntoIterator<Item = Arc<TableSchema>>>(schemas: I) -> Self {
        let tables = schemas.into_iter().map(|schema| (schema.name().clone(), schema));
        Self { tables: tables.collect(), databases: BTreeMap::new() }
    }
}

impl From<StoredSet> for SchemaSet {
    fn from(stored: StoredSet) -> Self {
        let mut set: SchemaSet = stored.tables.into_iter().collect();
        set.databases = stored.databases;
        set
    }
}

impl From<SchemaSet> for StoredSet {
    fn from(set: SchemaSet) -> Self {
        Self { tables: set.tables.into_values().collect(), databases: set.databases }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_being_stored() {
        let mut set = SchemaSet::new();
        set.insert(Arc::new(TableSchema::new(TableName::new("s", "t"), Vec::new())));
        set.set_database_collation("s", Some(Collation::new("latin1_swedish_ci")));
        let text = serde_json::to_string(&set).unwrap();
        let back: SchemaSet = serde_json::from_str(&text).unwrap();
        assert_eq!(back, set);
        assert_eq!(back.database_collation("s").unwrap().charset(), Some(super::super::Charset::Latin1));
    }
}
