//! Differences to ALTER TABLE.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::charset_clause;
use super::column::{
    check_definition, column_definition, default_text, foreign_key_definition, key_definition,
};
use super::create::storage_option;
use crate::ddl::{Dialect, Partitioning, Product, added_partitions};
use crate::error::{At, Error, Result};
use crate::mysql::{quote_ident, quote_table, quote_text};
use crate::name::TableName;
use crate::schema::{Change, Check, Column, ColumnDiff, Difference, Key, KeyKind, Place, SchemaDiff};

/// Renders the statements that turn a table of one schema into one of another.
///
/// On MySQL one statement does all but foreign keys and partitions, so that it happens as a whole or not at all; OceanBase
/// takes few actions together, so each has its own statement, and a failure leaves those before it done: the way on is the
/// difference between what is there and what should be.
///
/// # Errors
///
/// [`Error::Refused`] for a difference that the dialect cannot be brought over without losing rows or the table.
pub fn render_alter(table: &TableName, diff: &SchemaDiff, dialect: Dialect) -> Result<Vec<String>> {
    let mut steps = Steps { table, dialect, statements: Vec::new(), actions: Vec::new() };
    for foreign_key in gone(&diff.foreign_keys) {
        steps.alone(format!("DROP FOREIGN KEY {}", quote_ident(&foreign_key.name)));
    }
    checks_dropped(&diff.checks, &mut steps);
    let primary = keys_dropped(&diff.keys, &diff.columns, &mut steps);
    let dropped = diff.columns.iter().filter_map(|column| match column {
        ColumnDiff::Dropped(column) => Some(format!("DROP COLUMN {}", quote_ident(column.name()))),
        _ => None,
    });
    steps.together(dropped.collect());
    let changed = diff.columns.iter().filter_map(|column| column_action(column, dialect));
    steps.together(changed.collect());
    steps.together(primary);
    for key in come(&diff.keys).filter(|key| key.kind != KeyKind::Primary) {
        if renamed_from(&diff.keys, key).is_none() {
            steps.next(format!("ADD {}", key_definition(key)));
        }
    }
    table_options(diff, &mut steps);
    for check in come(&diff.checks) {
        steps.next(format!("ADD {}", check_definition(check)));
    }
    steps.end();
    for foreign_key in come(&diff.foreign_keys) {
        steps.alone(format!("ADD {}", foreign_key_definition(foreign_key)));
    }
    partitions(diff, &mut steps)?;
    Ok(steps.statements)
}

/// Renders renames that happen at once: one RENAME TABLE, through names of its own where tables change places.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::ddl::render_renames;
/// let (a, b) = (TableName::new("s", "a"), TableName::new("s", "b"));
/// let sql = render_renames(&[(a.clone(), b.clone()), (b, a)]);
/// assert_eq!(sql, "RENAME TABLE `s`.`a` TO `s`.`_oms_rename_0`, `s`.`b` TO `s`.`a`, `s`.`_oms_rename_0` TO `s`.`b`");
/// ```
pub fn render_renames(renames: &[(TableName, TableName)]) -> String {
    let mut waiting: Vec<(TableName, TableName)> = renames.to_vec();
    let mut pairs: Vec<String> = Vec::new();
    let mut push = |from: &TableName, to: &TableName| {
        pairs.push(format!("{} TO {}", quote_table(from), quote_table(to)));
    };
    let mut aside = 0;
    while !waiting.is_empty() {
        let sources: BTreeSet<TableName> = waiting.iter().map(|(from, _)| from.clone()).collect();
        // A rename may go ahead once nothing that still has to move bears its new name.
        let (ready, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, to)| !sources.contains(to));
        for (from, to) in &ready {
            push(from, to);
        }
        waiting = blocked;
        if ready.is_empty()
            && let Some((from, _)) = waiting.first_mut()
        {
            let place = TableName::new(from.database(), format!("_oms_rename_{aside}"));
            push(from, &place);
            *from = place;
            aside += 1;
        }
    }
    format!("RENAME TABLE {}", pairs.join(", "))
}

/// Collects actions into statements.
struct Steps<'a> {
    table: &'a TableName,
    dialect: Dialect,
    statements: Vec<String>,
    actions: Vec<String>,
}

impl Steps<'_> {
    /// One more action of the statement that is being collected; of its own on OceanBase.
    fn next(&mut self, action: String) {
        self.together(vec![action]);
    }

    /// Actions that must stay together.
    fn together(&mut self, actions: Vec<String>) {
        self.actions.extend(actions);
        if self.dialect.is_oceanbase() {
            self.end();
        }
    }

    /// An action in a statement of its own.
    fn alone(&mut self, action: String) {
        self.end();
        self.actions.push(action);
        self.end();
    }

    fn end(&mut self) {
        if !self.actions.is_empty() {
            let actions = std::mem::take(&mut self.actions).join(", ");
            self.statements.push(format!("ALTER TABLE {} {actions}", quote_table(self.table)));
        }
    }
}

/// What is not there any more, or is something else.
fn gone<T>(entries: &[Difference<T>]) -> impl Iterator<Item = &T> {
    entries.iter().filter_map(|entry| match entry {
        Difference::Dropped(before) | Difference::Changed { before, .. } => Some(before),
        Difference::Added(_) => None,
    })
}

/// What is new, or was something else.
fn come<T>(entries: &[Difference<T>]) -> impl Iterator<Item = &T> {
    entries.iter().filter_map(|entry| match entry {
        Difference::Added(after) | Difference::Changed { after, .. } => Some(after),
        Difference::Dropped(_) => None,
    })
}

