//! [`JsonRef`]: a JSON document as text or in MySQL's binary form.

use std::fmt;

use super::json_binary;
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
    /// The server's binary form; no bytes at all stand for the JSON literal `null`.
    Binary(&'a [u8]),
}

impl JsonRef<'_> {
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
            JsonRef::Binary(bytes) => json_binary::write_text(bytes, out),
        }
    }
}

/// Prints the length, never the document.
impl fmt::Debug for JsonRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonRef::Text(text) => write!(f, "JsonRef::Text({} bytes)", text.len()),
            JsonRef::Binary(bytes) => write!(f, "JsonRef::Binary({} bytes)", bytes.len()),
        }
    }
}
