//! JSON documents as a server prints them, brought into a form in which equal documents are equal bytes.
//!
//! # Shape
//! A document becomes a row of tokens: `{ } [ ] t f n` for themselves, `s` with a length and the bytes of a
//! string or key, `i` with a length and the digits of an integer, `d` with the eight bytes of a double and,
//! when texts count, its text.

use std::collections::{BTreeMap, BTreeSet};

/// How many units in the last place two doubles may differ when OceanBase parsed one of them.
const TOLERANCE: u64 = 4;

/// How documents of one column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Doubles count by value, not by text: the two servers print them differently.
    pub(super) by_value: bool,
    /// Keys come in no order.
    pub(super) unordered: bool,
}

/// Returns the canonical form of a document; a text that is none stands for itself.
pub(super) fn canonical(text: &[u8], form: Form) -> Vec<u8> {
    let mut parser = Parser { text, at: 0, form, paths: None };
    let mut tokens = Vec::with_capacity(text.len() + 16);
    if parser.value(&mut tokens, "$", 0).is_some() && parser.blank().is_none() {
        return tokens;
    }
    let mut as_it_is = b"!".to_vec();
    as_it_is.extend_from_slice(text);
    as_it_is
}

/// Collects the paths of numbers and strings, of which text alone does not tell the type.
pub(super) fn scalar_paths(text: &[u8], paths: &mut BTreeSet<String>, limit: usize) {
    let form = Form { by_value: true, unordered: false };
    let mut parser = Parser { text, at: 0, form, paths: Some((paths, limit)) };
    let _ = parser.value(&mut Vec::new(), "$", 0);
}

/// Returns a canonical form with every double left out.
pub(super) fn without_doubles(tokens: &[u8]) -> Vec<u8> {
    let mut rough = Vec::with_capacity(tokens.len());
    walk(tokens, |token| if token[0] == b'd' { rough.push(b'd') } else { rough.extend_from_slice(token) });
    rough
}

/// Says whether two canonical forms are equal but for doubles that lie close together.
pub(super) fn is_close(one: &[u8], other: &[u8]) -> bool {
    let doubles = |tokens: &[u8]| {
        let mut found = Vec::new();
        walk(tokens, |token| {
            if token[0] == b'd' {
                found.push(f64::from_le_bytes(token[1..9].try_into().unwrap_or_default()));
            }
        });
        found
    };
    without_doubles(one) == without_doubles(other)
        && doubles(one).iter().zip(doubles(other)).all(|(one, other)| distance(*one, other) <= TOLERANCE)
}

/// Returns how many doubles lie between two.
fn distance(one: f64, other: f64) -> u64 {
    // Bits of one sign are in the order of the numbers; those of the other sign are mirrored.
    let place = |double: f64| {
        let bits = double.to_bits();
        if bits >> 63 == 0 { i128::from(bits) } else { -i128::from(bits & (u64::MAX >> 1)) - 1 }
    };
    u64::try_from((place(one) - place(other)).abs()).unwrap_or(u64::MAX)
}

/// Calls `visit` with each token of a canonical form.
fn walk<'a>(tokens: &'a [u8], mut visit: impl FnMut(&'a [u8])) {
    let mut at = 0;
    while at < tokens.len() {
        let length = |from: usize| {
            let bytes = tokens[from..from + 4].try_into().unwrap_or_default();
            u32::from_le_bytes(bytes) as usize
        };
        let size = match tokens[at] {
            b's' | b'i' => 5 + length(at + 1),
            b'd' => 13 + length(at + 9),
            // A text that is no document has no tokens.
            b'!' => tokens.len() - at,
            _ => 1,
        };
        visit(&tokens[at..at + size]);
        at += size;
    }
}

/// Reads a document; `None` says that it is not one.
struct Parser<'a, 'p> {
    text: &'a [u8],
    at: usize,
    form: Form,
    paths: Option<(&'p mut BTreeSet<String>, usize)>,
}

/// MySQL allows a depth of 100.
const DEPTH: usize = 300;

impl Parser<'_, '_> {
    /// Skips blanks and returns the next byte.
    fn blank(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at).copied() {
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.blank()? == wanted).then(|| self.at += 1)
    }

