//! Keys in the form that both servers print alike, and that form as SQL literals and as text.

use std::fmt::Write;

use oms_core::mysql::TextRow;
use oms_core::schema::{Column, ColumnType};

use crate::rule::{ColumnRule, charset_name, is_utf8};

/// The values of a row's key columns, each in the form of its rule.
pub(crate) type Key = Box<[Box<[u8]>]>;

/// The first byte of text that its server could not convert; no UTF-8 begins so.
const UNCONVERTED: u8 = 0xFF;

/// The key in the first columns of a row.
pub(crate) fn key_of(row: &TextRow, width: usize) -> oms_core::Result<Key> {
    (0..width)
        .map(|at| {
            let missing = || oms_core::Error::decode("a key", format!("column {at} is NULL"));
            Ok(Box::from(row.bytes(at)?.ok_or_else(missing)?))
        })
        .collect()
}

/// What a key takes in memory.
pub(crate) fn key_bytes(key: &Key) -> usize {
    key.iter().map(|part| part.len() + size_of::<Box<[u8]>>()).sum::<usize>() + size_of::<Key>()
}

/// True if a column has to be cast to bytes to be found by this value.
pub(crate) fn is_unconverted(rule: &ColumnRule, value: &[u8]) -> bool {
    *rule == ColumnRule::Text && value.first() == Some(&UNCONVERTED)
}

/// Appends a value as a literal that a column of this rule is compared with, in the column's own way.
pub(crate) fn write_literal(rule: &ColumnRule, column: &Column, value: &[u8], out: &mut String) {
    match rule {
        ColumnRule::Integer | ColumnRule::Decimal { .. } | ColumnRule::Members => push_ascii(value, out),
        ColumnRule::Real => {
            push_ascii(value, out);
            if !value.iter().any(|byte| matches!(byte, b'e' | b'E')) {
                // Without an exponent it would be a DECIMAL.
                out.push_str("e0");
            }
        }
        ColumnRule::Date | ColumnRule::Time { .. } | ColumnRule::DateTime { .. } => {
            out.push('\'');
            push_ascii(value, out);
            out.push('\'');
        }
        ColumnRule::TextBytes => {
            let charset = charset_name(column).filter(|charset| !is_utf8(charset)).unwrap_or("utf8mb4");
            // What is no text has the bytes of its own character set on both sides.
            let is_text = column.column_type().is_text();
            push_hex(is_text.then_some(charset), value, out);
        }
        ColumnRule::Text if is_unconverted(rule, value) => push_hex(None, &value[1..], out),
        ColumnRule::Text => push_hex(Some("utf8mb4"), value, out),
        ColumnRule::Bytes | ColumnRule::Json | ColumnRule::Geometry | ColumnRule::Vector => {
            push_hex(None, value, out);
        }
    }
}

/// Digits and the like, as servers print numbers and times. Anything else would be another statement.
fn push_ascii(value: &[u8], out: &mut String) {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.: ".contains(byte);
    out.extend(value.iter().filter(|byte| is_plain(byte)).map(|byte| char::from(*byte)));
}

fn push_hex(charset: Option<&str>, value: &[u8], out: &mut String) {
    if let Some(charset) = charset {
        out.push('_');
        out.push_str(charset);
        out.push(' ');
    }
    out.push_str("x'");
    hex(value, out);
    out.push('\'');
}

fn hex(value: &[u8], out: &mut String) {
    for byte in value {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
}

/// A value for people.
pub(crate) fn readable(column: &Column, value: &[u8]) -> Box<str> {
    let is_bytes = matches!(
        column.column_type(),
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob(_)
    );
    match std::str::from_utf8(value) {
        Ok(text) if !is_bytes => text.into(),
        _ => {
            let mut text = String::from("0x");
            hex(value, &mut text);
            text.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use oms_core::schema::Collation;

    use super::*;

    fn literal(rule: ColumnRule, column_type: ColumnType, value: &[u8]) -> String {
        let mut out = String::new();
        write_literal(&rule, &Column::new("c", column_type), value, &mut out);
        out
    }

    const TEXT: ColumnType = ColumnType::VarChar { length: 9 };
    const BYTES: ColumnType = ColumnType::VarBinary { length: 9 };
    const DOUBLE: ColumnType = ColumnType::Double { unsigned: false, digits: None };

    #[test]
    fn a_value_is_written_in_the_terms_of_its_column() {
        assert_eq!(literal(ColumnRule::Integer, DOUBLE, b"18446744073709551615"), "18446744073709551615");
        assert_eq!(literal(ColumnRule::Real, DOUBLE, b"-0.1"), "-0.1e0");
        assert_eq!(literal(ColumnRule::Real, DOUBLE, b"1e300"), "1e300");
        assert_eq!(literal(ColumnRule::Time { fsp: 0 }, DOUBLE, b"-838:59:59"), "'-838:59:59'");
        assert_eq!(literal(ColumnRule::TextBytes, TEXT, b"it's"), "_utf8mb4 x'69742773'");
        assert_eq!(literal(ColumnRule::Bytes, BYTES, b"\x00\xff"), "x'00FF'");
        assert_eq!(literal(ColumnRule::Text, TEXT, b"\xff\x81"), "x'81'");
        let gbk = Column::new("c", TEXT).with_collation(Some(Collation::new("gbk_chinese_ci")));
        let mut out = String::new();
        write_literal(&ColumnRule::TextBytes, &gbk, b"\xd6\xd0", &mut out);
        assert_eq!(out, "_gbk x'D6D0'");
    }

    #[test]
    fn nothing_leaves_its_literal() {
        assert_eq!(literal(ColumnRule::Date, DOUBLE, b"2020-01-01' OR '1"), "'2020-01-01 OR 1'");
        assert_eq!(literal(ColumnRule::Integer, DOUBLE, b"1;(--"), "1--");
    }

    #[test]
    fn people_see_text_as_text_and_bytes_as_digits() {
        assert_eq!(&*readable(&Column::new("c", TEXT), "é".as_bytes()), "é");
        assert_eq!(&*readable(&Column::new("c", BYTES), b"ab"), "0x6162");
        assert_eq!(&*readable(&Column::new("c", TEXT), b"\xff"), "0xFF");
    }
}
