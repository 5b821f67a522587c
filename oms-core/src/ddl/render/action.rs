//! Single actions of ALTER TABLE, and how they become statements.

use std::sync::Arc;

use super::charset_clause;
use super::column::{column_definition, default_text, key_definition};
use super::create::storage_option;
use crate::ddl::{Dialect, Partitioning, added_partitions};
use crate::error::{At, Error, Result};
use crate::mysql::{quote_ident, quote_table, quote_text};
use crate::name::TableName;
use crate::schema::{Change, Column, DefaultValue, Difference, Key, KeyKind, Place, SchemaDiff};

/// Collects actions into statements on one table.
pub(super) struct Steps<'a> {
    pub(super) table: &'a TableName,
    pub(super) dialect: Dialect,
    pub(super) statements: Vec<String>,
    actions: Vec<String>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(table: &'a TableName, dialect: Dialect) -> Self {
        Self { table, dialect, statements: Vec::new(), actions: Vec::new() }
    }

    /// One more action of the statement that is being collected.
    pub(super) fn next(&mut self, action: String) {
        self.actions.push(action);
    }

    /// An action in a statement of its own.
    pub(super) fn alone(&mut self, action: String) {
        self.end();
        self.next(action);
        self.end();
    }

    /// Ends the statement that is being collected.
    pub(super) fn end(&mut self) {
        if !self.actions.is_empty() {
            let actions = std::mem::take(&mut self.actions).join(", ");
            self.statements.push(format!("ALTER TABLE {} {actions}", quote_table(self.table)));
        }
    }
}

/// What is not there any more, or is something else.
pub(super) fn gone<T>(entries: &[Difference<T>]) -> impl Iterator<Item = &T> {
    entries.iter().filter_map(|entry| match entry {
        Difference::Dropped(before) | Difference::Changed { before, .. } => Some(before),
        Difference::Added(_) => None,
    })
}

/// What is new, or was something else.
pub(super) fn come<T>(entries: &[Difference<T>]) -> impl Iterator<Item = &T> {
    entries.iter().filter_map(|entry| match entry {
        Difference::Added(after) | Difference::Changed { after, .. } => Some(after),
        Difference::Dropped(_) => None,
    })
}

/// How indexes change: those that can change in place, those to drop and those to make.
#[derive(Default)]
pub(super) struct KeyActions {
    /// RENAME INDEX and ALTER INDEX.
    pub(super) in_place: Vec<String>,
    pub(super) dropped: Vec<Key>,
    pub(super) added: Vec<Key>,
}

impl KeyActions {
    pub(super) fn of(keys: &[Difference<Key>]) -> Self {
        let mut actions = Self::default();
        let mut renamed: Vec<&Key> = Vec::new();
        for entry in keys {
            match entry {
                Difference::Dropped(before) => match renamed_to(keys, before) {
                    Some(after) => {
                        let (from, to) = (quote_ident(&before.name), quote_ident(&after.name));
                        actions.in_place.push(format!("RENAME INDEX {from} TO {to}"));
                        renamed.push(after);
                    }
                    None => actions.dropped.push(before.clone()),
                },
                Difference::Changed { before, after }
                    if before.kind != KeyKind::Primary
                        && Key { visible: after.visible, ..before.clone() } == *after =>
                {
                    actions.in_place.push(visibility(after));
                }
                Difference::Changed { before, after } => {
                    actions.dropped.push(before.clone());
                    actions.added.push(after.clone());
                }
                Difference::Added(after) if renamed.contains(&after) => {}
                Difference::Added(after) => actions.added.push(after.clone()),
            }
        }
        actions
    }
}

/// ALTER INDEX … VISIBLE or INVISIBLE.
pub(super) fn visibility(key: &Key) -> String {
    let visible = if key.visible { "VISIBLE" } else { "INVISIBLE" };
    format!("ALTER INDEX {} {visible}", quote_ident(&key.name))
}

