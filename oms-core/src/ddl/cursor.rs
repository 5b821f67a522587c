//! [`Cursor`]: a reading position in the tokens of one statement.

use std::sync::Arc;

use super::lexer::{Lexer, Token, TokenKind};
use super::{Dialect, Product, SqlMode};
use crate::error::{Error, Result};

/// A statement beyond this many tokens is no DDL that a person or a tool writes.
const MAX_TOKENS: usize = 1 << 20;

/// A table as a statement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableRef {
    pub(crate) database: Option<Arc<str>>,
    pub(crate) table: Arc<str>,
}

/// A reading position in the tokens of one statement.
///
/// Nothing here recurses: nested parentheses are counted, so that nesting costs no stack.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    dialect: Dialect,
    mode: SqlMode,
}

impl<'a> Cursor<'a> {
    /// Reads all tokens of a statement; a semicolon may end it.
    pub(crate) fn new(sql: &'a str, dialect: Dialect, mode: SqlMode) -> Result<Self> {
        let mut tokens = Vec::new();
        for token in Lexer::new(sql, dialect, mode) {
            tokens.push(token?);
            if tokens.len() > MAX_TOKENS {
                return Err(Error::decode("a statement", "it has more than a million tokens"));
            }
        }
        while tokens.last().is_some_and(|token| token.is_symbol(";")) {
            tokens.pop();
        }
        Ok(Self { tokens, at: 0, dialect, mode })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn mode(&self) -> SqlMode {
        self.mode
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn peek(&self) -> Option<Token<'a>> {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    pub(crate) fn advance(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(keyword))
    }

    pub(crate) fn is_any_word(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is_word(keyword))
    }

    pub(crate) fn is_words(&self, keywords: &[&str]) -> bool {
        keywords
            .iter()
            .enumerate()
            .all(|(ahead, keyword)| self.peek_at(ahead).is_some_and(|token| token.is_word(keyword)))
    }

    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    pub(crate) fn eat_word(&mut self, keyword: &str) -> bool {
        let eaten = self.is_word(keyword);
        self.at += usize::from(eaten);
        eaten
    }

    /// Passes over one of these keywords, if the next token is one.
    pub(crate) fn eat_any_word(&mut self, keywords: &[&str]) -> bool {
        let eaten = self.is_any_word(keywords);
        self.at += usize::from(eaten);
        eaten
    }

    /// Passes over all of these keywords or over none.
    pub(crate) fn eat_words(&mut self, keywords: &[&str]) -> bool {
        let eaten = self.is_words(keywords);
        self.at += if eaten { keywords.len() } else { 0 };
        eaten
    }

