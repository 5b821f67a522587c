//! Rows as bytes with a table of places.
//!
//! Most cells of a migration are never looked at: they go from one server to another as they are. So a batch of rows
//! keeps the bytes as they came, and beside them says where each cell lies.
//!
//! ```text
//!   RowLayout   schema ── which columns are there ── the format of each
//!               id: MysqlText     name: MysqlText     total: Canonical (a transform has written it)
//!
//!   spans       row 0: (1,1) (3,3) (40,2)     row 1: (7,2) null (42,2)
//!                        │     │     │
//!   data        ┌─┬─┬─┬─┬┴┬─┬──┴─┐   │
//!   (received)  │1│7│3│a│n│n│2│8│…   │
//!               └─┴─┴─┴─┴─┴─┴─┴─┴─   │
//!   patch       ─────────────────────┴─►  written by transforms, addressed behind `data`
//! ```
//!
//! * [`RowBatch`](crate::row::RowBatch) is a small handle. Clones and slices share the bytes.
//! * [`RowLayout`](crate::row::RowLayout) is the plan of decoding, one for all rows of a batch. An image that has only
//!   some columns is another layout, not a mark in each cell.
//! * [`CellRef::raw`](crate::row::CellRef::raw) gives the bytes, [`CellRef::decode`](crate::row::CellRef::decode) a value
//!   that borrows them. Neither allocates.
//! * A sink picks the writer of each column once for a layout, not once for a cell; that is what
//!   `mysql::LiteralWriter::for_layout` is for.
//!
//! # Three kinds of nothing
//!
//! A column that is not in the layout was not sent. A cell that is *null* holds SQL's NULL. A cell that is *unchanged*
//! was left out by the source because the update did not touch it, and must not be written.
//!
//! ```
//! use std::sync::Arc;
//! use oms_core::TableName;
//! use oms_core::row::RowBatchBuilder;
//! use oms_core::schema::{Column, ColumnType, TableSchema};
//! use oms_core::value::Value;
//!
//! let columns = vec![Column::new("name", ColumnType::VarChar { length: 20 })];
//! let table = Arc::new(TableSchema::new(TableName::new("shop", "customers"), columns));
//! let mut builder = RowBatchBuilder::canonical(table);
//! builder.push([Value::from("Ann")])?;
//! let rows = builder.finish();
//! let cell = rows.row(0).cell(0);
//! assert_eq!(cell.decode()?.as_str(), Some("Ann"));
//! // A slice shares the bytes, and so holds all of them: compact what is kept for long.
//! assert_eq!(rows.slice(0..1).compact().len(), 1);
//! # Ok::<(), oms_core::Error>(())
//! ```
//!
//! # What it costs
//!
//! A slice of one row keeps its whole buffer alive. [`RowBatch::byte_size`](crate::row::RowBatch::byte_size) counts what is
//! held, and the pipeline's byte budget counts with it.
