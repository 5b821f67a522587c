//! Reading an expression into one form.

use std::fmt::Write;

use super::compare::plain;
use crate::ddl::lexer::{Token, TokenKind};
use crate::schema::Charset;

/// Beyond this nesting two expressions are compared token by token.
const MAX_DEPTH: u32 = 100;

/// Names of one function, the first being the one that is used.
const SYNONYMS: [&[&str]; 14] = [
    &["now", "current_timestamp", "localtime", "localtimestamp"],
    &["curdate", "current_date"],
    &["curtime", "current_time"],
    &["lower", "lcase"],
    &["upper", "ucase"],
    &["substring", "substr", "mid"],
    &["char_length", "character_length"],
    &["length", "octet_length"],
    &["ceiling", "ceil"],
    &["pow", "power"],
    &["dayofmonth", "day"],
    &["date_add", "adddate"],
    &["date_sub", "subdate"],
    &["sha", "sha1"],
];

/// Binary operators: how they are written, how they are named, how tightly they bind.
const BINARY: [(&str, &str, u8); 30] = [
    ("OR", "or", 2),
    ("||", "or", 2),
    ("XOR", "xor", 3),
    ("AND", "and", 4),
    ("&&", "and", 4),
    ("=", "=", 7),
    ("<=>", "<=>", 7),
    (">=", ">=", 7),
    (">", ">", 7),
    ("<=", "<=", 7),
    ("<", "<", 7),
    ("<>", "<>", 7),
    ("!=", "<>", 7),
    ("LIKE", "like", 7),
    ("REGEXP", "regexp_like", 7),
    ("RLIKE", "regexp_like", 7),
    ("|", "|", 8),
    ("&", "&", 9),
    ("<<", "<<", 10),
    (">>", ">>", 10),
    ("+", "+", 11),
    ("-", "-", 11),
    ("*", "*", 12),
    ("/", "/", 12),
    ("DIV", "div", 12),
    ("%", "%", 12),
    ("MOD", "%", 12),
    ("^", "^", 13),
    ("->", "json_extract", 17),
    ("->>", "json_unquote", 17),
];

const NOT_POWER: u8 = 5;
const COMPARISON_POWER: u8 = 7;
const UNARY_POWER: u8 = 14;
const COLLATE_POWER: u8 = 16;

