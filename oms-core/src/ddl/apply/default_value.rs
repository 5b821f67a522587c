//! DEFAULT values as written to the form in which catalogues report them.
//!
//! Where the form of a value is not certain, the text stays as it was written: it is still what the server was told, and
//! any server reads it again. Expressions keep their text.

use std::fmt::Write;

use crate::ddl::statement::DefaultDef;
use crate::error::{Error, Result};
use crate::schema::{Charset, Collation, ColumnType, DefaultValue};
use crate::value::float::write_double;

/// The default of a column of this type; `None` for NULL.
///
/// # Errors
///
/// [`Error::Unsupported`] for bytes that are no text of the column's character set.
pub(super) fn resolve(
    default: &DefaultDef,
    column_type: &ColumnType,
    collation: Option<&Collation>,
) -> Result<Option<DefaultValue>> {
    let text = match default {
        DefaultDef::Null => return Ok(None),
        DefaultDef::Expression(expression) => {
            return Ok(Some(DefaultValue::Expression(expression.as_str().into())));
        }
        DefaultDef::Now => return Ok(Some(DefaultValue::Expression(now(column_type).into()))),
        DefaultDef::Bool(value) => if *value { "1" } else { "0" }.to_owned(),
        DefaultDef::Number(text) | DefaultDef::Text(text) => text.clone(),
        DefaultDef::Bytes { bytes, .. } => return of_bytes(bytes, column_type, collation).map(Some),
    };
    Ok(Some(DefaultValue::Literal(canonical(&text, column_type).into())))
}

/// CURRENT_TIMESTAMP with the precision of the column.
pub(crate) fn now(column_type: &ColumnType) -> String {
    match column_type.fsp() {
        0 => "CURRENT_TIMESTAMP".to_owned(),
        fsp => format!("CURRENT_TIMESTAMP({fsp})"),
    }
}

/// The zero date of the old rules of TIMESTAMP.
pub(super) fn zero_timestamp(fsp: u8) -> String {
    let mut text = "0000-00-00 00:00:00".to_owned();
    push_zeros(&mut text, fsp);
    text
}

fn push_zeros(text: &mut String, fsp: u8) {
    if fsp > 0 {
        text.push('.');
        text.extend(std::iter::repeat_n('0', usize::from(fsp)));
    }
}

fn of_bytes(bytes: &[u8], column_type: &ColumnType, collation: Option<&Collation>) -> Result<DefaultValue> {
    let literal = |text: String| Ok(DefaultValue::Literal(text.into()));
    match column_type {
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } => literal(hex_literal(bytes, column_type)),
        _ if column_type.is_text() => {
            let charset = collation.and_then(Collation::charset).unwrap_or(Charset::Utf8mb4);
            let text = charset.decode(bytes).map_err(|_| {
                Error::unsupported(
                    "the DDL model",
                    format!("a hexadecimal DEFAULT that is no text in {charset}"),
                )
            })?;
            literal(canonical(&text, column_type))
        }
        _ => {
            if bytes.len() > 8 {
                return Err(Error::decode("a DDL statement", "a DEFAULT is longer than a number"));
            }
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            match column_type {
                ColumnType::Bit { .. } => literal(format!("b'{number:b}'")),
                _ => literal(canonical(&number.to_string(), column_type)),
            }
        }
    }
}

/// `0x` and digits; a BINARY without the zero bytes that pad it.
pub(crate) fn hex_literal(bytes: &[u8], column_type: &ColumnType) -> String {
    let bytes = match column_type {
        ColumnType::Binary { .. } => {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            &bytes[..end]
        }
        _ => bytes,
    };
    let mut out = "0x".to_owned();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out
}

/// The bytes of a text of hexadecimal digits.
pub(crate) fn hex_bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [_, _] => u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok(),
        _ => None,
    };
    pairs.map(byte).collect()
}

