//! ALTER TABLE for OceanBase, which takes few actions together.
//!
//! Each rule was found on seekdb 1.4: constraints only in statements of their own (1235); no index dropped and made under
//! one name (4179), nor a column (1060); a column that an index holds the beginning of is not modified (1235); a column
//! that becomes NOT NULL is not renamed or moved with it (1235); `MODIFY … AUTO_INCREMENT` forgets another type without a
//! word, as `ADD KEY … INVISIBLE` forgets INVISIBLE and MODIFY without VISIBLE keeps a column invisible; a column of the
//! primary key is not dropped (1235); generated columns are not redefined (1235).

use std::sync::Arc;

use super::action::{
    KeyActions, Steps, add_key, change_column, come, drop_key, gone, only_default, place, table_options,
    visibility,
};
use super::column::{check_definition, column_definition};
use crate::error::{At, Error, Result};
use crate::mysql::quote_ident;
use crate::schema::{Column, ColumnDiff, Key, KeyKind, KeyPart, Place, SchemaDiff, TableSchema};

/// Everything but foreign keys and partitions.
pub(super) fn alter(
    before: &TableSchema,
    after: &TableSchema,
    diff: &SchemaDiff,
    steps: &mut Steps<'_>,
) -> Result<()> {
    refuse_generated(before, diff)?;
    for check in gone(&diff.checks) {
        steps.alone(format!("DROP CHECK {}", quote_ident(&check.name)));
    }
    let mut keys = KeyActions::of(&diff.keys);
    remake_prefixed(before, after, diff, &mut keys);
    for key in keys.dropped.iter().filter(|key| key.kind != KeyKind::Primary) {
        steps.alone(drop_key(key));
    }
    for action in &keys.in_place {
        steps.alone(action.clone());
    }
    let dropped: Vec<String> =
        dropped_columns(diff).map(|name| format!("DROP COLUMN {}", quote_ident(name))).collect();
    let drops_key_column = before.primary_key().is_some_and(|key| {
        key.parts.iter().any(|part| {
            matches!(part, KeyPart::Column { column, .. } if dropped_columns(diff).any(|name| name == &**column))
        })
    });
    let keeps_none = dropped.len() == before.columns().len();
    if drops_key_column {
        // The key lets go of the column first, and may need new columns for that.
        columns(diff, steps);
        primary_key(&keys, steps);
        together(dropped, steps);
    } else if keeps_none {
        for action in dropped {
            steps.next(action);
        }
        for column in &diff.columns {
            if let ColumnDiff::Added { column, .. } = column {
                steps.next(format!("ADD COLUMN {}", column_definition(column, None, steps.dialect)));
            }
        }
        steps.end();
        primary_key(&keys, steps);
    } else {
        together(dropped, steps);
        columns(diff, steps);
        primary_key(&keys, steps);
    }
    for key in keys.added.iter().filter(|key| key.kind != KeyKind::Primary) {
        steps.alone(add_key(key));
        if !key.visible {
            steps.alone(visibility(key));
        }
    }
    for option in table_options(diff, steps.dialect) {
        steps.alone(option);
    }
    for check in come(&diff.checks) {
        steps.alone(format!("ADD {}", check_definition(check)));
    }
    Ok(())
}

fn together(actions: Vec<String>, steps: &mut Steps<'_>) {
    for action in actions {
        steps.next(action);
    }
    steps.end();
}

fn dropped_columns(diff: &SchemaDiff) -> impl Iterator<Item = &str> {
    diff.columns.iter().filter_map(|column| match column {
        ColumnDiff::Dropped(column) => Some(&**column.name()),
        _ => None,
    })
}

/// The old primary key goes and the new one comes in one statement.
fn primary_key(keys: &KeyActions, steps: &mut Steps<'_>) {
    let is_primary = |key: &&Key| key.kind == KeyKind::Primary;
    let dropped = keys.dropped.iter().filter(is_primary).map(drop_key);
    let added = keys.added.iter().filter(is_primary).map(add_key);
    together(dropped.chain(added).collect(), steps);
}

