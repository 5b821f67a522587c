//! Indexes, foreign keys and CHECK constraints.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::parse_column;
use super::statement::{CheckDef, ForeignKeyDef, KeyDef, KeyPartDef, KeyPartTarget, TableElement};
use crate::error::{Error, Result};
use crate::schema::{KeyKind, ReferentialAction};

/// True if the next token begins an index or a constraint rather than a column.
pub(crate) fn begins_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.is_any_word(&[
        "CONSTRAINT",
        "PRIMARY",
        "UNIQUE",
        "INDEX",
        "KEY",
        "FULLTEXT",
        "SPATIAL",
        "FOREIGN",
        "CHECK",
    ])
}

/// Reads an index or a constraint, with the name that CONSTRAINT gives.
pub(crate) fn constraint(cursor: &mut Cursor<'_>) -> Result<TableElement> {
    let mut name = None;
    if cursor.eat_word("CONSTRAINT") && !begins_constraint(cursor) {
        name = Some(cursor.identifier("a constraint name")?);
    }
    if cursor.eat_word("CHECK") {
        return check(cursor, name).map(TableElement::Check);
    }
    if cursor.eat_words(&["FOREIGN", "KEY"]) {
        // MariaDB: FOREIGN KEY IF NOT EXISTS.
        if_not_exists(cursor)?;
        let index = match cursor.is_symbol("(") {
            true => None,
            false => Some(cursor.identifier("an index name")?),
        };
        let columns = column_list(cursor)?;
        return references(cursor, name, index, columns).map(TableElement::ForeignKey);
    }
    key(cursor, name).map(TableElement::Key)
}

fn if_not_exists(cursor: &mut Cursor<'_>) -> Result<bool> {
    if !cursor.eat_word("IF") {
        return Ok(false);
    }
    cursor.expect_word("NOT")?;
    cursor.expect_word("EXISTS")?;
    Ok(true)
}

fn check(cursor: &mut Cursor<'_>, name: Option<Arc<str>>) -> Result<CheckDef> {
    let expression = cursor.parenthesised()?;
    let enforced = !cursor.eat_words(&["NOT", "ENFORCED"]);
    if enforced {
        cursor.eat_word("ENFORCED");
    }
    Ok(CheckDef { name, expression, enforced })
}

/// Reads PRIMARY KEY, UNIQUE, INDEX, FULLTEXT or SPATIAL from that word on.
fn key(cursor: &mut Cursor<'_>, constraint: Option<Arc<str>>) -> Result<KeyDef> {
    let kind = if cursor.eat_words(&["PRIMARY", "KEY"]) {
        KeyKind::Primary
    } else if cursor.eat_word("UNIQUE") {
        KeyKind::Unique
    } else if cursor.eat_word("FULLTEXT") {
        KeyKind::Fulltext
    } else if cursor.eat_word("SPATIAL") {
        KeyKind::Spatial
    } else if cursor.is_any_word(&["INDEX", "KEY"]) {
        KeyKind::Plain
    } else {
        return Err(cursor.error("an index or a constraint"));
    };
    if kind != KeyKind::Primary {
        cursor.eat_any_word(&["INDEX", "KEY"]);
    }
    let if_not_exists = if_not_exists(cursor)?;
    let mut name = None;
    if !cursor.is_symbol("(") && !cursor.is_any_word(&["USING", "TYPE"]) {
        name = Some(cursor.identifier("an index name")?);
    }
    index_type(cursor)?;
    let mut key = KeyDef {
        kind,
        name: name.or(constraint),
        parts: key_parts(cursor)?,
        visible: true,
        comment: None,
        parser: None,
        if_not_exists,
    };
    key_options(cursor, &mut key)?;
    Ok(key)
}

/// CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX from the kind on, up to ON; the table comes between.
pub(crate) fn created_index(cursor: &mut Cursor<'_>) -> Result<(KeyDef, super::cursor::TableRef)> {
    let kind = if cursor.eat_word("UNIQUE") {
        KeyKind::Unique
    } else if cursor.eat_word("FULLTEXT") {
        KeyKind::Fulltext
    } else if cursor.eat_word("SPATIAL") {
        KeyKind::Spatial
    } else {
        KeyKind::Plain
    };
    cursor.expect_word("INDEX")?;
    let if_not_exists = if_not_exists(cursor)?;
    let name = cursor.identifier("an index name")?;
    index_type(cursor)?;
    cursor.expect_word("ON")?;
    let table = cursor.table_ref()?;
    let mut key = KeyDef {
        kind,
        name: Some(name),
        parts: key_parts(cursor)?,
        visible: true,
        comment: None,
        parser: None,
        if_not_exists,
    };
    key_options(cursor, &mut key)?;
    Ok((key, table))
}

/// USING BTREE or HASH, which the engines that hold users' data take for a wish.
fn index_type(cursor: &mut Cursor<'_>) -> Result<()> {
    if cursor.eat_any_word(&["USING", "TYPE"]) && !cursor.eat_any_word(&["BTREE", "HASH", "RTREE"]) {
        return Err(cursor.error("BTREE or HASH"));
    }
    Ok(())
}

