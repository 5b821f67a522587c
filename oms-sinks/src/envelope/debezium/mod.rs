//! Debezium's formats, in OMS's shape and in Debezium's own: enveloped, flattened, and as its transform leaves a row.

mod connect_schema;
mod forms;
mod options;
mod payload;
mod plan;
mod table_change;

pub(in crate::envelope) use connect_schema::semantic_name;
pub(in crate::envelope) use forms::form;
pub use options::{
    BigintUnsignedHandling, BinaryHandling, DebeziumOptions, DecimalHandling, PositionForm, TimePrecision,
};
pub(in crate::envelope) use plan::op;
pub use plan::{DebeziumEnvelope, DebeziumShape};
