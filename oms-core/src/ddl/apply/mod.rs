//! Statements to schemas: what a statement makes of the tables that are known before it.

mod alter;
mod column;
mod columns;
mod constraints;
mod create;
mod default_value;
mod keys;
mod partitions;
mod rename;

use std::sync::Arc;

pub(crate) use constraints::follow_table_name;
pub(crate) use default_value::{canonical as canonical_default, hex_bytes, hex_literal, now};
pub(crate) use keys::sort as sort_keys;

use super::DdlContext;
use super::statement::{CharsetClause, Definition};
use crate::error::{At, Error, Result};
use crate::event::{SchemaChange, SchemaChangeKind};
use crate::name::TableName;
use crate::schema::{Collation, SchemaSet, TableSchema};

/// What a statement does to tables and databases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applied {
    /// What it does to each table, in order; renames of one statement happen at once.
    pub changes: Vec<SchemaChange>,
    /// Databases with their default collation afterwards, `None` for one that is gone.
    pub databases: Vec<(Arc<str>, Option<Collation>)>,
    /// Tables that it changes or renames though their schema is not known, by their names before and after it. If one
    /// of these names is captured, the table must be copied anew, or its schema read again.
    pub unknown: Vec<(TableName, TableName)>,
    /// What cannot be known for certain, in words for a report; nothing of it touches columns.
    pub notes: Vec<String>,
}

impl Applied {
    /// Brings schemas that hold before the statement to what holds after it.
    pub fn update(&self, schemas: &mut SchemaSet) {
        let is_rename = |change: &SchemaChange| matches!(change.kind, SchemaChangeKind::Rename { .. });
        for group in self.changes.chunk_by(|a, b| is_rename(a) && is_rename(b)) {
            for change in group {
                schemas.remove(&change.table);
            }
            for change in group {
                if let Some(after) = &change.after {
                    schemas.insert(Arc::clone(after));
                }
            }
        }
        for (database, collation) in &self.databases {
            schemas.set_database_collation(Arc::clone(database), collation.clone());
        }
    }
}

/// Applies a statement to the schemas that hold before it.
pub(super) fn apply(
    definition: &Definition,
    sql: &Arc<str>,
    schemas: &SchemaSet,
    context: &DdlContext,
) -> Result<Applied> {
    let mut work = Work { schemas, context, sql, applied: Applied::default() };
    work.run(definition)?;
    Ok(work.applied)
}

struct Work<'a> {
    schemas: &'a SchemaSet,
    context: &'a DdlContext,
    sql: &'a Arc<str>,
    applied: Applied,
}

