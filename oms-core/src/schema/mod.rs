//! The neutral model of a table: columns with their exact SQL types, keys, and what identifies a row.

mod charset;
mod collation;
mod column;
mod column_type;
#[cfg(feature = "mysql")]
mod diff;
mod fit;
mod key;
mod set;
mod table;

pub use charset::Charset;
pub use collation::Collation;
pub use column::{Column, DefaultValue, Generated};
pub use column_type::{ColumnType, GeometryKind, IntWidth, LobSize, Members};
#[cfg(feature = "mysql")]
pub use diff::{Change, ColumnDiff, Difference, Place, SchemaDiff};
pub use fit::{misfit, require_fit};
pub use key::{ForeignKey, Key, KeyKind, KeyPart, ReferentialAction, RowIdentity};
pub use set::SchemaSet;
pub use table::{Check, TableSchema};
