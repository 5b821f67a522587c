//! Comparing expressions.

use super::reader::Reader;
use crate::ddl::lexer::{Lexer, Token, TokenKind};
use crate::ddl::{Dialect, SqlMode};

/// Servers put one or two pairs of parentheses around an expression.
const MAX_PARENTHESES: usize = 8;

/// True if an expression may use the column of this name.
pub(crate) fn mentions(expression: &str, column: &str, dialect: Dialect) -> bool {
    let Ok(tokens) = tokens(expression, dialect) else {
        return true;
    };
    tokens.iter().enumerate().any(|(i, token)| {
        let is_call =
            token.kind == TokenKind::Word && tokens.get(i + 1).is_some_and(|next| next.is_symbol("("));
        !is_call && token.identifier().is_some_and(|name| name.to_lowercase() == column.to_lowercase())
    })
}

/// True if two expressions say the same, whichever server printed them.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// The expression without the parentheses that stand around all of it.
pub(crate) fn without_parentheses(expression: &str) -> &str {
    let mut inner = expression.trim();
    for _ in 0..MAX_PARENTHESES {
        let Ok(tokens) = tokens(inner, Dialect::mysql(9, 0, 0)) else {
            return inner;
        };
        let mut depth = 0_i32;
        let closing = tokens.iter().position(|token| {
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            depth == 0
        });
        let is_around = tokens.len() > 2
            && tokens.first().is_some_and(|token| token.is_symbol("("))
            && closing == Some(tokens.len() - 1);
        if !is_around {
            return inner;
        }
        inner = inner[1..inner.len() - 1].trim();
    }
    inner
}

/// The one form: of the tree where the expression can be read, else of the tokens.
pub(crate) fn canonical(expression: &str) -> String {
    // Which product it comes from matters for versioned comments only, which expressions of catalogues do not have.
    let dialect = Dialect::mysql(9, 0, 0);
    let Ok(tokens) = tokens(expression, dialect) else {
        return expression.to_owned();
    };
    match Reader::read(&tokens) {
        Some(form) => form,
        None => tokens.iter().map(plain).collect::<Vec<_>>().join(" "),
    }
}

fn tokens(expression: &str, dialect: Dialect) -> crate::error::Result<Vec<Token<'_>>> {
    Lexer::new(expression, dialect, SqlMode::default()).collect()
}

/// A token without regard to case and quotes.
pub(super) fn plain(token: &Token<'_>) -> String {
    match token.kind {
        TokenKind::Word | TokenKind::Quoted => token.identifier().unwrap_or_default().to_lowercase(),
        TokenKind::Text | TokenKind::NationalText => {
            format!("{:?}", token.string(SqlMode::default()).unwrap_or_default())
        }
        TokenKind::Hex | TokenKind::Bit => format!("{:?}", token.bytes().unwrap_or_default()),
        _ => token.text.to_lowercase(),
    }
}
