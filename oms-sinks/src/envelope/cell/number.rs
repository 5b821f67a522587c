//! Numbers: digits are copied or printed, and a DECIMAL never passes through a float.

use std::io::Write as _;

use oms_core::value::float::write_double;
use oms_core::value::{DecimalRef, ValueRef};
use oms_core::{Error, Result};

use super::writer::CellPlan;
use crate::envelope::json::{Base64, write_base64};

pub(super) fn number(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Int(value) => push(value, out),
        ValueRef::UInt(value) => push(value, out),
        ValueRef::Decimal(value) => return write_decimal(plan, value, out),
        ValueRef::Float(value) if value.is_finite() => write_float(value, out),
        ValueRef::Double(value) if value.is_finite() => write_double(value, out),
        ValueRef::Float(_) | ValueRef::Double(_) => {
            return Err(plan.refused("the number is not finite, which JSON cannot say"));
        }
        _ => return Err(plan.misfit()),
    }
    Ok(())
}

pub(super) fn long(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Int(value) => push(value, out),
        ValueRef::UInt(value) => match i64::try_from(value) {
            Ok(value) => push(value, out),
            Err(_) => {
                let reason = "the number is larger than a signed 64-bit integer: set bigint_unsigned_handling to precise";
                return Err(plan.refused(reason));
            }
        },
        _ => return Err(plan.misfit()),
    }
    Ok(())
}

pub(super) fn boolean(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(match value {
        ValueRef::Int(0) | ValueRef::UInt(0) => b"false",
        ValueRef::Int(1) | ValueRef::UInt(1) => b"true",
        ValueRef::Int(_) | ValueRef::UInt(_) => {
            return Err(plan.refused("the number is neither 0 nor 1: have booleans written as numbers"));
        }
        _ => return Err(plan.misfit()),
    });
    Ok(())
}

/// The unscaled value as `BigInteger.toByteArray` gives it, in base64.
pub(super) fn connect_decimal(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let (bytes, from) = unscaled(plan, value, out)?;
    out.push(b'"');
    write_base64(&bytes[from..], Base64::Standard, out);
    out.push(b'"');
    Ok(())
}

/// The same as bytes, which begin at the second value. `out` is as before afterwards.
pub(super) fn unscaled(plan: &CellPlan, value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<([u8; 36], usize)> {
    let start = out.len();
    match value {
        ValueRef::Int(value) => push(value, out),
        ValueRef::UInt(value) => push(value, out),
        ValueRef::Decimal(value) => {
            write_decimal(plan, value, out)?;
            let decimals = out[start..].iter().rev().position(|byte| *byte == b'.').unwrap_or(0);
            if decimals != usize::from(plan.scale) {
                return Err(plan.refused("the DECIMAL has more digits after its point than its column"));
            }
        }
        _ => return Err(plan.misfit()),
    }
    let mut unscaled = Unscaled::default();
    let negative = out[start] == b'-';
    for digit in out[start..].iter().filter(|byte| byte.is_ascii_digit()) {
        if !unscaled.push(digit - b'0') {
            return Err(plan.misfit());
        }
    }
    out.truncate(start);
    Ok(unscaled.to_bytes(negative))
}

/// A number below 2^287, lowest word first; 65 digits have 216 bits.
#[derive(Default)]
struct Unscaled([u32; 9]);

impl Unscaled {
    /// False if the number would become too large.
    fn push(&mut self, digit: u8) -> bool {
        let mut carry = u64::from(digit);
        for word in &mut self.0 {
            let wide = u64::from(*word) * 10 + carry;
            *word = wide as u32;
            carry = wide >> 32;
        }
        carry == 0 && self.0[8] >> 31 == 0
    }

    /// Two's complement, the highest byte first; the fewest bytes that keep the sign begin at the second value.
    fn to_bytes(&self, negative: bool) -> ([u8; 36], usize) {
        let mut bytes = [0; 36];
        for (place, word) in self.0.iter().rev().enumerate() {
            bytes[4 * place..4 * place + 4].copy_from_slice(&word.to_be_bytes());
        }
        if negative {
            let mut carry = true;
            for byte in bytes.iter_mut().rev() {
                (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
            }
        }
        let sign = bytes[0];
        let same = bytes.iter().take_while(|byte| **byte == sign).count().min(35);
        let keeps_sign = sign == 0 || sign == 0xff;
        let from = match keeps_sign {
            true if bytes[same] & 0x80 == sign & 0x80 => same,
            true => same - 1,
            false => 0,
        };
        (bytes, from)
    }
}

/// The digits, with as many after the point as the column has.
pub(super) fn write_decimal(plan: &CellPlan, value: DecimalRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    value.write(out)?;
    let Some(decimals) = decimals_of(&out[start..]) else {
        return Err(Error::decode("a decimal", "its text is not digits with an optional sign and point"));
    };
    // A built value may have fewer digits than the server would print.
    let missing = usize::from(plan.scale).saturating_sub(decimals);
    if missing > 0 {
        if decimals == 0 {
            out.push(b'.');
        }
        out.extend(std::iter::repeat_n(b'0', missing));
    }
    Ok(())
}

/// How many digits stand behind the point, `None` if the text is no number of JSON without an exponent.
fn decimals_of(text: &[u8]) -> Option<usize> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let leads_with_zero = digits.first() == Some(&b'0');
    if whole == 0 || leads_with_zero && whole > 1 {
        return None;
    }
    match &digits[whole..] {
        [] => Some(0),
        [b'.', decimals @ ..] if !decimals.is_empty() && decimals.iter().all(u8::is_ascii_digit) => {
            Some(decimals.len())
        }
        _ => None,
    }
}

/// The fewest digits that read back to the same FLOAT.
pub(super) fn write_float(value: f32, out: &mut Vec<u8>) {
    // The shortest form of any FLOAT has at most 9 digits, so the DOUBLE of these digits prints the same ones.
    let mut buffer = [0_u8; 24];
    let mut rest = &mut buffer[..];
    let written = write!(rest, "{value:e}").map(|()| rest.len());
    let digits = written.ok().and_then(|unused| std::str::from_utf8(&buffer[..24 - unused]).ok());
    write_double(digits.and_then(|digits| digits.parse().ok()).unwrap_or(f64::from(value)), out);
}

pub(super) fn push(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Digits of the text protocol, as they are.
pub(super) fn copy_digits(raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let is_number = matches!(digits, [b'1'..=b'9', ..]) || raw == b"0";
    if !is_number || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Error::decode("a number", format!("{} bytes are not one of this type", raw.len())));
    }
    out.extend_from_slice(raw);
    Ok(())
}

pub(super) fn binlog_i32(raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    push(i32::from_le_bytes(exact(raw)?), out);
    Ok(())
}

pub(super) fn binlog_i64(raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    push(i64::from_le_bytes(exact(raw)?), out);
    Ok(())
}

fn exact<const N: usize>(raw: &[u8]) -> Result<[u8; N]> {
    raw.try_into().map_err(|_| Error::decode("an integer", "it has the wrong length"))
}
