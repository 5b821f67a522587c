//! Column definitions: the attributes behind the type, and DEFAULT clauses.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::parse_key;
use super::parse_type;
use super::statement::{
    ColumnDef, DefaultDef, GeneratedDef, KeyDef, KeyPartDef, KeyPartTarget, TableElement,
};
use crate::error::{Error, Result};
use crate::schema::{ColumnType, KeyKind};

const NOW: [&str; 4] = ["CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP"];

/// Reads a column with its name.
pub(crate) fn column(cursor: &mut Cursor<'_>) -> Result<ColumnDef> {
    let name = column_name(cursor)?;
    column_of_name(name, cursor)
}

/// Reads a column behind its name.
pub(crate) fn column_of_name(name: Arc<str>, cursor: &mut Cursor<'_>) -> Result<ColumnDef> {
    let declared = parse_type::column_type(cursor)?;
    let mut column = ColumnDef {
        name,
        nullable: None,
        default: None,
        on_update_now: false,
        auto_increment: false,
        invisible: false,
        generated: None,
        comment: None,
        srid: None,
        own: Vec::new(),
        declared,
    };
    if column.declared.serial {
        serial(&mut column);
    }
    while attribute(cursor, &mut column)? {}
    if let ColumnType::Geometry { srid, .. } = &mut column.declared.base {
        *srid = column.srid;
    }
    Ok(column)
}

/// A column's name, which may stand behind its table's and database's.
pub(crate) fn column_name(cursor: &mut Cursor<'_>) -> Result<Arc<str>> {
    let mut name = cursor.identifier("a column name")?;
    while cursor.eat_symbol(".") {
        name = cursor.identifier("a column name")?;
    }
    Ok(name)
}

/// SERIAL and SERIAL DEFAULT VALUE: NOT NULL AUTO_INCREMENT UNIQUE.
fn serial(column: &mut ColumnDef) {
    column.nullable = Some(false);
    column.auto_increment = true;
    column.own.push(own_key(KeyKind::Unique, &column.name));
}

fn own_key(kind: KeyKind, column: &Arc<str>) -> TableElement {
    let part = KeyPartDef {
        what: KeyPartTarget::Column { column: Arc::clone(column), prefix: None },
        descending: false,
    };
    TableElement::Key(KeyDef {
        kind,
        name: None,
        parts: vec![part],
        visible: true,
        comment: None,
        parser: None,
        if_not_exists: false,
    })
}

/// Reads one attribute; false if the next token begins none.
fn attribute(cursor: &mut Cursor<'_>, column: &mut ColumnDef) -> Result<bool> {
    let Some(token) = cursor.peek() else {
        return Ok(false);
    };
    if token.kind != TokenKind::Word {
        return Ok(false);
    }
    match token.text.to_ascii_uppercase().as_str() {
        "NOT" if cursor.eat_words(&["NOT", "NULL"]) => column.nullable = Some(false),
        // Secondary engines read other columns only; nothing of it is in a row.
        "NOT" if cursor.eat_words(&["NOT", "SECONDARY"]) => {}
        "NULL" => {
            cursor.advance();
            column.nullable = Some(true);
        }
        "DEFAULT" => {
            cursor.advance();
            column.default = Some(default_value(cursor)?);
        }
        "ON" if cursor.eat_words(&["ON", "UPDATE"]) => {
            if !now(cursor)? {
                return Err(cursor.error("CURRENT_TIMESTAMP"));
            }
            column.on_update_now = true;
        }
        "AUTO_INCREMENT" => {
            cursor.advance();
            column.auto_increment = true;
        }
        "SERIAL" if cursor.eat_words(&["SERIAL", "DEFAULT", "VALUE"]) => serial(column),
        "UNIQUE" => {
            cursor.advance();
            cursor.eat_word("KEY");
            column.own.push(own_key(KeyKind::Unique, &column.name));
        }
        "PRIMARY" | "KEY" => {
            cursor.eat_word("PRIMARY");
            cursor.expect_word("KEY")?;
            column.own.push(own_key(KeyKind::Primary, &column.name));
        }
        "COMMENT" => {
            cursor.advance();
            column.comment = Some(cursor.string("a comment")?);
        }
        "COLLATE" => {
            cursor.advance();
            column.declared.charset.collation = Some(parse_type::collation(cursor)?);
        }
        "COLUMN_FORMAT" | "STORAGE" => {
            cursor.advance();
            cursor.identifier("a storage attribute")?;
        }
        "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE" => {
            cursor.advance();
            cursor.eat_symbol("=");
            cursor.string("a text")?;
        }
        "VISIBLE" | "INVISIBLE" => {
            column.invisible = cursor.is_word("INVISIBLE");
            cursor.advance();
        }
        "CONSTRAINT" | "CHECK" => {
            let check = parse_key::constraint(cursor)?;
            if !matches!(check, TableElement::Check(_)) {
                return Err(cursor.error("CHECK"));
            }
            column.own.push(check);
        }
        "REFERENCES" => {
            let columns = vec![Arc::clone(&column.name)];
            let foreign_key = parse_key::references(cursor, None, None, columns)?;
            column.own.push(TableElement::ForeignKey(foreign_key));
        }
        "GENERATED" | "AS" => generated(cursor, column)?,
        "VIRTUAL" | "STORED" | "PERSISTENT" => {
            let stored = !cursor.is_word("VIRTUAL");
            let Some(generated) = &mut column.generated else {
                return Err(cursor.error("a column attribute"));
            };
            cursor.advance();
            generated.stored = stored;
        }
        "SRID" => {
            cursor.advance();
            column.srid = Some(cursor.number("an SRID")?);
        }
        "REF_SYSTEM_ID" => {
            cursor.advance();
            cursor.eat_symbol("=");
            column.srid = Some(cursor.number("an SRID")?);
        }
        // These follow a column in ALTER TABLE.
        "FIRST" | "AFTER" | "PARTITION" | "REMOVE" => return Ok(false),
        other => return Err(unsupported(other)),
    }
    Ok(true)
}

