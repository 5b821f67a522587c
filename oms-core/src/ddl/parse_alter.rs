//! The actions of ALTER TABLE.

use std::sync::Arc;

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::parse_column::{self, column_name};
use super::parse_key;
use super::parse_options;
use super::parse_partition;
use super::parse_table::{if_exists, if_not_exists};
use super::parse_type;
use super::statement::{AddPartitions, AlterAction, CharsetClause, Place, TableOptions};
use crate::error::{Error, Result};

/// Words that begin an action and are no column of ORDER BY unless quoted.
const ACTIONS: [&str; 10] =
    ["ADD", "DROP", "ALTER", "CHANGE", "MODIFY", "RENAME", "CONVERT", "ORDER", "FORCE", "KEYS"];

/// Reads all actions up to the end of the statement.
pub(crate) fn actions(cursor: &mut Cursor<'_>) -> Result<Vec<AlterAction>> {
    let mut actions = Vec::new();
    while !cursor.is_at_end() {
        action(cursor, &mut actions)?;
        // Partition clauses may stand behind the last action without a comma.
        if !cursor.eat_symbol(",") && !cursor.is_at_end() && !begins_partition_action(cursor) {
            return Err(cursor.error("a comma"));
        }
    }
    Ok(actions)
}

fn begins_partition_action(cursor: &Cursor<'_>) -> bool {
    parse_partition::begins_partitioning(cursor) || cursor.is_words(&["REMOVE", "PARTITIONING"])
}

fn action(cursor: &mut Cursor<'_>, actions: &mut Vec<AlterAction>) -> Result<()> {
    if cursor.eat_word("ADD") {
        return add(cursor, actions);
    }
    let action = if cursor.eat_word("DROP") {
        drop(cursor)?
    } else if cursor.eat_word("MODIFY") {
        cursor.eat_word("COLUMN");
        let if_exists = if_exists(cursor)?;
        let from = column_name(cursor)?;
        change(cursor, Arc::clone(&from), from, if_exists)?
    } else if cursor.eat_word("CHANGE") {
        cursor.eat_word("COLUMN");
        let if_exists = if_exists(cursor)?;
        let from = column_name(cursor)?;
        let to = column_name(cursor)?;
        change(cursor, from, to, if_exists)?
    } else if cursor.eat_word("RENAME") {
        rename(cursor)?
    } else if cursor.eat_word("ALTER") {
        alter(cursor)?
    } else if cursor.eat_words(&["CONVERT", "TO"]) {
        convert(cursor)?
    } else if begins_partition_action(cursor) {
        match cursor.eat_words(&["REMOVE", "PARTITIONING"]) {
            true => AlterAction::RemovePartitioning,
            false => AlterAction::PartitionBy(parse_partition::partitioning(cursor)?),
        }
    } else if let Some(action) = partition_action(cursor)? {
        action
    } else if harmless(cursor)? {
        AlterAction::Nothing
    } else {
        options(cursor)?
    };
    actions.push(action);
    Ok(())
}

