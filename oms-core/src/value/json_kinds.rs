//! What JSON text does not say: of which kind each scalar of a document is.
//!
//! MySQL's documents hold decimals, dates, times, bytes and unsigned numbers, which SQL functions make. Their text looks
//! like a number or a string, and that is what a server makes of it that reads the text. So such a document travels with
//! a letter for each of its scalars in front: those of the elements of arrays, or of a document that is a scalar, then
//! those of the members of objects. Either goes by the containers in the order in which they begin.
//!
//! ```text
//!   !.d,.D:{"a": 1, "b": [2, 1.10], "c": "2026-01-31"}
//! ```

use crate::error::{Error, Result};

/// Begins a document with kinds, and no JSON text.
pub(crate) const MARK: u8 = b'!';

/// Bytes of base64 in a line, as MySQL breaks them.
const LINE: usize = 76;

/// The kind of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarKind {
    /// One that a server reads as it is from the text.
    Plain,
    /// DECIMAL.
    Decimal,
    /// UNSIGNED INTEGER.
    Unsigned,
    /// DATE.
    Date,
    /// TIME.
    Time,
    /// DATETIME.
    DateTime,
    /// TIMESTAMP.
    Timestamp,
    /// BLOB, BIT or OPAQUE: in the text base64 with the number of a field type.
    Bytes,
}

/// Each kind, its letter and the answers of the function `JSON_TYPE` that stand for it.
#[cfg(feature = "mysql")]
pub(crate) const KINDS: [(ScalarKind, u8, &[&str]); 8] = [
    (ScalarKind::Plain, b'.', &["STRING", "INTEGER", "DOUBLE", "BOOLEAN", "NULL"]),
    (ScalarKind::Decimal, b'd', &["DECIMAL"]),
    (ScalarKind::Unsigned, b'u', &["UNSIGNED INTEGER"]),
    (ScalarKind::Date, b'D', &["DATE"]),
    (ScalarKind::Time, b'T', &["TIME"]),
    (ScalarKind::DateTime, b'M', &["DATETIME"]),
    (ScalarKind::Timestamp, b'S', &["TIMESTAMP"]),
    (ScalarKind::Bytes, b'B', &["BLOB", "BIT", "OPAQUE"]),
];

impl ScalarKind {
    /// The kind that a letter stands for.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] for a letter that is none.
    #[cfg(feature = "mysql")]
    pub(crate) fn of_letter(letter: u8) -> Result<Self> {
        let kind = KINDS.iter().find(|(_, known, _)| *known == letter).map(|(kind, ..)| *kind);
        kind.ok_or_else(|| Error::decode("a JSON document", "it holds a value of a kind that is not known"))
    }
}

/// A document with its kinds, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypedDocument<'a> {
    /// Letters of the scalars in arrays, or of the only one.
    pub(crate) elements: &'a [u8],
    /// Letters of the scalars in objects.
    pub(crate) members: &'a [u8],
    pub(crate) text: &'a [u8],
}

impl<'a> TypedDocument<'a> {
    /// Takes a document with kinds apart.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if it is none.
    pub(crate) fn parse(typed: &'a [u8]) -> Result<Self> {
        let parse = || {
            let rest = typed.strip_prefix(&[MARK])?;
            let (kinds, text) = rest.split_at_checked(memchr::memchr(b':', rest)?)?;
            let (elements, members) = kinds.split_at_checked(memchr::memchr(b',', kinds)?)?;
            Some(Self { elements, members: &members[1..], text: &text[1..] })
        };
        let reason = "the server did not give the kinds of its values; it may be too long";
        parse().ok_or_else(|| Error::decode("a JSON document", reason))
    }
}

/// Appends bytes as MySQL prints them: with a line break, escaped, after every 76 characters.
pub(super) fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (place, group) in bytes.chunks(3).enumerate() {
        if place > 0 && 4 * place % LINE == 0 {
            out.extend_from_slice(b"\\n");
        }
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for i in 0..4 {
            if i <= group.len() {
                out.push(ALPHABET[(bits >> (18 - 6 * i) & 63) as usize]);
            } else {
                out.push(b'=');
            }
        }
    }
}

/// The bytes behind base64, with or without line breaks.
///
/// # Errors
///
/// [`Error::Decode`] if it is none.
#[cfg(any(feature = "mysql", test))]
pub(crate) fn read_base64(text: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::decode("a JSON document", "bytes in it are not base64");
    let (mut bytes, mut bits, mut count, mut padding) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0, 0);
    let mut at = 0;
    while let Some(digit) = text.get(at) {
        at += 1;
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                0
            }
            b'\\' if text.get(at) == Some(&b'n') => {
                at += 1;
                continue;
            }
            _ => return Err(broken()),
        };
        if padding > 0 && *digit != b'=' {
            return Err(broken());
        }
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count % 4 == 0 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    if count % 4 != 0 || padding > 2 {
        return Err(broken());
    }
    bytes.truncate(bytes.len() - padding);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_any_length_leads_back() {
        for length in 0..200_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(151)).collect();
            let mut text = Vec::new();
            write_base64(&bytes, &mut text);
            assert_eq!(read_base64(&text).unwrap(), bytes, "{length}");
            assert_eq!(
                text.windows(2).filter(|two| two == b"\\n").count(),
                usize::from(length.max(1) - 1) / 57
            );
        }
        for broken in ["A", "AA=A", "AAAAA", "A A=", "A===", "\\"] {
            assert!(read_base64(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn kinds_and_text_are_told_apart() {
        let typed = TypedDocument::parse(b"!.d,D:[1, 1.10, {}]").unwrap();
        assert_eq!(typed, TypedDocument { elements: b".d", members: b"D", text: b"[1, 1.10, {}]" });
        for wrong in ["", "!", "{}", "!d", "!d:1", "!d,", "d,:1"] {
            assert!(TypedDocument::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
