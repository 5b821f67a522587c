//! Column names inside of the SQL expressions that a schema holds.
//!
//! # Sources
//!
//! MySQL 8.4 and MariaDB 10.11 store the expressions of generated columns, checks and functional key parts with every
//! column in backticks, whatever the statement had.

use std::borrow::Cow;

/// One piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A name in backticks, as it stands there.
    Quoted(&'a str),
    /// A bare word that no parenthesis follows: a column where the server did not quote it, or a keyword.
    Word(&'a str),
    /// Everything else: strings, numbers, operators, functions.
    Other(&'a str),
}

/// Cuts an expression into pieces; nothing is lost or added.
fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(first) = text.chars().next() {
        let len = match first {
            '`' => quoted_len(text, '`', false),
            '\'' | '"' => quoted_len(text, first, true),
            _ if is_word(first) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
            _ => first.len_utf8(),
        };
        let (piece, rest) = text.split_at(len);
        pieces.push(match first {
            '`' => Piece::Quoted(piece),
            _ if is_word(first) && !first.is_ascii_digit() && !rest.trim_start().starts_with('(') => {
                Piece::Word(piece)
            }
            _ => Piece::Other(piece),
        });
        text = rest;
    }
    pieces
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Bytes of the quoted text that `text` begins with; all of it if the quote is never closed.
fn quoted_len(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote {
            // A doubled quote stands for itself.
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + c.len_utf8(),
            }
        }
    }
    text.len()
}

fn unquote(name: &str) -> Cow<'_, str> {
    let name = name.strip_prefix('`').unwrap_or(name);
    let name = name.strip_suffix('`').unwrap_or(name);
    match name.contains("``") {
        true => Cow::Owned(name.replace("``", "`")),
        false => Cow::Borrowed(name),
    }
}

/// The expression with columns renamed, `None` if none of them is in it.
pub(super) fn rename<'n>(expression: &str, renamed: impl Fn(&str) -> Option<&'n str>) -> Option<String> {
    let mut out = String::with_capacity(expression.len());
    let mut changed = false;
    for piece in pieces(expression) {
        let (text, name) = match piece {
            Piece::Quoted(text) => (text, renamed(&unquote(text))),
            // A bare word may be a unit or a keyword; the server has put columns into backticks.
            Piece::Word(text) | Piece::Other(text) => (text, None),
        };
        match name {
            Some(name) => {
                changed = true;
                out.push('`');
                out.push_str(&name.replace('`', "``"));
                out.push('`');
            }
            None => out.push_str(text),
        }
    }
    changed.then_some(out)
}

/// True if the expression may name a column that `is_one` knows, in backticks or bare.
pub(super) fn mentions(expression: &str, is_one: impl Fn(&str) -> bool) -> bool {
    pieces(expression).into_iter().any(|piece| match piece {
        Piece::Quoted(text) => is_one(&unquote(text)),
        Piece::Word(text) => is_one(text),
        Piece::Other(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(expression: &str) -> Option<String> {
        rename(expression, |name| match &*name.to_lowercase() {
            "year" => Some("jahr"),
            "a`b" => Some("c`d"),
            _ => None,
        })
    }

    #[test]
    fn columns_are_renamed_and_nothing_else() {
        for (before, after) in [
            ("(`year` + 1)", Some("(`jahr` + 1)")),
            ("YEAR(`Year`) + interval 1 year", Some("YEAR(`jahr`) + interval 1 year")),
            ("`a``b` > 0", Some("`c``d` > 0")),
            ("concat('`year`', \"year\", 'it''s year', '\\'year')", None),
            ("`years` + 2year", None),
            ("'never closed year", None),
            ("`year", Some("`jahr`")),
            ("year (`x`)", None),
            ("", None),
            ("json_unquote(json_extract(`j`,_utf8mb4'$.year'))", None),
        ] {
            assert_eq!(renamed(before).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn mentions_looks_at_the_same_places() {
        let is_year = |name: &str| name.eq_ignore_ascii_case("year");
        assert!(mentions("(`year` > 0)", is_year) && mentions("year > 0", is_year));
        assert!(!mentions("year(`x`) > 'year'", is_year));
    }
}
