//! Traits, row batches, pipeline and MySQL protocol of oms, an embeddable database migration SDK.
//!
//! This crate knows no connector. It holds what connectors are made of and what runs them; sources and sinks of
//! databases are in `oms-sources` and `oms-sinks`, the comparison of two databases in `oms-check`.
//!
//! # A pipeline
//!
//! A [`Source`](source::Source) gives batches of events, [`Transform`](transform::Transform)s change them, and a
//! [`Sink`](sink::Sink) makes them durable. A [`Pipeline`](pipeline::Pipeline) joins them, and keeps the checkpoint from
//! which it goes on after whatever happened.
//!
//! ```
//! use std::sync::Arc;
//! use oms_core::TableName;
//! use oms_core::event::{Change, Event, EventBatch};
//! use oms_core::pipeline::Pipeline;
//! use oms_core::row::RowBatchBuilder;
//! use oms_core::schema::{Column, ColumnType, Key, KeyKind, TableSchema};
//! use oms_core::sink::MemorySink;
//! use oms_core::source::MemorySource;
//! use oms_core::transform::Mapping;
//! use oms_core::value::Value;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> oms_core::Result<()> {
//! let name = Column::new("name", ColumnType::VarChar { length: 20 }).with_nullable(false);
//! let table = TableSchema::new(TableName::new("shop", "customers"), vec![name])
//!     .with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, ["name"])]);
//!
//! // Rows of a scan may stand without a transaction around them.
//! let mut rows = RowBatchBuilder::canonical(Arc::new(table));
//! rows.push([Value::from("Ann")])?;
//! rows.push([Value::from("Bob")])?;
//! let mut batch = EventBatch::new();
//! batch.push(Event::Change(Change::read(rows.finish())));
//!
//! let sink = MemorySink::new();
//! let summary = Pipeline::new("customers", MemorySource::new([batch]), sink.clone())
//!     .transform(Mapping::new().database("shop", "shop_new"))
//!     .run()
//!     .await?;
//! assert_eq!(sink.row_count(&TableName::new("shop_new", "customers")), 2);
//! assert!(summary.tally.balances());
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! | Module | Holds |
//! |---|---|
//! | [`guide`] | the four hard ideas, each with a picture: read these first |
//! | [`pipeline`] | what runs a source, transforms and a sink, with progress, pause, stop and retries |
//! | [`source`], [`transform`], [`sink`] | the three traits with their contracts, and those of memory |
//! | [`event`], [`row`], [`value`], [`schema`] | what flows: transactions, packed rows, values, shapes of tables |
//! | [`checkpoint`], [`position`] | how far a pipeline is |
//! | [`schedule`] | conflicts of keys and the watermark, for sinks that write in parallel |
//! | [`select`], [`name`] | which tables, under which name |
//! | [`registry`] | connectors by the scheme of a URL |
//! | `mysql`, `ddl` | sessions, wire client, catalogue and statements of MySQL and OceanBase |
//! | `testing` | suites that a connector must pass, and faults to try it with |
//!
//! # Features
//!
//! None is on by default, and none changes what another means.
//!
//! | Feature | Adds |
//! |---|---|
//! | `mysql` | the modules `mysql` and `ddl` |
//! | `testing` | the module `testing` |
//!
//! # What is guaranteed, and where that ends
//!
//! * **Every row is accounted for.** At each checkpoint the rows read are those applied, filtered and quarantined; if not,
//!   the pipeline stops. A sink that says "durable" and is not can break this, which is what the suites are for.
//! * **Exactly once in effect** with a sink that stores the checkpoint with the data; at least once with any other.
//! * **Order per key, always.** Order between transactions of different keys is the sink's affair.
//! * **What is not understood stops.** An event, a type or a byte that cannot be carried exactly is an error that names
//!   its place, never a guess.
//! * **Memory is bounded by bytes**, those of rows on their way; a row larger than the budget travels alone.
//! * **No value and no secret in an error, a log line or `Debug`.**
//!
//! # When not
//!
//! Rows are moved as they are, by one process for one pipeline. There are no joins, no windows and no aggregates.
#![forbid(unsafe_code)]

pub mod checkpoint;
#[cfg(feature = "mysql")]
pub mod ddl;
pub mod dialect;
pub mod error;
pub mod event;
pub mod guide;
pub mod lease;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod name;
pub mod observe;
pub mod pipeline;
pub mod position;
pub mod project;
mod random;
pub mod registry;
pub mod row;
pub mod schedule;
pub mod schema;
pub mod select;
pub mod sink;
pub mod source;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod transform;
pub mod value;

pub use error::{At, BoxError, Error, ErrorClass, Result};
pub use name::{NameCase, TableName};
pub use position::Position;
