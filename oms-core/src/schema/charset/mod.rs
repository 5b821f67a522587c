//! [`Charset`]: the character sets of MySQL and OceanBase, and their bytes as text.

mod multi_byte;
mod single_byte;
mod wide;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;

macro_rules! charsets {
    ($($variant:ident $name:literal $max:literal,)*) => {
        /// A character set that a text column may be stored in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Charset { $($variant,)* }

        impl Charset {
            /// Every character set that oms knows by name.
            pub const ALL: &'static [Charset] = &[$(Charset::$variant,)*];

            /// Its name in SQL.
            pub fn name(self) -> &'static str {
                match self { $(Charset::$variant => $name,)* }
            }

            /// The most bytes of one character.
            pub fn max_char_bytes(self) -> u32 {
                match self { $(Charset::$variant => $max,)* }
            }
        }
    };
}

charsets! {
    Utf8mb4 "utf8mb4" 4,
    Utf8mb3 "utf8mb3" 3,
    Binary "binary" 1,
    Ascii "ascii" 1,
    Latin1 "latin1" 1,
    Latin2 "latin2" 1,
    Latin5 "latin5" 1,
    Latin7 "latin7" 1,
    Greek "greek" 1,
    Hebrew "hebrew" 1,
    Tis620 "tis620" 1,
    Koi8r "koi8r" 1,
    Koi8u "koi8u" 1,
    Cp866 "cp866" 1,
    Cp850 "cp850" 1,
    Cp852 "cp852" 1,
    Cp1250 "cp1250" 1,
    Cp1251 "cp1251" 1,
    Cp1256 "cp1256" 1,
    Cp1257 "cp1257" 1,
    Macroman "macroman" 1,
    Macce "macce" 1,
    Dec8 "dec8" 1,
    Hp8 "hp8" 1,
    Swe7 "swe7" 1,
    Keybcs2 "keybcs2" 1,
    Armscii8 "armscii8" 1,
    Geostd8 "geostd8" 1,
    Gbk "gbk" 2,
    Gb2312 "gb2312" 2,
    Gb18030 "gb18030" 4,
    Big5 "big5" 2,
    Ujis "ujis" 3,
    Eucjpms "eucjpms" 3,
    Sjis "sjis" 2,
    Cp932 "cp932" 2,
    Euckr "euckr" 2,
    Ucs2 "ucs2" 2,
    Utf16 "utf16" 4,
    Utf16le "utf16le" 4,
    Utf32 "utf32" 4,
}

impl Charset {
    /// The character set of this name in SQL; `utf8` is the old name of utf8mb3.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "utf8" {
            return Some(Charset::Utf8mb3);
        }
        Self::ALL.iter().copied().find(|charset| charset.name() == name)
    }

    /// True if stored bytes are UTF-8 as they are.
    pub fn is_utf8(self) -> bool {
        matches!(self, Charset::Utf8mb4 | Charset::Utf8mb3 | Charset::Ascii)
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Charset {
    /// The text that these stored bytes are, exactly as the server would convert them.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if a sequence is not of this character set, or is one for which the conversion is not
    /// proved to be the server's; [`Error::Unsupported`] for a character set without a proved conversion. Never a
    /// replacement character.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
        if self.is_utf8() {
            let text = std::str::from_utf8(bytes).map_err(|_| self.malformed())?;
            return match self {
                Charset::Ascii if !text.is_ascii() => Err(self.malformed()),
                _ => Ok(Cow::Borrowed(text)),
            };
        }
        let text = match self {
            Charset::Binary => return Err(self.unsupported()),
            Charset::Latin1 => {
                encoding_rs::WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes)
            }
            charset if multi_byte::knows(charset) => multi_byte::decode(charset, bytes),
            charset if wide::knows(charset) => wide::decode(charset, bytes).map(Cow::Owned),
            charset if single_byte::knows(charset) => single_byte::decode(charset, bytes).map(Cow::Owned),
            _ => return Err(self.unsupported()),
        };
        text.ok_or_else(|| self.malformed())
    }

    fn unsupported(self) -> Error {
        Error::unsupported("character set conversion", format!("{self}: convert the column to utf8mb4 first"))
    }

    fn malformed(self) -> Error {
        Error::decode("text", format!("its bytes are not valid {self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_again() {
        for charset in Charset::ALL {
            assert_eq!(Charset::from_name(charset.name()), Some(*charset));
        }
        assert_eq!(Charset::from_name("utf8"), Some(Charset::Utf8mb3));
    }

    #[test]
    fn malformed_text_is_refused_not_replaced() {
        assert!(Charset::Utf8mb4.decode(b"\xff").is_err());
        assert!(Charset::Ascii.decode("é".as_bytes()).is_err());
        assert_eq!(Charset::Latin1.decode(b"\xe9\x80").unwrap(), "é€");
        assert!(Charset::Gbk.decode(b"\xbf").is_err());
        // A code that the server does not convert, and one of four bytes.
        assert!(Charset::Gbk.decode(b"\xa2\xa0").is_err());
        assert!(Charset::Gbk.decode(b"\x81\x30\x81\x30").is_err());
        assert!(Charset::Ucs2.decode(b"\xd8\x00").is_err());
        assert!(Charset::Utf16.decode(b"\0").is_err());
        assert!(Charset::Greek.decode(b"\xff").is_err());
        assert!(Charset::Binary.decode(b"a").is_err());
    }

    #[test]
    fn the_server_decides_where_others_convert_otherwise() {
        let cases: [(Charset, &[u8], &str); 12] = [
            (Charset::Sjis, b"a\x81\x60\x81\x5fb\xb1", "a\u{301c}\\b\u{ff71}"),
            (Charset::Cp932, b"\x81\x60", "\u{ff5e}"),
            (Charset::Big5, b"\xc6\xa5\xa4\xa4", "ぁ中"),
            (Charset::Ujis, b"\x8f\xa2\xb7\xb2\xcf\x8e\xb1", "~河\u{ff71}"),
            (Charset::Eucjpms, b"\xf5\xa1", "\u{e000}"),
            (Charset::Gb2312, b"\xa1\xa4", "\u{30fb}"),
            (Charset::Gb18030, b"\xa3\xa0\x90\x30\x81\x30", "\u{e5e5}\u{10000}"),
            (Charset::Swe7, b"a[}", "aÄå"),
            (Charset::Koi8r, b"\xc1a", "аa"),
            (Charset::Utf16, b"\xd8\x3d\xde\x00", "😀"),
            (Charset::Utf16le, b"\x3d\xd8\x00\xde", "😀"),
            (Charset::Utf32, b"\0\x01\xf6\0", "😀"),
        ];
        for (charset, bytes, text) in cases {
            assert_eq!(charset.decode(bytes).unwrap(), text, "{charset}");
        }
    }
}
