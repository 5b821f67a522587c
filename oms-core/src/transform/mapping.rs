//! [`Mapping`]: other names for databases, tables and columns at the target.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Transform;
use super::identity_cache::IdentityCache;
use super::rename::{NewNames, rename};
use crate::error::{At, Error, Result};
use crate::event::{Change, Event, EventBatch, SchemaChange, SchemaChangeKind};
use crate::name::{NameCase, TableName};
use crate::row::RowLayout;
use crate::schema::{SchemaSet, TableSchema};

/// Gives databases, tables and columns other names, in rows, in schema changes and in [`Event::TableDone`].
///
/// Rules name the source's objects exactly, without wild cards. A table's own rule goes before its database's; of two
/// rules for one object the later counts. Many tables may become one: their rows must then not share keys, and the
/// target hears of one [`Event::TableDone`] for each of them.
///
/// The schemas that a batch carries for its checkpoint stay the source's own: the source gets them back. Whoever
/// makes the target's tables asks [`Self::map_schema`]. The text of a DDL statement stays as the source logged it,
/// for people to read; what it does is in the schemas before and after, and those are mapped.
///
/// # Errors
///
/// [`Error::Config`] if a rule names a column that its table did not have when it was first seen, or a table whose
/// columns have other names is renamed to one whose rules differ; [`Error::Refused`] if two columns come to have one
/// name.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::transform::Mapping;
/// let orders = TableName::new("shop", "orders");
/// let mapping = Mapping::new()
///     .database("shop", "shop_new")
///     .table(TableName::new("shop", "users_2"), TableName::new("crm", "users"))
///     .column(&orders, "total", "amount");
/// assert_eq!(mapping.map_table(&orders), TableName::new("shop_new", "orders"));
/// assert_eq!(mapping.map_table(&TableName::new("shop", "users_2")), TableName::new("crm", "users"));
/// ```
#[derive(Debug, Default)]
pub struct Mapping {
    names: Names,
    missing_columns: bool,
    /// Tables whose column rules have been checked against their columns.
    checked: HashSet<TableName>,
    /// `None` for a schema or a layout that stays as it is.
    schemas: IdentityCache<TableSchema, Option<Arc<TableSchema>>>,
    layouts: IdentityCache<RowLayout, Option<Arc<RowLayout>>>,
}

/// The rules, by folded names.
#[derive(Debug)]
struct Names {
    case: NameCase,
    databases: HashMap<String, Arc<str>>,
    tables: HashMap<TableName, TableName>,
    /// Column names are in lower case, as every server compares them without case.
    columns: HashMap<TableName, HashMap<String, Arc<str>>>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            case: NameCase::Sensitive,
            databases: HashMap::new(),
            tables: HashMap::new(),
            columns: HashMap::new(),
        }
    }
}

impl Names {
    fn fold(&self, table: &TableName) -> TableName {
        match self.case {
            NameCase::Sensitive => table.clone(),
            case => TableName::new(case.fold(table.database()), case.fold(table.table())),
        }
    }

    fn columns_of(&self, table: &TableName) -> Option<&HashMap<String, Arc<str>>> {
        if self.columns.is_empty() {
            return None;
        }
        self.columns.get(&self.fold(table))
    }
}

impl NewNames for Names {
    fn table(&self, table: &TableName) -> TableName {
        if !self.tables.is_empty()
            && let Some(to) = self.tables.get(&self.fold(table))
        {
            return to.clone();
        }
        match self.databases.get(&self.case.fold(table.database())) {
            Some(to) => TableName::new(Arc::clone(to), table.table()),
            None => table.clone(),
        }
    }

    fn column(&self, table: &TableName, column: &str) -> Option<&Arc<str>> {
        self.columns_of(table)?.get(&column.to_lowercase())
    }
}

impl Mapping {
    /// Every name stays.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, comparing names of databases and tables as the source does; by case unless said otherwise. Call it
    /// before the rules.
    #[must_use]
    pub fn with_case(mut self, case: NameCase) -> Self {
        self.names.case = case;
        self
    }

    /// The same, with the tables of database `from` in database `to`.
    #[must_use]
    pub fn database(mut self, from: &str, to: impl Into<Arc<str>>) -> Self {
        self.names.databases.insert(self.names.case.fold(from), to.into());
        self
    }

    /// The same, with table `from` under the name `to`.
    #[must_use]
    pub fn table(mut self, from: TableName, to: TableName) -> Self {
        self.names.tables.insert(self.names.fold(&from), to);
        self
    }

    /// The same, with a column of a table, by the table's name at the source, under another name.
    #[must_use]
    pub fn column(mut self, table: &TableName, from: &str, to: impl Into<Arc<str>>) -> Self {
        let columns = self.names.columns.entry(self.names.fold(table)).or_default();
        columns.insert(from.to_lowercase(), to.into());
        self
    }

    /// The same, with rules allowed for columns that their table does not have, such as one that it had before.
    #[must_use]
    pub fn with_missing_columns(mut self, allowed: bool) -> Self {
        self.missing_columns = allowed;
        self
    }

    /// The name of this table at the target.
    pub fn map_table(&self, table: &TableName) -> TableName {
        self.names.table(table)
    }