    pub(crate) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let eaten = self.is_symbol(symbol);
        self.at += usize::from(eaten);
        eaten
    }

    pub(crate) fn expect_word(&mut self, keyword: &str) -> Result<()> {
        match self.eat_word(keyword) {
            true => Ok(()),
            false => Err(self.error(keyword)),
        }
    }

    pub(crate) fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        match self.eat_symbol(symbol) {
            true => Ok(()),
            false => Err(self.error(symbol)),
        }
    }

    pub(crate) fn expect_end(&self) -> Result<()> {
        match self.is_at_end() {
            true => Ok(()),
            false => Err(self.error("the end of the statement")),
        }
    }

    /// The statement is not understood here; names what was wanted and what is there, but never a literal.
    pub(crate) fn error(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            None => "the statement ends".to_owned(),
            Some(token) => {
                let what = match token.kind {
                    TokenKind::Word | TokenKind::Quoted | TokenKind::Symbol => {
                        token.text.chars().take(64).collect()
                    }
                    TokenKind::Number => "a number".to_owned(),
                    _ => "a literal".to_owned(),
                };
                format!("there is {what} at byte {}", token.start)
            }
        };
        Error::decode("a DDL statement", format!("where {wanted} is expected {found}"))
    }

    /// An identifier, with or without quotes.
    pub(crate) fn identifier(&mut self, what: &str) -> Result<Arc<str>> {
        match self.peek().and_then(|token| token.identifier()) {
            Some(name) => {
                self.at += 1;
                Ok(name.into())
            }
            None => Err(self.error(what)),
        }
    }

    /// `table` or `database.table`.
    pub(crate) fn table_ref(&mut self) -> Result<TableRef> {
        // The server also takes `.table` for a table of the default database.
        self.eat_symbol(".");
        let first = self.identifier("a table name")?;
        if !self.eat_symbol(".") {
            return Ok(TableRef { database: None, table: first });
        }
        Ok(TableRef { database: Some(first), table: self.identifier("a table name")? })
    }

    /// A string literal; adjacent ones are one.
    pub(crate) fn string(&mut self, what: &str) -> Result<String> {
        let mode = self.mode;
        let Some(mut text) = self.peek().and_then(|token| token.string(mode)) else {
            return Err(self.error(what));
        };
        self.at += 1;
        while let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Text) {
            text.push_str(&token.string(mode).unwrap_or_default());
            self.at += 1;
        }
        Ok(text)
    }

    /// A whole number.
    pub(crate) fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T> {
        let token = self.peek().filter(|token| token.kind == TokenKind::Number);
        match token.and_then(|token| token.text.parse().ok()) {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => Err(self.error(what)),
        }
    }

    /// Passes over a group in parentheses, the next token being the opening one, and gives the text between.
    pub(crate) fn parenthesised(&mut self) -> Result<String> {
        self.expect_symbol("(")?;
        let from = self.at;
        self.skip_to_closing()?;
        let text = self.text(from, self.at)?;
        self.at += 1;
        Ok(text)
    }

    /// Moves to the parenthesis that closes the group which the cursor is in.
    fn skip_to_closing(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                if depth == 0 {
                    return Ok(());
                }
                depth -= 1;
            }
            self.at += 1;
        }
        Err(self.error(")"))
    }

    /// Moves to the end of the statement.
    pub(crate) fn skip_rest(&mut self) {
        self.at = self.tokens.len();
    }

    /// The SQL of a range of tokens, comments left out, in the quoting of a session without special modes: identifiers
    /// in backticks, strings in single quotes.
    pub(crate) fn text(&self, from: usize, to: usize) -> Result<String> {
        let mut out = String::new();
        let mut end = None;
        for token in &self.tokens[from..to] {
            if let Some(end) = end
                && end < token.start
            {
                out.push(' ');
            }
            end = Some(token.end());
            match token.kind {
                TokenKind::Quoted => {
                    let name = token.identifier().unwrap_or_default();
                    out.push_str(&crate::mysql::quote_ident(&name));
                }
                TokenKind::Text | TokenKind::NationalText => {
                    if token.kind == TokenKind::NationalText {
                        out.push('N');
                    }
                    let text = token.string(self.mode).unwrap_or_default();
                    out.push_str(&crate::mysql::quote_text(&text));
                }
                TokenKind::Symbol if token.text == "||" && self.mode.pipes_as_concat => {
                    return Err(Error::unsupported(
                        "the DDL model",
                        "|| in an expression under the sql_mode PIPES_AS_CONCAT; write CONCAT",
                    ));
                }
                TokenKind::Word if self.mode.high_not_precedence && token.is_word("NOT") => {
                    return Err(Error::unsupported(
                        "the DDL model",
                        "NOT in an expression under the sql_mode HIGH_NOT_PRECEDENCE; write parentheses",
                    ));
                }
                _ => out.push_str(token.text),
            }
        }
        Ok(out)
    }

    pub(crate) fn is_mariadb(&self) -> bool {
        self.dialect.product() == Product::MariaDb
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(sql: &str) -> Cursor<'_> {
        Cursor::new(sql, Dialect::mysql(9, 7, 4), SqlMode::default()).unwrap()
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let sql = format!("{}1{}", "(".repeat(200_000), ")".repeat(200_000));
        assert_eq!(cursor(&sql).parenthesised().unwrap().len(), 399_999);
        let sql = "(".repeat(200_000);
        assert!(cursor(&sql).parenthesised().is_err());
    }

    #[test]
    fn text_is_requoted_and_without_comments() {
        let mode = SqlMode::default().with_ansi_quotes(true).with_no_backslash_escapes(true);
        let sql = r#"("a""b" /* c */ + concat('x\', 'it''s'))"#;
        let mut cursor = Cursor::new(sql, Dialect::mysql(9, 7, 4), mode).unwrap();
        assert_eq!(cursor.parenthesised().unwrap(), r#"`a"b` + concat('x\\', 'it\'s')"#);
    }

    #[test]
    fn errors_name_words_and_never_literals() {
        let error = cursor("'secret'").identifier("a column").unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot decode a DDL statement: where a column is expected there is a literal at byte 0"
        );
        let error = cursor("12345 x").expect_word("TABLE").unwrap_err().to_string();
        assert!(!error.contains("12345"), "{error}");
        assert!(cursor("").number::<u32>("a number").is_err());
    }

    #[test]
    fn adjacent_strings_are_one() {
        assert_eq!(cursor("'a' 'b' \"c\" d").string("a comment").unwrap(), "abc");
    }

    #[test]
    fn a_name_may_stand_behind_its_database() {
        let table = cursor("`my-db.1`.`a``b`").table_ref().unwrap();
        assert_eq!((table.database.as_deref(), &*table.table), (Some("my-db.1"), "a`b"));
        assert!(cursor("a.").table_ref().is_err());
    }
}