impl Work<'_> {
    fn push(
        &mut self,
        kind: SchemaChangeKind,
        table: TableName,
        before: Option<Arc<TableSchema>>,
        after: Option<Arc<TableSchema>>,
    ) {
        self.applied.changes.push(SchemaChange {
            kind,
            table,
            before,
            after,
            statement: Arc::clone(self.sql),
            dialect: self.context.dialect,
        });
    }

    fn run(&mut self, definition: &Definition) -> Result<()> {
        match definition {
            Definition::CreateTable(create) => {
                let name = self.context.table(&create.table)?;
                if create.if_not_exists && self.schemas.get(&name).is_some() {
                    return Ok(());
                }
                let database = self.schemas.database_collation(name.database());
                let after = create::create(create, name.clone(), database, self.context)?;
                self.create(name, after, create.or_replace)
            }
            Definition::CreateTableLike { table, like, if_not_exists, or_replace } => {
                let name = self.context.table(table)?;
                if *if_not_exists && self.schemas.get(&name).is_some() {
                    return Ok(());
                }
                let like = self.context.table(like)?;
                let Some(model) = self.schemas.get(&like) else {
                    let reason = format!("it is made like {like}, whose schema is not known");
                    return Err(Error::refused(At::table(&name), reason));
                };
                let after = create::create_like(model, name.clone(), self.context);
                self.create(name, after, *or_replace)
            }
            Definition::AlterTable { table, actions } => self.alter(self.context.table(table)?, actions),
            Definition::DropTables { tables } => {
                for table in tables {
                    let name = self.context.table(table)?;
                    let before = self.schemas.get(&name).cloned();
                    self.push(SchemaChangeKind::Drop, name, before, None);
                }
                Ok(())
            }
            Definition::TruncateTable(table) => {
                let name = self.context.table(table)?;
                let schema = self.schemas.get(&name).cloned();
                match schema {
                    Some(schema) => {
                        self.push(SchemaChangeKind::Truncate, name, Some(Arc::clone(&schema)), Some(schema));
                    }
                    None => self.applied.unknown.push((name.clone(), name)),
                }
                Ok(())
            }
            Definition::RenameTables(pairs) => {
                let pairs =
                    pairs.iter().map(|(from, to)| Ok((self.context.table(from)?, self.context.table(to)?)));
                let pairs: Vec<_> = pairs.collect::<Result<_>>()?;
                self.rename(&pairs);
                Ok(())
            }
            Definition::CreateDatabase { database, if_not_exists, or_replace, charset } => {
                let database = self.context.database(database);
                if *or_replace {
                    self.drop_database(&database);
                }
                if !*if_not_exists || self.schemas.database_collation(&database).is_none() {
                    self.set_collation(database, charset)?;
                }
                Ok(())
            }
            Definition::AlterDatabase { database, charset } => {
                let database = database.as_ref().or(self.context.default_database.as_ref());
                let Some(database) = database else {
                    return Err(Error::decode(
                        "a DDL statement",
                        "it names no database, and there is no default one",
                    ));
                };
                let database = self.context.database(database);
                if !charset.is_empty() {
                    self.set_collation(database, charset)?;
                }
                Ok(())
            }
            Definition::DropDatabase(database) => {
                let database = self.context.database(database);
                self.drop_database(&database);
                Ok(())
            }
        }
    }

    fn set_collation(&mut self, database: Arc<str>, charset: &CharsetClause) -> Result<()> {
        let collation = column::column_collation(charset, &self.context.server_collation, self.context)?;
        self.applied.databases.push((database, Some(collation)));
        Ok(())
    }

    fn drop_database(&mut self, database: &Arc<str>) {
        let tables = self.schemas.iter().filter(|table| table.name().database() == &**database);
        for table in tables.cloned().collect::<Vec<_>>() {
            self.push(SchemaChangeKind::Drop, table.name().clone(), Some(table), None);
        }
        self.applied.databases.push((Arc::clone(database), None));
    }

    fn create(&mut self, name: TableName, after: TableSchema, or_replace: bool) -> Result<()> {
        if let Some(before) = self.schemas.get(&name).cloned() {
            if !or_replace {
                let reason = "the statement creates it, but it is known here already: a statement that removed it was not \
                              logged; copy the table anew";
                return Err(Error::refused(At::table(&name), reason));
            }
            self.push(SchemaChangeKind::Drop, name.clone(), Some(before), None);
        }
        let after = self.with_whole_references(after)?;
        self.push(SchemaChangeKind::Create, name, None, Some(Arc::new(after)));
        Ok(())
    }

    fn alter(&mut self, name: TableName, actions: &[super::statement::AlterAction]) -> Result<()> {
        let target = actions.iter().rev().find_map(|action| match action {
            super::statement::AlterAction::RenameTo(to) => Some(self.context.table(to)),
            _ => None,
        });
        let target = target.transpose()?;
        let Some(before) = self.schemas.get(&name).cloned() else {
            let after = target.unwrap_or_else(|| name.clone());
            self.applied.unknown.push((name, after));
            return Ok(());
        };
        let altered = alter::alter(&before, actions, self.context)?;
        let after = rename::follow_columns(&altered.after, &name, &altered.renamed);
        let after = Arc::new(self.with_whole_references(after)?);
        self.note_lost_indexes(&before, &after);
        let only_renames =
            actions.iter().all(|action| matches!(action, super::statement::AlterAction::RenameTo(_)));
        if !only_renames || target.is_none() {
            let kind = SchemaChangeKind::Alter { renamed_columns: altered.renamed.clone() };
            self.push(kind, name.clone(), Some(before), Some(Arc::clone(&after)));
            self.follow_columns(&name, &altered.renamed);
        }
        if let Some(target) = target.filter(|target| *target != name) {
            self.rename_from(&[(name, target)], Some(after));
        }
        Ok(())
    }

    /// A foreign key without columns refers to the primary key, and names are spelt as their tables spell them.
    fn with_whole_references(&self, table: TableSchema) -> Result<TableSchema> {
        let mut foreign_keys = table.foreign_keys().to_vec();
        for foreign_key in &mut foreign_keys {
            for column in &mut foreign_key.columns {
                if let Some(position) = table.column_position(column) {
                    *column = Arc::clone(table.columns()[position].name());
                }
            }
            let is_own = foreign_key.referenced_table == *table.name();
            let parent = if is_own {
                Some(&table)
            } else {
                self.schemas.get(&foreign_key.referenced_table).map(|p| &**p)
            };
            if foreign_key.referenced_columns.is_empty() {
                let primary = parent.and_then(TableSchema::primary_key).and_then(|key| key.whole_columns());
                let Some(primary) = primary else {
                    let reason = format!(
                        "foreign key {} refers to the primary key of {}, which is not known",
                        foreign_key.name, foreign_key.referenced_table
                    );
                    return Err(Error::refused(At::table(table.name()), reason));
                };
                foreign_key.referenced_columns = primary.into_iter().cloned().collect();
            }
            for column in &mut foreign_key.referenced_columns {
                let position = parent.and_then(|parent| Some((parent, parent.column_position(column)?)));
                if let Some((parent, position)) = position {
                    *column = Arc::clone(parent.columns()[position].name());
                }
            }
        }
        Ok(table.with_foreign_keys(foreign_keys))
    }

    /// The server marks the indexes that it made for foreign keys, and drops one as soon as another index serves; no
    /// catalogue shows the mark. Such an index is kept here, which is right for one that was written by hand.
    fn note_lost_indexes(&mut self, before: &TableSchema, after: &TableSchema) {
        if !self.context.dialect.indexes_foreign_keys() {
            return;
        }
        let had: Vec<_> = before.keys().iter().map(|key| &key.name).collect();
        for foreign_key in before.foreign_keys() {
            let looks_generated = |key: &&crate::schema::Key| {
                let columns = key.whole_columns().unwrap_or_default();
                key.kind == crate::schema::KeyKind::Plain && columns.into_iter().eq(&foreign_key.columns)
            };
            let serves = |key: &crate::schema::Key| {
                let columns = key.whole_columns().unwrap_or_default();
                !had.contains(&&key.name)
                    && columns.into_iter().take(foreign_key.columns.len()).eq(&foreign_key.columns)
            };
            if let Some(old) = after.keys().iter().find(looks_generated)
                && had.contains(&&old.name)
                && after.keys().iter().any(serves)
            {
                self.applied.notes.push(format!(
                    "index {} of {} may be gone: if the server made it for foreign key {}, a new index took its place",
                    old.name,
                    after.name(),
                    foreign_key.name
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
