//! The binary log: our own replication client and decoder.

mod cursor;
mod gtid;
mod position;

pub use gtid::{Gtid, GtidSet};
pub use position::BinlogPosition;
