//! Traits, row batches, pipeline and MySQL protocol of oms.
#![forbid(unsafe_code)]

pub mod checkpoint;
#[cfg(feature = "mysql")]
pub mod ddl;
pub mod error;
pub mod event;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod name;
pub mod position;
pub mod row;
pub mod schedule;
pub mod schema;
pub mod sink;
pub mod source;
pub mod transform;
pub mod value;

pub use error::{At, BoxError, Error, ErrorClass, Result};
pub use name::{NameCase, TableName};
pub use position::Position;
