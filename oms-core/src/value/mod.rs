//! Typed values: [`ValueRef`] borrows from a row, [`Value`] owns, and both have the shapes of the wire.

mod decimal;
pub mod float;
mod json;
pub mod json_binary;
pub(crate) mod json_kinds;
mod temporal;
mod text;
#[allow(clippy::module_inception)]
mod value;
mod value_ref;

pub use decimal::DecimalRef;
pub use json::JsonRef;
pub use temporal::{Date, DateTime, Time};
pub use text::TextRef;
pub use value::Value;
pub use value_ref::ValueRef;
