//! Documents with values that JSON text does not have, as expressions that make them anew.
//!
//! ```text
//!   !..,d:{"a": [1, 2], "b": 1.10}   JSON_OBJECT('a',CAST('[1, 2]' AS JSON),'b',CAST('1.10' AS DECIMAL(3,2)))
//! ```
//!
//! # Sources
//!
//! MySQL 9.7 and seekdb 1.4, where JSON_TYPE of what these expressions make was compared (`tests/it/fidelity`, T10b, T10c).

use super::{Plan, write_escaped, write_hex};
use crate::error::{At, Error, Result};
use crate::mysql::Flavour;
use crate::value::json_kinds::{self, ScalarKind, TypedDocument};

/// The server refuses documents deeper than 100.
const MAX_DEPTH: usize = 100;

/// The type of bytes that hexadecimal literals become; those of BLOB and BIT columns have others.
const VARCHAR_BYTES: &[u8] = b"base64:type15:";

/// Appends the expression for a document with kinds, as a scan reads it.
///
/// # Errors
///
/// [`Error::Decode`] if text and kinds do not belong together; [`Error::Refused`] for a value that nothing makes anew.
pub(super) fn write_typed(plan: &Plan, typed: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let typed = TypedDocument::parse(typed)?;
    write(plan, typed.text, &in_order_of_text(&typed)?, out)
}

/// Appends the expression for a document whose scalars are of these kinds, in the order of the text.
///
/// # Errors
///
/// As [`write_typed`].
pub(super) fn write(plan: &Plan, text: &[u8], kinds: &[ScalarKind], out: &mut Vec<u8>) -> Result<()> {
    let mut reader = Reader { text, at: 0, kinds, target: plan.target };
    // Cast once more, as the document may be a scalar.
    out.extend_from_slice(b"CAST(");
    reader.value(0, out)?;
    out.extend_from_slice(b" AS JSON)");
    match reader.at == text.len() && reader.kinds.is_empty() {
        true => Ok(()),
        false => Err(malformed(DIFFER)),
    }
}

/// The kinds of all scalars in the order of the text.
fn in_order_of_text(typed: &TypedDocument<'_>) -> Result<Vec<ScalarKind>> {
    let scalars = Walk::over(typed.text)?;
    let mut by_container: Vec<usize> = (0..scalars.len()).collect();
    by_container.sort_by_key(|scalar| scalars[*scalar].container);
    let (mut elements, mut members) = (typed.elements.iter(), typed.members.iter());
    let mut kinds = vec![ScalarKind::Plain; scalars.len()];
    for scalar in by_container {
        let letters = if scalars[scalar].is_member { &mut members } else { &mut elements };
        kinds[scalar] = ScalarKind::of_letter(*letters.next().ok_or_else(|| malformed(DIFFER))?)?;
    }
    match elements.next().or(members.next()) {
        None => Ok(kinds),
        Some(_) => Err(malformed(DIFFER)),
    }
}

const DIFFER: &str = "its text and the kinds of its values do not belong together";

fn malformed(reason: &'static str) -> Error {
    Error::decode("a JSON document", reason)
}

/// Goes through the text as the server prints it.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Of the scalars from `at` on.
    kinds: &'a [ScalarKind],
    target: Option<Flavour>,
}

impl Reader<'_> {
    /// Appends an SQL expression whose value is the next one of the document.
    fn value(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(malformed("it is nested too deeply"));
        }
        let (end, scalars) = self.measure()?;
        let kinds = self.kinds.get(..scalars).ok_or_else(|| malformed("a value has no kind"))?;
        if kinds.iter().all(|kind| *kind == ScalarKind::Plain) {
            out.extend_from_slice(b"CAST('");
            write_escaped(&self.text[self.at..end], out);
            out.extend_from_slice(b"' AS JSON)");
            self.at = end;
            self.kinds = &self.kinds[scalars..];
            return Ok(());
        }
        match self.text[self.at] {
            b'{' => self.elements(b"JSON_OBJECT(", b'}', depth, out),
            b'[' => self.elements(b"JSON_ARRAY(", b']', depth, out),
            _ => {
                let scalar = &self.text[self.at..end];
                let kind = kinds[0];
                self.at = end;
                self.kinds = &self.kinds[1..];
                write_scalar(kind, scalar, self.target, out)
            }
        }
    }

    fn elements(&mut self, head: &[u8], close: u8, depth: usize, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(head);
        self.at += 1;
        let mut first = true;
        loop {
            self.skip_spaces();
            match self.text.get(self.at) {
                Some(byte) if *byte == close => break,
                Some(b',') if !first => {
                    self.at += 1;
                    self.skip_spaces();
                    out.push(b',');
                }
                Some(_) if first => {}
                _ => return Err(malformed("a container does not end")),
            }
            first = false;
            if close == b'}' {
                self.key(out)?;
            }
            self.value(depth + 1, out)?;
        }
        self.at += 1;
        out.push(b')');
        Ok(())
    }

    /// Appends a key of an object as an SQL string.
    fn key(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let end = string_end(self.text, self.at)?;
        let key: String = serde_json::from_slice(&self.text[self.at..end])
            .map_err(|_| malformed("a key is not a JSON string"))?;
        out.push(b'\'');
        write_escaped(key.as_bytes(), out);
        out.extend_from_slice(b"',");
        self.at = end;
        self.skip_spaces();
        if self.text.get(self.at) != Some(&b':') {
            return Err(malformed("a key has no value"));
        }
        self.at += 1;
        self.skip_spaces();
        Ok(())
    }

    fn skip_spaces(&mut self) {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    /// Where the next value ends, and how many scalars it holds.
    fn measure(&self) -> Result<(usize, usize)> {
        let mut walk = Walk { text: self.text, at: self.at, open: Vec::new(), containers: 0 };
        let mut scalars = 0;
        loop {
            scalars += usize::from(walk.step()?.is_some());
            if walk.open.is_empty() {
                return Ok((walk.at, scalars));
            }
        }
    }
}

