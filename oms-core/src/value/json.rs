//! [`JsonRef`]: a JSON document as text or in MySQL's binary form.

use std::fmt;

use super::{json_binary, json_kinds};
use crate::error::Result;

/// A JSON document as it came: text from a scan, binary from a log.
///
/// # Examples
///
/// ```
/// use oms_core::value::JsonRef;
/// let mut out = Vec::new();
/// JsonRef::Text(br#"{"a": 1}"#).write(&mut out).unwrap();
/// assert_eq!(out, br#"{"a": 1}"#);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonRef<'a> {
    /// UTF-8 text, as the server prints it.
    Text(&'a [u8]),
    /// The same with `!`, letters for its scalars and `:` in front, where the text alone does not tell which numbers and
    /// strings are decimals (`d`), unsigned (`u`), dates (`D`), times (`T`), DATETIMEs (`M`), TIMESTAMPs (`S`) or bytes
    /// (`B`), and which are what they look like (`.`): first those in arrays, or of a document that is a scalar, then `,`
    /// and those in objects; either by the containers in the order in which they begin.
    Typed(&'a [u8]),
    /// The server's binary form; no bytes at all stand for the JSON literal `null`.
    Binary(&'a [u8]),
}

impl<'a> JsonRef<'a> {
    /// A document as a scan reads it: [`Self::Typed`] if it begins with the kinds of its values.
    pub fn of_text(text: &'a [u8]) -> Self {
        if text.first() == Some(&json_kinds::MARK) { JsonRef::Typed(text) } else { JsonRef::Text(text) }
    }

    /// Appends the text that MySQL prints for this document.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) for malformed binary.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            JsonRef::Text(text) => {
                out.extend_from_slice(text);
                Ok(())
            }
            JsonRef::Typed(typed) => {
                out.extend_from_slice(json_kinds::TypedDocument::parse(typed)?.text);
                Ok(())
            }
            JsonRef::Binary(bytes) => json_binary::write_text(bytes, out).map(drop),
        }
    }
}

/// Prints the length, never the document.
impl fmt::Debug for JsonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonRef::Text(text) => write!(f, "JsonRef::Text({} bytes)", text.len()),
            JsonRef::Typed(typed) => write!(f, "JsonRef::Typed({} bytes)", typed.len()),
            JsonRef::Binary(bytes) => write!(f, "JsonRef::Binary({} bytes)", bytes.len()),
        }
    }
}
