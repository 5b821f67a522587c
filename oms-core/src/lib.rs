//! Traits, row batches, pipeline and MySQL protocol of oms.
#![forbid(unsafe_code)]

pub mod checkpoint;
#[cfg(feature = "mysql")]
pub mod ddl;
pub mod dialect;
pub mod error;
pub mod event;
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