/// A scalar of a document.
struct Scalar {
    /// The container that it is in, by the order in which they begin.
    container: usize,
    /// Its container is an object.
    is_member: bool,
}

/// Goes through the text step by step, without nesting calls.
struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    /// The containers that have not ended: their number, and whether they are objects.
    open: Vec<(usize, bool)>,
    containers: usize,
}

impl<'a> Walk<'a> {
    /// All scalars of a document.
    fn over(text: &'a [u8]) -> Result<Vec<Scalar>> {
        let mut walk = Walk { text, at: 0, open: Vec::new(), containers: 0 };
        let mut scalars = Vec::new();
        loop {
            scalars.extend(walk.step()?);
            if walk.open.is_empty() {
                return Ok(scalars);
            }
        }
    }

    /// Goes over the next brace, comma, key or scalar; gives the scalar.
    fn step(&mut self) -> Result<Option<Scalar>> {
        let inside = self.open.last().copied();
        match self.text.get(self.at).ok_or_else(|| malformed("a value does not end"))? {
            byte @ (b'{' | b'[') => {
                self.open.push((self.containers, *byte == b'{'));
                self.containers += 1;
                self.at += 1;
                return Ok(None);
            }
            b'}' | b']' if inside.is_some() => {
                self.open.pop();
                self.at += 1;
                return Ok(None);
            }
            b',' | b' ' | b':' if inside.is_some() => {
                self.at += 1;
                return Ok(None);
            }
            b'"' => {
                self.at = string_end(self.text, self.at)?;
                // A string before a colon is a key.
                if inside.is_some_and(|(_, is_object)| is_object) && self.text.get(self.at) == Some(&b':') {
                    return Ok(None);
                }
            }
            b'0'..=b'9' | b'-' | b'a'..=b'z' => {
                let rest = &self.text[self.at..];
                let end = rest.iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b' '));
                self.at += end.unwrap_or(rest.len());
            }
            _ => return Err(malformed("its text is not JSON")),
        }
        let (container, is_member) = inside.unwrap_or_default();
        Ok(Some(Scalar { container, is_member }))
    }
}

/// Behind the quote that ends the string which begins at `start`.
fn string_end(text: &[u8], start: usize) -> Result<usize> {
    if text.get(start) != Some(&b'"') {
        return Err(malformed("a key is not a JSON string"));
    }
    let mut at = start + 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let next = memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| malformed("a string does not end"))?;
        match rest[next] {
            b'"' => return Ok(at + next + 1),
            _ => at += next + 2,
        }
    }
}

/// Appends an expression whose value becomes a scalar of this kind.
fn write_scalar(kind: ScalarKind, scalar: &[u8], target: Option<Flavour>, out: &mut Vec<u8>) -> Result<()> {
    let quoted = || {
        let inner = scalar.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        inner.ok_or_else(|| malformed("a date, a time or bytes in it are no string"))
    };
    let moment = || {
        let text = quoted()?;
        let sound = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b':' | b'.' | b' '));
        if sound { Ok(text) } else { Err(malformed("a date or a time in it is none")) }
    };
    let mut cast = |text: &[u8], name: &[u8]| {
        out.extend_from_slice(b"CAST('");
        out.extend_from_slice(text);
        out.extend_from_slice(b"' AS ");
        out.extend_from_slice(name);
        out.push(b')');
    };
    match kind {
        ScalarKind::Plain => return Err(malformed("a value has no kind")),
        ScalarKind::Decimal => {
            let (precision, scale) = digits_of(scalar)?;
            cast(scalar, format!("DECIMAL({precision},{scale})").as_bytes());
        }
        ScalarKind::Unsigned => {
            if !scalar.iter().all(u8::is_ascii_digit) {
                return Err(malformed("an unsigned number in it is none"));
            }
            cast(scalar, b"UNSIGNED");
        }
        ScalarKind::Date => cast(moment()?, b"DATE"),
        ScalarKind::Time => {
            let text = moment()?;
            if text.starts_with(b"-") && target == Some(Flavour::OceanBase) {
                let reason = "the JSON document holds a negative TIME, which OceanBase shows without its sign; \
                              make it a string or a number at the source";
                return Err(Error::refused(At::unknown(), reason));
            }
            cast(text, b"TIME(6)");
        }
        ScalarKind::DateTime => cast(moment()?, b"DATETIME(6)"),
        ScalarKind::Timestamp => {
            // No function gives a TIMESTAMP, a column does.
            let text = moment()?;
            out.extend_from_slice(b"(SELECT c FROM JSON_TABLE('\"");
            out.extend_from_slice(text);
            out.extend_from_slice(b"\"','$' COLUMNS(c TIMESTAMP(6) PATH '$' ERROR ON ERROR)) AS t)");
        }
        ScalarKind::Bytes => {
            let Some(text) = quoted()?.strip_prefix(VARCHAR_BYTES) else {
                let reason = "the JSON document holds bytes of a BLOB, BINARY or BIT column, which no expression makes \
                              anew; make them a string at the source, by TO_BASE64 or HEX";
                return Err(Error::refused(At::unknown(), reason));
            };
            match json_kinds::read_base64(text)? {
                // In a statement of many rows seekdb 1.4 takes the literal x'' for its own text, and a cast of empty bytes
                // for those of another type.
                bytes if bytes.is_empty() => {
                    out.extend_from_slice(b"JSON_EXTRACT(JSON_ARRAY(CAST('' AS BINARY)),'$[0]')");
                }
                bytes => write_hex(&bytes, out),
            }
        }
    }
    Ok(())
}

