//! CREATE TABLE and CREATE TABLE … LIKE.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ddl::apply::column::{self, column_collation, may_become_now};
use crate::ddl::apply::constraints::{self, CheckNames, ForeignKeyNames};
use crate::ddl::apply::default_value;
use crate::ddl::apply::keys::{self, Draft, same_name};
use crate::ddl::statement::{ColumnDef, CreateTable, TableElement, TableOptions};
use crate::ddl::{DdlContext, Product};
use crate::error::{Error, Result};
use crate::name::TableName;
use crate::schema::{Check, Collation, Column, ColumnType, DefaultValue, KeyKind, TableSchema};

/// The table that CREATE TABLE makes in a database with this default collation.
pub(super) fn create(
    def: &CreateTable,
    name: TableName,
    database: Option<&Collation>,
    context: &DdlContext,
) -> Result<TableSchema> {
    let collation = table_collation(&def.options, database, &name, context)?;
    let written: Vec<&ColumnDef> = def.elements.iter().filter_map(as_column).collect();
    let mut columns = Vec::with_capacity(written.len());
    for column in &written {
        columns.push(column::column(column, &collation, context)?);
    }
    first_timestamp(&written, &mut columns, context);

    let mut elements = Elements::new(&name, context);
    for element in &def.elements {
        elements.add(element, &columns)?;
    }
    not_null_of_primary_key(&mut columns, &elements.drafts);
    let mut options = BTreeMap::new();
    apply_options(&def.options, &mut options);
    let partitioning = def.partitioning.clone().map(|clause| clause.spelt_out().to_string().into());
    let comment = def.options.comment.as_deref().filter(|comment| !comment.is_empty());
    let Elements { drafts, mut foreign_keys, mut checks, .. } = elements;
    constraints::sort(&mut foreign_keys, &mut checks);
    Ok(TableSchema::new(name, columns)
        .with_keys(keys::finish(drafts))
        .with_foreign_keys(foreign_keys)
        .with_checks(checks)
        .with_collation(Some(collation))
        .with_comment(comment.map(Into::into))
        .with_options(options)
        .with_partitioning(partitioning))
}

/// The table that CREATE TABLE … LIKE makes: columns and indexes, but no foreign keys, and CHECK constraints under names
/// of its own.
pub(super) fn create_like(like: &TableSchema, name: TableName, context: &DdlContext) -> TableSchema {
    let mut names = CheckNames::after(&[], name.table(), context);
    let mut checks: Vec<Check> = like.checks().to_vec();
    for check in &mut checks {
        if context.dialect.product() == Product::MySql {
            check.name = names.give(name.table(), context);
        }
    }
    constraints::sort(&mut [], &mut checks);
    like.clone().with_name(name).with_foreign_keys(Vec::new()).with_checks(checks)
}

fn as_column(element: &TableElement) -> Option<&ColumnDef> {
    match element {
        TableElement::Column(column) => Some(column),
        _ => None,
    }
}

/// The default collation of a table: its own, else its database's.
fn table_collation(
    options: &TableOptions,
    database: Option<&Collation>,
    name: &TableName,
    context: &DdlContext,
) -> Result<Collation> {
    if let Some(database) = database {
        return column_collation(&options.charset, database, context);
    }
    match options.charset.is_empty() {
        false => column_collation(&options.charset, &context.server_collation, context),
        true => Err(Error::unsupported(
            "the DDL model",
            format!(
                "a table without a character set in a database whose default is not known: {}",
                name.database()
            ),
        )),
    }
}

pub(super) fn apply_options(written: &TableOptions, options: &mut BTreeMap<Arc<str>, Arc<str>>) {
    for (name, value) in &written.storage {
        match value {
            Some(value) => options.insert(Arc::clone(name), Arc::clone(value)),
            None => options.remove(name),
        };
    }
}