/// A constant in the form in which the server reports it.
pub(crate) fn canonical(text: &str, column_type: &ColumnType) -> String {
    let formed = match column_type {
        ColumnType::Int { zerofill, .. } => round(text, 0).map(|number| match zerofill {
            Some(width) => format!("{number:0>width$}", width = usize::from(*width)),
            None => number,
        }),
        ColumnType::Decimal { precision, scale, zerofill, .. } => round(text, *scale).map(|number| {
            let width = match (zerofill, scale) {
                (false, _) => 0,
                (true, 0) => usize::from(*precision),
                (true, _) => usize::from(*precision) + 1,
            };
            format!("{number:0>width$}")
        }),
        ColumnType::Float { digits: None, .. } => float(text),
        ColumnType::Double { digits: None, .. } => double(text),
        ColumnType::Float { digits: Some((_, decimals)), .. }
        | ColumnType::Double { digits: Some((_, decimals)), .. } => round(text, *decimals),
        ColumnType::Bit { .. } => text.parse::<u64>().ok().map(|number| format!("b'{number:b}'")),
        ColumnType::Year => year(text),
        ColumnType::Date => date(text),
        ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp } => date_time(text, *fsp),
        ColumnType::Time { fsp } => time(text, *fsp),
        ColumnType::Char { .. } => Some(text.trim_end_matches(' ').to_owned()),
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } => {
            Some(hex_literal(text.as_bytes(), column_type))
        }
        ColumnType::Enum(members) => members.iter().find_map(|member| same_label(member, text)),
        ColumnType::Set(members) => set(text, members),
        _ => None,
    };
    formed.unwrap_or_else(|| text.to_owned())
}

fn same_label(member: &str, text: &str) -> Option<String> {
    (member.to_lowercase() == text.to_lowercase()).then(|| member.to_owned())
}

/// Labels in the order of the type.
fn set(text: &str, members: &[Box<str>]) -> Option<String> {
    let mut wanted: Vec<String> =
        text.split(',').filter(|label| !label.is_empty()).map(str::to_lowercase).collect();
    let mut labels: Vec<&str> = Vec::new();
    for member in members {
        let lower = member.to_lowercase();
        if wanted.contains(&lower) {
            wanted.retain(|label| *label != lower);
            labels.push(member);
        }
    }
    wanted.is_empty().then(|| labels.join(","))
}

/// A decimal number rounded, half away from zero, to so many digits behind the point; `None` for other forms.
fn round(text: &str, scale: u8) -> Option<String> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, shift) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if all.is_empty() || !all.iter().all(u8::is_ascii_digit) || shift.unsigned_abs() > 100 {
        return None;
    }
    // Position of the point in `all`, and from there where rounding cuts.
    let point = i32::try_from(whole.len()).ok()? + shift;
    let keep = point + i32::from(scale);
    let digit = |at: i32| usize::try_from(at).ok().and_then(|at| all.get(at)).map_or(0, |byte| byte - b'0');
    let start = point.min(0);
    let mut kept: Vec<u8> = (start..keep.max(start)).map(digit).collect();
    if digit(keep) >= 5 {
        let mut at = kept.len();
        loop {
            if at == 0 {
                kept.insert(0, 1);
                break;
            }
            at -= 1;
            if kept[at] < 9 {
                kept[at] += 1;
                break;
            }
            kept[at] = 0;
        }
    }
    let whole_length = kept.len().saturating_sub(usize::from(scale));
    let text: String = kept.iter().map(|digit| char::from(digit + b'0')).collect();
    let (whole, fraction) = text.split_at(whole_length);
    let whole = whole.trim_start_matches('0');
    let sign = if negative && kept.iter().any(|digit| *digit != 0) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match scale {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{fraction:0>width$}", width = usize::from(scale)),
    })
}

fn double(text: &str) -> Option<String> {
    let value: f64 = text.trim().parse().ok()?;
    let mut out = Vec::new();
    value.is_finite().then(|| write_double(value, &mut out));
    String::from_utf8(out).ok().filter(|text| !text.is_empty())
}

/// FLOAT values are reported with six digits.
fn float(text: &str) -> Option<String> {
    let value: f64 = text.trim().parse().ok()?;
    double(&format!("{:.5e}", value as f32))
}

fn year(text: &str) -> Option<String> {
    let number: u16 = text.trim().parse().ok()?;
    let year = match (number, text.trim().len()) {
        (0, 4) => 0,
        (0..=69, 1 | 2) => 2000 + number,
        (70..=99, 1 | 2) => 1900 + number,
        _ => number,
    };
    Some(format!("{year:04}"))
}

