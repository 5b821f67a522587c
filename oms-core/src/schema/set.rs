//! [`SchemaSet`]: the schemas of all captured tables at one position.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TableSchema;
use crate::name::TableName;

/// The schemas of all captured tables at one position, by table name.
///
/// Schemas are shared, so a clone with one table changed is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Arc<TableSchema>>", into = "Vec<Arc<TableSchema>>")]
pub struct SchemaSet(BTreeMap<TableName, Arc<TableSchema>>);

impl SchemaSet {
    /// No tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of this table.
    pub fn get(&self, name: &TableName) -> Option<&Arc<TableSchema>> {
        self.0.get(name)
    }

    /// Adds or replaces the schema of its table.
    pub fn insert(&mut self, schema: Arc<TableSchema>) {
        self.0.insert(schema.name().clone(), schema);
    }

    /// Forgets a table.
    pub fn remove(&mut self, name: &TableName) -> Option<Arc<TableSchema>> {
        self.0.remove(name)
    }

    /// All tables in name order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        self.0.values()
    }

    /// How many tables.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if it holds no table.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Arc<TableSchema>> for SchemaSet {
    fn from_iter<I: IntoIterator<Item = Arc<TableSchema>>>(schemas: I) -> Self {
        Self(schemas.into_iter().map(|schema| (schema.name().clone(), schema)).collect())
    }
}

impl From<Vec<Arc<TableSchema>>> for SchemaSet {
    fn from(schemas: Vec<Arc<TableSchema>>) -> Self {
        schemas.into_iter().collect()
    }
}

impl From<SchemaSet> for Vec<Arc<TableSchema>> {
    fn from(set: SchemaSet) -> Self {
        set.0.into_values().collect()
    }
}
