//! Cells in a form in which equal values, and they alone, are equal bytes.

use mysql_async::Value;

use super::class::{Class, Rule};
use super::json::{self, Form};

/// How one column is read and compared.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) rule: Rule,
    /// How many selected values belong to it.
    pub(super) width: usize,
    /// Doubles inside its JSON may differ a little.
    pub(super) inexact: bool,
    /// It is no column of the table but the type of something inside one.
    pub(super) derived: bool,
}

impl Plan {
    fn form(&self) -> Option<Form> {
        match self.rule {
            Rule::Same(Class::Json) => Some(Form { by_value: self.inexact, unordered: false }),
            Rule::Document => Some(Form { by_value: true, unordered: true }),
            _ => None,
        }
    }

    /// Appends the canonical form of one cell: a tag for NULL, or its length and its bytes.
    pub(super) fn encode(&self, values: &[Value], out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 5]);
        if self.payload(values, out) {
            let length = u32::try_from(out.len() - start - 5).unwrap_or(u32::MAX);
            out[start] = 1;
            out[start + 1..start + 5].copy_from_slice(&length.to_le_bytes());
        } else {
            out.truncate(start + 1);
        }
    }

    /// Returns the canonical form of one cell on its own; `None` is NULL.
    pub(super) fn cell(&self, values: &[Value]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.payload(values, &mut bytes).then_some(bytes)
    }

    /// Appends a value's bytes; false for NULL.
    fn payload(&self, values: &[Value], out: &mut Vec<u8>) -> bool {
        let Some(value) = values.last() else { return false };
        if *value == Value::NULL {
            return false;
        }
        if let (Some(form), Value::Bytes(text)) = (self.form(), value) {
            out.extend(json::canonical(text, form));
            return true;
        }
        match &self.rule {
            Rule::Same(Class::Enum | Class::Set | Class::Geometry) => {
                // Index and label, or SRID and binary form.
                scalar(&values[0], out);
                out.push(b':');
                scalar(value, out);
            }
            Rule::Same(Class::Decimal) => decimal(value, out),
            Rule::Same(Class::Vector) => match value {
                Value::Bytes(bytes) => vector(bytes, out),
                other => scalar(other, out),
            },
            Rule::Same(Class::Date) => match value {
                Value::Date(year, month, day, ..) => {
                    out.extend(format!("{year:04}-{month:02}-{day:02}").bytes());
                }
                other => scalar(other, out),
            },
            _ => scalar(value, out),
        }
        true
    }

    /// Says whether two cells are equal, allowing for what OceanBase does to doubles in JSON.
    pub(super) fn is_equal(&self, one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
        one == other
            || self.may_be_inexact()
                && matches!((one, other), (Some(one), Some(other)) if json::is_close(one, other))
    }

    /// Returns the part of a cell in which equal values are equal bytes even where doubles are inexact.
    pub(super) fn exact_part(&self, cell: Option<&[u8]>) -> Option<Vec<u8>> {
        let exact = |cell: &[u8]| {
            if self.may_be_inexact() { json::without_doubles(cell) } else { cell.to_vec() }
        };
        cell.map(exact)
    }

    /// Says whether this column holds JSON whose doubles may differ a little.
    pub(super) fn may_be_inexact(&self) -> bool {
        self.inexact && self.form().is_some()
    }
}

/// Appends one value as the protocol gave it.
fn scalar(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::NULL => out.extend_from_slice(b"NULL"),
        Value::Bytes(bytes) => out.extend_from_slice(bytes),
        Value::Int(number) => out.extend(number.to_string().bytes()),
        Value::UInt(number) => out.extend(number.to_string().bytes()),
        Value::Float(number) => out.extend_from_slice(&number.to_bits().to_be_bytes()),
        Value::Double(number) => out.extend_from_slice(&number.to_bits().to_be_bytes()),
        Value::Date(year, month, day, hour, minute, second, micro) => {
            let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micro:06}");
            out.extend(text.bytes());
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if *negative { "-" } else { "" };
            let hours = days * 24 + u32::from(*hours);
            out.extend(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}").bytes());
        }
    }
}

/// Appends the digits of a decimal, without the zeros that only a display width puts in front.
fn decimal(value: &Value, out: &mut Vec<u8>) {
    let Value::Bytes(text) = value else {
        return scalar(value, out);
    };
    let (sign, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (&b"-"[..], digits),
        None => (&b""[..], &text[..]),
    };
    let whole = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let zeros = digits[..whole].iter().take_while(|byte| **byte == b'0').count();
    out.extend_from_slice(sign);
    if zeros == whole {
        out.push(b'0');
    }
    out.extend_from_slice(&digits[zeros..]);
}

