//! [`TablePattern`]: which tables a pattern such as `shop.order_*` names.

use std::fmt;
use std::str::Chars;

use crate::error::{Error, Result};
use crate::name::{NameCase, TableName};

/// A pattern for the names of tables: `database.table`.
///
/// # Shape
///
/// In both parts `*` stands for any text, `?` for one character, `[a-z]` for one of a set, `[!a-z]` for one outside
/// of it, and a backslash takes the meaning from the character behind it, in a set as well. A dot separates the parts
/// and is no wild card; there is exactly one. A name that holds dots or other special characters is written with
/// backslashes or in backticks, between which every character stands for itself and a backtick is doubled:
/// `` `my.db`.orders `` is `my\.db.orders`.
///
/// # Examples
///
/// ```
/// use oms_core::select::TablePattern;
/// use oms_core::{NameCase, TableName};
/// let pattern: TablePattern = "shop.order_[0-9]*".parse().unwrap();
/// assert!(pattern.matches(NameCase::Sensitive, &TableName::new("shop", "order_2024")));
/// assert!(!pattern.matches(NameCase::Sensitive, &TableName::new("shop", "order_items")));
/// assert!("shop".parse::<TablePattern>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TablePattern {
    text: Box<str>,
    database: Box<[Piece]>,
    table: Box<[Piece]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Many,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl TablePattern {
    /// True if the table's name is one that the pattern stands for, on a server that compares names like this.
    pub fn matches(&self, case: NameCase, table: &TableName) -> bool {
        matches_name(&self.database, case, table.database()) && matches_name(&self.table, case, table.table())
    }

    /// True if tables of this database may match.
    pub fn matches_database(&self, case: NameCase, database: &str) -> bool {
        matches_name(&self.database, case, database)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::str::FromStr for TablePattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = parse(text).map_err(|reason| wrong(text, reason))?;
        let (Some(table), Some(database), None) = (parts.pop(), parts.pop(), parts.pop()) else {
            return Err(wrong(text, "it has the form database.table; write \\. for a dot within a name"));
        };
        Ok(Self { text: text.into(), database: database.into(), table: table.into() })
    }
}

impl fmt::Display for TablePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TablePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The names that a text without wild cards consists of: a database, or a database and a table.
pub(super) fn parse_names(text: &str) -> Result<Vec<String>> {
    let parts = parse(text).map_err(|reason| wrong(text, reason))?;
    let name = |part: &Vec<Piece>| {
        let literal = part.iter().map(|piece| match piece {
            Piece::Char(c) => Some(*c),
            Piece::One | Piece::Many | Piece::Set { .. } => None,
        });
        literal.collect::<Option<String>>()
    };
    let names: Option<Vec<String>> = parts.iter().map(name).collect();
    match names {
        Some(names) if names.len() <= 2 => Ok(names),
        Some(_) => Err(wrong(text, "it has more than two parts; write \\. for a dot within a name")),
        None => {
            Err(wrong(text, "it names one object, without wild cards; write \\* for a star within a name"))
        }
    }
}

fn wrong(text: &str, reason: &str) -> Error {
    Error::config("objects", format!("pattern {text}: {reason}"))
}

/// The parts between dots.
fn parse(text: &str) -> Result<Vec<Vec<Piece>>, &'static str> {
    let mut chars = text.chars();
    let mut parts = Vec::new();
    loop {
        let (part, ended) = match chars.as_str().starts_with('`') {
            true => parse_quoted(&mut chars)?,
            false => parse_part(&mut chars)?,
        };
        if part.is_empty() {
            return Err("a name has at least one character");
        }
        parts.push(part);
        if ended {
            return Ok(parts);
        }
    }
}

/// One part, and whether it is the last.
fn parse_part(chars: &mut Chars<'_>) -> Result<(Vec<Piece>, bool), &'static str> {
    let mut pieces = Vec::new();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '.' => return Ok((pieces, false)),
            '*' => Piece::Many,
            '?' => Piece::One,
            '[' => parse_set(chars)?,
            '\\' => {
                Piece::Char(chars.next().ok_or("a backslash stands before the character that it is for")?)
            }
            '`' => return Err("backticks stand around a whole name"),
            c => Piece::Char(c),
        });
    }
    Ok((pieces, true))
}

fn parse_quoted(chars: &mut Chars<'_>) -> Result<(Vec<Piece>, bool), &'static str> {
    let mut pieces = Vec::new();
    chars.next();
    loop {
        match chars.next().ok_or("a backtick is not closed")? {
            '`' => match chars.next() {
                None => return Ok((pieces, true)),
                Some('.') => return Ok((pieces, false)),
                Some('`') => pieces.push(Piece::Char('`')),
                Some(_) => return Err("backticks stand around a whole name"),
            },
            c => pieces.push(Piece::Char(c)),
        }
    }
}

/// A set, behind its opening bracket.
fn parse_set(chars: &mut Chars<'_>) -> Result<Piece, &'static str> {
    const OPEN: &str = "a bracket is not closed; write \\[ for one within a name";
    let negated = chars.as_str().starts_with('!');
    if negated {
        chars.next();
    }
    let literal = |c: char, chars: &mut Chars<'_>| match c {
        '\\' => chars.next().ok_or(OPEN),
        c => Ok(c),
    };
    let mut ranges = Vec::new();
    loop {
        let first = match chars.next().ok_or(OPEN)? {
            ']' if ranges.is_empty() => return Err("a set has at least one character"),
            ']' => return Ok(Piece::Set { negated, ranges }),
            c => literal(c, chars)?,
        };
        let mut last = first;
        let mut ahead = chars.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
            chars.next();
            let c = chars.next().ok_or(OPEN)?;
            last = literal(c, chars)?;
            if last < first {
                return Err("a range goes from the lower to the higher character");
            }
        }
        ranges.push((first, last));
    }
}

