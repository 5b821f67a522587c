//! Values as the text protocol and the binary log carry them.

use oms_core::row::CellFormat;
use oms_core::row::format::{canonical, field};
use oms_core::schema::{Column, ColumnType, IntWidth};
use oms_core::value::float::write_double;
use oms_core::value::{DateTime, Time, Value};

/// One value in each form in which a cell may come: the form and its bytes.
pub(super) fn forms(column: &Column, value: &Value, binary_json: &[u8]) -> [(CellFormat, Vec<u8>); 3] {
    let mut built = Vec::new();
    canonical::encode(value, &mut built);
    let (field, meta, logged) = logged(column, value, binary_json);
    [
        (CellFormat::MysqlText, scanned(column, value)),
        (CellFormat::MysqlBinlog { field, meta }, logged),
        (CellFormat::Canonical, built),
    ]
}

/// As a scan selects it.
pub(super) fn scanned(column: &Column, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Value::UInt(value) => match column.column_type() {
            ColumnType::Bit { width } => {
                out.extend_from_slice(&value.to_be_bytes()[8 - usize::from(*width).div_ceil(8)..]);
            }
            ColumnType::Int { zerofill: Some(width), .. } => {
                out.extend_from_slice(format!("{value:0>0$}", usize::from(*width)).as_bytes());
            }
            _ => out.extend_from_slice(value.to_string().as_bytes()),
        },
        Value::Float(value) => write_double(f64::from(*value), &mut out),
        Value::Double(value) => write_double(*value, &mut out),
        Value::Decimal(text) | Value::Json(text) => out.extend_from_slice(text.as_bytes()),
        Value::Text(text) => out = stored(column, text),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Date(date) => date.write(&mut out),
        Value::Time(time) => time.write(column.column_type().fsp(), &mut out),
        Value::DateTime(value) => value.write(column.column_type().fsp(), &mut out),
        Value::Enum(index) => out.extend_from_slice(index.to_string().as_bytes()),
        Value::Set(bits) => out.extend_from_slice(bits.to_string().as_bytes()),
        other => panic!("{other:?} has no bytes"),
    }
    out
}

/// Text in the column's character set; of others than UTF-8 the tests use latin1 only.
fn stored(column: &Column, text: &str) -> Vec<u8> {
    match column.charset().is_some_and(|charset| charset.is_utf8()) {
        true => text.as_bytes().to_vec(),
        false => text.chars().map(|c| u8::try_from(u32::from(c)).expect("latin1")).collect(),
    }
}

