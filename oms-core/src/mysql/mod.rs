//! The MySQL protocol and its dialects: what the sources, the sinks and the verifier share.
//!
//! Two kinds of connection are opened from the same [`ConnectOptions`]: hot reads (table scans and the binary log)
//! run on the small client in [`wire`], which hands out received bytes without copying; everything else runs on
//! `Session`.

mod ident;
mod options;
mod type_map;

pub use ident::{quote_ident, quote_table, quote_text, write_ident, write_table};
pub use options::{ConnectOptions, Secret, TlsMode};
pub use type_map::parse_column_type;
