//! [`SchemaRegistry`]: where the schemas of Avro messages are kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use oms_core::{Error, Result, TableName};

/// Which part of a message a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SchemaPart {
    /// Its key.
    Key,
    /// Its body.
    Value,
}

/// A schema that a registry is to know.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SchemaRequest<'a> {
    /// The table that messages are about; `None` for heartbeats.
    pub table: Option<&'a TableName>,
    /// Key or body.
    pub part: SchemaPart,
    /// The full name of the record, for registries whose subjects are named by it.
    pub record: &'a str,
    /// The schema, as JSON.
    pub schema: &'a str,
}

/// Keeps the schemas of Avro messages and gives each a number.
///
/// It is asked when a plan is made, once for each layout of rows, and before schema changes and heartbeats; it answers
/// from memory what it was asked before. Which subject a schema is registered under is its own affair: it knows the topics.
///
/// # Examples
///
/// ```
/// use oms_core::Result;
/// use oms_sinks::envelope::{SchemaPart, SchemaRegistry, SchemaRequest};
///
/// /// Schemas that somebody registered beforehand, under the names of records.
/// #[derive(Debug)]
/// struct Fixed(Vec<(String, u32)>);
///
/// impl SchemaRegistry for Fixed {
///     fn register(&self, request: SchemaRequest<'_>) -> Result<u32> {
///         let found = self.0.iter().find(|(record, _)| record == request.record);
///         found.map(|(_, id)| *id).ok_or_else(|| {
///             oms_core::Error::unsupported("the fixed registry", format!("the record {}", request.record))
///         })
///     }
/// }
/// ```
pub trait SchemaRegistry: fmt::Debug + Send + Sync {
    /// The number of a schema, which it gets if it is new.
    ///
    /// # Errors
    ///
    /// Whatever keeps the registry from answering; [`Error::Refused`] if it does not take the schema as a successor of
    /// the one before.
    fn register(&self, request: SchemaRequest<'_>) -> Result<u32>;
}

const _: fn(Box<dyn SchemaRegistry>) = |_| {};

/// A registry in memory, for tests: numbers from 1 in the order of asking.
#[derive(Debug, Default)]
pub struct MemorySchemaRegistry {
    schemas: Mutex<HashMap<String, u32>>,
}

impl MemorySchemaRegistry {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The schema of this number.
    pub fn schema(&self, id: u32) -> Option<String> {
        let schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        schemas.iter().find(|(_, known)| **known == id).map(|(schema, _)| schema.clone())
    }
}

impl SchemaRegistry for MemorySchemaRegistry {
    fn register(&self, request: SchemaRequest<'_>) -> Result<u32> {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = schemas.get(request.schema) {
            return Ok(*id);
        }
        let id = u32::try_from(schemas.len() + 1)
            .map_err(|_| Error::unsupported("the registry in memory", "more than 2^32 schemas"))?;
        schemas.insert(request.schema.to_owned(), id);
        Ok(id)
    }
}