/// Appends the entries of a vector as 32-bit floats, which MySQL sends as they are and OceanBase as a list of numbers.
fn vector(value: &[u8], out: &mut Vec<u8>) {
    let list = value.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    let list = list.and_then(|list| std::str::from_utf8(list).ok());
    let entries: Option<Vec<f32>> =
        list.and_then(|list| list.split(',').map(|entry| entry.trim().parse().ok()).collect());
    match entries {
        Some(entries) => entries.iter().for_each(|entry| out.extend_from_slice(&entry.to_le_bytes())),
        None => out.extend_from_slice(value),
    }
}

/// Prints a cell for a report.
pub(super) fn shown(rule: &Rule, values: &[Value]) -> String {
    const LONGEST: usize = 120;
    let as_text = !matches!(rule, Rule::Same(Class::Binary | Class::Geometry));
    let parts: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::NULL => "NULL".to_owned(),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if as_text => format!("{text:?}"),
                _ => bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}")),
            },
            Value::Float(number) => format!("{number:?} (bits {:#010x})", number.to_bits()),
            Value::Double(number) => format!("{number:?} (bits {:#018x})", number.to_bits()),
            other => {
                let mut text = Vec::new();
                scalar(other, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
        })
        .collect();
    let text = parts.join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(class: Class) -> Plan {
        let rule = Rule::Same(class);
        Plan { name: "c".to_owned(), rule, width: 1, inexact: false, derived: false }
    }

    fn text(class: Class, value: Value) -> String {
        String::from_utf8(plan(class).cell(&[value]).unwrap()).unwrap()
    }

    #[test]
    fn decimals_keep_their_digits_and_lose_padding() {
        let pairs = [
            ("000001.5000", "1.5000"),
            ("-0001.10", "-1.10"),
            ("0.00", "0.00"),
            ("000.01", "0.01"),
            ("0", "0"),
            ("100", "100"),
        ];
        for (printed, canonical) in pairs {
            assert_eq!(text(Class::Decimal, Value::from(printed)), canonical);
        }
    }

    #[test]
    fn vectors_are_their_entries() {
        let cell = |bytes: &[u8]| plan(Class::Vector).cell(&[Value::Bytes(bytes.to_vec())]).unwrap();
        assert_eq!(cell(b"[1,2.5,-3]"), b"\0\0\x80\x3f\0\0\x20\x40\0\0\x40\xc0");
        assert_eq!(cell(b"\0\0\x80\x3f"), b"\0\0\x80\x3f");
        assert_ne!(cell(b"[1]"), cell(b"[1.0000001]"));
    }

    #[test]
    fn times_keep_sign_hours_and_microseconds() {
        let time = Value::Time(true, 34, 22, 59, 59, 1);
        assert_eq!(text(Class::Time, time), "-838:59:59.000001");
        assert_eq!(text(Class::Date, Value::Date(2024, 0, 0, 0, 0, 0, 0)), "2024-00-00");
        let instant = Value::Date(1, 1, 1, 0, 0, 0, 5);
        assert_eq!(text(Class::DateTime, instant), "0001-01-01 00:00:00.000005");
    }

    #[test]
    fn cells_of_a_row_cannot_run_into_each_other() {
        let row = |cells: &[Value]| {
            let mut bytes = Vec::new();
            for cell in cells {
                plan(Class::Text).encode(std::slice::from_ref(cell), &mut bytes);
            }
            bytes
        };
        let rows = [
            row(&[Value::from("ab"), Value::from("c")]),
            row(&[Value::from("a"), Value::from("bc")]),
            row(&[Value::NULL, Value::from("abc")]),
            row(&[Value::from(""), Value::from("abc")]),
            row(&[Value::from("abc"), Value::NULL]),
        ];
        for (index, one) in rows.iter().enumerate() {
            assert!(rows[index + 1..].iter().all(|other| one != other), "{one:?}");
        }
    }

    #[test]
    fn an_enum_is_its_index_and_its_label() {
        let cell = |index: u64, label: &str| {
            let mut plan = plan(Class::Enum);
            plan.width = 2;
            plan.cell(&[Value::UInt(index), Value::from(label)])
        };
        assert_ne!(cell(1, "a"), cell(2, "a"));
        assert_ne!(cell(1, "a"), cell(1, "b"));
        assert_eq!(plan(Class::Enum).cell(&[Value::NULL, Value::NULL]), None);
    }
}
