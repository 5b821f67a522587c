//! DDL: statements of the stream to schemas, and schemas to statements of a target.

mod dialect;
mod lexer;

pub use dialect::{Dialect, Product, SqlMode};
