//! Schema changes of the stream to statements for the target.

use std::sync::Arc;

use super::{Conversion, Note};
use crate::ddl::{follow_table_name, render_alter, render_renames};
use crate::error::{At, Error, Result};
use crate::event::{SchemaChange, SchemaChangeKind};
use crate::mysql::quote_table;
use crate::name::TableName;
use crate::schema::{Check, ForeignKey};

/// The statements that carry schema changes out at the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Carried {
    /// The statements, in their order; none if nothing is to be done.
    pub statements: Vec<String>,
    /// What is different at the target after them and was not before.
    pub notes: Vec<Note>,
}

impl Conversion {
    /// Renders the changes of one statement of the source for the target.
    ///
    /// The statements expect `foreign_key_checks` to be off, as the source's session had it or not, and what
    /// [`crate::ddl::session_statement`] sets.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the target cannot hold the table afterwards, or cannot be brought to it; nothing was done then.
    pub fn carry(&self, changes: &[SchemaChange]) -> Result<Carried> {
        let mut carried = Carried::default();
        let is_rename = |change: &SchemaChange| matches!(change.kind, SchemaChangeKind::Rename { .. });
        for group in changes.chunk_by(|a, b| is_rename(a) && is_rename(b)) {
            let renames: Vec<(TableName, TableName)> =
                group.iter().filter_map(|change| self.rename(change)).collect();
            if !renames.is_empty() {
                carried.statements.push(render_renames(&renames));
            }
            for change in group.iter().filter(|change| is_rename(change) && self.to.is_oceanbase()) {
                self.rename_constraints(change, &mut carried)?;
            }
            for change in group.iter().filter(|change| !is_rename(change)) {
                self.carry_one(change, &mut carried)?;
            }
        }
        Ok(carried)
    }

    fn rename(&self, change: &SchemaChange) -> Option<(TableName, TableName)> {
        match &change.kind {
            SchemaChangeKind::Rename { to } => {
                let (from, to) = (self.name(&change.table), self.name(to));
                // Names that differ by case only may be one name at the target.
                (from != to).then_some((from, to))
            }
            _ => None,
        }
    }

    /// MySQL gives constraints that it named itself a new name with their table; OceanBase keeps the old ones, by which the
    /// next statement of the source would not find them.
    fn rename_constraints(&self, change: &SchemaChange, carried: &mut Carried) -> Result<()> {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            return Ok(());
        };
        let after = self.table(after)?.table;
        let new_name =
            |name: &Arc<str>| follow_table_name(name, before.name().table(), change_target(change).table());
        let old_foreign_keys = before.foreign_keys().iter().filter_map(|old| {
            let new = after.foreign_keys().iter().find(|new| new.name == new_name(&old.name))?;
            Some(ForeignKey { name: Arc::clone(&old.name), ..new.clone() })
        });
        let old_checks = before.checks().iter().filter_map(|old| {
            let new = after.checks().iter().find(|new| new.name == new_name(&old.name))?;
            Some(Check { name: Arc::clone(&old.name), ..new.clone() })
        });
        let there =
            after.clone().with_foreign_keys(old_foreign_keys.collect()).with_checks(old_checks.collect());
        carried.statements.extend(render_alter(&there, &after, &[], self.to)?);
        Ok(())
    }

    fn carry_one(&self, change: &SchemaChange, carried: &mut Carried) -> Result<()> {
        let name = self.name(&change.table);
        let unknown = |which: &str| {
            Error::refused(At::table(&change.table), format!("its schema {which} the change is not known"))
        };
        match &change.kind {
            SchemaChangeKind::Create => {
                let after = change.after.as_ref().ok_or_else(|| unknown("after"))?;
                let converted = self.table(after)?;
                carried.statements.push(converted.statements.create_table);
                carried.statements.extend(converted.statements.secondary_indexes);
                carried.statements.extend(converted.statements.foreign_keys);
                carried.notes.extend(converted.notes);
            }
            SchemaChangeKind::Alter { renamed_columns } => {
                let before = self.table(change.before.as_ref().ok_or_else(|| unknown("before"))?)?;
                let after = self.table(change.after.as_ref().ok_or_else(|| unknown("after"))?)?;
                let statements = render_alter(&before.table, &after.table, renamed_columns, self.to)?;
                carried.statements.extend(statements);
                carried.notes.extend(after.notes.into_iter().filter(|note| !before.notes.contains(note)));
            }
            SchemaChangeKind::Drop => {
                carried.statements.push(format!("DROP TABLE IF EXISTS {}", quote_table(&name)));
            }
            SchemaChangeKind::Truncate => {
                carried.statements.push(format!("TRUNCATE TABLE {}", quote_table(&name)));
            }
            // Renames are carried out together; the target follows references on its own.
            SchemaChangeKind::Rename { .. } | SchemaChangeKind::References => {}
        }
        Ok(())
    }
}

/// The name of a table after a change.
fn change_target(change: &SchemaChange) -> &TableName {
    match &change.kind {
        SchemaChangeKind::Rename { to } => to,
        _ => &change.table,
    }
}