/// The index that is the same under another name.
fn renamed_from<'a>(keys: &'a [Difference<Key>], key: &Key) -> Option<&'a Key> {
    let is_added = keys.iter().any(|entry| matches!(entry, Difference::Added(added) if added == key));
    keys.iter().find_map(|entry| match entry {
        Difference::Dropped(dropped)
            if is_added && Key { name: Arc::clone(&key.name), ..dropped.clone() } == *key =>
        {
            Some(dropped)
        }
        _ => None,
    })
}

/// Drops indexes, or renames them; gives back what the primary key needs.
fn keys_dropped(keys: &[Difference<Key>], columns: &[ColumnDiff], steps: &mut Steps<'_>) -> Vec<String> {
    let mut primary = Vec::new();
    for key in gone(keys) {
        if key.kind == KeyKind::Primary {
            primary.push("DROP PRIMARY KEY".to_owned());
            continue;
        }
        let renamed = come(keys).find(|after| renamed_from(keys, after).is_some_and(|before| before == key));
        let visible = keys.iter().find_map(|entry| match entry {
            Difference::Changed { before, after }
                if before == key && Key { visible: key.visible, ..after.clone() } == *key =>
            {
                Some(after.visible)
            }
            _ => None,
        });
        let name = quote_ident(&key.name);
        match (renamed, visible) {
            (Some(after), _) => steps.next(format!("RENAME INDEX {name} TO {}", quote_ident(&after.name))),
            (None, Some(visible)) => {
                let visible = if visible { "VISIBLE" } else { "INVISIBLE" };
                steps.next(format!("ALTER INDEX {name} {visible}"));
            }
            (None, None) => steps.next(format!("DROP KEY {name}")),
        }
    }
    let added = come(keys).filter(|key| key.kind == KeyKind::Primary);
    let added: Vec<String> = added.map(|key| format!("ADD {}", key_definition(key))).collect();
    // A primary key that loses a column goes before the column does.
    let loses_column = columns.iter().any(|column| matches!(column, ColumnDiff::Dropped(_)));
    if added.is_empty() && loses_column && steps.dialect.is_oceanbase() {
        steps.together(primary);
        return Vec::new();
    }
    primary.extend(added);
    primary
}

fn checks_dropped(checks: &[Difference<Check>], steps: &mut Steps<'_>) {
    for check in gone(checks) {
        let word = match steps.dialect.product() {
            Product::MariaDb => "CONSTRAINT",
            Product::MySql | Product::OceanBase => "CHECK",
        };
        steps.next(format!("DROP {word} {}", quote_ident(&check.name)));
    }
}

/// ADD, MODIFY or CHANGE; `None` for a dropped column.
fn column_action(column: &ColumnDiff, dialect: Dialect) -> Option<String> {
    let place = |place: Option<&Place>| match place {
        None => String::new(),
        Some(Place::First) => " FIRST".to_owned(),
        Some(Place::After(name)) => format!(" AFTER {}", quote_ident(name)),
    };
    Some(match column {
        ColumnDiff::Dropped(_) => return None,
        ColumnDiff::Added { column, place: at } => {
            format!("ADD COLUMN {}{}", column_definition(column, None, dialect), place(Some(at)))
        }
        ColumnDiff::Changed { before, after, moved } => match only_default(before, after) {
            Some(action) if moved.is_none() => action,
            _ if before.name() == after.name() => {
                format!("MODIFY COLUMN {}{}", column_definition(after, None, dialect), place(moved.as_ref()))
            }
            _ => format!(
                "CHANGE COLUMN {} {}{}",
                quote_ident(before.name()),
                column_definition(after, None, dialect),
                place(moved.as_ref())
            ),
        },
    })
}

/// ALTER COLUMN, where nothing but a constant default changed: it never touches rows.
fn only_default(before: &Column, after: &Column) -> Option<String> {
    if before.clone().with_default(None) != after.clone().with_default(None) {
        return None;
    }
    let name = quote_ident(after.name());
    match after.default() {
        Some(default @ crate::schema::DefaultValue::Literal(_)) => {
            Some(format!("ALTER COLUMN {name} SET DEFAULT {}", default_text(default, after.column_type())))
        }
        Some(_) => None,
        // A nullable column without a default has NULL for one.
        None if after.is_nullable() => Some(format!("ALTER COLUMN {name} SET DEFAULT NULL")),
        None => Some(format!("ALTER COLUMN {name} DROP DEFAULT")),
    }
}

fn table_options(diff: &SchemaDiff, steps: &mut Steps<'_>) {
    if let Some(Change { after: Some(collation), .. }) = &diff.collation {
        steps.next(format!("DEFAULT {}", charset_clause(collation, steps.dialect)));
    }
    if let Some(Change { after: comment, .. }) = &diff.comment {
        steps.next(format!("COMMENT={}", quote_text(comment.as_deref().unwrap_or_default())));
    }
    for (name, Change { after: value, .. }) in &diff.options {
        let none = if &**name == "engine" { "InnoDB" } else { "DEFAULT" };
        let option = match value {
            Some(value) => storage_option(name, value),
            None if &**name == "key_block_size" => "KEY_BLOCK_SIZE=0".to_owned(),
            None => format!("{}={none}", name.to_ascii_uppercase()),
        };
        steps.next(option);
    }
}

/// Partitions appended at the end are added; anything else partitions the table anew, which keeps all rows.
fn partitions(diff: &SchemaDiff, steps: &mut Steps<'_>) -> Result<()> {
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