/// The new index that is the same under another name.
fn renamed_to<'a>(keys: &'a [Difference<Key>], before: &Key) -> Option<&'a Key> {
    keys.iter().find_map(|entry| match entry {
        Difference::Added(added) if Key { name: Arc::clone(&added.name), ..before.clone() } == *added => {
            Some(added)
        }
        _ => None,
    })
}

/// DROP KEY or DROP PRIMARY KEY.
pub(super) fn drop_key(key: &Key) -> String {
    match key.kind {
        KeyKind::Primary => "DROP PRIMARY KEY".to_owned(),
        _ => format!("DROP KEY {}", quote_ident(&key.name)),
    }
}

/// ADD with the index.
pub(super) fn add_key(key: &Key) -> String {
    format!("ADD {}", key_definition(key))
}

/// FIRST or AFTER, with a space before it.
pub(super) fn place(place: Option<&Place>) -> String {
    match place {
        None => String::new(),
        Some(Place::First) => " FIRST".to_owned(),
        Some(Place::After(name)) => format!(" AFTER {}", quote_ident(name)),
    }
}

/// MODIFY, or CHANGE where the name is another.
pub(super) fn change_column(from: &str, to: &Column, moved: Option<&Place>, dialect: Dialect) -> String {
    let definition = column_definition(to, None, dialect);
    match from == &**to.name() {
        true => format!("MODIFY COLUMN {definition}{}", place(moved)),
        false => format!("CHANGE COLUMN {} {definition}{}", quote_ident(from), place(moved)),
    }
}

/// ALTER COLUMN, where nothing but a constant default changed: it never touches rows.
pub(super) fn only_default(before: &Column, after: &Column) -> Option<String> {
    if before.clone().with_default(None) != after.clone().with_default(None) {
        return None;
    }
    let name = quote_ident(after.name());
    match after.default() {
        Some(default @ DefaultValue::Literal(_)) => {
            Some(format!("ALTER COLUMN {name} SET DEFAULT {}", default_text(default, after.column_type())))
        }
        Some(DefaultValue::Expression(_)) => None,
        // A nullable column without a default has NULL for one.
        None if after.is_nullable() => Some(format!("ALTER COLUMN {name} SET DEFAULT NULL")),
        None => Some(format!("ALTER COLUMN {name} DROP DEFAULT")),
    }
}

/// Default collation, comment and storage options.
pub(super) fn table_options(diff: &SchemaDiff, dialect: Dialect) -> Vec<String> {
    let mut actions = Vec::new();
    if let Some(Change { after: Some(collation), .. }) = &diff.collation {
        actions.push(format!("DEFAULT {}", charset_clause(collation, dialect)));
    }
    if let Some(Change { after: comment, .. }) = &diff.comment {
        actions.push(format!("COMMENT={}", quote_text(comment.as_deref().unwrap_or_default())));
    }
    for (name, Change { after: value, .. }) in &diff.options {
        actions.push(match (value, &**name) {
            (Some(value), name) => storage_option(name, value),
            (None, "engine") => "ENGINE=InnoDB".to_owned(),
            (None, "key_block_size") => "KEY_BLOCK_SIZE=0".to_owned(),
            (None, name) => format!("{}=DEFAULT", name.to_ascii_uppercase()),
        });
    }
    actions
}

/// Partitions appended at the end are added; anything else partitions the table anew, which keeps all rows.
pub(super) fn partitions(diff: &SchemaDiff, steps: &mut Steps<'_>) -> Result<()> {
    let Some(Change { before, after }) = &diff.partitioning else {
        return Ok(());
    };
    let Some(after) = after else {
        if steps.dialect.is_oceanbase() {
            let reason = "OceanBase cannot take the partitions of a table away; copy the table anew";
            return Err(Error::refused(At::table(steps.table), reason));
        }
        steps.alone("REMOVE PARTITIONING".to_owned());
        return Ok(());
    };
    let new = Partitioning::parse(after, steps.dialect)?;
    let old = before.as_ref().map(|before| Partitioning::parse(before, steps.dialect)).transpose()?;
    let added = old.and_then(|old| added_partitions(&old, &new));
    steps.alone(added.unwrap_or_else(|| after.to_string()));
    Ok(())
}
