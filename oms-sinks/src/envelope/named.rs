//! Envelopes by the names that options give them.

use std::sync::Arc;

use super::{
    CanalEnvelope, CloudEventsEnvelope, DataWorksEnvelope, DebeziumEnvelope, DebeziumShape, DefaultEnvelope,
    Envelope, MaxwellEnvelope, SharePlexEnvelope,
};

/// The names that [`named`] knows; Avro is none of them, as it needs a registry.
pub const NAMES: [&str; 10] = [
    "default",
    "default_extend_column_type",
    "canal",
    "dataworks",
    "shareplex",
    "debezium",
    "debezium_flatten",
    "debezium_smt",
    "maxwell",
    "cloud_events",
];

/// The envelope of this name, as it is without options; `None` for a name that is none of [`NAMES`].
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{NAMES, named};
/// assert!(NAMES.iter().all(|name| named(name).is_some_and(|envelope| envelope.name() == *name)));
/// ```
pub fn named(name: &str) -> Option<Arc<dyn Envelope>> {
    Some(match name {
        "default" => Arc::new(DefaultEnvelope::new()),
        "default_extend_column_type" => Arc::new(DefaultEnvelope::new().with_column_types(true)),
        "canal" => Arc::new(CanalEnvelope::new()),
        "dataworks" => Arc::new(DataWorksEnvelope::new()),
        "shareplex" => Arc::new(SharePlexEnvelope::new()),
        "debezium" => Arc::new(DebeziumEnvelope::new(DebeziumShape::Enveloped)),
        "debezium_flatten" => Arc::new(DebeziumEnvelope::new(DebeziumShape::Flatten)),
        "debezium_smt" => Arc::new(DebeziumEnvelope::new(DebeziumShape::Smt)),
        "maxwell" => Arc::new(MaxwellEnvelope::new()),
        "cloud_events" => Arc::new(CloudEventsEnvelope::new()),
        _ => return None,
    })
}