/// Precision and scale of a decimal.
fn digits_of(text: &[u8]) -> Result<(usize, usize)> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let (whole, fraction) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if !all_digits || whole.is_empty() || whole.len() > 65 || fraction.len() > 30 {
        return Err(malformed("a decimal in it is none"));
    }
    let whole = if whole == b"0" { 0 } else { whole.len() };
    Ok(((whole + fraction.len()).max(1), fraction.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::LiteralWriter;
    use crate::row::CellFormat;
    use crate::schema::{Column, ColumnType};

    fn written(typed: &str, target: Flavour) -> Result<String> {
        let column = Column::new("j", ColumnType::Json);
        let writer = LiteralWriter::new(CellFormat::MysqlText, &column)?.for_target(target);
        let mut out = Vec::new();
        writer.write(typed.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn only_what_text_cannot_say_is_made_by_functions() {
        let typed = "!...D,d:{\"a\": [1, \"x:}]\\\"'\"], \"b\\n\": {\"c\": 1.10, \"\": {}}, \"d\": [null, \"2026-01-31\"]}";
        assert_eq!(
            written(typed, Flavour::MySql).unwrap(),
            "CAST(JSON_OBJECT('a',CAST('[1, \"x:}]\\\\\"\\'\"]' AS JSON),'b\n',JSON_OBJECT('c',CAST('1.10' AS \
             DECIMAL(3,2)),'',CAST('{}' AS JSON)),'d',JSON_ARRAY(CAST('null' AS JSON),CAST('2026-01-31' AS DATE))) AS \
             JSON)"
        );
        assert_eq!(
            written("!d,:-0.50", Flavour::MySql).unwrap(),
            "CAST(CAST('-0.50' AS DECIMAL(2,2)) AS JSON)"
        );
        assert_eq!(written("!B,:\"base64:type15:AP8=\"", Flavour::MySql).unwrap(), "CAST(0x00ff AS JSON)");
        assert_eq!(written("[1.10]", Flavour::MySql).unwrap(), "'[1.10]'");
        assert!(matches!(written("", Flavour::MySql).unwrap_err(), Error::Refused { .. }));
    }

    #[test]
    fn what_no_expression_makes_is_refused() {
        let blob = written("!B,:\"base64:type252:AP8=\"", Flavour::MySql).unwrap_err();
        assert!(matches!(blob, Error::Refused { .. }), "{blob}");
        let time = "!T,:\"-10:00:00.000000\"";
        assert!(written(time, Flavour::MySql).is_ok());
        assert!(matches!(written(time, Flavour::OceanBase).unwrap_err(), Error::Refused { .. }));
    }

    #[test]
    fn text_and_kinds_that_do_not_belong_together_are_errors_not_panics() {
        let typed =
            "!...D,d:{\"a\": [1, \"x\"], \"b\": {\"c\": 1.10, \"\": {}}, \"d\": [null, \"2026-01-31\"]}";
        assert!(written(typed, Flavour::MySql).is_ok());
        for end in 0..typed.len() {
            let cut = &typed[..end];
            assert!(cut.is_empty() || written(cut, Flavour::MySql).is_err(), "{cut}");
        }
        for wrong in [
            "!",
            "!d,",
            "!d,:",
            "!dd,:1.1",
            "!d,d:1.1",
            "!,d:1.1",
            "!,:1",
            "!d,:\"x\"",
            "!D,:\"' OR 1\"",
            "!D,:1",
            "!u,:-1",
            "!x,:1",
            "!d,:[1.1",
            "!d,:{\"a\": 1.1}",
        ] {
            assert!(written(wrong, Flavour::MySql).is_err(), "{wrong}");
        }
    }
}
