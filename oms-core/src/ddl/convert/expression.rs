//! Expressions in the SQL of the target.

use super::collation;
use crate::ddl::lexer::{Lexer, Token, TokenKind};
use crate::ddl::{Dialect, SqlMode};
use crate::schema::{Charset, Collation};

/// The expression for a target, without what the target would not read; the reason if it cannot be had.
///
/// MySQL puts character set introducers before the strings of its expressions. OceanBase reads those of utf8mb4 and
/// binary only.
pub(super) fn translate(expression: &str, from: Dialect, to: Dialect) -> Result<String, String> {
    if !to.is_oceanbase() {
        return Ok(expression.to_owned());
    }
    let tokens: Result<Vec<Token<'_>>, _> = Lexer::new(expression, from, SqlMode::default()).collect();
    let Ok(tokens) = tokens else {
        return Err("the expression cannot be read".to_owned());
    };
    let mut out = String::with_capacity(expression.len());
    let mut end = 0;
    for (i, token) in tokens.iter().enumerate() {
        let is_first = i == 0;
        let gap = &expression[end..token.start];
        end = token.end();
        if let Some(charset) = introduced(&tokens, i) {
            let literal = &tokens[i + 1];
            let is_same = charset.is_utf8() || literal.text.is_ascii();
            match charset {
                Charset::Binary => {}
                _ if is_same && literal.kind == TokenKind::Text => {
                    out.push_str(if is_first { "" } else { gap });
                    end = literal.start;
                    continue;
                }
                _ => return Err(format!("the expression holds a literal in the character set {charset}")),
            }
        }
        if let Some(collation) = collated(&tokens, i)
            && collation::map(&collation, false, to).rule.is_some()
        {
            return Err(format!("the expression compares by the collation {collation}"));
        }
        out.push_str(if is_first { "" } else { gap });
        out.push_str(token.text);
    }
    Ok(out)
}

/// The character set that a token introduces the next literal with.
fn introduced(tokens: &[Token<'_>], at: usize) -> Option<Charset> {
    let token = tokens.get(at).filter(|token| token.kind == TokenKind::Word)?;
    let literal = tokens.get(at + 1)?;
    let is_literal = matches!(literal.kind, TokenKind::Text | TokenKind::Hex | TokenKind::Bit);
    let name = token.text.strip_prefix('_').filter(|_| is_literal)?;
    Charset::from_name(&name.to_ascii_lowercase())
}

/// The collation behind COLLATE.
fn collated(tokens: &[Token<'_>], at: usize) -> Option<Collation> {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before))?;
    let name = tokens.get(at)?.identifier().filter(|_| before.is_word("COLLATE"))?;
    Some(Collation::new(name.to_ascii_lowercase()))
}

/// The constant that an expression is, as text: a number or a string, and nothing else.
pub(super) fn constant(expression: &str) -> Option<String> {
    let mode = SqlMode::default();
    let tokens: Vec<Token<'_>> =
        Lexer::new(expression, Dialect::mysql(9, 0, 0), mode).collect::<Result<_, _>>().ok()?;
    let skip = usize::from(introduced(&tokens, 0).is_some_and(Charset::is_utf8));
    match &tokens[skip.min(tokens.len())..] {
        [token] if token.kind == TokenKind::Number => Some(token.text.to_owned()),
        [sign, token] if sign.is_symbol("-") && token.kind == TokenKind::Number => {
            Some(format!("-{}", token.text))
        }
        [token] if token.kind == TokenKind::Text => token.string(mode),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(expression: &str) -> Result<String, String> {
        translate(expression, Dialect::mysql(9, 7, 4), Dialect::oceanbase(4, 3, 5))
    }

    #[test]
    fn introducers_are_left_out_where_they_say_nothing() {
        let text = r"concat(`b`,_utf8mb4'it\'s',_latin1'x', _utf8mb3 'é')";
        assert_eq!(translated(text).unwrap(), r"concat(`b`,'it\'s','x', 'é')");
        assert_eq!(translated("_binary'a'").unwrap(), "_binary'a'");
        assert!(translated("_latin1'é'").is_err());
        assert!(translated("_utf8mb4 0x41").is_err());
        assert_eq!(translated("`_utf8mb4` + _column").unwrap(), "`_utf8mb4` + _column");
    }

    #[test]
    fn collations_of_the_target_stay() {
        assert!(translated("a collate utf8mb4_bin").is_ok());
        assert!(translated("a collate `utf8mb4_0900_ai_ci`").is_err());
        assert!(translated("'unfinished").is_err());
    }

    #[test]
    fn constants_are_told_from_expressions() {
        assert_eq!(constant("5").unwrap(), "5");
        assert_eq!(constant("- 5").unwrap(), "-5");
        assert_eq!(constant("_utf8mb4'it\\'s'").unwrap(), "it's");
        assert_eq!(constant("uuid()"), None);
        assert_eq!(constant("1 + 1"), None);
        assert_eq!(constant(""), None);
    }
}
