//! Literals from cells of the binary log: the common types without a detour over [`ValueRef`](crate::value::ValueRef).

use super::{Plan, text_writer, write_bytes, write_decoded};
use crate::error::{Error, Result};
use crate::row::format::field;
use crate::schema::{Charset, Column, ColumnType};

pub(super) fn writer(
    column: &Column,
    charset: Charset,
    field: u8,
) -> fn(&Plan, &[u8], &mut Vec<u8>) -> Result<()> {
    let unsigned = matches!(column.column_type(), ColumnType::Int { unsigned: true, .. });
    match field {
        field::LONG if !unsigned => write_i32,
        field::LONGLONG if !unsigned => write_i64,
        field::VARCHAR | field::VAR_STRING | field::STRING | field::BLOB
            if column.column_type().is_text() =>
        {
            text_writer(charset)
        }
        field::VARCHAR
        | field::VAR_STRING
        | field::STRING
        | field::BLOB
        | field::GEOMETRY
        | field::VECTOR => write_bytes,
        _ => write_decoded,
    }
}

fn exact<const N: usize>(raw: &[u8]) -> Result<[u8; N]> {
    raw.try_into().map_err(|_| Error::decode("an integer", "it has the wrong length"))
}

fn write_i32(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let value = i32::from_le_bytes(exact(raw)?);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    Ok(())
}

fn write_i64(_: &Plan, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let value = i64::from_le_bytes(exact(raw)?);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    Ok(())
}
