//! [`DecimalRef`]: a DECIMAL as text or in MySQL's packed form, printed without going through a narrower type.

use std::fmt;

use crate::error::{Error, Result};

/// A DECIMAL of up to 65 digits as it came.
///
/// # Examples
///
/// ```
/// use oms_core::value::DecimalRef;
/// // DECIMAL(10,4): 1234567890.1234 is not in range, 123456.7890 is stored in five bytes.
/// let packed = DecimalRef::Packed { bytes: &[0x81, 0xe2, 0x40, 0x1e, 0xd2], precision: 10, scale: 4 };
/// let mut out = Vec::new();
/// packed.write(&mut out).unwrap();
/// assert_eq!(out, b"123456.7890");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum DecimalRef<'a> {
    /// Digits with an optional sign and point.
    Text(&'a [u8]),
    /// Groups of nine digits in four bytes, big-endian, the sign bit inverted.
    Packed {
        /// As stored.
        bytes: &'a [u8],
        /// All digits.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
}

const DIGITS_PER_GROUP: usize = 9;
/// Bytes of a leading or trailing group of so many digits.
const GROUP_BYTES: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

impl DecimalRef<'_> {
    /// Bytes that a packed DECIMAL(precision, scale) has; `None` if scale exceeds precision.
    ///
    /// # Sources
    ///
    /// MySQL Reference Manual, "DECIMAL Data Type Characteristics".
    pub fn packed_bytes(precision: u8, scale: u8) -> Option<usize> {
        let (scale, whole) = (usize::from(scale), usize::from(precision.checked_sub(scale)?));
        let bytes = |digits: usize| digits / DIGITS_PER_GROUP * 4 + GROUP_BYTES[digits % DIGITS_PER_GROUP];
        Some(bytes(whole) + bytes(scale))
    }

    /// Appends the digits that the server prints: no leading zeros but one, all `scale` digits after the point.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if packed bytes have the wrong length or a group holds more than its digits.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match *self {
            DecimalRef::Text(text) => {
                let (sign, digits) = match text {
                    [b'-', digits @ ..] => (&text[..1], digits),
                    digits => (&text[..0], digits),
                };
                out.extend_from_slice(sign);
                out.extend_from_slice(trim_zeros(digits));
                Ok(())
            }
            DecimalRef::Packed { bytes, precision, scale } => write_packed(bytes, precision, scale, out),
        }
    }
}

/// The digits without the zeros that ZEROFILL puts in front.
fn trim_zeros(mut digits: &[u8]) -> &[u8] {
    while let [b'0', rest @ ..] = digits {
        if !rest.first().is_some_and(u8::is_ascii_digit) {
            break;
        }
        digits = rest;
    }
    digits
}

fn write_packed(bytes: &[u8], precision: u8, scale: u8, out: &mut Vec<u8>) -> Result<()> {
    if DecimalRef::packed_bytes(precision, scale) != Some(bytes.len()) {
        return Err(Error::decode(
            "a decimal",
            format!("{} bytes do not fit ({precision},{scale})", bytes.len()),
        ));
    }
    let Some(first) = bytes.first() else {
        return Err(Error::decode("a decimal", "it has no bytes"));
    };
    let negative = first & 0x80 == 0;
    let flip = if negative { 0xff } else { 0x00 };
    let start = out.len();
    if negative {
        out.push(b'-');
    }
    let mut groups = Groups { bytes, flip, first: true };
    let (whole, scale) = (usize::from(precision - scale), usize::from(scale));
    let before_digits = out.len();
    let leading = whole % DIGITS_PER_GROUP;
    if leading > 0 {
        groups.write(leading, out)?;
    }
    for _ in 0..whole / DIGITS_PER_GROUP {
        groups.write(DIGITS_PER_GROUP, out)?;
    }
    // Zeros in front go, but one digit stays before the point.
    let zeros = out[before_digits..].iter().take_while(|digit| **digit == b'0').count();
    let digits = out.len() - before_digits;
    out.drain(before_digits..before_digits + zeros.min(digits.saturating_sub(1)));
    if digits == 0 {
        out.push(b'0');
    }
    if scale > 0 {
        out.push(b'.');
        for _ in 0..scale / DIGITS_PER_GROUP {
            groups.write(DIGITS_PER_GROUP, out)?;
        }
        if scale % DIGITS_PER_GROUP > 0 {
            groups.write(scale % DIGITS_PER_GROUP, out)?;
        }
    }
    if negative && !out[start + 1..].iter().any(|digit| matches!(digit, b'1'..=b'9')) {
        out.remove(start);
    }
    Ok(())
}

struct Groups<'a> {
    bytes: &'a [u8],
    flip: u8,
    first: bool,
}

impl Groups<'_> {
    /// Takes the next group of `digits` digits.
    fn write(&mut self, digits: usize, out: &mut Vec<u8>) -> Result<()> {
        let short = || Error::decode("a decimal", "it ends inside a group of digits");
        let (group, rest) = self.bytes.split_at_checked(GROUP_BYTES[digits]).ok_or_else(short)?;
        self.bytes = rest;
        let mut value = 0_u32;
        for byte in group {
            let mut byte = byte ^ self.flip;
            if self.first {
                byte ^= 0x80;
                self.first = false;
            }
            value = value << 8 | u32::from(byte);
        }
        if value >= 10_u32.pow(digits as u32) {
            return Err(Error::decode(
                "a decimal",
                format!("a group of {digits} digits holds more than its digits"),
            ));
        }
        let mut text = [b'0'; DIGITS_PER_GROUP];
        for digit in text[..digits].iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
        out.extend_from_slice(&text[..digits]);
        Ok(())
    }
}

/// Equal if they print the same digits.
impl PartialEq for DecimalRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        self.write(&mut left).is_ok() && other.write(&mut right).is_ok() && left == right
    }
}

/// Prints the form and length, never the digits.
impl fmt::Debug for DecimalRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecimalRef::Text(text) => write!(f, "DecimalRef::Text({} bytes)", text.len()),
            DecimalRef::Packed { precision, scale, .. } => {
                write!(f, "DecimalRef::Packed({precision},{scale})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(bytes: &[u8], precision: u8, scale: u8) -> Result<String> {
        let mut out = Vec::new();
        DecimalRef::Packed { bytes, precision, scale }.write(&mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn packed_form_prints_every_digit() {
        // The manual's example: 1234567890.1234 as DECIMAL(14,4), and its negative.
        assert_eq!(print(&[0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2], 14, 4).unwrap(), "1234567890.1234");
        assert_eq!(print(&[0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d], 14, 4).unwrap(), "-1234567890.1234");
        assert_eq!(print(&[0x80, 0x00], 3, 2).unwrap(), "0.00");
        assert_eq!(print(&[0x80], 2, 0).unwrap(), "0");
        assert_eq!(print(&[0x85], 2, 2).unwrap(), "0.05");
    }

    #[test]
    fn lies_about_the_length_are_refused() {
        assert!(print(&[0x80], 14, 4).is_err());
        assert!(print(&[], 0, 0).is_err());
        assert!(print(&[0x80], 1, 2).is_err());
        assert!(print(&[0xff, 0xff, 0xff, 0xff], 9, 0).is_err());
    }

    #[test]
    fn zerofill_is_not_part_of_the_number() {
        let mut out = Vec::new();
        DecimalRef::Text(b"000001.5000").write(&mut out).unwrap();
        assert_eq!(out, b"1.5000");
        let mut out = Vec::new();
        DecimalRef::Text(b"0000").write(&mut out).unwrap();
        assert_eq!(out, b"0");
    }
}
