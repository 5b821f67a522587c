//! Cells of the row images of a MySQL binary log.
//!
//! # Sources
//!
//! MySQL source documentation, `Rows_event` and `Table_map_event` (libs/mysql/binlog/event/rows_event.h), and
//! "Date and Time Data Type Representation" in the MySQL Internals Manual; pinned by `tests/it/fidelity` against
//! 5.7, 8.0 and 9.7 servers.

use super::mysql_text::text_charset;
use crate::error::{Error, Result};
use crate::schema::{Column, ColumnType};
use crate::value::{Date, DateTime, DecimalRef, JsonRef, TextRef, Time, ValueRef};

/// Field types of the table map.
pub mod field {
    #![allow(missing_docs)]
    pub const TINY: u8 = 1;
    pub const SHORT: u8 = 2;
    pub const LONG: u8 = 3;
    pub const FLOAT: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const TIMESTAMP: u8 = 7;
    pub const LONGLONG: u8 = 8;
    pub const INT24: u8 = 9;
    pub const DATE: u8 = 10;
    pub const TIME: u8 = 11;
    pub const DATETIME: u8 = 12;
    pub const YEAR: u8 = 13;
    pub const VARCHAR: u8 = 15;
    pub const BIT: u8 = 16;
    pub const TIMESTAMP2: u8 = 17;
    pub const DATETIME2: u8 = 18;
    pub const TIME2: u8 = 19;
    pub const VECTOR: u8 = 242;
    pub const JSON: u8 = 245;
    pub const NEWDECIMAL: u8 = 246;
    pub const ENUM: u8 = 247;
    pub const SET: u8 = 248;
    pub const TINY_BLOB: u8 = 249;
    pub const MEDIUM_BLOB: u8 = 250;
    pub const LONG_BLOB: u8 = 251;
    pub const BLOB: u8 = 252;
    pub const VAR_STRING: u8 = 253;
    pub const STRING: u8 = 254;
    pub const GEOMETRY: u8 = 255;
}

pub(super) fn decode<'a>(column: &Column, field: u8, meta: u16, raw: &'a [u8]) -> Result<ValueRef<'a>> {
    Ok(match field {
        field::TINY | field::SHORT | field::INT24 | field::LONG | field::LONGLONG => integer(column, raw)?,
        field::NEWDECIMAL => {
            let [precision, scale] = meta.to_le_bytes();
            ValueRef::Decimal(DecimalRef::Packed { bytes: raw, precision, scale })
        }
        field::FLOAT => ValueRef::Float(f32::from_le_bytes(exact(raw)?)),
        field::DOUBLE => ValueRef::Double(f64::from_le_bytes(exact(raw)?)),
        field::YEAR => {
            let [year] = exact(raw)?;
            ValueRef::Int(if year == 0 { 0 } else { 1900 + i64::from(year) })
        }
        field::BIT => ValueRef::UInt(super::big_endian(raw)?),
        field::DATE => ValueRef::Date(date(raw)?),
        field::TIME2 => ValueRef::Time(time2(raw)?),
        field::DATETIME2 => ValueRef::DateTime(datetime2(raw)?),
        field::TIMESTAMP2 => {
            let (seconds, fraction) = raw.split_first_chunk().ok_or_else(|| short("a timestamp"))?;
            ValueRef::DateTime(DateTime::from_timestamp(
                u32::from_be_bytes(*seconds).into(),
                micros(fraction)?,
            ))
        }
        field::TIMESTAMP => {
            ValueRef::DateTime(DateTime::from_timestamp(u32::from_le_bytes(exact(raw)?).into(), 0))
        }
        field::TIME => ValueRef::Time(old_time(raw)?),
        field::DATETIME => ValueRef::DateTime(old_datetime(u64::from_le_bytes(exact(raw)?))),
        field::ENUM => match raw.len() {
            1 | 2 => ValueRef::Enum(little_endian(raw) as u16),
            _ => return Err(short("an ENUM")),
        },
        field::SET => match raw.len() {
            1..=8 => ValueRef::Set(little_endian(raw)),
            _ => return Err(short("a SET")),
        },
        field::JSON => ValueRef::Json(JsonRef::Binary(raw)),
        field::VARCHAR | field::VAR_STRING | field::STRING | field::BLOB => match column.column_type() {
            column_type if column_type.is_text() => ValueRef::Text(TextRef::new(raw, text_charset(column)?)),
            _ => ValueRef::Bytes(raw),
        },
        field::GEOMETRY | field::VECTOR => ValueRef::Bytes(raw),
        _ => {
            return Err(Error::decode("a binlog cell", format!("field type {field} is unknown")));
        }
    })
}

