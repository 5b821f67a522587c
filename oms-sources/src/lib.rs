//! Sources of oms: MySQL table scan and binary log.
#![forbid(unsafe_code)]

#[cfg(feature = "mysql")]
pub mod mysql;
