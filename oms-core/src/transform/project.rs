//! [`Project`]: only some columns of a table.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Transform;
use super::identifiers::mentions;
use super::identity_cache::IdentityCache;
use super::mapping::check_columns;
use crate::error::{At, Error, Result};
use crate::event::{Change, Event, EventBatch, SchemaChange, SchemaChangeKind};
use crate::name::TableName;
use crate::row::{LayoutColumn, RowBatch, RowLayout};
use crate::schema::{KeyPart, TableSchema};

/// Carries only some columns of a table, in rows and in schema changes.
///
/// Tables are named as they come, columns are compared without case. Keys, foreign keys, checks and partitioning that
/// need a dropped column are dropped with it. The columns that identify a row cannot be dropped. An update of which
/// nothing is left is counted as filtered.
///
/// # Errors
///
/// [`Error::Config`] if a rule drops a column that identifies rows, that a generated column is made of, or all columns;
/// if it names a column that the table did not have when it was first seen; or if a column that it names, or the
/// table, is renamed and there is no rule for the new name.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::transform::Project;
/// let project = Project::new()
///     .drop(TableName::new("shop", "users"), ["password_hash"])
///     .keep(TableName::new("shop", "orders"), ["id", "total"]);
/// ```
#[derive(Debug, Default)]
pub struct Project {
    rules: HashMap<TableName, Rule>,
    missing_columns: bool,
    checked: HashSet<TableName>,
    /// `None` for a schema or a layout that stays as it is.
    schemas: IdentityCache<TableSchema, Option<Arc<TableSchema>>>,
    layouts: IdentityCache<RowLayout, Option<Projection>>,
}

/// Column names in lower case.
#[derive(Debug)]
struct Rule {
    keep: bool,
    columns: HashSet<String>,
}

/// What becomes of a layout.
#[derive(Debug)]
struct Projection {
    layout: Arc<RowLayout>,
    /// The cells that stay.
    cells: Box<[usize]>,
}

impl Rule {
    fn keeps(&self, column: &str) -> bool {
        self.columns.contains(&column.to_lowercase()) == self.keep
    }
}

impl Project {
    /// All columns of all tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with these columns of the table and no others. It takes the place of an earlier rule for the table.
    #[must_use]
    pub fn keep<'a>(self, table: TableName, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.rule(table, true, columns)
    }

    /// The same, without these columns of the table. It takes the place of an earlier rule for the table.
    #[must_use]
    pub fn drop<'a>(self, table: TableName, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.rule(table, false, columns)
    }

    fn rule<'a>(mut self, table: TableName, keep: bool, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = columns.into_iter().map(str::to_lowercase).collect();
        self.rules.insert(table, Rule { keep, columns });
        self
    }

    /// The same, with rules allowed for columns that their table does not have, such as one that it had before.
    #[must_use]
    pub fn with_missing_columns(mut self, allowed: bool) -> Self {
        self.missing_columns = allowed;
        self
    }

    /// The schema with only the columns that stay.
    ///
    /// # Errors
    ///
    /// As for the [projection](Self).
    pub fn project_schema(&mut self, schema: &Arc<TableSchema>) -> Result<Arc<TableSchema>> {
        let Some(rule) = self.rules.get(schema.name()) else {
            return Ok(Arc::clone(schema));
        };
        let (checked, missing_columns) = (&mut self.checked, self.missing_columns);
        let projected = self.schemas.get_or_try_insert(schema, |schema| {
            if !missing_columns && !checked.contains(schema.name()) {
                check_columns(schema, &rule.columns)?;
                checked.insert(schema.name().clone());
            }
            let all = schema.columns().iter().all(|column| rule.keeps(column.name()));
            Ok::<_, Error>(if all { None } else { Some(Arc::new(project(schema, rule)?)) })
        })?;
        Ok(Arc::clone(projected.as_ref().unwrap_or(schema)))
    }

    fn projection(&mut self, layout: &Arc<RowLayout>) -> Result<Option<&Projection>> {
        if !self.rules.contains_key(layout.schema().name()) {
            return Ok(None);
        }
        let schema = self.project_schema(layout.schema())?;
        let projection = self.layouts.get_or_try_insert(layout, |layout| {
            if Arc::ptr_eq(&schema, layout.schema()) {
                return Ok::<_, Error>(None);
            }
            let mut cells = Vec::with_capacity(layout.width());
            let mut columns = Vec::with_capacity(layout.width());
            for (cell, column) in layout.columns().iter().enumerate() {
                if let Some(position) = schema.column_position(layout.column(cell).name()) {
                    cells.push(cell);
                    columns.push(LayoutColumn { column: position, ..*column });
                }
            }
            Ok(Some(Projection { layout: Arc::new(RowLayout::new(schema, columns)), cells: cells.into() }))
        })?;
        Ok(projection.as_ref())
    }

    fn project_change(&mut self, change: Change) -> Result<Option<Change>> {
        let mut nothing_left = false;
        let change = change.try_map(|rows| {
            Ok::<_, Error>(match self.projection(rows.layout())? {
                Some(projection) if projection.cells.is_empty() => {
                    nothing_left = true;
                    rows
                }
                Some(projection) => projection.apply(&rows),
                None => rows,
            })
        })?;
        Ok((!nothing_left).then_some(change))
    }

    /// The schema change without the dropped columns, `None` if it was about nothing else.
    fn project_schema_change(&mut self, change: &Arc<SchemaChange>) -> Result<Option<Arc<SchemaChange>>> {
        let Some(rule) = self.rules.get(&change.table) else {
            return Ok(Some(Arc::clone(change)));
        };
        let mut kind = change.kind.clone();
        match &mut kind {
            SchemaChangeKind::Alter { renamed_columns } => {
                if let Some((from, to)) = renamed_columns.iter().find(|(a, b)| rule.keeps(a) != rule.keeps(b))
                {
                    let reason = format!(
                        "column {from} of table {} becomes {to}; give it the same rule and allow missing columns",
                        change.table
                    );
                    return Err(Error::config("transform", reason));
                }
                renamed_columns.retain(|(from, _)| rule.keeps(from));
            }
            SchemaChangeKind::Rename { to } if !self.rules.contains_key(to) => {
                let reason = format!("table {} becomes {to}, which has no rule; add one", change.table);
                return Err(Error::config("transform", reason));
            }
            _ => {}
        }
        let mut project = |schema: &Option<Arc<TableSchema>>| {
            schema.as_ref().map(|schema| self.project_schema(schema)).transpose()
        };
        let (before, after) = (project(&change.before)?, project(&change.after)?);
        let is_alter = matches!(kind, SchemaChangeKind::Alter { .. });
        if is_alter && before == after && change.before != change.after {
            return Ok(None);
        }
        Ok(Some(Arc::new(SchemaChange { kind, before, after, ..SchemaChange::clone(change) })))
    }
}

