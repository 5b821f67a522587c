//! Values in the binary form of Avro.
//!
//! # Sources
//!
//! Apache Avro 1.12 specification, "Binary Encoding".

use oms_core::schema::ColumnType;
use oms_core::value::ValueRef;
use oms_core::{Error, Result};

use super::form::Form;
use super::writer::{CellPlan, CellWriter};
use super::{binary, number};

/// Appends a decoded value.
pub(super) type Encode = fn(&CellWriter, ValueRef<'_>, &mut Vec<u8>) -> Result<()>;

/// Appends a number of 64 bits in Avro's form: few bytes for numbers near 0.
pub(crate) fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends bytes or a string in Avro's form: the length in front.
pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// The function that writes a column in this form, `None` for a form that Avro has no type for.
pub(super) fn encoder(form: Form, column_type: &ColumnType) -> Option<Encode> {
    Some(match (form, column_type) {
        (Form::Number, ColumnType::Float { digits: None, .. }) => float,
        (Form::Number, ColumnType::Float { .. } | ColumnType::Double { .. }) => double,
        (Form::Number, ColumnType::Decimal { .. }) => return None,
        (Form::Number | Form::Long | Form::Days | Form::Millis { .. }, _)
        | (Form::MillisOfDay | Form::Micros | Form::Nanos, _) => whole,
        (Form::Boolean, _) => boolean,
        (Form::ConnectDecimal, _) => decimal,
        (Form::Text, ColumnType::Enum(_) | ColumnType::Set(_)) => labels,
        (Form::Text, ColumnType::Json) => document,
        (Form::Text, column_type) if column_type.is_text() => text,
        (Form::Text | Form::Iso | Form::IsoFull, _) => rendered,
        (Form::HexLower | Form::HexUpper | Form::Base64Url, _) => rendered,
        (Form::Base64, _) => bytes,
        (Form::LittleEndianBits, _) => bits,
        (Form::Geometry, _) => geometry,
        (Form::Floats, _) => floats,
        _ => return None,
    })
}

/// Whole numbers and counts: the digits of the JSON form, with all that it refuses; `null` for a date without a number.
fn whole(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    cell.render(value, out)?;
    let number = match &out[start..] {
        b"null" => None,
        digits => Some(std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i64>().ok())),
    };
    out.truncate(start);
    match number {
        None => write_long(0, out),
        Some(Some(number)) => {
            cell.write_branch(out);
            write_long(number, out);
        }
        Some(None) => return Err(cell.plan().misfit()),
    }
    Ok(())
}

fn float(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Float(value) = value else { return Err(cell.plan().misfit()) };
    cell.write_branch(out);
    out.extend_from_slice(&value.to_le_bytes());
    Ok(())
}

fn double(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let value = match value {
        ValueRef::Double(value) => value,
        ValueRef::Float(value) => f64::from(value),
        _ => return Err(cell.plan().misfit()),
    };
    cell.write_branch(out);
    out.extend_from_slice(&value.to_le_bytes());
    Ok(())
}

fn boolean(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    cell.write_branch(out);
    let start = out.len();
    cell.render(value, out)?;
    let is_true = out[start..] == *b"true";
    out.truncate(start);
    out.push(u8::from(is_true));
    Ok(())
}

fn decimal(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let (bytes, from) = number::unscaled(cell.plan(), value, out)?;
    cell.write_branch(out);
    write_bytes(&bytes[from..], out);
    Ok(())
}

fn text(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Text(text) = value else { return Err(cell.plan().misfit()) };
    let text = text.to_str()?;
    cell.write_branch(out);
    write_bytes(text.as_bytes(), out);
    Ok(())
}

/// Labels as they are, where the JSON form has them escaped.
fn labels(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let plan: &CellPlan = cell.plan();
    let members = match plan.column.column_type() {
        ColumnType::Enum(members) | ColumnType::Set(members) => members,
        _ => return Err(plan.misfit()),
    };
    // Finds out what is no label, and refuses it.
    let start = out.len();
    cell.render(value, out)?;
    out.truncate(start);
    cell.write_branch(out);
    let start = out.len();
    match value {
        ValueRef::Enum(index) => {
            let label = usize::from(index).checked_sub(1).and_then(|place| members.get(place));
            out.extend_from_slice(label.ok_or_else(|| plan.misfit())?.as_bytes());
        }
        ValueRef::Set(bits) => {
            for (place, label) in members.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1) {
                out.extend_from_slice(if bits & ((1 << place) - 1) == 0 { b"" } else { b"," });
                out.extend_from_slice(label.as_bytes());
            }
        }
        ValueRef::Text(text) => out.extend_from_slice(text.to_str()?.as_bytes()),
        _ => return Err(plan.misfit()),
    }
    put_length(start, out);
    Ok(())
}

fn document(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Json(json) = value else { return Err(cell.plan().misfit()) };
    cell.write_branch(out);
    let start = out.len();
    json.write(out)?;
    if std::str::from_utf8(&out[start..]).is_err() {
        return Err(Error::decode("a JSON document", "its bytes are not valid utf8mb4"));
    }
    put_length(start, out);
    Ok(())
}

/// A string that JSON has in quotes and nothing in it escaped; `null` for a date that is none.
fn rendered(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let begin = out.len();
    cell.write_branch(out);
    let start = out.len();
    cell.render(value, out)?;
    if out[start..] == *b"null" {
        out.truncate(begin);
        write_long(0, out);
        return Ok(());
    }
    out.pop();
    out.remove(start);
    put_length(start, out);
    Ok(())
}

fn bytes(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    // The string of base64 is what Debezium's mode of this name wants.
    if cell.is_base64_text() {
        return rendered(cell, value, out);
    }
    let ValueRef::Bytes(bytes) = value else { return Err(cell.plan().misfit()) };
    cell.write_branch(out);
    write_bytes(bytes, out);
    Ok(())
}

fn bits(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::UInt(bits) = value else { return Err(cell.plan().misfit()) };
    let length = binary::bit_bytes(cell.plan())?;
    cell.write_branch(out);
    write_bytes(&bits.to_le_bytes()[..length], out);
    Ok(())
}

fn geometry(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Bytes(bytes) = value else { return Err(cell.plan().misfit()) };
    let (srid, wkb) = binary::split_srid(bytes)?;
    cell.write_branch(out);
    write_bytes(wkb, out);
    match srid {
        0 => write_long(0, out),
        srid => {
            write_long(1, out);
            // An SRID is below 2^31: the server refuses others.
            write_long(srid.into(), out);
        }
    }
    Ok(())
}

fn floats(cell: &CellWriter, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let ValueRef::Bytes(bytes) = value else { return Err(cell.plan().misfit()) };
    if bytes.len() % 4 != 0 {
        return Err(Error::decode("a VECTOR", "its bytes are not a whole number of entries"));
    }
    cell.write_branch(out);
    if !bytes.is_empty() {
        write_long((bytes.len() / 4) as i64, out);
        out.extend_from_slice(bytes);
    }
    write_long(0, out);
    Ok(())
}

/// Puts the length in front of what `out` holds from `start` on.
fn put_length(start: usize, out: &mut Vec<u8>) {
    let end = out.len();
    write_long((end - start) as i64, out);
    let length = out.len() - end;
    out[start..].rotate_right(length);
}
