//! What the SQL sinks share: from a change to statements, from statements to a committed transaction with its
//! checkpoint.
//!
//! ```text
//!   EventBatch ─ Assembler ─ Unit ─ Dispatcher ─┬─ Worker ─ Script ─ BEGIN; INSERT …; UPDATE checkpoint; COMMIT
//!                                   (conflicts) ├─ Worker
//!                                               └─ Worker …                └─ committed ─ Ledger ─ durable position
//! ```

mod careful;
pub(crate) mod conflict;
mod ddl;
mod hold;
mod large;
mod lease_table;
mod ledger;
mod plan;
mod script;
mod sink;
mod store;
mod tables;
mod worker;
mod writer;

pub use lease_table::SqlLeaseStore;
pub(crate) use sink::{SqlOptions, SqlSink};
pub(crate) use store::peek;
pub(crate) use worker::GroupLimits;
