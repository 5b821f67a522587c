//! DDL: statements of the stream to schemas, and schemas to statements of a target.

mod cursor;
mod dialect;
mod lexer;
mod parse_type;
mod statement;

pub(crate) use cursor::Cursor;
pub use dialect::{Dialect, Product, SqlMode};
pub(crate) use parse_type::column_type;
pub(crate) use statement::TypeDef;
