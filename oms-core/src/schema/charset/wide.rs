//! UCS-2, UTF-16 and UTF-32.

use super::Charset;

/// The text of these bytes; `None` if they are none, or not of a character set of this kind.
pub(super) fn decode(charset: Charset, bytes: &[u8]) -> Option<String> {
    let units = |unit: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks::<2>();
        rest.is_empty().then(|| units.iter().map(move |bytes| unit(*bytes)))
    };
    match charset {
        // Halves of a pair are no characters of it.
        Charset::Ucs2 => units(u16::from_be_bytes)?.map(|unit| char::from_u32(unit.into())).collect(),
        Charset::Utf16 => char::decode_utf16(units(u16::from_be_bytes)?).collect::<Result<_, _>>().ok(),
        Charset::Utf16le => char::decode_utf16(units(u16::from_le_bytes)?).collect::<Result<_, _>>().ok(),
        Charset::Utf32 => {
            let (codes, rest) = bytes.as_chunks::<4>();
            let characters = codes.iter().map(|bytes| char::from_u32(u32::from_be_bytes(*bytes)));
            if rest.is_empty() { characters.collect() } else { None }
        }
        _ => None,
    }
}

/// True if [`decode`] knows this character set.
pub(super) fn knows(charset: Charset) -> bool {
    matches!(charset, Charset::Ucs2 | Charset::Utf16 | Charset::Utf16le | Charset::Utf32)
}
