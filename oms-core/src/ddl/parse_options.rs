//! Table and database options.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::parse_type;
use super::statement::{CharsetClause, TableOptions};
use crate::error::{Error, Result};

/// Options that say how the server stores a table: kept by name, so that a target that has them can take them over.
const STORAGE: [&str; 21] = [
    "ENGINE",
    "ROW_FORMAT",
    "KEY_BLOCK_SIZE",
    "MAX_ROWS",
    "MIN_ROWS",
    "AVG_ROW_LENGTH",
    "CHECKSUM",
    "DELAY_KEY_WRITE",
    "PACK_KEYS",
    "STATS_PERSISTENT",
    "STATS_AUTO_RECALC",
    "STATS_SAMPLE_PAGES",
    "COMPRESSION",
    "ENCRYPTION",
    "AUTOEXTEND_SIZE",
    "INSERT_METHOD",
    "CONNECTION",
    "TRANSACTIONAL",
    "PAGE_CHECKSUM",
    "PAGE_COMPRESSED",
    "PAGE_COMPRESSION_LEVEL",
];

/// Options that say nothing about a table's rows or shape: where files lie, the next AUTO_INCREMENT value, secondary
/// engines, and what OceanBase adds to SHOW CREATE TABLE.
const PASSED_OVER: [&str; 18] = [
    "AUTO_INCREMENT",
    "PASSWORD",
    "SECONDARY_ENGINE",
    "ENGINE_ATTRIBUTE",
    "SECONDARY_ENGINE_ATTRIBUTE",
    "TABLESPACE",
    "ORGANIZATION",
    "BLOCK_SIZE",
    "TABLET_SIZE",
    "PCTFREE",
    "REPLICA_NUM",
    "USE_BLOOM_FILTER",
    "PROGRESSIVE_MERGE_NUM",
    "TABLEGROUP",
    "TABLE_MODE",
    "ENCRYPTED",
    "ENCRYPTION_KEY_ID",
    "AUTO_INCREMENT_MODE",
];

/// Reads table options as long as there are any, separated by commas or not; `at_comma` says whether a comma may be
/// followed by something else (in ALTER TABLE it may) and is then left alone.
pub(crate) fn table_options(cursor: &mut Cursor<'_>, in_alter: bool) -> Result<TableOptions> {
    let mut options = TableOptions::default();
    while table_option(cursor, &mut options)? {
        if !in_alter {
            cursor.eat_symbol(",");
        }
    }
    Ok(options)
}

/// Reads one option; false if the next token begins none.
fn table_option(cursor: &mut Cursor<'_>, options: &mut TableOptions) -> Result<bool> {
    if charset_option(cursor, &mut options.charset)? {
        return Ok(true);
    }
    if cursor.eat_word("COMMENT") {
        cursor.eat_symbol("=");
        options.comment = Some(cursor.string("a comment")?);
        return Ok(true);
    }
    if cursor.eat_words(&["DATA", "DIRECTORY"]) || cursor.eat_words(&["INDEX", "DIRECTORY"]) {
        cursor.eat_symbol("=");
        cursor.string("a directory")?;
        return Ok(true);
    }
    if cursor.is_word("UNION") {
        return Err(Error::unsupported("the DDL model", "the table option UNION of MERGE tables"));
    }
    if cursor.eat_words(&["START", "TRANSACTION"]) {
        // CREATE TABLE … SELECT is logged so: its rows follow in the same transaction.
        return Ok(true);
    }
    if cursor.eat_word("STORAGE") {
        cursor.identifier("DISK or MEMORY")?;
        return Ok(true);
    }
    let Some(token) = cursor.peek().filter(|token| token.kind == TokenKind::Word) else {
        return Ok(false);
    };
    let stores = STORAGE.iter().any(|name| token.is_word(name)) || token.is_word("TYPE");
    if !stores && !PASSED_OVER.iter().any(|name| token.is_word(name)) {
        return Ok(false);
    }
    cursor.advance();
    cursor.eat_symbol("=");
    let value = option_value(cursor)?;
    if stores {
        options.storage.push(storage_option(token.text, &value));
    }
    Ok(true)
}

