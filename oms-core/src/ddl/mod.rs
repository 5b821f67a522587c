//! DDL: statements of the stream to schemas, and schemas to statements of a target.

pub use crate::dialect::{Dialect, Product, SqlMode};

mod apply;
mod classify;
mod context;
mod convert;
mod cursor;
mod expression;
mod lexer;
mod parse;
mod parse_alter;
mod parse_column;
mod parse_key;
mod parse_options;
mod parse_partition;
mod parse_table;
mod parse_type;
mod render;
mod statement;

pub use apply::Applied;
pub(crate) use apply::{canonical_default, follow_table_name, hex_bytes, hex_literal, now, sort_keys};
pub use classify::StatementKind;
pub use context::DdlContext;
pub use convert::{Carried, Conversion, Converted, Effect, Note, Object, Problem, Refusals, Rule};
pub(crate) use cursor::Cursor;
pub(crate) use expression::{same as same_expression, without_parentheses};
pub(crate) use lexer::string_literal;
pub use parse::Statement;
pub(crate) use parse_options::storage_option;
pub(crate) use parse_partition::{added_partitions, same as same_partitioning};
pub(crate) use parse_type::column_type;
pub use render::{
    CreateStatements, render_alter, render_create, render_create_database, render_renames, session_statement,
};
pub(crate) use statement::{PartitionDef, PartitionMethod, Partitioning, SubPartitioning, TypeDef};
