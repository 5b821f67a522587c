//! [`NormalizeRule`]: under which named rules two values that are not the same count as equal.

use std::fmt;

#[cfg(feature = "mysql")]
use oms_core::mysql::{Flavour, Server, Version};
use serde::{Deserialize, Serialize};

/// A rule under which two values that are not the same count as equal.
///
/// Every rule that a verification used stands in its report, with the count of rows that are equal only by it. What no
/// rule covers is a difference: `1` and `1.0` in a JSON document are not the same number to its reader, nor are the
/// DECIMAL `1.10` and the double `1.1`.
///
/// # Examples
///
/// ```
/// use oms_check::NormalizeRule;
/// assert_eq!(NormalizeRule::JsonDouble.name(), "json-double");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NormalizeRule {
    /// Two doubles inside JSON documents may be up to four units in the last place apart.
    ///
    /// OceanBase reads a double in JSON text inexactly, so what it stores is a neighbour of what it was given.
    JsonDouble,
    /// Two numbers inside JSON documents of the same value are equal however they are written: `1`, `1.0`, `1.00`.
    ///
    /// MySQL 5.7 prints the double `1.0` as `1`, so what it holds cannot be told from its text.
    JsonNumberKind,
    /// Base64 of bytes inside JSON documents is equal with and without line breaks.
    ///
    /// MySQL breaks the line after every 76 characters, and OceanBase does not.
    JsonBytes,
}

/// How far doubles may be apart under [`NormalizeRule::JsonDouble`].
const MAX_ULPS: u64 = 4;

impl NormalizeRule {
    /// Every rule.
    pub const ALL: [NormalizeRule; 3] =
        [NormalizeRule::JsonDouble, NormalizeRule::JsonNumberKind, NormalizeRule::JsonBytes];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            NormalizeRule::JsonDouble => "json-double",
            NormalizeRule::JsonNumberKind => "json-number-kind",
            NormalizeRule::JsonBytes => "json-bytes",
        }
    }

    /// What it lets pass.
    pub fn description(self) -> &'static str {
        match self {
            NormalizeRule::JsonDouble => "doubles in JSON are up to 4 units in the last place apart",
            NormalizeRule::JsonNumberKind => "numbers in JSON have one value, but are of another kind",
            NormalizeRule::JsonBytes => "base64 in JSON has line breaks on one side only",
        }
    }

    /// The rules that are needed between these two servers, because one of them cannot keep or cannot tell a value.
    #[cfg(feature = "mysql")]
    pub fn between(source: &Server, target: &Server) -> Vec<NormalizeRule> {
        let is_old =
            |server: &Server| server.flavour() == Flavour::MySql && server.version() < Version::new(8, 0, 0);
        let mut rules = Vec::new();
        if [source, target].iter().any(|server| server.flavour() == Flavour::OceanBase) {
            rules.push(NormalizeRule::JsonDouble);
            rules.push(NormalizeRule::JsonBytes);
        }
        if is_old(source) != is_old(target) {
            rules.push(NormalizeRule::JsonNumberKind);
        }
        rules
    }
}

impl fmt::Display for NormalizeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules by which these two JSON texts are equal, none for the same text; `None` if they are not equal.
///
/// Both are as a server prints them, with one order of members and one way of spacing, so that they can be walked side
/// by side.
pub(crate) fn equal_json(a: &[u8], b: &[u8], rules: &[NormalizeRule]) -> Option<Vec<NormalizeRule>> {
    let (mut a, mut b) = (a, b);
    let mut used: Vec<NormalizeRule> = Vec::new();
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        if begins_number(*x) && begins_number(*y) {
            let (number_a, rest_a) = a.split_at(number_length(a));
            let (number_b, rest_b) = b.split_at(number_length(b));
            for rule in equal_numbers(number_a, number_b, rules)? {
                if !used.contains(&rule) {
                    used.push(rule);
                }
            }
            (a, b) = (rest_a, rest_b);
        } else if *x == b'"' {
            let (text_a, rest_a) = a.split_at(string_length(a));
            if let Some(rest_b) = b.strip_prefix(text_a) {
                (a, b) = (rest_a, rest_b);
                continue;
            }
            let (text_b, rest_b) = b.split_at(string_length(b));
            if !rules.contains(&NormalizeRule::JsonBytes) || !equal_base64(text_a, text_b) {
                return None;
            }
            if !used.contains(&NormalizeRule::JsonBytes) {
                used.push(NormalizeRule::JsonBytes);
            }
            (a, b) = (rest_a, rest_b);
        } else if x == y {
            (a, b) = (&a[1..], &b[1..]);
        } else {
            return None;
        }
    }
    used.sort_unstable();
    (a.is_empty() && b.is_empty()).then_some(used)
}

