//! Literals from cells of the text protocol: digits are copied, text is escaped.

use super::{Plan, json, mark_double, text_writer, write_bytes, write_decoded, write_text};
use crate::error::{At, Error, Result};
use crate::schema::{Charset, Column, ColumnType};
use crate::value::JsonRef;

pub(super) fn writer(column: &Column, charset: Charset) -> fn(&Plan, &[u8], &mut Vec<u8>) -> Result<()> {
    match column.column_type() {
        ColumnType::Int { zerofill: None, .. } | ColumnType::Decimal { zerofill: false, .. } => write_digits,
        ColumnType::Int { .. } | ColumnType::Decimal { .. } => write_unfilled,
        ColumnType::Year => write_digits,
        ColumnType::Float { digits: Some(_), .. } | ColumnType::Double { digits: Some(_), .. } => {
            write_decoded
        }
        ColumnType::Float { .. } | ColumnType::Double { .. } => write_float,
        ColumnType::Date
        | ColumnType::Time { .. }
        | ColumnType::DateTime { .. }
        | ColumnType::Timestamp { .. } => write_text,
        ColumnType::Json => write_document,
        ColumnType::Char { .. } | ColumnType::VarChar { .. } | ColumnType::Text(_) => text_writer(charset),
        ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => write_bytes,
        ColumnType::Bit { .. } | ColumnType::Enum(_) | ColumnType::Set(_) => write_decoded,
    }
}

/// Digits, a sign and a point need no quotes; anything else never leaves unquoted.
fn check_number(raw: &[u8]) -> Result<()> {
    let valid = raw.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e'));
    if valid && !raw.is_empty() { Ok(()) } else { Err(Error::decode("a number", "its text is not one")) }
}

fn write_digits(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    check_number(raw)?;
    out.extend_from_slice(raw);
    Ok(())
}

fn write_unfilled(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    check_number(raw)?;
    crate::value::DecimalRef::Text(raw).write(out)
}

fn write_document(plan: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match JsonRef::of_text(raw) {
        JsonRef::Text([]) => {
            // MySQL 9.7 gives it without an error.
            let reason = "the server gave no text for a JSON document: it is longer than the source's max_allowed_packet";
            Err(Error::refused(At::unknown(), reason))
        }
        JsonRef::Typed(typed) => json::write_typed(plan, typed, out),
        _ => write_text(plan, raw, out),
    }
}

fn write_float(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    check_number(raw)?;
    let start = out.len();
    out.extend_from_slice(raw);
    mark_double(out, start);
    Ok(())
}