    /// The name of this column of a table, by the table's name at the source, at the target.
    pub fn map_column<'a>(&'a self, table: &TableName, column: &'a str) -> &'a str {
        self.names.column(table, column).map_or(column, |name| name)
    }

    /// The schema of this table as the target sees it.
    ///
    /// # Errors
    ///
    /// As for the [mapping](Self).
    pub fn map_schema(&mut self, schema: &Arc<TableSchema>) -> Result<Arc<TableSchema>> {
        let Self { names, missing_columns, checked, schemas, .. } = self;
        let mapped = schemas.get_or_try_insert(schema, |schema| {
            if let Some(columns) = names.columns_of(schema.name())
                && !*missing_columns
                && !checked.contains(schema.name())
            {
                check_columns(schema, columns.keys())?;
                checked.insert(schema.name().clone());
            }
            let renamed = rename(schema, &*names)?;
            Ok::<_, Error>((renamed != **schema).then(|| Arc::new(renamed)))
        })?;
        Ok(Arc::clone(mapped.as_ref().unwrap_or(schema)))
    }

    /// The schemas of these tables as the target sees them.
    ///
    /// # Errors
    ///
    /// As for the [mapping](Self); [`Error::Refused`] if tables that become one have different columns.
    pub fn map_schemas(&mut self, schemas: &SchemaSet) -> Result<SchemaSet> {
        let mut mapped = SchemaSet::new();
        for schema in schemas.iter() {
            let schema = self.map_schema(schema)?;
            match mapped.get(schema.name()) {
                Some(other) if other.columns() != schema.columns() => {
                    let at = At::table(schema.name());
                    return Err(Error::refused(at, "tables of different columns are mapped to this one"));
                }
                Some(_) => {}
                None => mapped.insert(schema),
            }
        }
        Ok(mapped)
    }

    fn map_layout(&mut self, layout: &Arc<RowLayout>) -> Result<Option<Arc<RowLayout>>> {
        // A closure would borrow all of `self`, which the schemas' cache is part of.
        let mut layouts = std::mem::take(&mut self.layouts);
        let mapped = layouts.get_or_try_insert(layout, |layout| {
            let schema = self.map_schema(layout.schema())?;
            let same = Arc::ptr_eq(&schema, layout.schema());
            let columns = layout.columns().iter().copied();
            Ok::<_, Error>((!same).then(|| Arc::new(RowLayout::new(schema, columns))))
        });
        let mapped = mapped.cloned();
        self.layouts = layouts;
        mapped
    }

    fn map_change(&mut self, change: Change) -> Result<Change> {
        change.try_map(|rows| {
            Ok(match self.map_layout(rows.layout())? {
                Some(layout) => rows.with_layout(layout),
                None => rows,
            })
        })
    }

    /// The schema change at the target, `None` if nothing is left of it.
    fn map_schema_change(&mut self, change: &SchemaChange) -> Result<Option<SchemaChange>> {
        let table = self.names.table(&change.table);
        let kind = match &change.kind {
            SchemaChangeKind::Alter { renamed_columns } => {
                let new = |column: &Arc<str>| -> Arc<str> {
                    Arc::clone(self.names.column(&change.table, column).unwrap_or(column))
                };
                let renamed = renamed_columns.iter().map(|(from, to)| (new(from), new(to)));
                SchemaChangeKind::Alter { renamed_columns: renamed.filter(|(from, to)| from != to).collect() }
            }
            SchemaChangeKind::Rename { to } => {
                if self.names.columns_of(&change.table) != self.names.columns_of(to) {
                    let reason = format!(
                        "table {} becomes {to}, whose columns have other rules; give both the same",
                        change.table
                    );
                    return Err(Error::config("mapping", reason));
                }
                let to = self.names.table(to);
                if to == table {
                    return Ok(None);
                }
                SchemaChangeKind::Rename { to }
            }
            kind => kind.clone(),
        };
        Ok(Some(SchemaChange {
            kind,
            table,
            before: change.before.as_ref().map(|schema| self.map_schema(schema)).transpose()?,
            after: change.after.as_ref().map(|schema| self.map_schema(schema)).transpose()?,
            statement: Arc::clone(&change.statement),
            dialect: change.dialect,
        }))
    }
}

/// Every one of these columns, in lower case, is one of the table's.
pub(super) fn check_columns<'a>(
    schema: &TableSchema,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<()> {
    match names.into_iter().find(|name| schema.column_position(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(Error::config(
            "transform",
            format!(
                "table {} has no column {name}; correct the rule, or allow missing columns",
                schema.name()
            ),
        )),
    }
}

impl Transform for Mapping {
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        batch.try_map(|event| {
            Ok(Some(match event {
                Event::Change(change) => Event::Change(self.map_change(change)?),
                Event::Schema(change) => match self.map_schema_change(&change)? {
                    Some(change) => Event::Schema(Arc::new(change)),
                    None => return Ok(None),
                },
                Event::TableDone(table) => Event::TableDone(self.names.table(&table)),
                event @ (Event::Begin(_) | Event::Commit(_) | Event::Heartbeat(_)) => event,
            }))
        })
    }
}
