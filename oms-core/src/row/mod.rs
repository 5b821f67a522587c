//! Rows as they came: a [`RowBatch`] is the received bytes plus one span a cell, decoded only when somebody asks.
//!
//! ```text
//!   data   ┌──────────────────────────────────────────────┐   as received, shared, never copied
//!          │ 04│1001│06│lamp 3│fb│ … │04│1002│…             │
//!          └────▲──────▲───────────────────▲───────────────┘
//!   spans   (5,4)  (10,6)  NULL  …      (58,4) …              8 bytes a cell, row after row
//!   layout  id      name   note                               which columns, in which format: the decode plan
//! ```

mod batch;
mod builder;
pub mod format;
mod key_hash;
mod layout;
mod row_ref;
mod spans;

pub use batch::{RowBatch, Span};
pub use builder::RowBatchBuilder;
pub use format::CellFormat;
pub use key_hash::{KeyHash, KeyHasher};
pub use layout::{LayoutColumn, RowLayout};
pub use row_ref::{CellRef, RowRef};
