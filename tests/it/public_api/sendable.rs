//! What may cross threads: values are shared between tasks, and futures that hold them are spawned.

use oms_core::{
    checkpoint, ddl, event, mysql, pipeline, registry, row, schedule, schema, select, sink, source,
};
use oms_core::{transform, value};

/// A compile-time assertion for each type of a list.
macro_rules! assert_all {
    ($bound:ident: $($of:ty),+ $(,)?) => {
        $(const _: fn() = || { $bound::<$of>(); };)+
    };
}

fn shared<T: Send + Sync + ?Sized>() {}
fn sent<T: Send + ?Sized>() {}

// Values: many tasks hold them at once.
assert_all!(shared:
    oms_core::Error, oms_core::At, oms_core::ErrorClass, oms_core::TableName, oms_core::Position,
    value::Value, value::ValueRef<'static>, value::DecimalRef<'static>, value::TextRef<'static>,
    value::JsonRef<'static>, value::Date, value::DateTime, value::Time,
    schema::TableSchema, schema::Column, schema::ColumnType, schema::Key, schema::Collation, schema::SchemaSet,
    schema::SchemaDiff, row::RowBatch, row::RowLayout, row::RowRef<'static>, row::CellRef<'static>,
    row::RowBatchBuilder, event::Event, event::EventBatch, event::Change, event::Transaction, event::SchemaChange,
    event::Tally, checkpoint::Checkpoint, ddl::Statement, ddl::Applied, ddl::Conversion, ddl::Converted, ddl::Note,
    ddl::Dialect, schedule::Footprint, schedule::Watermark, select::TablePattern,
    mysql::ConnectOptions, mysql::SessionOptions, mysql::Secret, mysql::Server, mysql::ServerError, mysql::TextRow,
    source::KeyRange, source::KeyBound,
);

// Steering and stores: one is given to many.
assert_all!(shared:
    dyn checkpoint::CheckpointStore, checkpoint::FileCheckpointStore, checkpoint::MemoryCheckpointStore,
    pipeline::PipelineControl, pipeline::PipelineOptions, pipeline::PipelineProgress, pipeline::Summary,
    pipeline::ByteBudget, pipeline::ReservedBytes, pipeline::RetryPolicy, registry::Registry,
    registry::ConnectorOptions,
);

// Workers: each has one owner, which may be any thread.
assert_all!(sent:
    dyn source::Source, dyn sink::Sink, dyn transform::Transform, dyn source::TableReader,
    pipeline::Pipeline, pipeline::PipelineHandle, source::MemorySource, source::ChannelSource,
    source::ChannelSourceSender, sink::MemorySink, sink::NullSink, sink::Router, sink::Tee,
    transform::Chain, transform::Filter, transform::Mapping, transform::Project,
    mysql::Session, mysql::MySqlTableReader, mysql::Catalog<'static>,
    oms_sources::mysql::MySqlSource, oms_sources::mysql::binlog::BinlogPosition,
    oms_sources::mysql::binlog::BinlogOptions, oms_sources::mysql::scan::ScanOptions,
    oms_sinks::mysql::MySqlSink, oms_sinks::oceanbase::OceanBaseSink,
);

/// A pipeline's future is spawned by programs with more than one thread.
#[test]
fn the_future_of_a_pipeline_may_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let source = source::MemorySource::new([]);
    let pipeline = pipeline::Pipeline::new("sendable", source, sink::NullSink::new());
    is_send(&pipeline.run());
}