/// ADD of one thing, or of several columns and keys in parentheses.
fn add(cursor: &mut Cursor<'_>, actions: &mut Vec<AlterAction>) -> Result<()> {
    if cursor.eat_word("PARTITION") {
        if_not_exists(cursor)?;
        actions.push(AlterAction::AddPartitions(match cursor.eat_word("PARTITIONS") {
            true => AddPartitions::Count(parse_partition::count(cursor)?),
            false => AddPartitions::Defined(parse_partition::partitions(cursor)?),
        }));
        return Ok(());
    }
    if parse_key::begins_constraint(cursor) {
        actions.push(AlterAction::Add(parse_key::constraint(cursor)?));
        return Ok(());
    }
    cursor.eat_word("COLUMN");
    let if_not_exists = if_not_exists(cursor)?;
    if !cursor.eat_symbol("(") {
        let column = parse_column::column(cursor)?;
        actions.push(AlterAction::AddColumn {
            column: Box::new(column),
            place: place(cursor)?,
            if_not_exists,
        });
        return Ok(());
    }
    loop {
        actions.push(match parse_key::begins_constraint(cursor) {
            true => AlterAction::Add(parse_key::constraint(cursor)?),
            false => AlterAction::AddColumn {
                column: Box::new(parse_column::column(cursor)?),
                place: None,
                if_not_exists,
            },
        });
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")
}

fn place(cursor: &mut Cursor<'_>) -> Result<Option<Place>> {
    if cursor.eat_word("FIRST") {
        return Ok(Some(Place::First));
    }
    match cursor.eat_word("AFTER") {
        true => column_name(cursor).map(|column| Some(Place::After(column))),
        false => Ok(None),
    }
}

fn change(cursor: &mut Cursor<'_>, from: Arc<str>, to: Arc<str>, if_exists: bool) -> Result<AlterAction> {
    let column = parse_column::column_of_name(to, cursor)?;
    Ok(AlterAction::ChangeColumn { from, column: Box::new(column), place: place(cursor)?, if_exists })
}

fn drop(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    if cursor.eat_words(&["PRIMARY", "KEY"]) {
        return Ok(AlterAction::DropPrimaryKey);
    }
    if cursor.eat_any_word(&["INDEX", "KEY"]) {
        let if_exists = if_exists(cursor)?;
        let key = cursor.identifier("an index name")?;
        return Ok(match key.eq_ignore_ascii_case("PRIMARY") {
            true => AlterAction::DropPrimaryKey,
            false => AlterAction::DropKey { key, if_exists },
        });
    }
    if cursor.eat_words(&["FOREIGN", "KEY"]) {
        let if_exists = if_exists(cursor)?;
        let name = cursor.identifier("a foreign key name")?;
        return Ok(AlterAction::DropForeignKey { name, if_exists });
    }
    if cursor.eat_word("CHECK") {
        return cursor.identifier("a constraint name").map(AlterAction::DropCheck);
    }
    if cursor.eat_word("CONSTRAINT") {
        let if_exists = if_exists(cursor)?;
        let name = cursor.identifier("a constraint name")?;
        return Ok(AlterAction::DropConstraint { name, if_exists });
    }
    if cursor.is_word("PARTITION") {
        return Err(removes_rows("DROP PARTITION"));
    }
    cursor.eat_word("COLUMN");
    let if_exists = if_exists(cursor)?;
    let column = column_name(cursor)?;
    cursor.eat_any_word(&["RESTRICT", "CASCADE"]);
    Ok(AlterAction::DropColumn { column, if_exists })
}

/// These take rows away, or bring rows in, without one row event in the log.
pub(crate) fn removes_rows(action: &str) -> Error {
    Error::unsupported(
        "the DDL model",
        format!(
            "ALTER TABLE … {action}: it changes rows without logging them; do the same at the target and start after it, \
             or copy the table anew"
        ),
    )
}

fn rename(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    if cursor.eat_word("COLUMN") {
        if_exists(cursor)?;
        let from = column_name(cursor)?;
        cursor.expect_word("TO")?;
        let to = column_name(cursor)?;
        return Ok(AlterAction::RenameColumn { from, to });
    }
    if cursor.eat_any_word(&["INDEX", "KEY"]) {
        if_exists(cursor)?;
        let from = cursor.identifier("an index name")?;
        cursor.expect_word("TO")?;
        let to = cursor.identifier("an index name")?;
        return Ok(AlterAction::RenameKey { from, to });
    }
    if !cursor.eat_any_word(&["TO", "AS"]) {
        cursor.eat_symbol("=");
    }
    cursor.table_ref().map(AlterAction::RenameTo)
}

fn alter(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    if cursor.eat_any_word(&["INDEX", "KEY"]) {
        if_exists(cursor)?;
        let key = cursor.identifier("an index name")?;
        return Ok(AlterAction::SetKeyVisible { key, visible: visible(cursor)? });
    }
    if cursor.eat_any_word(&["CHECK", "CONSTRAINT"]) {
        let name = cursor.identifier("a constraint name")?;
        let enforced = !cursor.eat_word("NOT");
        cursor.expect_word("ENFORCED")?;
        return Ok(AlterAction::SetCheckEnforced { name, enforced });
    }
    cursor.eat_word("COLUMN");
    if_exists(cursor)?;
    let column = column_name(cursor)?;
    if cursor.eat_words(&["DROP", "DEFAULT"]) {
        return Ok(AlterAction::SetDefault { column, default: None });
    }
    cursor.expect_word("SET")?;
    if cursor.eat_word("DEFAULT") {
        let default = Some(parse_column::default_value(cursor)?);
        return Ok(AlterAction::SetDefault { column, default });
    }
    Ok(AlterAction::SetColumnVisible { column, visible: visible(cursor)? })
}

/// VISIBLE, INVISIBLE, or MariaDB's [NOT] IGNORED.
fn visible(cursor: &mut Cursor<'_>) -> Result<bool> {
    if cursor.eat_word("VISIBLE") || cursor.eat_words(&["NOT", "IGNORED"]) {
        return Ok(true);
    }
    match cursor.eat_any_word(&["INVISIBLE", "IGNORED"]) {
        true => Ok(false),
        false => Err(cursor.error("VISIBLE or INVISIBLE")),
    }
}

fn convert(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    let mut clause = CharsetClause::default();
    if !cursor.eat_word("CHARSET") {
        if !cursor.eat_any_word(&["CHARACTER", "CHAR"]) {
            return Err(cursor.error("CHARACTER SET"));
        }
        cursor.expect_word("SET")?;
    }
    if cursor.is_word("DEFAULT") {
        return Err(Error::unsupported("the DDL model", "ALTER TABLE … CONVERT TO CHARACTER SET DEFAULT"));
    }
    clause.charset = Some(parse_type::charset(cursor)?);
    if cursor.eat_word("COLLATE") {
        cursor.eat_symbol("=");
        clause.collation = Some(parse_type::collation(cursor)?);
    }
    Ok(AlterAction::ConvertTo(clause))
}

/// Actions on partitions but for ADD and DROP.
fn partition_action(cursor: &mut Cursor<'_>) -> Result<Option<AlterAction>> {
    for action in ["TRUNCATE", "EXCHANGE", "DISCARD", "IMPORT"] {
        if cursor.is_words(&[action, "PARTITION"]) {
            return Err(removes_rows(&format!("{action} PARTITION")));
        }
        if cursor.is_words(&[action, "TABLESPACE"]) {
            return Err(removes_rows(&format!("{action} TABLESPACE")));
        }
    }
    if cursor.eat_words(&["COALESCE", "PARTITION"]) {
        no_write_to_binlog(cursor);
        return Ok(Some(AlterAction::CoalescePartitions(parse_partition::count(cursor)?)));
    }
    if cursor.eat_words(&["REORGANIZE", "PARTITION"]) {
        no_write_to_binlog(cursor);
        let mut partitions = Vec::new();
        if cursor.is_at_end() {
            return Ok(Some(AlterAction::Nothing));
        }
        loop {
            partitions.push(cursor.identifier("a partition name")?);
            if !cursor.eat_symbol(",") {
                break;
            }
        }
        cursor.expect_word("INTO")?;
        let into = parse_partition::partitions(cursor)?;
        return Ok(Some(AlterAction::ReorganizePartitions { partitions, into }));
    }
    for action in ["ANALYZE", "CHECK", "OPTIMIZE", "REBUILD", "REPAIR"] {
        if cursor.eat_words(&[action, "PARTITION"]) {
            cursor.skip_rest();
            return Ok(Some(AlterAction::Nothing));
        }
    }
    Ok(None)
}

fn no_write_to_binlog(cursor: &mut Cursor<'_>) {
    cursor.eat_any_word(&["LOCAL", "NO_WRITE_TO_BINLOG"]);
}

/// Actions that change how the work is done, or rebuild the table as it is.
fn harmless(cursor: &mut Cursor<'_>) -> Result<bool> {
    if cursor.eat_words(&["ORDER", "BY"]) {
        loop {
            column_name(cursor)?;
            cursor.eat_any_word(&["ASC", "DESC"]);
            let next = cursor.peek_at(1);
            let more = next.is_some_and(|token| match token.kind {
                TokenKind::Quoted => true,
                TokenKind::Word => !ACTIONS.iter().any(|action| token.is_word(action)),
                _ => false,
            });
            if !more || !cursor.is_symbol(",") {
                return Ok(true);
            }
            cursor.advance();
        }
    }
    if algorithm_or_lock(cursor)? {
        return Ok(true);
    }
    let harmless: [&[&str]; 7] = [
        &["FORCE"],
        &["DISABLE", "KEYS"],
        &["ENABLE", "KEYS"],
        &["WITH", "VALIDATION"],
        &["WITHOUT", "VALIDATION"],
        &["SECONDARY_LOAD"],
        &["SECONDARY_UNLOAD"],
    ];
    Ok(harmless.iter().any(|words| cursor.eat_words(words)))
}

fn algorithm_or_lock(cursor: &mut Cursor<'_>) -> Result<bool> {
    if !cursor.eat_any_word(&["ALGORITHM", "LOCK"]) {
        return Ok(false);
    }
    cursor.eat_symbol("=");
    cursor.identifier("a word")?;
    Ok(true)
}

/// ALGORITHM and LOCK behind CREATE INDEX and DROP INDEX.
pub(crate) fn algorithm_and_lock(cursor: &mut Cursor<'_>) -> Result<()> {
    while algorithm_or_lock(cursor)? {}
    Ok(())
}

/// MariaDB's WAIT n and NOWAIT.
pub(crate) fn wait(cursor: &mut Cursor<'_>) -> Result<()> {
    if cursor.is_mariadb() && cursor.eat_word("WAIT") {
        cursor.number::<u32>("a number of seconds")?;
    } else if cursor.is_mariadb() {
        cursor.eat_word("NOWAIT");
    }
    Ok(())
}

fn options(cursor: &mut Cursor<'_>) -> Result<AlterAction> {
    let from = cursor.position();
    let options = parse_options::table_options(cursor, true)?;
    if cursor.position() > from {
        return Ok(match options == TableOptions::default() {
            true => AlterAction::Nothing,
            false => AlterAction::Options(options),
        });
    }
    match cursor.peek() {
        Some(token) if token.kind == TokenKind::Word => {
            let name: String = token.text.chars().take(64).collect();
            Err(Error::unsupported("the DDL model", format!("ALTER TABLE … {name}")))
        }
        _ => Err(cursor.error("an action of ALTER TABLE")),
    }
}
