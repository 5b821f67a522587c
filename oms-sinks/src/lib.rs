//! Sinks of oms: MySQL and OceanBase.
#![forbid(unsafe_code)]

#[cfg(feature = "mysql")]
mod sql;

#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "oceanbase")]
pub mod oceanbase;