fn begins_number(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_digit()
}

fn number_length(text: &[u8]) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

/// The length of the string that begins here, with its quotes.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// True if both strings stand for bytes, and for the same.
fn equal_base64(a: &[u8], b: &[u8]) -> bool {
    const HEAD: &[u8] = b"\"base64:type";
    let unbroken = |mut text: &[u8]| {
        let mut joined = Vec::with_capacity(text.len());
        while let Some(escape) = text.windows(2).position(|two| two == br"\n") {
            joined.extend_from_slice(&text[..escape]);
            text = &text[escape + 2..];
        }
        joined.extend_from_slice(text);
        joined
    };
    a.starts_with(HEAD) && b.starts_with(HEAD) && unbroken(a) == unbroken(b)
}

fn equal_numbers(a: &[u8], b: &[u8], rules: &[NormalizeRule]) -> Option<Vec<NormalizeRule>> {
    if a == b {
        return Some(Vec::new());
    }
    let may = |rule| rules.contains(&rule);
    if may(NormalizeRule::JsonNumberKind) && Decimal::parse(a)? == Decimal::parse(b)? {
        return Some(vec![NormalizeRule::JsonNumberKind]);
    }
    let (double_a, double_b) = (is_double(a), is_double(b));
    let (x, y) = (parse_double(a)?, parse_double(b)?);
    // A zero keeps its sign everywhere.
    let is_near = x.is_sign_negative() == y.is_sign_negative() && ulps(x, y) <= MAX_ULPS;
    if !may(NormalizeRule::JsonDouble) || !is_near {
        return None;
    }
    match (double_a, double_b) {
        (true, true) => Some(vec![NormalizeRule::JsonDouble]),
        (false, false) => None,
        // A whole double that one server prints like an integer.
        _ if may(NormalizeRule::JsonNumberKind) => {
            Some(vec![NormalizeRule::JsonDouble, NormalizeRule::JsonNumberKind])
        }
        _ => None,
    }
}

