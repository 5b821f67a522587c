//! MySQL: table scan, binary log, and the hand-over from one to the other.

pub mod binlog;