fn key_options(cursor: &mut Cursor<'_>, key: &mut KeyDef) -> Result<()> {
    loop {
        let Some(token) = cursor.peek().filter(|token| token.kind == TokenKind::Word) else {
            return Ok(());
        };
        match token.text.to_ascii_uppercase().as_str() {
            "USING" | "TYPE" => index_type(cursor)?,
            "COMMENT" => {
                cursor.advance();
                cursor.eat_symbol("=");
                key.comment = Some(cursor.string("a comment")?).filter(|comment| !comment.is_empty());
            }
            "WITH" => {
                cursor.advance();
                cursor.expect_word("PARSER")?;
                key.parser = Some(cursor.identifier("a parser")?);
            }
            "VISIBLE" | "INVISIBLE" => {
                key.visible = cursor.is_word("VISIBLE");
                cursor.advance();
            }
            "IGNORED" if cursor.is_mariadb() => {
                cursor.advance();
                key.visible = false;
            }
            "NOT" if cursor.is_mariadb() => {
                cursor.advance();
                cursor.expect_word("IGNORED")?;
            }
            "KEY_BLOCK_SIZE" | "BLOCK_SIZE" => {
                cursor.advance();
                cursor.eat_symbol("=");
                cursor.number::<u32>("a block size")?;
            }
            "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE" => {
                cursor.advance();
                cursor.eat_symbol("=");
                cursor.string("a text")?;
            }
            "LOCAL" | "GLOBAL" if cursor.dialect().is_oceanbase() => {
                cursor.advance();
            }
            "PARSER_PROPERTIES" if cursor.dialect().is_oceanbase() => {
                cursor.advance();
                cursor.eat_symbol("=");
                cursor.parenthesised()?;
            }
            // These begin what follows an index in ALTER TABLE or CREATE INDEX.
            "ALGORITHM" | "LOCK" | "PARTITION" | "WAIT" | "NOWAIT" => return Ok(()),
            other => {
                let name: String = other.chars().take(64).collect();
                return Err(Error::unsupported("the DDL model", format!("the index option {name}")));
            }
        }
    }
}

fn key_parts(cursor: &mut Cursor<'_>) -> Result<Vec<KeyPartDef>> {
    cursor.expect_symbol("(")?;
    let mut parts = Vec::new();
    loop {
        let what = match cursor.is_symbol("(") {
            true => KeyPartTarget::Expression(cursor.parenthesised()?),
            false => {
                let column = parse_column::column_name(cursor)?;
                let prefix = match cursor.eat_symbol("(") {
                    true => {
                        let prefix = cursor.number("a prefix length")?;
                        cursor.expect_symbol(")")?;
                        Some(prefix)
                    }
                    false => None,
                };
                KeyPartTarget::Column { column, prefix }
            }
        };
        let descending = cursor.eat_word("DESC");
        if !descending {
            cursor.eat_word("ASC");
        }
        parts.push(KeyPartDef { what, descending });
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(parts)
}

fn column_list(cursor: &mut Cursor<'_>) -> Result<Vec<Arc<str>>> {
    let parts = key_parts(cursor)?;
    let columns = parts.into_iter().map(|part| match part.what {
        KeyPartTarget::Column { column, prefix: None } => Ok(column),
        _ => Err(cursor.error("whole columns")),
    });
    columns.collect()
}

/// Reads REFERENCES and what it does.
pub(crate) fn references(
    cursor: &mut Cursor<'_>,
    constraint: Option<Arc<str>>,
    index: Option<Arc<str>>,
    columns: Vec<Arc<str>>,
) -> Result<ForeignKeyDef> {
    cursor.expect_word("REFERENCES")?;
    let mut foreign_key = ForeignKeyDef {
        constraint,
        index,
        columns,
        referenced: cursor.table_ref()?,
        referenced_columns: Vec::new(),
        on_delete: ReferentialAction::NoAction,
        on_update: ReferentialAction::NoAction,
    };
    if cursor.is_symbol("(") {
        foreign_key.referenced_columns = column_list(cursor)?;
    }
    // MATCH is read and has no effect on a server.
    if cursor.eat_word("MATCH") && !cursor.eat_any_word(&["FULL", "PARTIAL", "SIMPLE"]) {
        return Err(cursor.error("FULL, PARTIAL or SIMPLE"));
    }
    loop {
        if cursor.eat_words(&["ON", "DELETE"]) {
            foreign_key.on_delete = action(cursor)?;
        } else if cursor.is_words(&["ON", "UPDATE"]) {
            cursor.eat_words(&["ON", "UPDATE"]);
            foreign_key.on_update = action(cursor)?;
        } else {
            return Ok(foreign_key);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Result<ReferentialAction> {
    let actions: [(&[&str], ReferentialAction); 5] = [
        (&["NO", "ACTION"], ReferentialAction::NoAction),
        // The engines check both at once.
        (&["RESTRICT"], ReferentialAction::NoAction),
        (&["CASCADE"], ReferentialAction::Cascade),
        (&["SET", "NULL"], ReferentialAction::SetNull),
        (&["SET", "DEFAULT"], ReferentialAction::SetDefault),
    ];
    let found = actions.into_iter().find(|(words, _)| cursor.eat_words(words));
    match found {
        Some((_, action)) => Ok(action),
        None => Err(cursor.error("a referential action")),
    }
}
