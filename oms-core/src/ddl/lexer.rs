//! [`Lexer`]: the tokens of a statement, as the server of a dialect and mode reads them.

use std::borrow::Cow;

use super::{Dialect, SqlMode};
use crate::error::{Error, Result};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or an identifier without quotes.
    Word,
    /// An identifier in backticks, or in double quotes under ANSI_QUOTES.
    Quoted,
    /// A string literal with its quotes.
    Text,
    /// `N'…'`.
    NationalText,
    /// `x'…'` or `0x…`.
    Hex,
    /// `b'…'` or `0b…`.
    Bit,
    /// A number without sign.
    Number,
    /// Everything else; operators of several characters are one token.
    Symbol,
}

/// A token: its kind, its text as written, and where that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl<'a> Token<'a> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// True for this keyword, in any case and without quotes.
    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// The identifier that it is, without quotes.
    pub(crate) fn identifier(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::Quoted => {
                let quote = &self.text[..1];
                let inner = &self.text[1..self.text.len() - 1];
                Some(match inner.contains(quote) {
                    true => Cow::Owned(inner.replace(&quote.repeat(2), quote)),
                    false => Cow::Borrowed(inner),
                })
            }
            _ => None,
        }
    }

    /// The text that a string literal stands for.
    pub(crate) fn string(&self, mode: SqlMode) -> Option<String> {
        let quoted = match self.kind {
            TokenKind::Text => self.text,
            TokenKind::NationalText => &self.text[1..],
            _ => return None,
        };
        let quote = quoted.chars().next()?;
        let inner = &quoted[1..quoted.len() - 1];
        let mut out = String::with_capacity(inner.len());
        let mut rest = inner.chars();
        while let Some(character) = rest.next() {
            if character == quote {
                rest.next();
            } else if character == '\\' && !mode.no_backslash_escapes {
                push_escaped(rest.next()?, &mut out);
                continue;
            }
            out.push(character);
        }
        Some(out)
    }

    /// The bytes of a hexadecimal or bit literal.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let (radix, group) = match self.kind {
            TokenKind::Hex => (16, 2),
            TokenKind::Bit => (2, 8),
            _ => return None,
        };
        let digits = self.text[2..].trim_end_matches('\'');
        let short = digits.len() % group;
        let padded = format!("{}{digits}", "0".repeat((group - short) % group));
        (0..padded.len() / group)
            .map(|i| u8::from_str_radix(&padded[i * group..(i + 1) * group], radix).ok())
            .collect()
    }
}

/// The text of an expression that is one string literal and nothing else.
pub(crate) fn string_literal(expression: &str) -> Option<String> {
    let mode = SqlMode::default();
    let mut lexer = Lexer::new(expression, Dialect::mysql(9, 0, 0), mode);
    let text = lexer.next()?.ok()?.string(mode)?;
    lexer.next().is_none().then_some(text)
}

/// Appends what a backslash and this character stand for; `\%` and `\_` keep their backslash.
fn push_escaped(character: char, out: &mut String) {
    match character {
        '0' => out.push('\0'),
        'b' => out.push('\u{8}'),
        'n' => out.push('\n'),
        'r' => out.push('\r'),
        't' => out.push('\t'),
        'Z' => out.push('\u{1a}'),
        '%' | '_' => out.extend(['\\', character]),
        _ => out.push(character),
    }
}

/// Splits a statement into tokens, comments left out and versioned comments opened where the server opens them.
///
/// # Errors
///
/// [`Error::Decode`] for a string, an identifier or a comment without its end, and for a malformed literal; the text of
/// a literal is never repeated.
///
/// # Sources
///
/// MySQL Reference Manual, "Language Structure"; each rule was tried on MySQL 5.7.22, 8.0.15, 9.7.4, MariaDB 10.11 and
/// seekdb 1.4.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    sql: &'a str,
    at: usize,
    dialect: Dialect,
    mode: SqlMode,
    /// Versioned comments that are open.
    open_comments: u32,
    /// The token before ended an identifier or was the dot behind one, so that digits may be a name.
    after: After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Name(usize),
    Dot(usize),
    Other,
}

