//! CREATE TABLE, and the statements on tables and databases that are not ALTER.

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::parse_alter;
use super::parse_column;
use super::parse_key;
use super::parse_options::{self, database_options};
use super::parse_partition;
use super::statement::{AlterAction, CharsetClause, CreateTable, Definition, TableElement, TableOptions};
use crate::error::{Error, Result};

/// Reads a statement that changes tables or databases, from its first word to its end.
///
/// # Errors
///
/// [`Error::Unsupported`] for a clause that cannot be modelled, [`Error::Decode`] for text that is none of these
/// statements.
pub(crate) fn definition(cursor: &mut Cursor<'_>) -> Result<Definition> {
    let definition = if cursor.eat_word("CREATE") {
        create(cursor)?
    } else if cursor.eat_word("ALTER") {
        alter(cursor)?
    } else if cursor.eat_word("DROP") {
        drop(cursor)?
    } else if cursor.eat_word("TRUNCATE") {
        cursor.eat_word("TABLE");
        Definition::TruncateTable(cursor.table_ref()?)
    } else if cursor.eat_word("RENAME") {
        rename(cursor)?
    } else {
        return Err(cursor.error("CREATE, ALTER, DROP, TRUNCATE or RENAME"));
    };
    parse_alter::wait(cursor)?;
    cursor.expect_end()?;
    Ok(definition)
}

fn is_database(cursor: &Cursor<'_>) -> bool {
    cursor.is_any_word(&["DATABASE", "SCHEMA"])
}