/// Matches by remembering the last star only, which is enough: an earlier one need never be taken up again.
fn matches_name(pieces: &[Piece], case: NameCase, name: &str) -> bool {
    let pieces = fold_pieces(pieces, case);
    let name: Vec<char> = case.fold(name).chars().collect();
    let (mut at, mut piece) = (0, 0);
    let mut star = None;
    while at < name.len() {
        match pieces.get(piece) {
            Some(Piece::Many) => {
                star = Some((piece, at));
                piece += 1;
            }
            Some(one) if one.matches(name[at], case) => {
                at += 1;
                piece += 1;
            }
            _ => match &mut star {
                // The star takes one more character, and the rest is tried again.
                Some((back, taken)) => {
                    *taken += 1;
                    (piece, at) = (*back + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::Many)
}

/// The pieces with their letters folded as the name's are.
fn fold_pieces(pieces: &[Piece], case: NameCase) -> Vec<Piece> {
    let mut folded = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Char(c) if case != NameCase::Sensitive => folded.extend(c.to_lowercase().map(Piece::Char)),
            piece => folded.push(piece.clone()),
        }
    }
    folded
}

impl Piece {
    fn matches(&self, c: char, case: NameCase) -> bool {
        match self {
            Piece::Char(own) => *own == c,
            Piece::One => true,
            Piece::Many => false,
            Piece::Set { negated, ranges } => {
                let holds = |c: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c));
                // The name's letters are in lower case by now; the set's may be in either.
                let is_in = holds(c) || (case != NameCase::Sensitive && c.to_uppercase().any(holds));
                is_in != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, case: NameCase, database: &str, table: &str) -> bool {
        let pattern: TablePattern = pattern.parse().unwrap();
        pattern.matches(case, &TableName::new(database, table))
    }

    #[test]
    fn wild_cards_sets_and_escapes() {
        for (pattern, table, expected) in [
            ("s.*", "anything", true),
            ("s.a*b*c", "aXbYc", true),
            ("s.a*b*c", "aXbYcZ", false),
            ("s.*ab", "aab", true),
            ("s.*a*a*a*", "aa", false),
            ("s.t?", "t", false),
            ("s.t?", "té", true),
            ("s.t[0-9]", "t5", true),
            ("s.t[0-9]", "tx", false),
            ("s.t[!0-9]", "tx", true),
            ("s.t[!0-9]", "t", false),
            ("s.t[a\\]-]", "t]", true),
            ("s.t[a\\]-]", "t-", true),
            ("s.t[\\!a]", "t!", true),
            ("s.t[*?.]", "t*", true),
            ("s.t[*?.]", "tx", false),
            ("s.t\\*", "t*", true),
            ("s.t\\*", "tx", false),
            ("s.\\[x]", "[x]", true),
            ("s.`t*`", "t*", true),
            ("s.`t*`", "tx", false),
            ("s.`a``b`", "a`b", true),
            ("s.a\\.b", "a.b", true),
            ("s.`a.b`", "a.b", true),
            ("s.t50_*", "t50xyz", false),
        ] {
            assert_eq!(matches(pattern, NameCase::Sensitive, "s", table), expected, "{pattern} on {table:?}");
        }
        assert!(!matches("s.t", NameCase::Sensitive, "sxt", "t"), "a dot is no wild card");
        assert!(matches("`my.db`.*", NameCase::Sensitive, "my.db", "x"));
    }

    #[test]
    fn case_counts_where_it_does_at_the_server() {
        for case in [NameCase::Lower, NameCase::Preserved] {
            assert!(matches("Shop.ORD*", case, "shop", "Orders"));
            assert!(matches("s.[A-C]x", case, "S", "bX"));
            assert!(matches("s.[a-c]x", case, "s", "BX"));
            assert!(!matches("s.[!A-C]x", case, "s", "bx"));
            assert!(matches("s.É", case, "s", "é"));
        }
        assert!(!matches("Shop.*", NameCase::Sensitive, "shop", "orders"));
        assert!(!matches("s.[A-C]", NameCase::Sensitive, "s", "b"));
    }

    #[test]
    fn malformed_patterns_are_refused_with_the_reason() {
        for (pattern, reason) in [
            ("", "at least one"),
            ("shop", "database.table"),
            ("a.b.c", "database.table"),
            (".t", "at least one"),
            ("s.", "at least one"),
            ("s.[", "not closed"),
            ("s.[]", "at least one character"),
            ("s.[z-a]", "lower to the higher"),
            ("s.t\\", "backslash"),
            ("s.`t", "not closed"),
            ("s.`t`x", "whole name"),
            ("s.t`x`", "whole name"),
        ] {
            let error = pattern.parse::<TablePattern>().unwrap_err();
            assert!(error.to_string().contains(reason), "{pattern}: {error}");
        }
    }

    #[test]
    fn names_take_no_wild_cards() {
        assert_eq!(parse_names("shop").unwrap(), ["shop"]);
        assert_eq!(parse_names("`a.b`.c\\*").unwrap(), ["a.b", "c*"]);
        for text in ["shop.*", "s?", "[a]", "a.b.c", ""] {
            assert!(parse_names(text).is_err(), "{text}");
        }
    }
}