fn option_value(cursor: &mut Cursor<'_>) -> Result<String> {
    let Some(token) = cursor.peek() else {
        return Err(cursor.error("a value"));
    };
    match token.kind {
        TokenKind::Text => cursor.string("a value"),
        TokenKind::Number => {
            cursor.advance();
            Ok(token.text.to_owned())
        }
        _ => cursor.identifier("a value").map(|name| name.to_string()),
    }
}

/// An option in the form in which catalogues report it; DEFAULT takes it back.
pub(crate) fn storage_option(name: &str, value: &str) -> (Arc<str>, Option<Arc<str>>) {
    let name = match name.to_ascii_lowercase().as_str() {
        "type" => "engine".to_owned(),
        name => name.to_owned(),
    };
    let value = match name.as_str() {
        _ if value.eq_ignore_ascii_case("DEFAULT") => None,
        "engine" => Some(engine(value)).filter(|engine| engine != "InnoDB"),
        "row_format" | "compression" | "encryption" => Some(value.to_ascii_uppercase()),
        "max_rows" | "min_rows" | "avg_row_length" | "key_block_size" | "checksum" | "delay_key_write"
            if value == "0" =>
        {
            None
        }
        _ => Some(value.to_owned()),
    };
    (name.into(), value.map(Arc::from))
}

/// An engine's name as catalogues spell it.
fn engine(name: &str) -> String {
    const KNOWN: [(&str, &str); 12] = [
        ("innodb", "InnoDB"),
        ("myisam", "MyISAM"),
        ("memory", "MEMORY"),
        ("heap", "MEMORY"),
        ("csv", "CSV"),
        ("archive", "ARCHIVE"),
        ("blackhole", "BLACKHOLE"),
        ("merge", "MRG_MYISAM"),
        ("mrg_myisam", "MRG_MYISAM"),
        ("federated", "FEDERATED"),
        ("ndbcluster", "ndbcluster"),
        ("aria", "Aria"),
    ];
    let lower = name.to_ascii_lowercase();
    let known = KNOWN.iter().find(|(entry, _)| *entry == lower);
    known.map_or_else(|| name.to_owned(), |(_, name)| (*name).to_owned())
}

/// `[DEFAULT] CHARACTER SET [=] x` or `[DEFAULT] COLLATE [=] x`.
pub(crate) fn charset_option(cursor: &mut Cursor<'_>, clause: &mut CharsetClause) -> Result<bool> {
    let from = usize::from(cursor.is_word("DEFAULT"));
    let is = |ahead: usize, word: &str| cursor.peek_at(from + ahead).is_some_and(|token| token.is_word(word));
    let words = if is(0, "CHARSET") {
        1
    } else if (is(0, "CHARACTER") || is(0, "CHAR")) && is(1, "SET") {
        2
    } else if is(0, "COLLATE") {
        0
    } else {
        return Ok(false);
    };
    for _ in 0..from + words.max(1) {
        cursor.advance();
    }
    cursor.eat_symbol("=");
    if words > 0 {
        // `CHARACTER SET DEFAULT` asks for what would be taken anyway.
        if !cursor.eat_word("DEFAULT") {
            clause.charset = Some(parse_type::charset(cursor)?);
        }
    } else {
        clause.collation = Some(parse_type::collation(cursor)?);
    }
    Ok(true)
}

/// Options of CREATE and ALTER DATABASE; encryption and read-only marks say nothing about tables.
pub(crate) fn database_options(cursor: &mut Cursor<'_>) -> Result<CharsetClause> {
    let mut clause = CharsetClause::default();
    while !cursor.is_at_end() {
        if charset_option(cursor, &mut clause)? {
            continue;
        }
        cursor.eat_word("DEFAULT");
        if cursor.eat_word("ENCRYPTION") || cursor.eat_word("COMMENT") {
            cursor.eat_symbol("=");
            cursor.string("a text")?;
        } else if cursor.eat_words(&["READ", "ONLY"]) {
            cursor.eat_symbol("=");
            cursor.advance();
        } else {
            return Err(cursor.error("a database option"));
        }
    }
    Ok(clause)
}