impl Projection {
    fn apply(&self, rows: &RowBatch) -> RowBatch {
        rows.respan(Arc::clone(&self.layout), |_, from, to| {
            to.extend(self.cells.iter().map(|cell| from[*cell]));
        })
    }
}

impl Transform for Project {
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        batch.try_map(|event| {
            Ok(match event {
                Event::Change(change) => self.project_change(change)?.map(Event::Change),
                Event::Schema(change) => self.project_schema_change(&change)?.map(Event::Schema),
                event @ (Event::Begin(_) | Event::Commit(_) | Event::TableDone(_) | Event::Heartbeat(_)) => {
                    Some(event)
                }
            })
        })
    }
}

/// The schema without the columns that the rule drops, and without what needs them.
fn project(schema: &TableSchema, rule: &Rule) -> Result<TableSchema> {
    let refuse = |column: &str, reason: &str| {
        let at = At::table(schema.name()).column(column);
        Err(Error::config("transform", format!("a column cannot be dropped{at}: {reason}")))
    };
    let columns = schema.columns();
    for column in schema.identity().key_columns().unwrap_or_default() {
        let name = columns[*column].name();
        if !rule.keeps(name) {
            return refuse(name, "it identifies the rows");
        }
    }
    let dropped =
        |name: &str| columns.iter().any(|c| c.name().eq_ignore_ascii_case(name)) && !rule.keeps(name);
    let kept: Vec<_> = columns.iter().filter(|column| rule.keeps(column.name())).cloned().collect();
    if kept.is_empty() {
        let reason = format!("no column of table {} is left", schema.name());
        return Err(Error::config("transform", reason));
    }
    for column in &kept {
        if column.generated().is_some_and(|generated| mentions(&generated.expression, dropped)) {
            return refuse(column.name(), "it stays, but is generated from a column that is dropped");
        }
    }
    let keys = schema.keys().iter().filter(|key| {
        key.parts.iter().all(|part| match part {
            KeyPart::Column { column, .. } => rule.keeps(column),
            KeyPart::Expression { expression, .. } => !mentions(expression, dropped),
        })
    });
    let foreign_keys = schema.foreign_keys().iter();
    let foreign_keys = foreign_keys.filter(|key| key.columns.iter().all(|column| rule.keeps(column)));
    let checks = schema.checks().iter().filter(|check| !mentions(&check.expression, dropped));
    let partitioning = schema.partitioning().filter(|text| !mentions(text, dropped));
    Ok(schema
        .clone()
        .with_keys(keys.cloned().collect())
        .with_columns(kept)
        .with_foreign_keys(foreign_keys.cloned().collect())
        .with_checks(checks.cloned().collect())
        .with_partitioning(partitioning.cloned()))
}