fn logged(column: &Column, value: &Value, binary_json: &[u8]) -> (u8, u16, Vec<u8>) {
    let fsp = column.column_type().fsp();
    match (column.column_type(), value) {
        (ColumnType::Int { width, .. }, value) => {
            let bytes = match value {
                Value::Int(value) => value.to_le_bytes(),
                Value::UInt(value) => value.to_le_bytes(),
                other => panic!("{other:?} is no integer"),
            };
            let field = match width {
                IntWidth::I8 => field::TINY,
                IntWidth::I16 => field::SHORT,
                IntWidth::I24 => field::INT24,
                IntWidth::I32 => field::LONG,
                IntWidth::I64 => field::LONGLONG,
            };
            (field, 0, bytes[..width.bytes()].to_vec())
        }
        (ColumnType::Year, Value::Int(year)) => (field::YEAR, 0, vec![(year.max(&1900) - 1900) as u8]),
        (ColumnType::Bit { width }, Value::UInt(bits)) => {
            (field::BIT, 0, bits.to_be_bytes()[8 - usize::from(*width).div_ceil(8)..].to_vec())
        }
        (ColumnType::Decimal { precision, scale, .. }, Value::Decimal(text)) => {
            (field::NEWDECIMAL, u16::from_le_bytes([*precision, *scale]), packed(text, *precision, *scale))
        }
        (_, Value::Float(value)) => (field::FLOAT, 4, value.to_le_bytes().to_vec()),
        (_, Value::Double(value)) => (field::DOUBLE, 8, value.to_le_bytes().to_vec()),
        (_, Value::Date(date)) => {
            let bits = u32::from(date.year) << 9 | u32::from(date.month) << 5 | u32::from(date.day);
            (field::DATE, 0, bits.to_le_bytes()[..3].to_vec())
        }
        (_, Value::Time(time)) => (field::TIME2, fsp.into(), time2(*time, fsp)),
        (ColumnType::Timestamp { .. }, Value::DateTime(value)) => {
            let micros = crate::envelope::clock::micros_since_epoch(*value).unwrap_or(0);
            let mut out = ((micros / 1_000_000) as u32).to_be_bytes().to_vec();
            out.extend_from_slice(&fraction(value.micros, fsp));
            (field::TIMESTAMP2, fsp.into(), out)
        }
        (_, Value::DateTime(value)) => (field::DATETIME2, fsp.into(), datetime2(*value, fsp)),
        (_, Value::Enum(index)) => (field::ENUM, 1, vec![*index as u8]),
        (ColumnType::Set(members), Value::Set(bits)) => {
            (field::SET, 1, bits.to_le_bytes()[..members.len().div_ceil(8)].to_vec())
        }
        (ColumnType::Json, _) => (field::JSON, 4, binary_json.to_vec()),
        (ColumnType::Geometry { .. }, Value::Bytes(bytes)) => (field::GEOMETRY, 4, bytes.to_vec()),
        (ColumnType::Vector { .. }, Value::Bytes(bytes)) => (field::VECTOR, 4, bytes.to_vec()),
        (ColumnType::Text(_) | ColumnType::Blob(_), value) => (field::BLOB, 2, scanned(column, value)),
        (_, value) => (field::VARCHAR, 80, scanned(column, value)),
    }
}

/// Groups of nine digits in four bytes, the sign bit inverted.
fn packed(text: &str, precision: u8, scale: u8) -> Vec<u8> {
    const BYTES: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let (scale, count) = (usize::from(scale), usize::from(precision - scale));
    let whole = format!("{whole:0>count$}")[whole.len().saturating_sub(count)..].to_owned();
    let whole = if count == 0 { String::new() } else { whole };
    let decimals = format!("{decimals:0<scale$}");
    let mut out = Vec::new();
    let mut push = |group: &str| {
        if !group.is_empty() {
            let value: u32 = group.parse().expect("digits");
            out.extend_from_slice(&value.to_be_bytes()[4 - BYTES[group.len()]..]);
        }
    };
    let (first, rest) = whole.split_at(count % 9);
    push(first);
    rest.as_bytes().chunks(9).for_each(|group| push(std::str::from_utf8(group).expect("digits")));
    decimals.as_bytes().chunks(9).for_each(|group| push(std::str::from_utf8(group).expect("digits")));
    out[0] ^= 0x80;
    if negative {
        out.iter_mut().for_each(|byte| *byte = !*byte);
    }
    out
}

fn fraction(micros: u32, fsp: u8) -> Vec<u8> {
    let bytes = usize::from(fsp).div_ceil(2);
    let value = micros / 100_u32.pow(3 - bytes as u32);
    value.to_be_bytes()[4 - bytes..].to_vec()
}

fn datetime2(value: DateTime, fsp: u8) -> Vec<u8> {
    let year_month = u64::from(value.date.year) * 13 + u64::from(value.date.month);
    let bits = 1 << 39
        | year_month << 22
        | u64::from(value.date.day) << 17
        | u64::from(value.hour) << 12
        | u64::from(value.minute) << 6
        | u64::from(value.second);
    let mut out = bits.to_be_bytes()[3..].to_vec();
    out.extend_from_slice(&fraction(value.micros, fsp));
    out
}

fn time2(time: Time, fsp: u8) -> Vec<u8> {
    let bytes = usize::from(fsp).div_ceil(2);
    let whole = i64::from(time.hours) << 12 | i64::from(time.minutes) << 6 | i64::from(time.seconds);
    let value = whole << (8 * bytes) | i64::from(time.micros / 100_u32.pow(3 - bytes as u32));
    let value = if time.negative { -value } else { value };
    ((0x80_0000 << (8 * bytes)) + value).to_be_bytes()[8 - 3 - bytes..].to_vec()
}
