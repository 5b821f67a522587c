//! [`CellFormat`]: the forms in which a cell's bytes may be, and their decoding.

pub mod canonical;
mod mysql_binlog;
mod mysql_text;

use crate::error::{Error, Result};
use crate::schema::Column;
use crate::value::ValueRef;

/// The form of a cell's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CellFormat {
    /// Our own neutral form, for built rows and for connectors whose wire form is none of the others.
    Canonical,
    /// Text protocol of MySQL, as our scans select it: ENUM and SET as number, FLOAT with the digits of a DOUBLE,
    /// TIMESTAMP at UTC, text in the column's own character set.
    MysqlText,
    /// Row image of a MySQL binary log.
    MysqlBinlog {
        /// The field type of the table map, with ENUM and SET resolved.
        field: u8,
        /// Its metadata, as in the table map.
        meta: u16,
    },
}

/// Decodes a cell that is not NULL.
///
/// # Errors
///
/// [`Error::Decode`] if the bytes are not a value of the column's type.
pub fn decode<'a>(format: CellFormat, column: &Column, raw: &'a [u8]) -> Result<ValueRef<'a>> {
    match format {
        CellFormat::Canonical => canonical::decode(raw),
        CellFormat::MysqlText => mysql_text::decode(column, raw),
        CellFormat::MysqlBinlog { field, meta } => mysql_binlog::decode(column, field, meta, raw),
    }
}

pub use mysql_binlog::field;

/// A big-endian number of up to eight bytes.
fn big_endian(raw: &[u8]) -> Result<u64> {
    if raw.len() > 8 {
        return Err(Error::decode("a number", "it has more than eight bytes"));
    }
    Ok(raw.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}
