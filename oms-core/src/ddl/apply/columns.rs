//! The columns of a table after ALTER TABLE, in their order.

use std::sync::Arc;

use crate::ddl::DdlContext;
use crate::ddl::apply::column;
use crate::ddl::apply::create;
use crate::ddl::apply::keys::same_name;
use crate::ddl::statement::{AlterAction, ColumnDef, DefaultDef, Place};
use crate::error::{At, Error, Result};
use crate::schema::{Charset, Collation, Column, ColumnType, TableSchema};

/// The columns after a statement.
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    /// For each column afterwards: its name before, `None` for a new one, and its name now.
    pub(super) renamed: Vec<(Option<Arc<str>>, Arc<str>)>,
    /// Names of the columns that the statement defined.
    pub(super) written: Vec<Arc<str>>,
}

/// A column on its way: where it comes from and what it is.
#[derive(Clone)]
struct Slot {
    from: Option<Arc<str>>,
    column: Column,
}

/// The default collation of the table afterwards, which new and redefined columns take.
pub(super) fn table_collation(
    before: &TableSchema,
    actions: &[AlterAction],
    context: &DdlContext,
) -> Result<Collation> {
    let mut collation = before.collation().cloned().unwrap_or_else(|| context.server_collation.clone());
    for action in actions {
        match action {
            AlterAction::ConvertTo(clause) => {
                collation = column::column_collation(clause, &collation, context)?;
            }
            AlterAction::Options(options) => {
                collation = column::column_collation(&options.charset, &collation, context)?;
            }
            _ => {}
        }
    }
    Ok(collation)
}

/// Applies the actions on columns.
///
/// # Sources
///
/// MySQL 9.7 source, `prepare_fields_and_keys`: columns that stay come first, in their old order and with their changes;
/// then new columns and those with FIRST or AFTER, each in the order of the statement. Tried on MySQL 5.7.22 and 9.7.4.
pub(super) fn alter(
    before: &TableSchema,
    actions: &[AlterAction],
    collation: &Collation,
    context: &DdlContext,
) -> Result<Columns> {
    let missing = |name: &str| {
        let reason = "the statement changes a column that the schema known here does not have";
        Error::refused(At::table(before.name()).column(name), reason)
    };
    // CONVERT TO goes over columns that the same statement defines, whatever character set they give.
    let converts = actions.iter().any(|action| matches!(action, AlterAction::ConvertTo(_)));
    let build = |def: &ColumnDef| -> Result<Column> {
        let column = column::column(def, collation, context)?;
        let is_text = column.collation().is_some_and(|own| own.charset() != Some(Charset::Binary));
        Ok(match converts && is_text {
            true => column.with_collation(Some(collation.clone())),
            false => column,
        })
    };
    let mut written: Vec<&ColumnDef> = Vec::new();
    let mut slots: Vec<Slot> = Vec::new();
    for column in before.columns() {
        let name = column.name();
        if actions
            .iter()
            .any(|action| matches!(action, AlterAction::DropColumn { column, .. } if same_name(column, name)))
        {
            continue;
        }
        let changed = actions.iter().find_map(|action| match action {
            AlterAction::ChangeColumn { from, column, .. } if same_name(from, name) => Some(&**column),
            _ => None,
        });
        let column = match changed {
            Some(def) => {
                written.push(def);
                build(def)?
            }
            None => untouched(column, actions, context)?,
        };
        slots.push(Slot { from: Some(Arc::clone(name)), column });
    }
    for action in actions {
        match action {
            AlterAction::AddColumn { column: def, place, if_not_exists } => {
                if *if_not_exists && before.column_position(&def.name).is_some() {
                    continue;
                }
                written.push(def);
                let slot = Slot { from: None, column: build(def)? };
                put(&mut slots, slot, place.as_ref()).ok_or_else(|| missing(place_name(place.as_ref())))?;
            }
            AlterAction::ChangeColumn { from, place, if_exists, .. } => {
                let is_meant = |slot: &Slot| slot.from.as_deref().is_some_and(|name| same_name(name, from));
                let Some(position) = slots.iter().position(is_meant) else {
                    match if_exists {
                        true => continue,
                        false => return Err(missing(from)),
                    }
                };
                if place.is_some() {
                    let slot = slots.remove(position);
                    put(&mut slots, slot, place.as_ref())
                        .ok_or_else(|| missing(place_name(place.as_ref())))?;
                }
            }
            AlterAction::DropColumn { column, if_exists: false }
            | AlterAction::RenameColumn { from: column, .. }
            | AlterAction::SetDefault { column, .. }
            | AlterAction::SetColumnVisible { column, .. }
                if before.column_position(column).is_none() =>
            {
                return Err(missing(column));
            }
            _ => {}
        }
    }
    let mut columns: Vec<Column> = slots.iter().map(|slot| slot.column.clone()).collect();
    create::first_timestamp(&written, &mut columns, context);
    Ok(Columns {
        renamed: slots.into_iter().map(|slot| (slot.from, Arc::clone(slot.column.name()))).collect(),
        written: written.iter().map(|def| Arc::clone(&def.name)).collect(),
        columns,
    })
}

fn place_name(place: Option<&Place>) -> &str {
    match place {
        Some(Place::After(name)) => name,
        _ => "",
    }
}

/// Puts a column where it belongs; `None` if the column behind which it goes is not there.
fn put(slots: &mut Vec<Slot>, slot: Slot, place: Option<&Place>) -> Option<()> {
    let position = match place {
        None => slots.len(),
        Some(Place::First) => 0,
        Some(Place::After(name)) => slots.iter().position(|slot| same_name(slot.column.name(), name))? + 1,
    };
    slots.insert(position, slot);
    Some(())
}

/// A column that the statement does not define anew, with what other actions do to it.
fn untouched(column: &Column, actions: &[AlterAction], context: &DdlContext) -> Result<Column> {
    let mut result = column.clone();
    for action in actions {
        result = match action {
            AlterAction::RenameColumn { from, to } if same_name(from, column.name()) => {
                result.with_name(Arc::clone(to))
            }
            AlterAction::SetDefault { column: name, default } if same_name(name, column.name()) => {
                set_default(result, default.as_ref())?
            }
            AlterAction::SetColumnVisible { column: name, visible } if same_name(name, column.name()) => {
                result.with_invisible(!visible)
            }
            AlterAction::ConvertTo(clause) => {
                let table = result.collation().cloned();
                match table {
                    Some(table) => {
                        let to = column::column_collation(clause, &table, context)?;
                        converted(result, &table, &to)?
                    }
                    None => result,
                }
            }
            _ => result,
        };
    }
    Ok(result)
}

fn set_default(column: Column, default: Option<&DefaultDef>) -> Result<Column> {
    // The new default takes the place of the old one as a whole; ON UPDATE stays.
    column::with_default(column, default)
}

/// A text column under CONVERT TO CHARACTER SET: a TEXT grows to the size that holds as many characters.
fn converted(column: Column, from: &Collation, to: &Collation) -> Result<Column> {
    let old = column::known_charset(from)?;
    let new = column::known_charset(to)?;
    if old == Charset::Binary {
        return Ok(column);
    }
    let base = match column.column_type() {
        ColumnType::Text(size) => {
            let characters = size.max_bytes() / u64::from(old.max_char_bytes());
            let grown = column::lob_of(characters * u64::from(new.max_char_bytes()));
            ColumnType::Text((*size).max(grown))
        }
        other => other.clone(),
    };
    let column_type = column::typed_for(&base, to, None)?;
    let collation = column_type.is_text().then(|| to.clone());
    Ok(column.with_column_type(column_type).with_collation(collation))
}
