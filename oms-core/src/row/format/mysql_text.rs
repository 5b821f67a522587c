//! Cells of the text protocol, as our scans select them (`oms-sources`, `scan/select_list.rs`).

use crate::error::{Error, Result};
use crate::schema::{Charset, Column, ColumnType};
use crate::value::{Date, DateTime, DecimalRef, JsonRef, TextRef, Time, ValueRef};

pub(super) fn decode<'a>(column: &Column, raw: &'a [u8]) -> Result<ValueRef<'a>> {
    Ok(match column.column_type() {
        ColumnType::Int { unsigned: false, .. } | ColumnType::Year => ValueRef::Int(number(raw)?),
        ColumnType::Int { unsigned: true, .. } => ValueRef::UInt(number(raw)?),
        ColumnType::Decimal { .. } => ValueRef::Decimal(DecimalRef::Text(raw)),
        // The scan widens FLOAT to DOUBLE, whose shortest digits lead back to the same float.
        ColumnType::Float { .. } => ValueRef::Float(number::<f64>(raw)? as f32),
        ColumnType::Double { .. } => ValueRef::Double(number(raw)?),
        ColumnType::Bit { .. } => ValueRef::UInt(super::big_endian(raw)?),
        ColumnType::Date => ValueRef::Date(Date::parse(raw)?),
        ColumnType::Time { .. } => ValueRef::Time(Time::parse(raw)?),
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => {
            ValueRef::DateTime(DateTime::parse(raw)?)
        }
        ColumnType::Char { .. } | ColumnType::VarChar { .. } | ColumnType::Text(_) => {
            ValueRef::Text(TextRef::new(raw, text_charset(column)?))
        }
        ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => ValueRef::Bytes(raw),
        ColumnType::Enum(_) => ValueRef::Enum(number(raw)?),
        ColumnType::Set(_) => ValueRef::Set(number(raw)?),
        ColumnType::Json => ValueRef::Json(JsonRef::of_text(raw)),
    })
}

fn number<T: std::str::FromStr>(raw: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(raw).ok();
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::decode("a number", format!("{} bytes are not one of this type", raw.len())))
}

pub(super) fn text_charset(column: &Column) -> Result<Charset> {
    column.charset().ok_or_else(|| {
        let collation = column.collation().map_or("", |collation| collation.name());
        Error::unsupported("text decoding", format!("the collation {collation}"))
    })
}