fn short(what: &'static str) -> Error {
    Error::decode(what, "it has the wrong length")
}

fn exact<const N: usize>(raw: &[u8]) -> Result<[u8; N]> {
    raw.try_into().map_err(|_| short("a binlog cell"))
}

fn little_endian(raw: &[u8]) -> u64 {
    raw.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn integer(column: &Column, raw: &[u8]) -> Result<ValueRef<'static>> {
    if raw.is_empty() || raw.len() > 8 {
        return Err(short("an integer"));
    }
    let value = little_endian(raw);
    if matches!(column.column_type(), ColumnType::Int { unsigned: true, .. }) {
        return Ok(ValueRef::UInt(value));
    }
    let unused = 64 - 8 * raw.len() as u32;
    Ok(ValueRef::Int((value << unused) as i64 >> unused))
}

/// Three bytes, little-endian: 15 bits of year, 4 of month, 5 of day.
fn date(raw: &[u8]) -> Result<Date> {
    let [b0, b1, b2] = exact(raw)?;
    let bits = u32::from_le_bytes([b0, b1, b2, 0]);
    Ok(Date { year: (bits >> 9) as u16, month: (bits >> 5 & 15) as u8, day: (bits & 31) as u8 })
}

/// Two decimal digits a byte, big-endian: none, 1, 2 or 3 bytes.
fn micros(fraction: &[u8]) -> Result<u32> {
    match fraction.len() {
        0..=3 => Ok(super::big_endian(fraction)? as u32 * 100_u32.pow(3 - fraction.len() as u32)),
        _ => Err(short("a fraction of a second")),
    }
}

/// Five bytes, big-endian: sign, 17 bits of `year*13+month`, 5 of day, 5 of hour, 6 of minute, 6 of second.
fn datetime2(raw: &[u8]) -> Result<DateTime> {
    let (whole, fraction) = raw.split_at_checked(5).ok_or_else(|| short("a datetime"))?;
    let bits = super::big_endian(whole)? & 0x7f_ffff_ffff;
    let year_month = bits >> 22;
    Ok(DateTime {
        date: Date {
            year: (year_month / 13) as u16,
            month: (year_month % 13) as u8,
            day: (bits >> 17 & 31) as u8,
        },
        hour: (bits >> 12 & 31) as u8,
        minute: (bits >> 6 & 63) as u8,
        second: (bits & 63) as u8,
        micros: micros(fraction)?,
    })
}

/// Three bytes and the fraction as one big-endian number, offset by half its range: 10 bits of hours, 6 of minutes,
/// 6 of seconds, then the fraction.
fn time2(raw: &[u8]) -> Result<Time> {
    let fraction_bytes =
        raw.len().checked_sub(3).filter(|bytes| *bytes <= 3).ok_or_else(|| short("a time"))?;
    let shift = 8 * fraction_bytes as u32;
    let value = super::big_endian(raw)? as i64 - (0x80_0000 << shift);
    let (negative, value) = (value < 0, value.unsigned_abs());
    let whole = value >> shift;
    let fraction = (value & ((1 << shift) - 1)) as u32;
    Ok(Time {
        negative,
        hours: (whole >> 12 & 0x3ff) as u16,
        minutes: (whole >> 6 & 63) as u8,
        seconds: (whole & 63) as u8,
        micros: fraction * 100_u32.pow(3 - fraction_bytes as u32),
    })
}

/// Columns made before MySQL 5.6.4: decimal `HHMMSS` in three bytes, signed.
fn old_time(raw: &[u8]) -> Result<Time> {
    let [b0, b1, b2] = exact(raw)?;
    let value = i32::from_le_bytes([0, b0, b1, b2]) >> 8;
    let (negative, value) = (value < 0, value.unsigned_abs());
    Ok(Time {
        negative,
        hours: (value / 10_000) as u16,
        minutes: (value / 100 % 100) as u8,
        seconds: (value % 100) as u8,
        micros: 0,
    })
}

/// Columns made before MySQL 5.6.4: decimal `YYYYMMDDHHMMSS`.
fn old_datetime(value: u64) -> DateTime {
    let (date, time) = (value / 1_000_000, value % 1_000_000);
    DateTime {
        date: Date { year: (date / 10_000) as u16, month: (date / 100 % 100) as u8, day: (date % 100) as u8 },
        hour: (time / 10_000) as u8,
        minute: (time / 100 % 100) as u8,
        second: (time % 100) as u8,
        micros: 0,
    }
}