const OPERATORS: [&str; 12] = ["<=>", "->>", "->", "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", ":="];

impl<'a> Lexer<'a> {
    pub(crate) fn new(sql: &'a str, dialect: Dialect, mode: SqlMode) -> Self {
        Self { sql, at: 0, dialect, mode, open_comments: 0, after: After::Other }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.sql.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a str {
        &self.sql[self.at..]
    }

    fn error(&self, start: usize, what: &str) -> Error {
        Error::decode("a statement", format!("{what} at byte {start}"))
    }

    /// Passes over white space and comments; true if the end is reached.
    fn skip_space(&mut self) -> Result<bool> {
        loop {
            let rest = self.rest();
            match self.byte(0) {
                0 if rest.is_empty() => {
                    return match self.open_comments {
                        0 => Ok(true),
                        _ => Err(self.error(self.at, "a versioned comment without its end")),
                    };
                }
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'#' => self.skip_line(),
                b'-' if rest.starts_with("--") && self.byte(2) <= b' ' => self.skip_line(),
                b'/' if self.byte(1) == b'*' => self.open_comment()?,
                b'*' if self.byte(1) == b'/' && self.open_comments > 0 => {
                    self.open_comments -= 1;
                    self.at += 2;
                }
                _ => return Ok(false),
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    }

    /// Enters or passes over the comment that begins here.
    fn open_comment(&mut self) -> Result<()> {
        let start = self.at;
        let rest = self.rest();
        let head = if rest.starts_with("/*!") {
            3
        } else if rest.starts_with("/*M!") && self.dialect.product() == super::Product::MariaDb {
            4
        } else {
            let end = rest[2..].find("*/").ok_or_else(|| self.error(start, "a comment without its end"))?;
            self.at += end + 4;
            return Ok(());
        };
        let (digits, version) = self.comment_version(&rest[head..]);
        if version.is_none_or(|version| self.dialect.runs_comment_of(version)) {
            self.open_comments += 1;
            self.at += head + digits;
            return Ok(());
        }
        // A versioned comment that is not run may hold one more level of comments.
        self.at += head;
        while !self.rest().is_empty() {
            let rest = self.rest();
            if rest.starts_with("*/") {
                self.at += 2;
                return Ok(());
            }
            let inner = rest.starts_with("/*").then(|| rest[2..].find("*/")).flatten();
            self.at += match inner {
                Some(end) => end + 4,
                None => rest.chars().next().map_or(1, char::len_utf8),
            };
        }
        Err(self.error(start, "a comment without its end"))
    }

    /// How many digits the version behind `/*!` has, and the version.
    fn comment_version(&self, text: &str) -> (usize, Option<u32>) {
        let bytes = text.as_bytes();
        let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count < 5 {
            return (0, None);
        }
        let six = count >= 6
            && self.dialect.reads_six_digit_versions()
            && match self.dialect.product() {
                super::Product::MariaDb => bytes[0] != b'0',
                _ => bytes.get(6).is_none_or(u8::is_ascii_whitespace),
            };
        let count = if six { 6 } else { 5 };
        (count, text[..count].parse().ok())
    }

    fn next_token(&mut self) -> Result<Option<Token<'a>>> {
        if self.skip_space()? {
            return Ok(None);
        }
        let start = self.at;
        let kind = self.scan()?;
        let token = Token { kind, text: &self.sql[start..self.at], start };
        self.after = match (kind, self.after) {
            (TokenKind::Word | TokenKind::Quoted, _) => After::Name(self.at),
            (TokenKind::Symbol, After::Name(end)) if token.text == "." && end == start => After::Dot(self.at),
            _ => After::Other,
        };
        Ok(Some(token))
    }

    /// Moves behind the token that begins here.
    fn scan(&mut self) -> Result<TokenKind> {
        let start = self.at;
        match self.byte(0) {
            b'`' => self.scan_quoted(b'`', false, "an identifier"),
            b'"' if self.mode.ansi_quotes => self.scan_quoted(b'"', false, "an identifier"),
            quote @ (b'\'' | b'"') => self.scan_quoted(quote, true, "a string"),
            b'n' | b'N' if self.byte(1) == b'\'' => {
                self.at += 1;
                self.scan_quoted(b'\'', true, "a string")?;
                Ok(TokenKind::NationalText)
            }
            b'x' | b'X' if self.byte(1) == b'\'' => self.scan_radix(TokenKind::Hex),
            b'b' | b'B' if self.byte(1) == b'\'' => self.scan_radix(TokenKind::Bit),
            b'.' if self.byte(1).is_ascii_digit() && self.after != After::Name(start) => {
                Ok(self.scan_number())
            }
            byte if byte.is_ascii_digit() && self.after != After::Dot(start) => Ok(self.scan_number()),
            byte if is_name_byte(byte) => {
                self.at += self.name_length();
                Ok(TokenKind::Word)
            }
            _ => {
                let operator = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator));
                self.at += operator.map_or(1, |operator| operator.len());
                Ok(TokenKind::Symbol)
            }
        }
    }

