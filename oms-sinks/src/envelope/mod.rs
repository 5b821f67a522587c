//! Message formats for queues: how changes of rows, schema changes and heartbeats become keys and bodies.
//!
//! Each format is an [`Envelope`], one file. It plans once for a layout of rows and then appends message after message
//! to buffers that are used again; a [`Renderer`] holds these plans. Which values stand how in which format is the page
//! `docs/envelopes.md`, and it is the same for rows of a scan, of a log, and rows that a transform built.

mod avro;
mod canal;
mod cell;
mod clock;
mod cloud_events;
mod context;
mod contract;
mod dataworks;
mod ddl;
mod debezium;
mod default;
mod images;
pub mod json;
mod maxwell;
mod named;
mod names;
mod renderer;
mod shareplex;
#[cfg(test)]
mod tests;
mod transaction;

pub use avro::{AvroEnvelope, MemorySchemaRegistry, SchemaPart, SchemaRegistry, SchemaRequest};
pub use canal::CanalEnvelope;
pub use cell::{CellWriter, Form, ZeroDates};
pub use cloud_events::CloudEventsEnvelope;
pub use context::{MessageContext, SourceInfo};
pub use contract::{ChangeWriter, Envelope, ImageLayouts, MessageRules, RowChange};
pub use dataworks::DataWorksEnvelope;
pub use debezium::{
    BigintUnsignedHandling, BinaryHandling, DebeziumEnvelope, DebeziumOptions, DebeziumShape,
    DecimalHandling, PositionForm, TimePrecision,
};
pub use default::DefaultEnvelope;
pub use images::{Images, RowWriter};
pub use maxwell::MaxwellEnvelope;
pub use named::{NAMES, named};
pub use names::default_form;
pub use renderer::{Message, MessageKind, Renderer, SendMessage};
pub use shareplex::SharePlexEnvelope;