/// True if a number is printed as doubles are, and not as integers.
fn is_double(number: &[u8]) -> bool {
    number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

fn parse_double(number: &[u8]) -> Option<f64> {
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// How many doubles lie between two of one sign: their bits grow with their magnitude.
fn ulps(a: f64, b: f64) -> u64 {
    a.to_bits().abs_diff(b.to_bits())
}

/// The exact value of a number in decimal text.
#[derive(Debug, PartialEq)]
struct Decimal {
    is_negative: bool,
    /// Without zeros at either end.
    digits: Vec<u8>,
    /// Power of ten of the last digit; zero for zero.
    exponent: i64,
}

impl Decimal {
    fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let end = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
        let mut exponent: i64 = match text.get(end + 1..) {
            Some(power) => std::str::from_utf8(power).ok()?.parse().ok()?,
            None => 0,
        };
        let mut digits = Vec::with_capacity(end);
        let mut point = None;
        for byte in &text[..end] {
            match byte {
                b'.' if point.is_none() => point = Some(digits.len()),
                digit if digit.is_ascii_digit() => digits.push(*digit),
                _ => return None,
            }
        }
        exponent -= point.map_or(0, |point| (digits.len() - point) as i64);
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent += 1;
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        if digits.is_empty() {
            exponent = 0;
        }
        Some(Self { is_negative, digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::NormalizeRule::{JsonBytes, JsonDouble, JsonNumberKind};
    use super::*;

    fn equal(a: &str, b: &str, rules: &[NormalizeRule]) -> Option<Vec<NormalizeRule>> {
        let there = equal_json(a.as_bytes(), b.as_bytes(), rules);
        assert_eq!(there, equal_json(b.as_bytes(), a.as_bytes(), rules), "{a} {b}");
        there
    }

    #[test]
    fn the_same_text_is_equal_without_a_rule() {
        for text in ["", "{}", r#"{"a": [1, -2.5e300, "x\"1", null], "b": true}"#, "-0.0", "\"1"] {
            assert_eq!(equal(text, text, &[]), Some(vec![]));
        }
    }

    #[test]
    fn nothing_is_equal_beyond_the_rules() {
        let all = &NormalizeRule::ALL;
        for (a, b) in [
            ("1", "2"),
            ("[1]", "[1, 1]"),
            ("1", ""),
            ("1.5", "1.6"),
            ("\"1\"", "1"),
            ("\"1.0\"", "\"1\""),
            ("\"1.0000000000000002\"", "\"1.0\""),
            ("{\"1.0\": 2}", "{\"1\": 2}"),
            ("-0", "0"),
            ("9007199254740993", "9007199254740992"),
            ("true", "false"),
            ("[1.0]", "{1.0}"),
            ("\"a", "\"b"),
        ] {
            assert_eq!(equal(a, b, all), None, "{a} {b}");
        }
        assert_eq!(equal("1", "1.0", &[]), None);
        assert_eq!(equal("1", "1.0", &[JsonDouble]), None);
        assert_eq!(equal("0.30000000000000004", "0.3", &[JsonNumberKind]), None);
    }

    #[test]
    fn doubles_may_be_four_units_apart() {
        let rules = &[JsonDouble];
        assert_eq!(equal("[0.30000000000000004, 1]", "[0.3, 1]", rules), Some(vec![JsonDouble]));
        let one = 1.0_f64;
        for (steps, equal_then) in [(1, true), (4, true), (5, false)] {
            let other = f64::from_bits(one.to_bits() + steps);
            let found = equal("1.0", &format!("{other:?}"), rules);
            assert_eq!(found.is_some(), equal_then, "{steps}");
        }
        for (a, b) in [("-5e-324", "5e-324"), ("-1.0", "1.0"), ("-0.0", "0.0")] {
            assert_eq!(equal(a, b, rules), None, "{a} {b}");
        }
    }

    #[test]
    fn numbers_of_one_value_are_equal_however_they_are_written() {
        let rules = &[JsonNumberKind];
        for (a, b) in [("1", "1.0"), ("1.10", "1.1"), ("1e5", "100000.0"), ("-0", "-0.0"), ("0", "0.0e7")] {
            assert_eq!(equal(a, b, rules), Some(vec![JsonNumberKind]), "{a} {b}");
        }
        assert_eq!(
            equal("123456789012346", "123456789012346.02", &NormalizeRule::ALL),
            Some(vec![JsonDouble, JsonNumberKind])
        );
    }

    #[test]
    fn base64_may_be_broken_into_lines_and_other_text_may_not() {
        let (a, b) = (r#"["base64:type15:AAAA\nBBBB", 1]"#, r#"["base64:type15:AAAABBBB", 1]"#);
        assert_eq!(equal(a, b, &[JsonBytes]), Some(vec![JsonBytes]));
        assert_eq!(equal(a, b, &[JsonDouble]), None);
        for (a, b) in [
            (r#""base64:type15:AAAA""#, r#""base64:type15:AAAB""#),
            (r#""base64:type15:AAAA""#, r#""base64:type252:AAAA""#),
            (r#""a\nb""#, r#""ab""#),
        ] {
            assert_eq!(equal(a, b, &[JsonBytes]), None, "{a} {b}");
        }
    }

    #[test]
    fn broken_text_is_not_equal_and_does_no_harm() {
        for (a, b) in [("1-", "1.0"), ("--", "1"), ("1e", "1"), ("1.2.3", "1"), ("\"\\", "\"")] {
            assert_eq!(equal(a, b, &NormalizeRule::ALL), None, "{a} {b}");
        }
    }
}
