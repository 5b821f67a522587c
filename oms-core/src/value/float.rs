//! Doubles as MySQL prints them.

use std::io::Write;

/// Decimal exponents within which MySQL prints without an exponent.
const PLAIN_EXPONENTS: std::ops::RangeInclusive<i32> = -15..=14;

/// Appends the shortest digits that read back to the same double, laid out as MySQL lays them out: without an
/// exponent from 1e-15 to below 1e15, else as `d.ddde±x` without padding.
///
/// # Sources
///
/// Compared with a MySQL 9.7 server over all exponents (`tests/it/fidelity`).
pub fn write_double(value: f64, out: &mut Vec<u8>) {
    // Digits and exponent come from the standard library, which prints the shortest form that round-trips.
    let mut buffer = [0_u8; 32];
    let mut rest = &mut buffer[..];
    // 32 bytes hold any `-d.dddddddddddddddde-xxx`; infinities do not exist in MySQL.
    if write!(rest, "{value:e}").is_err() {
        return;
    }
    let unused = rest.len();
    let text = &buffer[..buffer.len() - unused];
    let Some(e) = text.iter().position(|byte| *byte == b'e') else {
        out.extend_from_slice(text);
        return;
    };
    let exponent = parse_exponent(&text[e + 1..]);
    if !PLAIN_EXPONENTS.contains(&exponent) {
        out.extend_from_slice(text);
        return;
    }
    let (sign, mantissa) = match &text[..e] {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if sign {
        out.push(b'-');
    }
    let digits = mantissa.iter().copied().filter(|byte| *byte != b'.');
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', exponent.unsigned_abs() as usize - 1));
        out.extend(digits);
        return;
    }
    let whole = exponent as usize + 1;
    let count = digits.clone().count();
    out.extend(digits.clone().take(whole));
    out.extend(std::iter::repeat_n(b'0', whole.saturating_sub(count)));
    if count > whole {
        out.push(b'.');
        out.extend(digits.skip(whole));
    }
}

fn parse_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let value = digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_changes_at_the_borders() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-1234.5, "-1234.5"),
            (1e14, "100000000000000"),
            (1e15, "1e15"),
            (1.7976931348623157e308, "1.7976931348623157e308"),
            (1e-15, "0.000000000000001"),
            (1e-16, "1e-16"),
            (123456789012345.6, "123456789012345.6"),
        ] {
            let mut out = Vec::new();
            write_double(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
