//! Strings of JSON: quoted, escaped, and the codes for bytes that stand in them.

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES * 0x80;

/// Appends a string in quotes.
///
/// # Examples
///
/// ```
/// let mut out = Vec::new();
/// oms_sinks::envelope::json::write_string("a\"b\n", &mut out);
/// assert_eq!(out, br#""a\"b\n""#);
/// ```
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    write_escaped(text, out);
    out.push(b'"');
}

/// Appends a string without quotes, escaped; what is not ASCII stays UTF-8.
pub fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let plain = plain_prefix(rest);
        out.extend_from_slice(&rest[..plain]);
        let Some(special) = rest.get(plain) else { return };
        push_escape(*special, out);
        rest = &rest[plain + 1..];
    }
}

/// Escapes what stands in `out` from `start` on, which is UTF-8, without a buffer of its own.
pub(crate) fn escape_tail(out: &mut Vec<u8>, start: usize) {
    let (mut at, end) = (start, out.len());
    if plain_prefix(&out[start..]) == end - start {
        return;
    }
    while at < end {
        let plain = plain_prefix(&out[at..end]);
        out.extend_from_within(at..at + plain);
        at += plain;
        if at < end {
            push_escape(out[at], out);
            at += 1;
        }
    }
    out.drain(start..end);
}

fn push_escape(special: u8, out: &mut Vec<u8>) {
    match special {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x0c => out.extend_from_slice(b"\\f"),
        control => {
            out.extend_from_slice(b"\\u00");
            write_hex(&[control], HexCase::Lower, out);
        }
    }
}

/// How many bytes from the start need no escape.
fn plain_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    // Eight bytes at a time: each test leaves the high bit of a byte that is below a bound or equal to a byte.
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let equals = |byte: u8| {
            let difference = word ^ (ONES * u64::from(byte));
            difference.wrapping_sub(ONES) & !difference
        };
        if (controls | equals(b'"') | equals(b'\\')) & HIGHS != 0 {
            break;
        }
        at += 8;
    }
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    bytes[at..].iter().position(is_special).map_or(bytes.len(), |plain| at + plain)
}

/// The letters of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base64 {
    /// With `+` and `/`.
    Standard,
    /// With `-` and `_`, for file names and addresses.
    UrlSafe,
}

impl Base64 {
    fn letters(self) -> &'static [u8; 64] {
        match self {
            Base64::Standard => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Base64::UrlSafe => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        }
    }
}

/// Appends bytes as base64 with padding, without quotes and without line breaks.
///
/// # Sources
///
/// RFC 4648, sections 4 and 5.
pub fn write_base64(bytes: &[u8], kind: Base64, out: &mut Vec<u8>) {
    let letters = kind.letters();
    let letter = |bits: u32, place: u32| letters[(bits >> (18 - 6 * place) & 63) as usize];
    out.reserve(bytes.len().div_ceil(3) * 4);
    let (groups, rest) = bytes.as_chunks::<3>();
    for [a, b, c] in groups {
        let bits = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
        out.extend_from_slice(&[letter(bits, 0), letter(bits, 1), letter(bits, 2), letter(bits, 3)]);
    }
    match rest {
        [a] => {
            let bits = u32::from(*a) << 16;
            out.extend_from_slice(&[letter(bits, 0), letter(bits, 1), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from(*a) << 16 | u32::from(*b) << 8;
            out.extend_from_slice(&[letter(bits, 0), letter(bits, 1), letter(bits, 2), b'=']);
        }
        _ => {}
    }
}

/// The case of hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexCase {
    /// `0` to `f`.
    Lower,
    /// `0` to `F`.
    Upper,
}

/// Appends bytes as hexadecimal digits, two for each, without quotes.
pub fn write_hex(bytes: &[u8], case: HexCase, out: &mut Vec<u8>) {
    let digits = match case {
        HexCase::Lower => b"0123456789abcdef",
        HexCase::Upper => b"0123456789ABCDEF",
    };
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    }
}

/// Appends each byte as the character of its number (ISO 8859-1), escaped and without quotes.
pub fn write_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    for byte in bytes {
        write_escaped(char::from(*byte).encode_utf8(&mut buffer), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_strings_read_back_at_every_length_and_place() {
        for length in 0..40 {
            for special in ["\"", "\\", "\n", "\u{0}", "\u{1f}", "é", "\u{7f}", "\u{2028}", "😀"] {
                for at in 0..=length {
                    let text = format!("{}{special}{}", "a".repeat(at), "b".repeat(length - at));
                    let mut out = Vec::new();
                    write_string(&text, &mut out);
                    assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
                    let mut tail = b"\"".to_vec();
                    tail.extend_from_slice(text.as_bytes());
                    escape_tail(&mut tail, 1);
                    tail.push(b'"');
                    assert_eq!(tail, out);
                }
            }
        }
    }

    #[test]
    fn bytes_are_coded_as_the_rfc_says() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = Vec::new();
            write_base64(bytes.as_bytes(), Base64::Standard, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let mut out = Vec::new();
        write_base64(&[0xfb, 0xff], Base64::UrlSafe, &mut out);
        write_hex(&[0x0a, 0xff], HexCase::Upper, &mut out);
        write_hex(&[0x0a, 0xff], HexCase::Lower, &mut out);
        write_latin1(b"\xe9\x01", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "-_8=0AFF0affé\\u0001");
    }
}