/// Without `explicit_defaults_for_timestamp` the first TIMESTAMP column of a table, if it is NOT NULL and nothing is said
/// about its value, is set to the time of every write.
pub(super) fn first_timestamp(written: &[&ColumnDef], columns: &mut [Column], context: &DdlContext) {
    if context.explicit_defaults_for_timestamp {
        return;
    }
    let is_timestamp = |column: &Column| matches!(column.column_type(), ColumnType::Timestamp { .. });
    let Some(column) = columns.iter_mut().find(|column| is_timestamp(column)) else {
        return;
    };
    let def = written.iter().find(|def| same_name(&def.name, column.name()));
    if !column.is_nullable() && def.is_some_and(|def| may_become_now(def)) {
        let now = DefaultValue::Expression(default_value::now(column.column_type()).into());
        *column = column.clone().with_default(Some(now)).with_on_update_now(true);
    }
}

/// Columns of the primary key are NOT NULL whether they say so or not.
pub(super) fn not_null_of_primary_key(columns: &mut [Column], drafts: &[Draft]) {
    let primary = drafts.iter().filter(|draft| draft.key.kind == KeyKind::Primary);
    for part in primary.flat_map(|draft| &draft.key.parts) {
        let crate::schema::KeyPart::Column { column: name, .. } = part else {
            continue;
        };
        for column in columns.iter_mut().filter(|column| same_name(column.name(), name)) {
            *column = column.clone().with_nullable(false);
        }
    }
}

/// Indexes and constraints of a table as a statement adds them.
pub(super) struct Elements<'a> {
    pub(super) drafts: Vec<Draft>,
    pub(super) foreign_keys: Vec<crate::schema::ForeignKey>,
    pub(super) checks: Vec<Check>,
    foreign_key_names: ForeignKeyNames,
    check_names: CheckNames,
    table: &'a TableName,
    context: &'a DdlContext,
}

impl<'a> Elements<'a> {
    /// None yet.
    pub(super) fn new(table: &'a TableName, context: &'a DdlContext) -> Self {
        Self::after(&[], &[], table, context)
    }

    /// Goes on behind the constraints that a table has.
    pub(super) fn after(
        foreign_keys: &[crate::schema::ForeignKey],
        checks: &[Check],
        table: &'a TableName,
        context: &'a DdlContext,
    ) -> Self {
        Self {
            drafts: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            foreign_key_names: ForeignKeyNames::after(foreign_keys, table.table()),
            check_names: CheckNames::after(checks, table.table(), context),
            table,
            context,
        }
    }

    /// Takes in an element, with what a column declares behind itself; `columns` are those of the finished table.
    pub(super) fn add(&mut self, element: &TableElement, columns: &[Column]) -> Result<()> {
        match element {
            TableElement::Column(column) => {
                for own in &column.own {
                    self.add_own(own, Some(&column.name), columns)?;
                }
                if self.context.dialect.product() == Product::MariaDb
                    && column.declared.base == ColumnType::Json
                {
                    self.checks.push(Check {
                        name: Arc::clone(&column.name),
                        expression: format!("json_valid({})", crate::mysql::quote_ident(&column.name)).into(),
                        enforced: true,
                    });
                }
                Ok(())
            }
            other => self.add_own(other, None, columns),
        }
    }

    fn add_own(&mut self, element: &TableElement, column: Option<&str>, columns: &[Column]) -> Result<()> {
        match element {
            TableElement::Column(_) => {}
            TableElement::Key(def) => self.drafts.push(Draft::written(def, columns, self.context)?),
            TableElement::ForeignKey(def) => {
                // Where REFERENCES behind a column has no effect, the server forgets it.
                if column.is_some() && !self.context.dialect.has_column_references() {
                    return Ok(());
                }
                let foreign_key = self.foreign_key_names.resolve(def, self.table, self.context)?;
                self.foreign_keys.push(foreign_key);
                if self.context.dialect.indexes_foreign_keys() {
                    self.drafts.push(Draft::for_foreign_key(def));
                }
            }
            TableElement::Check(def) => {
                if self.context.dialect.has_checks() {
                    let table = self.table.table();
                    let check = self.check_names.resolve(def, column, table, self.context);
                    self.checks.push(check);
                }
            }
        }
        Ok(())
    }
}
