//! MySQL's binary JSON, printed as the server prints it.
//!
//! # Sources
//!
//! MySQL source documentation, "JSON binary format" (sql-common/json_binary.h) for the layout; the text form was
//! compared with a MySQL 9.7 server.

use std::io::Write as _;

use super::float::write_double;
use super::json_kinds::{self, ScalarKind};
use super::{Date, DateTime, DecimalRef, Time};
use crate::error::{Error, Result};

const SMALL_OBJECT: u8 = 0x00;
const LARGE_OBJECT: u8 = 0x01;
const SMALL_ARRAY: u8 = 0x02;
const LARGE_ARRAY: u8 = 0x03;
const LITERAL: u8 = 0x04;
const INT16: u8 = 0x05;
const UINT16: u8 = 0x06;
const INT32: u8 = 0x07;
const UINT32: u8 = 0x08;
const INT64: u8 = 0x09;
const UINT64: u8 = 0x0a;
const DOUBLE: u8 = 0x0b;
const STRING: u8 = 0x0c;
const OPAQUE: u8 = 0x0f;

/// The server refuses documents deeper than 100.
const MAX_DEPTH: usize = 100;

/// Field types that may stand inside an opaque value.
const FIELD_TIMESTAMP: u8 = 7;
const FIELD_DATE: u8 = 10;
const FIELD_TIME: u8 = 11;
const FIELD_DATETIME: u8 = 12;
const FIELD_NEWDECIMAL: u8 = 246;

/// Appends the text of a document; no bytes at all are the JSON literal `null`. True if the text says all that the
/// document does: JSON text has no decimals, dates, bytes and unsigned numbers, and a server that reads it makes other
/// values of them.
///
/// # Shape
///
/// `document` is the column's value: a type byte and the value. The text has `", "` and `": "` as separators, keys in
/// stored order, and is UTF-8.
///
/// # Errors
///
/// [`Error::Decode`] if an offset or length passes the end, a type is unknown, or the nesting is too deep. `out` may
/// then hold a part of the text.
pub fn write_text(document: &[u8], out: &mut Vec<u8>) -> Result<bool> {
    Printer { out, kinds: None, is_plain: true }.print(document)
}

/// The text of a document and the kind of each of its scalars, in the order of the text.
///
/// # Errors
///
/// As [`write_text`].
#[cfg(feature = "mysql")]
pub(crate) fn text_and_kinds(document: &[u8]) -> Result<(Vec<u8>, Vec<ScalarKind>)> {
    let (mut kinds, mut text) = (Vec::new(), Vec::new());
    Printer { out: &mut text, kinds: Some(&mut kinds), is_plain: true }.print(document)?;
    Ok((text, kinds))
}

fn malformed(reason: &'static str) -> Error {
    Error::decode("binary JSON", reason)
}

/// Where a document goes.
struct Printer<'a> {
    out: &'a mut Vec<u8>,
    /// The kind of each scalar, where somebody wants them.
    kinds: Option<&'a mut Vec<ScalarKind>>,
    /// No scalar so far is of a kind that JSON text does not have.
    is_plain: bool,
}