    fn value(&mut self, out: &mut Vec<u8>, path: &str, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match self.blank()? {
            b'{' => self.object(out, path, depth),
            b'[' => self.array(out, path, depth),
            b'"' => {
                self.note(path);
                let string = self.string()?;
                put(out, b's', &string);
                Some(())
            }
            b't' => self.word(out, "true"),
            b'f' => self.word(out, "false"),
            b'n' => self.word(out, "null"),
            _ => {
                self.note(path);
                self.number(out)
            }
        }
    }

    fn note(&mut self, path: &str) {
        if let Some((paths, limit)) = &mut self.paths
            && paths.len() < *limit
            && !path.is_empty()
        {
            paths.insert(path.to_owned());
        }
    }

    fn word(&mut self, out: &mut Vec<u8>, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            out.push(word.as_bytes()[0]);
        })
    }

    fn array(&mut self, out: &mut Vec<u8>, path: &str, depth: usize) -> Option<()> {
        self.take(b'[')?;
        out.push(b'[');
        let mut index = 0;
        while self.blank()? != b']' {
            if index > 0 {
                self.take(b',')?;
            }
            let asked = self.paths.is_some() && !path.is_empty();
            let inner = if asked { format!("{path}[{index}]") } else { String::new() };
            self.value(out, &inner, depth + 1)?;
            index += 1;
        }
        self.at += 1;
        out.push(b']');
        Some(())
    }

    fn object(&mut self, out: &mut Vec<u8>, path: &str, depth: usize) -> Option<()> {
        self.take(b'{')?;
        out.push(b'{');
        let mut members: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut first = true;
        while self.blank()? != b'}' {
            if !first {
                self.take(b',')?;
            }
            first = false;
            self.blank()?;
            let key = self.string()?;
            self.take(b':')?;
            let inner = match &self.paths {
                Some(_) => path_of_member(path, &key)?,
                None => String::new(),
            };
            if self.form.unordered {
                // Of two equal keys the last counts, as for MySQL.
                let mut member = Vec::new();
                self.value(&mut member, &inner, depth + 1)?;
                members.insert(key, member);
            } else {
                put(out, b's', &key);
                self.value(out, &inner, depth + 1)?;
            }
        }
        self.at += 1;
        for (key, member) in members {
            put(out, b's', &key);
            out.extend(member);
        }
        out.push(b'}');
        Some(())
    }

    fn number(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let rest = &self.text[self.at..];
        let part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
        let digits = &rest[..rest.iter().position(|byte| !part(byte)).unwrap_or(rest.len())];
        let text = std::str::from_utf8(digits).ok()?;
        let double: f64 = text.parse().ok()?;
        self.at += digits.len();
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            put(out, b'i', digits);
            return Some(());
        }
        out.push(b'd');
        out.extend_from_slice(&double.to_le_bytes());
        let text = if self.form.by_value { &[][..] } else { digits };
        out.extend_from_slice(&length(text));
        out.extend_from_slice(text);
        Some(())
    }

    /// Reads a string and returns its bytes without escapes.
    fn string(&mut self) -> Option<Vec<u8>> {
        self.take(b'"')?;
        let mut bytes = Vec::new();
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(bytes),
                b'\\' => self.escape(&mut bytes)?,
                other => bytes.push(other),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        bytes.push(match byte {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = u32::from(self.unit()?);
                if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = u32::from(self.unit()?);
                    unit = 0x10000 + ((unit - 0xd800) << 10) + low.checked_sub(0xdc00)?;
                }
                let mut buffer = [0; 4];
                bytes.extend_from_slice(char::from_u32(unit)?.encode_utf8(&mut buffer).as_bytes());
                return Some(());
            }
            other => other,
        });
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// Returns the path of a member; a key that would need escapes in it has none, and neither has what is below.
fn path_of_member(path: &str, key: &[u8]) -> Option<String> {
    let key = std::str::from_utf8(key).ok()?;
    // MySQL 5.7 takes no path with an empty key.
    let plain = !path.is_empty()
        && !key.is_empty()
        && !key.contains(|c: char| c == '"' || c == '\\' || c.is_control());
    Some(if plain { format!("{path}.\"{key}\"") } else { String::new() })
}

