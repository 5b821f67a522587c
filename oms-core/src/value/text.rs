//! [`TextRef`]: the stored bytes of a text value with their character set.

use std::borrow::Cow;
use std::fmt;

use crate::error::Result;
use crate::schema::Charset;

/// Text as stored: bytes in a character set.
///
/// # Examples
///
/// ```
/// use oms_core::schema::Charset;
/// use oms_core::value::TextRef;
/// assert_eq!(TextRef::new(b"caf\xe9", Charset::Latin1).to_str().unwrap(), "café");
/// assert!(TextRef::new(b"caf\xe9", Charset::Utf8mb4).to_str().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextRef<'a> {
    bytes: &'a [u8],
    charset: Charset,
}

impl<'a> TextRef<'a> {
    /// These bytes in this character set; they are not checked until somebody asks for the text.
    pub fn new(bytes: &'a [u8], charset: Charset) -> Self {
        Self { bytes, charset }
    }

    /// The bytes as stored.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The character set of the bytes.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// The text, borrowed where the bytes are UTF-8 already.
    ///
    /// # Errors
    ///
    /// As [`Charset::decode`]: never a replacement character.
    pub fn to_str(&self) -> Result<Cow<'a, str>> {
        self.charset.decode(self.bytes)
    }
}

/// Prints the length, never the text.
impl fmt::Debug for TextRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextRef({} bytes of {})", self.bytes.len(), self.charset)
    }
}