    fn name_length(&self) -> usize {
        self.rest().bytes().take_while(|byte| is_name_byte(*byte)).count()
    }

    /// An identifier or a string, whose quote stands doubled for itself.
    fn scan_quoted(&mut self, quote: u8, is_string: bool, what: &str) -> Result<TokenKind> {
        let start = self.at;
        let escapes = is_string && !self.mode.no_backslash_escapes;
        let bytes = self.sql.as_bytes();
        let mut at = start + 1;
        loop {
            let Some(&byte) = bytes.get(at) else {
                return Err(self.error(start, &format!("{what} without its end")));
            };
            at += match byte {
                b'\\' if escapes => 2,
                _ if byte == quote && bytes.get(at + 1) == Some(&quote) => 2,
                _ if byte == quote => break,
                _ => 1,
            };
        }
        self.at = at + 1;
        Ok(if is_string { TokenKind::Text } else { TokenKind::Quoted })
    }

    /// `x'…'` or `b'…'`.
    fn scan_radix(&mut self, kind: TokenKind) -> Result<TokenKind> {
        let start = self.at;
        let digits = self.rest()[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let valid = match kind {
            TokenKind::Hex => digits % 2 == 0,
            _ => self.rest()[2..2 + digits].bytes().all(is_bit),
        };
        self.at += 2 + digits;
        if !valid || self.byte(0) != b'\'' {
            return Err(self.error(start, "a malformed hexadecimal or bit literal"));
        }
        self.at += 1;
        Ok(kind)
    }

    /// A number, or a name that begins with a digit.
    fn scan_number(&mut self) -> TokenKind {
        let name = &self.rest()[..self.name_length()];
        let tail = name.get(2..).unwrap_or_default();
        if name.starts_with("0x") && !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            self.at += name.len();
            return TokenKind::Hex;
        }
        if name.starts_with("0b") && !tail.is_empty() && tail.bytes().all(is_bit) {
            self.at += name.len();
            return TokenKind::Bit;
        }
        let whole = self.digits(0);
        let mut length = whole;
        if self.byte(length) == b'.' {
            length += 1;
            length += self.digits(length);
        } else if whole < name.len() && self.exponent(length) == 0 {
            self.at += name.len();
            return TokenKind::Word;
        }
        length += self.exponent(length);
        self.at += length;
        TokenKind::Number
    }

    fn digits(&self, ahead: usize) -> usize {
        self.rest()[ahead..].bytes().take_while(u8::is_ascii_digit).count()
    }

    /// Length of an exponent that begins so far ahead, 0 if there is none.
    fn exponent(&self, ahead: usize) -> usize {
        if !matches!(self.byte(ahead), b'e' | b'E') {
            return 0;
        }
        let sign = usize::from(matches!(self.byte(ahead + 1), b'+' | b'-'));
        match self.byte(ahead + 1 + sign).is_ascii_digit() {
            true => 1 + sign + self.digits(ahead + 1 + sign),
            false => 0,
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Token<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_token().transpose()
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

fn is_bit(byte: u8) -> bool {
    matches!(byte, b'0' | b'1')
}

#[cfg(test)]
mod tests;
