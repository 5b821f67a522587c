//! The MySQL protocol and its dialects: what the sources, the sinks and the verifier share.
//!
//! Two kinds of connection are opened from the same [`ConnectOptions`]: hot reads (table scans and the binary log)
//! run on the small client in [`wire`], which hands out received bytes without copying; everything else runs on
//! [`Session`]. Both pin the same variables, given by [`SessionOptions`].

mod catalog;
mod error_code;
mod failure;
mod grants;
mod ident;
mod key_range;
mod literal;
mod options;
mod select_list;
mod server;
mod server_error;
mod session;
mod table_reader;
mod tls;
mod type_map;
pub mod wire;

pub use catalog::{Catalog, CatalogSchemas, DatabaseInfo, TableInfo, TableKind};
pub use error_code::class_of;
pub use grants::Grants;
pub use ident::{quote_ident, quote_table, quote_text, write_ident, write_table};
pub use key_range::{bound_of, write_key_columns, write_range};
pub use literal::{LiteralWriter, write_value};
pub use options::{ConnectOptions, Secret, TlsMode};
pub use select_list::{write_select, write_select_list};
pub use server::{Flavour, Server, Version};
pub use server_error::ServerError;
pub use session::{Outcome, Session, SessionOptions, StatementError, TextRow};
pub use table_reader::MySqlTableReader;
pub use type_map::parse_column_type;
