//! The binary log: our own replication client and decoder.

mod cursor;
mod decoder;
mod event;
mod gtid;
mod header;
mod payload;
mod position;
mod query;
mod rows;
mod table_map;
mod tables;

pub use gtid::{Gtid, GtidSet};
pub use position::BinlogPosition;