impl Printer<'_> {
    fn print(mut self, document: &[u8]) -> Result<bool> {
        match document {
            [] => self.literal(0)?,
            [kind, value @ ..] => self.value(*kind, value, 0)?,
        }
        Ok(self.is_plain)
    }

    fn value(&mut self, kind: u8, value: &[u8], depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(malformed("it is nested too deeply"));
        }
        match kind {
            SMALL_OBJECT => self.object(&Container::read(value, false)?, depth),
            LARGE_OBJECT => self.object(&Container::read(value, true)?, depth),
            SMALL_ARRAY => self.elements(&Container::read(value, false)?, depth),
            LARGE_ARRAY => self.elements(&Container::read(value, true)?, depth),
            LITERAL => self.literal(*value.first().ok_or_else(|| malformed("a literal is missing"))?),
            INT16 => self.number(i16::from_le_bytes(array(value)?)),
            INT32 => self.number(i32::from_le_bytes(array(value)?)),
            INT64 => self.number(i64::from_le_bytes(array(value)?)),
            UINT16 => self.unsigned(u16::from_le_bytes(array(value)?).into()),
            UINT32 => self.unsigned(u32::from_le_bytes(array(value)?).into()),
            UINT64 => self.unsigned(u64::from_le_bytes(array(value)?)),
            DOUBLE => {
                self.scalar(ScalarKind::Plain);
                write_json_double(f64::from_le_bytes(array(value)?), self.out);
                Ok(())
            }
            STRING => {
                self.scalar(ScalarKind::Plain);
                let (length, rest) = variable_length(value)?;
                let string = rest.get(..length).ok_or_else(|| malformed("a string passes the end"))?;
                write_string(string, self.out)
            }
            OPAQUE => self.opaque(value),
            _ => Err(malformed("a value has an unknown type")),
        }
    }

    /// Takes note of a scalar.
    fn scalar(&mut self, kind: ScalarKind) {
        self.is_plain &= kind == ScalarKind::Plain;
        if let Some(kinds) = &mut self.kinds {
            kinds.push(kind);
        }
    }

    fn number(&mut self, number: impl itoa::Integer) -> Result<()> {
        self.scalar(ScalarKind::Plain);
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        Ok(())
    }

    /// Only numbers beyond the signed ones are unsigned when read from text.
    fn unsigned(&mut self, number: u64) -> Result<()> {
        let is_signed = i64::try_from(number).is_ok();
        self.scalar(if is_signed { ScalarKind::Unsigned } else { ScalarKind::Plain });
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        Ok(())
    }

    fn literal(&mut self, literal: u8) -> Result<()> {
        self.scalar(ScalarKind::Plain);
        self.out.extend_from_slice(match literal {
            0 => b"null",
            1 => b"true",
            2 => b"false",
            _ => return Err(malformed("a literal is unknown")),
        });
        Ok(())
    }

    fn elements(&mut self, container: &Container<'_>, depth: usize) -> Result<()> {
        self.out.push(b'[');
        for i in 0..container.count {
            if i > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.entry(container, 2 * container.width(), i, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, container: &Container<'_>, depth: usize) -> Result<()> {
        let width = container.width();
        let key_entry = width + 2;
        let values = 2 * width + container.count.saturating_mul(key_entry);
        self.out.push(b'{');
        for i in 0..container.count {
            if i > 0 {
                self.out.extend_from_slice(b", ");
            }
            write_string(container.key(2 * width + i * key_entry)?, self.out)?;
            self.out.extend_from_slice(b": ");
            self.entry(container, values, i, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Prints value `i` of the table of values that starts at `table`: small values stand in the table itself.
    fn entry(&mut self, container: &Container<'_>, table: usize, i: usize, depth: usize) -> Result<()> {
        let (kind, value) = container.value(table, i)?;
        self.value(kind, value, depth + 1)
    }

    fn opaque(&mut self, value: &[u8]) -> Result<()> {
        let [field, rest @ ..] = value else {
            return Err(malformed("an opaque value has no type"));
        };
        let (length, rest) = variable_length(rest)?;
        let bytes = rest.get(..length).ok_or_else(|| malformed("an opaque value passes the end"))?;
        self.scalar(match *field {
            FIELD_NEWDECIMAL => ScalarKind::Decimal,
            FIELD_DATE => ScalarKind::Date,
            FIELD_TIME => ScalarKind::Time,
            FIELD_DATETIME => ScalarKind::DateTime,
            FIELD_TIMESTAMP => ScalarKind::Timestamp,
            _ => ScalarKind::Bytes,
        });
        match *field {
            FIELD_NEWDECIMAL => {
                let [precision, scale, packed @ ..] = bytes else {
                    return Err(malformed("a decimal has no precision"));
                };
                DecimalRef::Packed { bytes: packed, precision: *precision, scale: *scale }.write(self.out)
            }
            FIELD_DATE | FIELD_DATETIME | FIELD_TIMESTAMP | FIELD_TIME => {
                let packed = i64::from_le_bytes(array(bytes)?);
                self.out.push(b'"');
                match *field {
                    FIELD_TIME => unpack_time(packed).write(6, self.out),
                    FIELD_DATE => unpack_datetime(packed).date.write(self.out),
                    _ => unpack_datetime(packed).write(6, self.out),
                }
                self.out.push(b'"');
                Ok(())
            }
            _ => {
                // Writing to a Vec cannot fail.
                let _ = write!(self.out, "\"base64:type{field}:");
                json_kinds::write_base64(bytes, self.out);
                self.out.push(b'"');
                Ok(())
            }
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk().copied().ok_or_else(|| malformed("a number passes the end"))
}

/// A double keeps a `.0`, so that it stays a double when read again.
fn write_json_double(value: f64, out: &mut Vec<u8>) {
    let start = out.len();
    write_double(value, out);
    if !out[start..].iter().any(|byte| matches!(byte, b'.' | b'e')) {
        out.extend_from_slice(b".0");
    }
}

/// A length of one to five bytes, seven bits each, lowest first.
fn variable_length(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let mut length = 0_u64;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let length = usize::try_from(length).map_err(|_| malformed("a length is too large"))?;
            return Ok((length, &bytes[i + 1..]));
        }
    }
    Err(malformed("a length does not end"))
}

/// Appends a quoted string with the escapes that the server writes.
fn write_string(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("a string is not UTF-8"))?;
    out.push(b'"');
    let mut clean = 0;
    for (i, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            0x0c => b"\\f",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x00..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[clean..i]);
        clean = i + 1;
        if escape.is_empty() {
            // Writing to a Vec cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(&bytes[clean..]);
    out.push(b'"');
    Ok(())
}

/// An object or array: counts and offsets of two bytes (small) or four (large), relative to its own start.
struct Container<'a> {
    bytes: &'a [u8],
    large: bool,
    count: usize,
}

impl<'a> Container<'a> {
    fn read(bytes: &'a [u8], large: bool) -> Result<Self> {
        let mut container = Self { bytes, large, count: 0 };
        container.count = container.number(0)?;
        let size = container.number(container.width())?;
        container.bytes = bytes.get(..size).ok_or_else(|| malformed("a container passes the end"))?;
        Ok(container)
    }

    fn width(&self) -> usize {
        if self.large { 4 } else { 2 }
    }

    fn number(&self, at: usize) -> Result<usize> {
        let bytes = self.bytes.get(at..).ok_or_else(|| malformed("an offset passes the end"))?;
        if self.large {
            Ok(u32::from_le_bytes(array(bytes)?) as usize)
        } else {
            Ok(u16::from_le_bytes(array(bytes)?).into())
        }
    }

    /// The key whose entry is at `entry`.
    fn key(&self, entry: usize) -> Result<&'a [u8]> {
        let start = self.number(entry)?;
        let length_at =
            self.bytes.get(entry + self.width()..).ok_or_else(|| malformed("a key passes the end"))?;
        let length = usize::from(u16::from_le_bytes(array(length_at)?));
        let key = self.bytes.get(start..).and_then(|rest| rest.get(..length));
        key.ok_or_else(|| malformed("a key passes the end"))
    }

    /// Kind and bytes of value `i` of the table of values that starts at `table`.
    fn value(&self, table: usize, i: usize) -> Result<(u8, &'a [u8])> {
        let entry = table + i * (1 + self.width());
        let [kind, inline @ ..] = self.bytes.get(entry..).unwrap_or_default() else {
            return Err(malformed("a value passes the end"));
        };
        let is_inline =
            matches!(*kind, LITERAL | INT16 | UINT16) || self.large && matches!(*kind, INT32 | UINT32);
        if is_inline {
            return Ok((*kind, inline));
        }
        let offset = self.number(entry + 1)?;
        // A value lies behind the tables; an offset into them could make a document that contains itself.
        if offset < 2 * self.width() {
            return Err(malformed("an offset points into the header"));
        }
        let value = self.bytes.get(offset..).ok_or_else(|| malformed("a value passes the end"))?;
        Ok((*kind, value))
    }
}

/// `year*13+month` (17 bits), day (5), hour (5), minute (6), second (6), then 24 bits of microseconds.
fn unpack_datetime(packed: i64) -> DateTime {
    let packed = packed.unsigned_abs();
    let (whole, micros) = (packed >> 24, (packed & 0xff_ffff) as u32);
    let (ymd, hms) = (whole >> 17, whole & 0x1_ffff);
    let year_month = ymd >> 5;
    DateTime {
        date: Date { year: (year_month / 13) as u16, month: (year_month % 13) as u8, day: (ymd & 31) as u8 },
        hour: (hms >> 12) as u8,
        minute: (hms >> 6 & 63) as u8,
        second: (hms & 63) as u8,
        micros,
    }
}

/// Sign, hours (10 bits), minutes (6), seconds (6), then 24 bits of microseconds.
fn unpack_time(packed: i64) -> Time {
    let (negative, packed) = (packed < 0, packed.unsigned_abs());
    let whole = packed >> 24;
    Time {
        negative,
        hours: (whole >> 12 & 0x3ff) as u16,
        minutes: (whole >> 6 & 63) as u8,
        seconds: (whole & 63) as u8,
        micros: (packed & 0xff_ffff) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &[u8]) -> Result<String> {
        let mut out = Vec::new();
        write_text(document, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// `{"a": 1, "b": [true, "x"]}` as the server stores it.
    const DOCUMENT: &[u8] = &[
        0x00, 2, 0, 34, 0, 18, 0, 1, 0, 19, 0, 1, 0, 0x05, 1, 0, 0x02, 20, 0, b'a', b'b', 2, 0, 14, 0, 0x04,
        1, 0, 0x0c, 10, 0, 1, b'x', 0, 0,
    ];

    #[test]
    fn prints_as_the_server_does() {
        assert_eq!(text(&[]).unwrap(), "null");
        assert_eq!(text(&[0x0c, 3, b'a', b'"', 0x01]).unwrap(), "\"a\\\"\\u0001\"");
        assert_eq!(text(&[0x0b, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]).unwrap(), "1.0");
        assert_eq!(text(&[0x0a, 255, 255, 255, 255, 255, 255, 255, 255]).unwrap(), "18446744073709551615");
        assert_eq!(text(&[0x0f, 15, 3, b'a', b'b', b'c']).unwrap(), "\"base64:type15:YWJj\"");
        assert_eq!(text(DOCUMENT).unwrap(), r#"{"a": 1, "b": [true, "x"]}"#);
    }

    #[test]
    fn cut_documents_are_errors_not_panics() {
        for end in 1..DOCUMENT.len() {
            let _ = text(&DOCUMENT[..end]);
        }
        assert!(text(&DOCUMENT[..20]).is_err());
        assert!(text(&[0x0e, 1]).is_err());
        assert!(text(&[0x0c, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
        // An array that contains itself.
        assert!(text(&[0x02, 1, 0, 7, 0, 0x02, 0, 0]).is_err());
    }
}
