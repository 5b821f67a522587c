//! What is to be executed, given what is wanted and what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{StructureStatement, StructureStep};
use super::survey::{Survey, Surveyed};
use crate::ddl::{Dialect, render_alter, render_create, render_create_database};
use crate::error::Result;
use crate::mysql::quote_table;
use crate::name::TableName;
use crate::schema::{Key, KeyKind, KeyPart, TableSchema};

/// What there is at the target.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Databases.
    pub(super) databases: BTreeSet<String>,
    /// The wanted tables that are there, by their names at the target.
    pub(super) tables: BTreeMap<TableName, TableSchema>,
    /// Their next AUTO_INCREMENT values, where the server tells.
    pub(super) auto_increment: BTreeMap<TableName, u64>,
}

/// The statements before the copy: databases, then tables.
pub(super) fn before_copy(survey: &Survey, found: &Found, to: Dialect) -> Vec<StructureStatement> {
    let mut statements = Vec::new();
    for (database, collation) in &survey.databases {
        if !found.databases.contains(&**database) {
            let sql = render_create_database(database, collation.as_ref(), to);
            statements.push(StructureStatement { step: StructureStep::Database, table: None, sql });
        }
    }
    for (_, surveyed, wanted) in survey.made() {
        if !found.tables.contains_key(&surveyed.target) {
            let sql = render_create(wanted, to).create_table;
            statements.push(of_table(StructureStep::Table, &surveyed.target, sql));
        }
    }
    statements
}

/// The statements after the copy: indexes, AUTO_INCREMENT values, then foreign keys. A table that is not there is taken
/// to be made as wanted.
///
/// # Errors
///
/// [`crate::Error::Refused`] if an index that is there cannot be made visible or invisible.
pub(super) fn after_copy(survey: &Survey, found: &Found, to: Dialect) -> Result<Vec<StructureStatement>> {
    let mut statements = Vec::new();
    for (_, surveyed, wanted) in survey.made() {
        let bare = bare(wanted, to);
        let there = found.tables.get(&surveyed.target).unwrap_or(&bare);
        let missing: Vec<Key> = missing_keys(there, wanted).cloned().collect();
        let only_missing = wanted.clone().with_keys(missing).with_foreign_keys(Vec::new());
        for sql in render_create(&only_missing, to).secondary_indexes {
            statements.push(of_table(StructureStep::Index, &surveyed.target, sql));
        }
        for sql in render_alter(there, &with_visibility(there, wanted), &[], to)? {
            statements.push(of_table(StructureStep::Index, &surveyed.target, sql));
        }
    }
    statements.extend(survey.made().filter_map(|(_, surveyed, wanted)| {
        auto_increment(surveyed, wanted, found.auto_increment.get(&surveyed.target).copied())
    }));
    for (surveyed, wanted) in in_dependency_order(survey) {
        let there = found.tables.get(&surveyed.target);
        let is_there = |name: &str| {
            there.is_some_and(|there| there.foreign_keys().iter().any(|key| same(&key.name, name)))
        };
        let missing = wanted.foreign_keys().iter().filter(|key| !is_there(&key.name)).cloned().collect();
        for sql in render_create(&wanted.clone().with_foreign_keys(missing), to).foreign_keys {
            statements.push(of_table(StructureStep::ForeignKey, &surveyed.target, sql));
        }
    }
    Ok(statements)
}

fn of_table(step: StructureStep, table: &TableName, sql: String) -> StructureStatement {
    StructureStatement { step, table: Some(table.clone()), sql }
}

fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// The table as CREATE TABLE leaves it.
fn bare(wanted: &TableSchema, to: Dialect) -> TableSchema {
    // What is held back is what the renderer gives for later; a table with just that key tells.
    let is_later = |key: &&Key| {
        let alone = wanted.clone().with_keys(vec![(*key).clone()]);
        !render_create(&alone, to).secondary_indexes.is_empty()
    };
    let keys = wanted.keys().iter().filter(|key| !is_later(key)).cloned().collect();
    wanted.clone().with_keys(keys).with_foreign_keys(Vec::new())
}

/// Indexes to be made, of columns that are there: an index over a column that is still to come in the stream comes with
/// it.
fn missing_keys<'a>(there: &'a TableSchema, wanted: &'a TableSchema) -> impl Iterator<Item = &'a Key> {
    let has_columns = |key: &Key| {
        key.parts.iter().all(|part| match part {
            KeyPart::Column { column, .. } => there.column_position(column).is_some(),
            KeyPart::Expression { .. } => true,
        })
    };
    let is_there = |name: &str| there.keys().iter().any(|key| same(&key.name, name));
    wanted.keys().iter().filter(move |key| !key.is_unique() && !is_there(&key.name) && has_columns(key))
}

/// What is there, with indexes as visible as wanted: OceanBase makes an index and hides it in two statements, and the
/// second may have been lost.
fn with_visibility(there: &TableSchema, wanted: &TableSchema) -> TableSchema {
    let keys = there.keys().iter().map(|key| {
        let wanted = wanted.keys().iter().find(|wanted| same(&wanted.name, &key.name));
        let visible = wanted.filter(|_| key.kind != KeyKind::Primary).map_or(key.visible, |key| key.visible);
        Key { visible, ..key.clone() }
    });
    there.clone().with_keys(keys.collect())
}

/// The statement that makes the target count on from where the source is, if it is behind.
fn auto_increment(
    surveyed: &Surveyed,
    wanted: &TableSchema,
    there: Option<u64>,
) -> Option<StructureStatement> {
    let next = surveyed.auto_increment.filter(|next| *next > 1)?;
    wanted.columns().iter().find(|column| column.is_auto_increment())?;
    if there.is_some_and(|there| there >= next) {
        return None;
    }
    let sql = format!("ALTER TABLE {} AUTO_INCREMENT = {next}", quote_table(&surveyed.target));
    Some(of_table(StructureStep::AutoIncrement, &surveyed.target, sql))
}

/// The tables, each behind those that it refers to where they do not refer to each other in a circle.
fn in_dependency_order(survey: &Survey) -> Vec<(&Surveyed, &TableSchema)> {
    let mut waiting: Vec<(&Surveyed, &TableSchema)> =
        survey.made().map(|(_, surveyed, wanted)| (surveyed, wanted)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<&TableName> = waiting.iter().map(|(surveyed, _)| &surveyed.target).collect();
        let (ready, blocked): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|(surveyed, wanted)| {
            let refers = |to: &TableName| *to != surveyed.target && names.contains(to);
            !wanted.foreign_keys().iter().any(|key| refers(&key.referenced_table))
        });
        waiting = blocked;
        match ready.is_empty() {
            // A circle: its order does not matter, because nothing is checked while the keys are made.
            true => ordered.append(&mut waiting),
            false => ordered.extend(ready),
        }
    }
    ordered
}