/// A reading position in the tokens of an expression.
pub(super) struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// The one form of an expression; `None` if it is none that can be read, or is nested too deeply.
    pub(super) fn read(tokens: &'a [Token<'a>]) -> Option<String> {
        let mut reader = Self { tokens, at: 0, depth: 0 };
        let form = reader.expression(0)?;
        (reader.at == tokens.len()).then_some(form)
    }

    fn peek(&self, ahead: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at + ahead)
    }

    fn is(&self, text: &str) -> bool {
        self.peek(0).is_some_and(|token| token.is_symbol(text) || token.is_word(text))
    }

    fn eat(&mut self, text: &str) -> bool {
        let eaten = self.is(text);
        self.at += usize::from(eaten);
        eaten
    }

    fn expect(&mut self, text: &str) -> Option<()> {
        self.eat(text).then_some(())
    }

    /// An expression whose operators bind at least so tightly.
    fn expression(&mut self, power: u8) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut left = self.prefix()?;
        while let Some(form) = self.infix(&left, power)? {
            left = form;
        }
        self.depth -= 1;
        Some(left)
    }

    /// Reads an operator and its right side; `Some(None)` if none follows that binds tightly enough.
    fn infix(&mut self, left: &str, power: u8) -> Option<Option<String>> {
        if power <= COMPARISON_POWER
            && let Some(form) = self.comparison(left)?
        {
            return Some(Some(form));
        }
        if power <= COLLATE_POWER && self.eat("COLLATE") {
            let name = self.name()?;
            return Some(Some(format!("(collate {left} {name})")));
        }
        let operator = BINARY.iter().find(|(text, _, binds)| *binds >= power && self.is(text));
        let Some((text, name, binds)) = operator else {
            return Some(None);
        };
        self.at += 1;
        let right = self.expression(binds + 1)?;
        Some(Some(match *name {
            "and" | "or" => flat(name, truth(left), truth(&right)),
            "xor" => format!("(xor {} {})", truth(left), truth(&right)),
            // What MySQL makes of `!x`.
            "=" if left == "0" => format!("(not {})", truth(&right)),
            "json_unquote" => format!("(json_unquote (json_extract {left} {right}))"),
            _ if *text == "LIKE" && self.eat("ESCAPE") => {
                // OceanBase prints the backslash, which escapes anyway.
                match self.expression(COMPARISON_POWER + 1)?.as_str() {
                    r#""\\""# => format!("(like {left} {right})"),
                    escape => format!("(like {left} {right} {escape})"),
                }
            }
            _ => format!("({name} {left} {right})"),
        }))
    }

    /// IS, IN, BETWEEN, MEMBER OF and their negations.
    fn comparison(&mut self, left: &str) -> Option<Option<String>> {
        if self.eat("IS") {
            let negated = self.eat("NOT");
            let what = plain(self.peek(0)?);
            self.at += 1;
            let form = match what.as_str() {
                "null" => format!("(isnull {left})"),
                "true" | "false" | "unknown" => format!("(is {} {what})", truth(left)),
                _ => return None,
            };
            return Some(Some(negate(form, negated)));
        }
        let next = |word: &str| self.peek(1).is_some_and(|token| token.is_word(word));
        let negated =
            self.is("NOT") && ["IN", "BETWEEN", "LIKE", "REGEXP", "RLIKE"].iter().any(|word| next(word));
        self.at += usize::from(negated);
        let form = if self.eat("IN") {
            self.expect("(")?;
            let list = self.list()?;
            match list.as_slice() {
                [single] => format!("(= {left} {single})"),
                _ => format!("(in {left} {})", list.join(", ")),
            }
        } else if self.eat("BETWEEN") {
            let low = self.expression(COMPARISON_POWER + 1)?;
            self.expect("AND")?;
            let high = self.expression(COMPARISON_POWER + 1)?;
            format!("(and (>= {left} {low}) (<= {left} {high}))")
        } else if self.is("MEMBER") {
            self.at += 1;
            self.eat("OF");
            self.expect("(")?;
            let array = self.list()?;
            format!("(member {left} {})", array.join(", "))
        } else if negated {
            // LIKE and REGEXP are ordinary operators, but for the NOT before them.
            self.infix(left, COMPARISON_POWER)??
        } else {
            return Some(None);
        };
        Some(Some(negate(form, negated)))
    }

    fn prefix(&mut self) -> Option<String> {
        let token = self.peek(0)?;
        match token.kind {
            TokenKind::Symbol => self.prefix_symbol(token.text),
            TokenKind::Word => self.word(token),
            TokenKind::Quoted => self.name().map(|name| format!("`{name}`")),
            TokenKind::Number => {
                self.at += 1;
                Some(token.text.to_lowercase())
            }
            _ => {
                self.at += 1;
                let mut form = plain(token);
                while let Some(more) = self.peek(0).filter(|next| next.kind == TokenKind::Text) {
                    form = format!("{}{}", form.trim_end_matches('"'), plain(more).trim_start_matches('"'));
                    self.at += 1;
                }
                Some(form)
            }
        }
    }

    fn prefix_symbol(&mut self, symbol: &str) -> Option<String> {
        self.at += 1;
        match symbol {
            "(" => {
                let list = self.list()?;
                Some(match list.as_slice() {
                    [single] => single.clone(),
                    _ => format!("(row {})", list.join(", ")),
                })
            }
            "-" | "~" => {
                let operand = self.expression(UNARY_POWER)?;
                Some(format!("({symbol} {operand})"))
            }
            "+" => self.expression(UNARY_POWER),
            "!" => {
                let operand = self.expression(UNARY_POWER + 1)?;
                Some(negate(truth(&operand).to_owned(), true))
            }
            _ => None,
        }
    }

    /// A keyword, a literal with an introducer, a function or a column.
    fn word(&mut self, token: &Token<'_>) -> Option<String> {
        let word = token.text.to_lowercase();
        let next = self.peek(1);
        let is_literal =
            next.is_some_and(|next| matches!(next.kind, TokenKind::Text | TokenKind::Hex | TokenKind::Bit));
        if is_literal && word.starts_with('_') {
            self.at += 1;
            let charset = Charset::from_name(&word[1..])?;
            let form = self.prefix()?;
            // An introducer matters only where the same characters are other bytes.
            let same_bytes = form.starts_with('"') && (charset.is_utf8() || form.is_ascii());
            return Some(match same_bytes {
                true => form,
                false => format!("({word} {form})"),
            });
        }
        if is_literal && matches!(word.as_str(), "date" | "time" | "timestamp") {
            self.at += 1;
            let form = self.prefix()?;
            return Some(format!("({word} {form})"));
        }
        match word.as_str() {
            "not" => {
                self.at += 1;
                let operand = self.expression(NOT_POWER)?;
                Some(negate(truth(&operand).to_owned(), true))
            }
            "binary" if !next.is_some_and(|next| next.is_symbol("(")) => {
                self.at += 1;
                let operand = self.expression(COLLATE_POWER)?;
                Some(format!("(cast {operand} binary)"))
            }
            "null" | "true" | "false" => {
                self.at += 1;
                Some(word)
            }
            "case" => self.case(),
            "interval" if !next.is_some_and(|next| next.is_symbol("(")) || self.is_interval() => {
                self.at += 1;
                let count = self.expression(0)?;
                let unit = self.name()?;
                Some(format!("(interval {count} {unit})"))
            }
            _ if next.is_some_and(|next| next.is_symbol("(")) => {
                self.at += 2;
                self.call(&word)
            }
            // The words that are functions even without parentheses.
            "current_timestamp" | "current_date" | "current_time" | "localtime" | "localtimestamp" => {
                self.at += 1;
                Some(format!("({})", one_name(&word)))
            }
            _ => self.name().map(|name| format!("`{name}`")),
        }
    }

    /// True for `INTERVAL (…) unit`; the function of that name has no word behind its parentheses.
    fn is_interval(&self) -> bool {
        let mut depth = 0;
        for (i, token) in self.tokens[self.at..].iter().enumerate() {
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            if depth == 0 && i > 0 {
                return self.peek(i + 1).is_some_and(|next| next.kind == TokenKind::Word);
            }
        }
        false
    }

    fn case(&mut self) -> Option<String> {
        self.expect("CASE")?;
        let mut form = "(case".to_owned();
        let has_value = !self.is("WHEN");
        if has_value {
            write!(form, " {}", self.expression(0)?).ok()?;
        }
        while self.eat("WHEN") {
            let condition = self.expression(0)?;
            let condition = if has_value { condition.as_str() } else { truth(&condition) };
            self.expect("THEN")?;
            write!(form, " when {condition} {}", self.expression(0)?).ok()?;
        }
        if self.eat("ELSE") {
            write!(form, " else {}", self.expression(0)?).ok()?;
        }
        self.expect("END")?;
        form.push(')');
        Some(form)
    }

    /// The arguments of a function, from behind its opening parenthesis on.
    fn call(&mut self, function: &str) -> Option<String> {
        let function = one_name(function);
        if function == "cast" || function == "convert" {
            return self.cast();
        }
        let arguments = self.list()?;
        let is_interval = |argument: &str| argument.starts_with("(interval");
        Some(match (function, arguments.as_slice()) {
            ("mod", [left, right]) => format!("(% {left} {right})"),
            // What MySQL and OceanBase make of some functions.
            ("if", [condition, yes, no]) => format!("(case when {} {yes} else {no})", truth(condition)),
            ("datediff", [left, right]) => format!("(- (to_days {left}) (to_days {right}))"),
            ("isnull", [operand]) => format!("(isnull {operand})"),
            ("date_add", [date, interval]) if is_interval(interval) => format!("(+ {date} {interval})"),
            ("date_sub", [date, interval]) if is_interval(interval) => format!("(- {date} {interval})"),
            // What the operators of these functions are read to.
            ("json_extract" | "regexp_like", [left, right]) => format!("({function} {left} {right})"),
            (_, []) => format!("({function})"),
            _ => format!("({function} {})", arguments.join(", ")),
        })
    }

    /// `CAST(x AS type)`, `CONVERT(x, type)` and `CONVERT(x USING charset)`.
    fn cast(&mut self) -> Option<String> {
        let operand = self.expression(0)?;
        if self.eat("USING") {
            let charset = self.name()?;
            self.expect(")")?;
            return Some(format!("(convert {operand} {charset})"));
        }
        if !self.eat("AS") {
            self.expect(",")?;
        }
        let words = self.rest_of_group()?;
        // The character set of CHAR is printed by some servers and not by others; BINARY is one of them.
        let (mut kind, charset) =
            match words.split_once(" charset ").or_else(|| words.split_once(" character set ")) {
                Some((kind, charset)) => (kind.to_owned(), charset.to_owned()),
                None => (words.clone(), String::new()),
            };
        if charset.starts_with("binary") {
            kind = kind.replacen("char", "binary", 1);
        }
        let kind = match kind.as_str() {
            "signed integer" | "integer" => "signed",
            "unsigned integer" => "unsigned",
            other => other,
        };
        // OceanBase calls it NUMBER.
        let kind = kind.replacen("number", "decimal", 1);
        Some(format!("(cast {operand} {kind})"))
    }

    /// Expressions up to a closing parenthesis; words that are no expression stay behind the last one.
    fn list(&mut self) -> Option<Vec<String>> {
        let mut list = Vec::new();
        while !self.eat(")") {
            if !list.is_empty() {
                self.expect(",")?;
            }
            let form = self.expression(0)?;
            if !self.is(",") && !self.is(")") {
                let words = self.rest_of_group()?;
                list.push(format!("{form} {words}"));
                return Some(list);
            }
            list.push(form);
        }
        Some(list)
    }

    /// The plain tokens up to and over the parenthesis that closes this group.
    fn rest_of_group(&mut self) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        let mut depth = 0;
        loop {
            let token = self.peek(0)?;
            self.at += 1;
            depth += i32::from(token.is_symbol("("));
            if token.is_symbol(")") {
                if depth == 0 {
                    return Some(words.join(" "));
                }
                depth -= 1;
            }
            words.push(plain(token));
        }
    }

    /// The last part of a name, in lower case.
    fn name(&mut self) -> Option<String> {
        loop {
            let name = self.peek(0)?.identifier()?.to_lowercase();
            self.at += 1;
            if !self.eat(".") {
                return Some(name);
            }
        }
    }
}

fn one_name(function: &str) -> &str {
    let group = SYNONYMS.iter().find(|names| names.contains(&function));
    group.map_or(function, |names| names[0])
}

/// The operand of a condition without the comparison with zero that MySQL puts around one that is no condition.
fn truth(form: &str) -> &str {
    form.strip_prefix("(<> 0 ").and_then(|rest| rest.strip_suffix(')')).unwrap_or(form)
}

fn negate(form: String, negated: bool) -> String {
    match negated {
        true => format!("(not {form})"),
        false => form,
    }
}

/// AND and OR with as many operands as stand side by side.
fn flat(operator: &str, left: &str, right: &str) -> String {
    let open = |form: &str| {
        let inner = form.strip_prefix('(')?.strip_suffix(')')?.strip_prefix(operator)?.strip_prefix(' ')?;
        Some(inner.to_owned())
    };
    let left = open(left).unwrap_or_else(|| left.to_owned());
    let right = open(right).unwrap_or_else(|| right.to_owned());
    format!("({operator} {left} {right})")
}
