//! Literals from decoded values, for every form.

use super::{Plan, json, write_double, write_enum, write_escaped, write_hex, write_quoted, write_set};
use crate::error::{Error, Result};
use crate::schema::Column;
use crate::value::{JsonRef, Value, ValueRef, json_binary};

/// Appends the literal of an owned value, for a column that it belongs to.
///
/// # Errors
///
/// As [`LiteralWriter::write`](super::LiteralWriter::write).
pub fn write_value(column: &Column, value: &Value, out: &mut Vec<u8>) -> Result<()> {
    if value.is_null() {
        out.extend_from_slice(b"NULL");
        return Ok(());
    }
    let mut cell = Vec::new();
    crate::row::format::canonical::encode(value, &mut cell);
    super::LiteralWriter::new(crate::row::CellFormat::Canonical, column)?.write(&cell, out)
}

pub(super) fn write_with(plan: &Plan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Null => out.extend_from_slice(b"NULL"),
        ValueRef::Unchanged => return Err(Error::decode("a cell", "the row image does not hold it")),
        ValueRef::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        ValueRef::UInt(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        // Widening is exact, and the digits of the double lead the server back to the same float.
        ValueRef::Float(value) => write_double(plan, value.into(), out),
        ValueRef::Double(value) => write_double(plan, value, out),
        ValueRef::Decimal(value) => value.write(out)?,
        ValueRef::Text(value) => write_quoted(value.to_str()?.as_bytes(), out),
        ValueRef::Bytes(value) => write_hex(value, out),
        ValueRef::Date(value) => quoted(out, |out| value.write(out)),
        ValueRef::Time(value) => quoted(out, |out| value.write(plan.fsp, out)),
        ValueRef::DateTime(value) => quoted(out, |out| value.write(plan.fsp, out)),
        ValueRef::Json(JsonRef::Text(text)) => write_quoted(text, out),
        ValueRef::Json(JsonRef::Typed(typed)) => json::write_typed(plan, typed, out)?,
        ValueRef::Json(JsonRef::Binary(document)) => write_binary(plan, document, out)?,
        ValueRef::Enum(index) => write_enum(plan, index.into(), out)?,
        ValueRef::Set(bits) => write_set(plan, bits, out)?,
    }
    Ok(())
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'\'');
    write(out);
    out.push(b'\'');
}

/// Renders binary JSON in place and escapes it there; only a document with something to escape, or with values that its
/// text does not tell, is copied.
fn write_binary(plan: &Plan, document: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let begin = out.len();
    out.push(b'\'');
    let start = out.len();
    if !json_binary::write_text(document, out)? {
        out.truncate(begin);
        let (text, kinds) = json_binary::text_and_kinds(document)?;
        return json::write(plan, &text, &kinds, out);
    }
    if let Some(special) = memchr::memchr3(b'\'', b'\\', 0, &out[start..]) {
        let rest = out.split_off(start + special);
        write_escaped(&rest, out);
    }
    out.push(b'\'');
    Ok(())
}