/// An index over the beginning of a column that is modified is dropped before and made anew afterwards.
fn remake_prefixed(before: &TableSchema, after: &TableSchema, diff: &SchemaDiff, keys: &mut KeyActions) {
    let modified: Vec<&Arc<str>> = diff
        .columns
        .iter()
        .filter_map(|column| match column {
            ColumnDiff::Changed { before, after, .. } if is_redefined(before, after) => Some(before.name()),
            _ => None,
        })
        .collect();
    for key in before.keys() {
        let holds_beginning = key.parts.iter().any(|part| {
            matches!(part, KeyPart::Column { column, prefix: Some(_), .. } if modified.contains(&column))
        });
        let is_dropped = keys.dropped.iter().any(|dropped| dropped.name == key.name);
        let again = after.keys().iter().find(|entry| entry.name == key.name);
        if let Some(again) = again.filter(|_| holds_beginning && !is_dropped) {
            keys.dropped.push(key.clone());
            keys.added.push(again.clone());
        }
    }
}

/// True if more than the name, the place or a constant default is another.
fn is_redefined(before: &Column, after: &Column) -> bool {
    let named = before.clone().with_name(Arc::clone(after.name()));
    named != *after && only_default(&named, after).is_none()
}

fn refuse_generated(before: &TableSchema, diff: &SchemaDiff) -> Result<()> {
    for column in &diff.columns {
        if let ColumnDiff::Changed { before: old, after: new, .. } = column
            && (old.is_generated() || new.is_generated())
            && is_redefined(old, new)
        {
            let place = At::table(before.name()).column(Arc::clone(new.name()));
            let reason = "OceanBase does not redefine a generated column; drop the column at the source and add it anew in a \
                          second statement";
            return Err(Error::refused(place, reason));
        }
    }
    Ok(())
}

/// Renames first and together, as columns may change names; then what is new or moves, from the left; then definitions.
fn columns(diff: &SchemaDiff, steps: &mut Steps<'_>) {
    let dialect = steps.dialect;
    let mut renames = Vec::new();
    let mut places = Vec::new();
    let mut definitions = Vec::new();
    for column in &diff.columns {
        match column {
            ColumnDiff::Dropped(_) => {}
            ColumnDiff::Added { column, place: at } => {
                places.push(format!(
                    "ADD COLUMN {}{}",
                    column_definition(column, None, dialect),
                    place(Some(at))
                ));
            }
            ColumnDiff::Changed { before, after, moved } => {
                let named = before.clone().with_name(Arc::clone(after.name()));
                if before.name() != after.name() {
                    renames.push(change_column(before.name(), &named, None, dialect));
                }
                if let Some(at) = moved {
                    places.push(modify(&named, Some(at), steps));
                }
                definitions.extend(redefine(&named, after, steps));
            }
        }
    }
    together(renames, steps);
    for action in places.into_iter().chain(definitions) {
        steps.alone(action);
    }
}

fn modify(column: &Column, moved: Option<&Place>, steps: &Steps<'_>) -> String {
    change_column(column.name(), column, moved, steps.dialect)
}

/// The statements that give a column another definition under its name.
fn redefine(before: &Column, after: &Column, steps: &Steps<'_>) -> Vec<String> {
    if before == after {
        return Vec::new();
    }
    if let Some(action) = only_default(before, after) {
        return vec![action];
    }
    let mut actions = Vec::new();
    if after.is_auto_increment() && !before.is_auto_increment() {
        let plain = after.clone().with_auto_increment(false);
        if plain != *before {
            actions.push(modify(&plain, None, steps));
        }
    }
    let mut action = modify(after, None, steps);
    if before.is_invisible() && !after.is_invisible() {
        action.push_str(" VISIBLE");
    }
    actions.push(action);
    actions
}