fn unsupported(attribute: &str) -> Error {
    let name: String = attribute.chars().take(64).collect();
    Error::unsupported("the DDL model", format!("the column attribute {name}"))
}

fn generated(cursor: &mut Cursor<'_>, column: &mut ColumnDef) -> Result<()> {
    if cursor.eat_word("GENERATED") {
        cursor.expect_word("ALWAYS")?;
    }
    cursor.expect_word("AS")?;
    if !cursor.is_symbol("(") {
        return Err(unsupported("GENERATED ALWAYS AS ROW"));
    }
    column.generated = Some(GeneratedDef { expression: cursor.parenthesised()?, stored: false });
    Ok(())
}

/// CURRENT_TIMESTAMP in one of its spellings, with or without a precision, which is that of the column.
fn now(cursor: &mut Cursor<'_>) -> Result<bool> {
    if !cursor.eat_any_word(&NOW) {
        return Ok(false);
    }
    if cursor.eat_symbol("(") {
        if !cursor.is_symbol(")") {
            cursor.number::<u8>("a precision")?;
        }
        cursor.expect_symbol(")")?;
    }
    Ok(true)
}

/// Reads what stands behind DEFAULT.
pub(crate) fn default_value(cursor: &mut Cursor<'_>) -> Result<DefaultDef> {
    if cursor.is_symbol("(") {
        return cursor.parenthesised().map(DefaultDef::Expression);
    }
    if cursor.eat_word("NULL") {
        return Ok(DefaultDef::Null);
    }
    if cursor.is_any_word(&["TRUE", "FALSE"]) {
        let value = cursor.is_word("TRUE");
        cursor.advance();
        return Ok(DefaultDef::Bool(value));
    }
    if now(cursor)? {
        return Ok(DefaultDef::Now);
    }
    let negative = cursor.is_symbol("-");
    if negative || cursor.is_symbol("+") {
        cursor.advance();
    }
    let Some(token) = cursor.peek() else {
        return Err(cursor.error("a default value"));
    };
    match token.kind {
        TokenKind::Number => {
            cursor.advance();
            let sign = if negative { "-" } else { "" };
            Ok(DefaultDef::Number(format!("{sign}{}", token.text)))
        }
        TokenKind::Text | TokenKind::NationalText => cursor.string("a default value").map(DefaultDef::Text),
        TokenKind::Hex | TokenKind::Bit => {
            cursor.advance();
            Ok(DefaultDef::Bytes {
                bytes: token.bytes().unwrap_or_default(),
                bits: token.kind == TokenKind::Bit,
            })
        }
        TokenKind::Word if is_introducer(cursor) => {
            cursor.advance();
            default_value(cursor)
        }
        TokenKind::Word if cursor.is_mariadb() => {
            // MariaDB takes expressions without parentheses; its own catalogue prints calls only so.
            let from = cursor.position();
            cursor.advance();
            if cursor.is_symbol("(") {
                cursor.parenthesised()?;
            }
            cursor.text(from, cursor.position()).map(DefaultDef::Expression)
        }
        _ => Err(cursor.error("a default value")),
    }
}

/// `_utf8mb4` before a string or a hexadecimal literal, or DATE, TIME and TIMESTAMP before a string.
fn is_introducer(cursor: &Cursor<'_>) -> bool {
    let literal = cursor.peek_at(1).map(|token| token.kind);
    match cursor.peek() {
        Some(token) if token.text.starts_with('_') => {
            matches!(literal, Some(TokenKind::Text | TokenKind::Hex | TokenKind::Bit))
        }
        Some(_) => cursor.is_any_word(&["DATE", "TIME", "TIMESTAMP"]) && literal == Some(TokenKind::Text),
        None => false,
    }
}