/// Groups of digits with what stands between them, if there is nothing else.
fn digit_groups(text: &str) -> Option<Vec<&str>> {
    let valid = text.bytes().all(|byte| byte.is_ascii_digit() || b"-/:. T".contains(&byte));
    valid.then(|| text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect())
}

fn date(text: &str) -> Option<String> {
    if text.trim() == "0" {
        return Some("0000-00-00".to_owned());
    }
    let groups = digit_groups(text.trim())?;
    let (year, month, day) = match groups.as_slice() {
        [all] if all.len() == 8 => (&all[..4], &all[4..6], &all[6..]),
        [year, month, day, ..] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            (*year, *month, *day)
        }
        _ => return None,
    };
    Some(format!("{year}-{month:0>2}-{day:0>2}"))
}

fn date_time(text: &str, fsp: u8) -> Option<String> {
    let text = text.trim();
    if text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let time = format!("{}:{}:{}", &text[8..10], &text[10..12], &text[12..]);
        return Some(format!("{} {}", date(&text[..8])?, self::time(&time, fsp)?));
    }
    let (date_part, time_part) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    Some(format!("{} {}", date(date_part)?, time(time_part, fsp)?))
}

fn time(text: &str, fsp: u8) -> Option<String> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    // Rounding could carry through every part; a fraction that is too long stays as written.
    if fraction.len() > usize::from(fsp) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let groups = digit_groups(clock)?;
    let (hours, minutes, seconds) = match groups.as_slice() {
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        [hours, minutes] => (*hours, *minutes, "00"),
        ["0"] => ("00", "00", "00"),
        _ => return None,
    };
    let mut out = format!("{sign}{hours:0>2}:{minutes:0>2}:{seconds:0>2}");
    if fsp > 0 {
        out.push_str(&format!(".{fraction:0<width$}", width = usize::from(fsp)));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ddl::Dialect;
    use crate::mysql::parse_column_type;

    fn formed(text: &str, column_type: &str) -> String {
        canonical(text, &parse_column_type(column_type, Dialect::mysql(9, 7, 4)).unwrap())
    }

    #[test]
    fn constants_take_the_form_of_the_server() {
        let cases = [
            ("5.7", "int", "6"),
            ("-0.4", "int", "0"),
            ("1e2", "int", "100"),
            ("7", "int(5) unsigned zerofill", "00007"),
            ("1.5", "decimal(10,4)", "1.5000"),
            ("9.99995", "decimal(10,4)", "10.0000"),
            ("-.00005", "decimal(10,4)", "-0.0001"),
            ("12e-3", "decimal(10,4)", "0.0120"),
            ("1.5", "decimal(6,2) unsigned zerofill", "0001.50"),
            ("3", "double(10,2)", "3.00"),
            ("1.10", "float", "1.1"),
            ("3.14159265", "float", "3.14159"),
            ("1e20", "double", "1e20"),
            ("0.1", "double", "0.1"),
            ("5", "bit(5)", "b'101'"),
            ("70", "year", "1970"),
            ("2020-1-2", "datetime(3)", "2020-01-02 00:00:00.000"),
            ("20200102030405", "timestamp", "2020-01-02 03:04:05"),
            ("2020-1-2", "date", "2020-01-02"),
            ("1:2:3", "time", "01:02:03"),
            ("-1:2:3.5", "time(2)", "-01:02:03.50"),
            ("x  ", "char(3)", "x"),
            ("x  ", "varchar(3)", "x  "),
            ("A", "enum('a','b')", "a"),
            ("B,a", "set('a','B')", "a,B"),
            ("", "set('a','B')", ""),
            ("a\0", "binary(2)", "0x61"),
            ("a\0", "varbinary(2)", "0x6100"),
        ];
        for (text, column_type, expected) in cases {
            assert_eq!(formed(text, column_type), expected, "{text} as {column_type}");
        }
    }

    #[test]
    fn what_is_not_certain_stays_as_written() {
        for (text, column_type) in [
            ("x", "int"),
            ("1.2.3", "decimal(10,2)"),
            ("", "int"),
            ("1e9999", "double"),
            ("tomorrow", "date"),
            ("1:2:3.9", "time"),
            ("c", "set('a')"),
            ("-", "decimal(5,2)"),
            ("1e999999999", "int"),
        ] {
            assert_eq!(formed(text, column_type), text);
        }
    }
}
