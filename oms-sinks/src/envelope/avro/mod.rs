//! Avro with a schema registry: Debezium's own shape, in Confluent's framing.

mod plan;
mod registry;
mod schema;

pub use plan::AvroEnvelope;
pub use registry::{MemorySchemaRegistry, SchemaPart, SchemaRegistry, SchemaRequest};