fn length(bytes: &[u8]) -> [u8; 4] {
    // No server holds a document of 4 GiB.
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn put(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(&length(bytes));
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Form = Form { by_value: false, unordered: false };
    const BY_VALUE: Form = Form { by_value: true, unordered: false };
    const UNORDERED: Form = Form { by_value: true, unordered: true };

    fn is_document(text: &str) -> bool {
        !canonical(text.as_bytes(), EXACT).starts_with(b"!")
    }

    #[test]
    fn what_is_no_document_stands_for_itself() {
        let document = r#"{"a": [1, -2.5e3, "x\u0001\"", true, null], "": {}}"#;
        assert!(is_document(document));
        for end in 0..document.len() {
            assert!(!is_document(&document[..end]), "{}", &document[..end]);
        }
        for wrong in [
            "",
            " ",
            "1 2",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{a:1}",
            "-",
            "1e",
            "nul",
            "\"\\ud800\"",
            "\"\\u12\"",
        ] {
            assert!(!is_document(wrong), "{wrong}");
        }
        assert!(!is_document(&"[".repeat(100_000)), "depth has an end");
        assert_ne!(canonical(b"x", EXACT), canonical(b"y", EXACT));
    }

    #[test]
    fn kinds_of_values_stay_apart() {
        let texts = [
            "1",
            "1.0",
            "\"1\"",
            "true",
            "null",
            "\"null\"",
            "[]",
            "{}",
            "[[]]",
            "[1]",
            "{\"1\": 1}",
            "-1",
            "1e0",
        ];
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[index + 1..] {
                assert_ne!(
                    canonical(one.as_bytes(), EXACT),
                    canonical(other.as_bytes(), EXACT),
                    "{one} {other}"
                );
            }
        }
    }

    #[test]
    fn escapes_are_one_way_to_write_a_string() {
        let same = [("\"\\u00e9\\ud83d\\ude00\\/\\n\"", "\"é😀/\\u000a\""), ("[1,2]", " [ 1 , 2 ] ")];
        for (one, other) in same {
            assert_eq!(canonical(one.as_bytes(), EXACT), canonical(other.as_bytes(), EXACT));
        }
    }

    #[test]
    fn the_order_of_keys_counts_where_it_is_told_to() {
        let (one, other) =
            (br#"{"a": 1, "b": {"c": 2, "d": 3}}"#, br#"{"b": {"d": 3, "c": 2}, "a": 0, "a": 1}"#);
        assert_ne!(canonical(one, BY_VALUE), canonical(other, BY_VALUE));
        assert_eq!(canonical(one, UNORDERED), canonical(other, UNORDERED));
    }

    #[test]
    fn only_doubles_may_be_close() {
        let close = |one: &str, other: &str| {
            is_close(&canonical(one.as_bytes(), BY_VALUE), &canonical(other.as_bytes(), BY_VALUE))
        };
        assert!(close("[1.5, {\"a\": -0.25}]", "[1.5000000000000009, {\"a\": -0.25}]"));
        assert!(!close("[1.5]", "[1.5000000000000011]"), "five units in the last place");
        assert!(close("5e-324", "-5e-324"), "across zero");
        assert!(!close("1", "1.0"));
        assert!(!close("[1, 1.5]", "[2, 1.5]"));
        assert!(!close("\"1.5\"", "\"1.6\""));
        assert!(!close("[1.5]", "[1.5, 1.5]"));
        assert_ne!(canonical(b"1.10", EXACT), canonical(b"1.1", EXACT));
        assert_eq!(canonical(b"1.10", BY_VALUE), canonical(b"1.1", BY_VALUE));
    }

    #[test]
    fn paths_lead_to_numbers_and_strings() {
        let mut paths = BTreeSet::new();
        let document = br#"{"a": [1, {"b c": "x"}], "t": true, "q\"": 1, "": [2], "n": null, "e": 1.5}"#;
        scalar_paths(document, &mut paths, 60);
        let found: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(found, ["$.\"a\"[0]", "$.\"a\"[1].\"b c\"", "$.\"e\""]);
        let mut few = BTreeSet::new();
        scalar_paths(b"[1, 2, 3, 4]", &mut few, 2);
        assert_eq!(few.len(), 2);
    }
}
