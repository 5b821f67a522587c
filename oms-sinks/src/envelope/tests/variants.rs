//! The envelopes under test, with the folders of their golden files.

use std::sync::Arc;

use crate::envelope::{
    BigintUnsignedHandling, BinaryHandling, CanalEnvelope, CloudEventsEnvelope, DataWorksEnvelope,
    DebeziumEnvelope, DebeziumOptions, DebeziumShape, DecimalHandling, DefaultEnvelope, Envelope,
    MaxwellEnvelope, PositionForm, SharePlexEnvelope, TimePrecision, ZeroDates,
};

pub(super) type Variant = (&'static str, Arc<dyn Envelope>);

fn debezium(shape: DebeziumShape, options: DebeziumOptions) -> Arc<dyn Envelope> {
    Arc::new(DebeziumEnvelope::new(shape).with_options(options))
}

/// Those that have golden files.
pub(super) fn golden() -> Vec<Variant> {
    let oms = DebeziumOptions::default();
    let strict = oms.with_strict(true).with_bigint_unsigned_handling(BigintUnsignedHandling::Precise);
    vec![
        ("default", Arc::new(DefaultEnvelope::new())),
        ("default_extend_column_type", Arc::new(DefaultEnvelope::new().with_column_types(true))),
        ("canal", Arc::new(CanalEnvelope::new())),
        ("canal_strict", Arc::new(CanalEnvelope::new().with_strict(true))),
        ("dataworks", Arc::new(DataWorksEnvelope::new())),
        ("shareplex", Arc::new(SharePlexEnvelope::new())),
        ("debezium", debezium(DebeziumShape::Enveloped, oms)),
        ("debezium_schema", debezium(DebeziumShape::Enveloped, oms.with_schema(true))),
        ("debezium_strict", debezium(DebeziumShape::Enveloped, strict)),
        ("debezium_strict_schema", debezium(DebeziumShape::Enveloped, strict.with_schema(true))),
        ("debezium_flatten", debezium(DebeziumShape::Flatten, oms)),
        ("debezium_smt", debezium(DebeziumShape::Smt, oms)),
        ("maxwell", Arc::new(MaxwellEnvelope::new())),
        ("maxwell_strict", Arc::new(MaxwellEnvelope::new().with_strict(true))),
        ("cloud_events", Arc::new(CloudEventsEnvelope::new())),
    ]
}

/// Those, and every other way in which options make values stand.
pub(super) fn all() -> Vec<Variant> {
    let oms = DebeziumOptions::default().with_zero_dates(ZeroDates::Null).with_booleans(false);
    let strict = oms.with_strict(true).with_schema(true);
    let mut all = golden();
    for (name, precision) in [
        ("adaptive", TimePrecision::AdaptiveTimeMicroseconds),
        ("connect", TimePrecision::Connect),
        ("isostring", TimePrecision::IsoString),
        ("microseconds", TimePrecision::Microseconds),
        ("nanoseconds", TimePrecision::Nanoseconds),
    ] {
        all.push((name, debezium(DebeziumShape::Enveloped, strict.with_time_precision(precision))));
        all.push((name, debezium(DebeziumShape::Enveloped, oms.with_time_precision(precision))));
    }
    for (name, handling) in [
        ("precise", DecimalHandling::Precise),
        ("double", DecimalHandling::Double),
        ("string", DecimalHandling::String),
    ] {
        all.push((name, debezium(DebeziumShape::Enveloped, strict.with_decimal_handling(handling))));
        all.push((
            name,
            debezium(DebeziumShape::Enveloped, oms.with_schema(true).with_decimal_handling(handling)),
        ));
    }
    for (name, handling) in [
        ("bytes", BinaryHandling::Bytes),
        ("base64", BinaryHandling::Base64),
        ("base64-url-safe", BinaryHandling::Base64UrlSafe),
        ("hex", BinaryHandling::Hex),
    ] {
        all.push((name, debezium(DebeziumShape::Enveloped, strict.with_binary_handling(handling))));
        all.push((name, debezium(DebeziumShape::Smt, oms.with_binary_handling(handling))));
    }
    let options = oms
        .with_bigint_text(true)
        .with_position(PositionForm::FileAtOffset)
        .with_source_seconds(true)
        .with_server_id(false);
    all.push(("switched", debezium(DebeziumShape::Enveloped, options)));
    let long = strict.with_bigint_unsigned_handling(BigintUnsignedHandling::Long);
    all.push(("long", debezium(DebeziumShape::Smt, long)));
    let dataworks = DataWorksEnvelope::new().with_millisecond_timestamps(true).with_business_system("42");
    all.push(("dataworks", Arc::new(dataworks)));
    all.push(("maxwell", Arc::new(MaxwellEnvelope::new().with_changed_only(true).with_mesh("grey"))));
    all
}
