//! The canonical form: a tag byte and the value, little-endian, text as UTF-8.

use crate::error::{Error, Result};
use crate::schema::Charset;
use crate::value::{Date, DateTime, DecimalRef, JsonRef, TextRef, Time, Value, ValueRef};

const INT: u8 = 1;
const UINT: u8 = 2;
const FLOAT: u8 = 3;
const DOUBLE: u8 = 4;
const DECIMAL: u8 = 5;
const TEXT: u8 = 6;
const BYTES: u8 = 7;
const DATE: u8 = 8;
const TIME: u8 = 9;
const DATETIME: u8 = 10;
const JSON: u8 = 11;
const ENUM: u8 = 12;
const SET: u8 = 13;

/// Appends a value; NULL and Unchanged have no bytes, their spans say what they are.
pub fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Unchanged => {}
        Value::Int(value) => push(out, INT, &value.to_le_bytes()),
        Value::UInt(value) => push(out, UINT, &value.to_le_bytes()),
        Value::Float(value) => push(out, FLOAT, &value.to_le_bytes()),
        Value::Double(value) => push(out, DOUBLE, &value.to_le_bytes()),
        Value::Decimal(digits) => push(out, DECIMAL, digits.as_bytes()),
        Value::Text(text) => push(out, TEXT, text.as_bytes()),
        Value::Bytes(bytes) => push(out, BYTES, bytes),
        Value::Date(date) => push(out, DATE, &date_bytes(*date)),
        Value::Time(time) => {
            push(out, TIME, &time.hours.to_le_bytes());
            out.extend_from_slice(&[time.minutes, time.seconds, u8::from(time.negative)]);
            out.extend_from_slice(&time.micros.to_le_bytes());
        }
        Value::DateTime(value) => {
            push(out, DATETIME, &date_bytes(value.date));
            out.extend_from_slice(&[value.hour, value.minute, value.second]);
            out.extend_from_slice(&value.micros.to_le_bytes());
        }
        Value::Json(text) => push(out, JSON, text.as_bytes()),
        Value::Enum(index) => push(out, ENUM, &index.to_le_bytes()),
        Value::Set(bits) => push(out, SET, &bits.to_le_bytes()),
    }
}

fn push(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn date_bytes(date: Date) -> [u8; 4] {
    let [low, high] = date.year.to_le_bytes();
    [low, high, date.month, date.day]
}

/// Decodes a value.
///
/// # Errors
///
/// [`Error::Decode`] for an unknown tag or a wrong length.
pub fn decode(raw: &[u8]) -> Result<ValueRef<'_>> {
    let [tag, bytes @ ..] = raw else {
        return Err(Error::decode("a canonical cell", "it has no tag"));
    };
    Ok(match *tag {
        INT => ValueRef::Int(i64::from_le_bytes(exact(bytes)?)),
        UINT => ValueRef::UInt(u64::from_le_bytes(exact(bytes)?)),
        FLOAT => ValueRef::Float(f32::from_le_bytes(exact(bytes)?)),
        DOUBLE => ValueRef::Double(f64::from_le_bytes(exact(bytes)?)),
        DECIMAL => ValueRef::Decimal(DecimalRef::Text(bytes)),
        TEXT => ValueRef::Text(TextRef::new(bytes, Charset::Utf8mb4)),
        BYTES => ValueRef::Bytes(bytes),
        DATE => ValueRef::Date(read_date(exact(bytes)?)),
        TIME => {
            let [h0, h1, minutes, seconds, negative, m0, m1, m2, m3] = exact(bytes)?;
            ValueRef::Time(Time {
                negative: negative != 0,
                hours: u16::from_le_bytes([h0, h1]),
                minutes,
                seconds,
                micros: u32::from_le_bytes([m0, m1, m2, m3]),
            })
        }
        DATETIME => {
            let [d0, d1, d2, d3, hour, minute, second, m0, m1, m2, m3] = exact(bytes)?;
            ValueRef::DateTime(DateTime {
                date: read_date([d0, d1, d2, d3]),
                hour,
                minute,
                second,
                micros: u32::from_le_bytes([m0, m1, m2, m3]),
            })
        }
        JSON => ValueRef::Json(JsonRef::Text(bytes)),
        ENUM => ValueRef::Enum(u16::from_le_bytes(exact(bytes)?)),
        SET => ValueRef::Set(u64::from_le_bytes(exact(bytes)?)),
        _ => return Err(Error::decode("a canonical cell", "its tag is unknown")),
    })
}

fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::decode("a canonical cell", "its length does not fit its tag"))
}

fn read_date([low, high, month, day]: [u8; 4]) -> Date {
    Date { year: u16::from_le_bytes([low, high]), month, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_survives_both_ways() {
        let date = Date { year: 2024, month: 0, day: 31 };
        for value in [
            Value::Int(i64::MIN),
            Value::UInt(u64::MAX),
            Value::Float(-0.0),
            Value::Double(f64::MAX),
            Value::Decimal("-0.10".into()),
            Value::Text("日本".into()),
            Value::Bytes([0, 255].into()),
            Value::Date(date),
            Value::Time(Time { negative: true, hours: 838, minutes: 59, seconds: 59, micros: 1 }),
            Value::DateTime(DateTime { date, hour: 23, minute: 59, second: 59, micros: 999_999 }),
            Value::Json("{}".into()),
            Value::Enum(300),
            Value::Set(1 << 63),
        ] {
            let mut bytes = Vec::new();
            encode(&value, &mut bytes);
            assert!(decode(&bytes).unwrap().to_value().unwrap() == value, "{value:?}");
            for end in 0..bytes.len() {
                let _ = decode(&bytes[..end]);
            }
        }
        assert!(decode(&[]).is_err() && decode(&[99]).is_err() && decode(&[INT, 1]).is_err());
    }
}