fn create(cursor: &mut Cursor<'_>) -> Result<Definition> {
    let or_replace = cursor.eat_words(&["OR", "REPLACE"]);
    if is_database(cursor) {
        cursor.advance();
        let if_not_exists = if_not_exists(cursor)?;
        return Ok(Definition::CreateDatabase {
            database: cursor.identifier("a database name")?,
            if_not_exists,
            or_replace,
            charset: database_options(cursor)?,
        });
    }
    if !cursor.eat_word("TABLE") {
        let (key, table) = parse_key::created_index(cursor)?;
        parse_alter::algorithm_and_lock(cursor)?;
        return Ok(Definition::AlterTable { table, actions: vec![AlterAction::Add(TableElement::Key(key))] });
    }
    let if_not_exists = if_not_exists(cursor)?;
    let table = cursor.table_ref()?;
    let in_parentheses =
        cursor.is_symbol("(") && cursor.peek_at(1).is_some_and(|token| token.is_word("LIKE"));
    if in_parentheses {
        cursor.advance();
    }
    if cursor.eat_word("LIKE") {
        let like = cursor.table_ref()?;
        if in_parentheses {
            cursor.expect_symbol(")")?;
        }
        return Ok(Definition::CreateTableLike { table, like, if_not_exists, or_replace });
    }
    let mut create = CreateTable {
        table,
        if_not_exists,
        or_replace,
        elements: Vec::new(),
        options: TableOptions::default(),
        partitioning: None,
    };
    refuse_select(cursor)?;
    cursor.expect_symbol("(")?;
    refuse_select(cursor)?;
    loop {
        create.elements.push(element(cursor)?);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    create.options = parse_options::table_options(cursor, false)?;
    if parse_partition::begins_partitioning(cursor) {
        create.partitioning = Some(parse_partition::partitioning(cursor)?);
    }
    refuse_select(cursor)?;
    if let Some(token) = cursor.peek().filter(|token| token.kind == TokenKind::Word) {
        let name: String = token.text.chars().take(64).collect();
        return Err(Error::unsupported("the DDL model", format!("the table option {name} of CREATE TABLE")));
    }
    Ok(Definition::CreateTable(Box::new(create)))
}

/// A table made from a query has columns that the statement does not tell. Servers that log rows log the columns
/// instead, so this is met only where statements are logged.
fn refuse_select(cursor: &Cursor<'_>) -> Result<()> {
    match cursor.is_any_word(&["SELECT", "AS", "IGNORE", "REPLACE", "WITH", "VALUES", "TABLE"]) {
        true => Err(Error::unsupported("the DDL model", "CREATE TABLE … SELECT")),
        false => Ok(()),
    }
}

fn element(cursor: &mut Cursor<'_>) -> Result<TableElement> {
    if parse_key::begins_constraint(cursor) {
        return parse_key::constraint(cursor);
    }
    parse_column::column(cursor).map(|column| TableElement::Column(Box::new(column)))
}

fn alter(cursor: &mut Cursor<'_>) -> Result<Definition> {
    if is_database(cursor) {
        cursor.advance();
        // Without a name it is the default database; a word may be an option already.
        let mut charset = CharsetClause::default();
        let database = match parse_options::charset_option(cursor, &mut charset)? {
            true => None,
            false => Some(cursor.identifier("a database name")?),
        };
        let rest = database_options(cursor)?;
        return Ok(Definition::AlterDatabase {
            database,
            charset: CharsetClause {
                charset: rest.charset.or(charset.charset),
                collation: rest.collation.or(charset.collation),
                binary: false,
            },
        });
    }
    if cursor.is_words(&["IGNORE", "TABLE"]) {
        return Err(parse_alter::removes_rows("IGNORE"));
    }
    cursor.eat_any_word(&["ONLINE", "OFFLINE"]);
    cursor.expect_word("TABLE")?;
    if_exists(cursor)?;
    let table = cursor.table_ref()?;
    parse_alter::wait(cursor)?;
    let actions = parse_alter::actions(cursor)?;
    Ok(Definition::AlterTable { table, actions })
}

fn drop(cursor: &mut Cursor<'_>) -> Result<Definition> {
    if is_database(cursor) {
        cursor.advance();
        if_exists(cursor)?;
        return cursor.identifier("a database name").map(Definition::DropDatabase);
    }
    if cursor.eat_word("INDEX") {
        let if_exists = if_exists(cursor)?;
        let key = cursor.identifier("an index name")?;
        cursor.expect_word("ON")?;
        let table = cursor.table_ref()?;
        parse_alter::algorithm_and_lock(cursor)?;
        let action = match key.eq_ignore_ascii_case("PRIMARY") {
            true => AlterAction::DropPrimaryKey,
            false => AlterAction::DropKey { key, if_exists },
        };
        return Ok(Definition::AlterTable { table, actions: vec![action] });
    }
    if !cursor.eat_any_word(&["TABLE", "TABLES"]) {
        return Err(cursor.error("TABLE, INDEX or DATABASE"));
    }
    if_exists(cursor)?;
    let mut tables = vec![cursor.table_ref()?];
    while cursor.eat_symbol(",") {
        tables.push(cursor.table_ref()?);
    }
    // Neither has an effect.
    cursor.eat_any_word(&["RESTRICT", "CASCADE"]);
    Ok(Definition::DropTables { tables })
}

fn rename(cursor: &mut Cursor<'_>) -> Result<Definition> {
    if !cursor.eat_any_word(&["TABLE", "TABLES"]) {
        return Err(cursor.error("TABLE"));
    }
    if_exists(cursor)?;
    let mut pairs = Vec::new();
    loop {
        let from = cursor.table_ref()?;
        parse_alter::wait(cursor)?;
        cursor.expect_word("TO")?;
        pairs.push((from, cursor.table_ref()?));
        if !cursor.eat_symbol(",") {
            return Ok(Definition::RenameTables(pairs));
        }
    }
}

/// IF NOT EXISTS, which `/*! IF NOT EXISTS */` is as well.
pub(crate) fn if_not_exists(cursor: &mut Cursor<'_>) -> Result<bool> {
    if !cursor.is_words(&["IF", "NOT"]) {
        return Ok(false);
    }
    cursor.eat_words(&["IF", "NOT"]);
    cursor.expect_word("EXISTS")?;
    Ok(true)
}

/// IF EXISTS.
pub(crate) fn if_exists(cursor: &mut Cursor<'_>) -> Result<bool> {
    Ok(cursor.eat_words(&["IF", "EXISTS"]))
}
