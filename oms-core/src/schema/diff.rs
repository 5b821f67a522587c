//! [`SchemaDiff`]: what is different between two schemas of a table, by the identity of columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{Check, Collation, Column, DefaultValue, ForeignKey, Generated, Key, KeyPart, TableSchema};
use crate::ddl::{same_expression, same_partitioning};

/// What is different between two schemas of a table.
///
/// Expressions count as the same if they say the same, whichever server printed them. The name of the table is not
/// looked at.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::schema::{Column, ColumnDiff, ColumnType, SchemaDiff, TableSchema};
/// let before = TableSchema::new(TableName::new("s", "t"), vec![Column::new("a", ColumnType::Date)]);
/// let after = before.clone().with_columns(vec![Column::new("b", ColumnType::Date)]);
/// let renamed = [("a".into(), "b".into())];
/// let diff = SchemaDiff::between(&before, &after, &renamed);
/// assert!(matches!(diff.columns.as_slice(), [ColumnDiff::Changed { .. }]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaDiff {
    /// Dropped columns, then the others in the order of the table afterwards.
    pub columns: Vec<ColumnDiff>,
    /// Indexes, by name.
    pub keys: Vec<Difference<Key>>,
    /// Foreign keys, by name.
    pub foreign_keys: Vec<Difference<ForeignKey>>,
    /// CHECK constraints, by name.
    pub checks: Vec<Difference<Check>>,
    /// Default collation.
    pub collation: Option<Change<Collation>>,
    /// Comment.
    pub comment: Option<Change<Arc<str>>>,
    /// Storage options, by name.
    pub options: BTreeMap<Arc<str>, Change<Arc<str>>>,
    /// PARTITION BY clause.
    pub partitioning: Option<Change<Arc<str>>>,
}

/// A property that is another afterwards; `None` where there was or is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<T> {
    /// What it was.
    pub before: Option<T>,
    /// What it is.
    pub after: Option<T>,
}

impl<T: Clone + PartialEq> Change<T> {
    /// The change between two values; `None` if they are the same.
    fn between(before: Option<&T>, after: Option<&T>) -> Option<Self> {
        (before != after).then(|| Self { before: before.cloned(), after: after.cloned() })
    }
}

/// What became of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnDiff {
    /// It is new.
    Added {
        /// The column.
        column: Column,
        /// Where it stands.
        place: Place,
    },
    /// It is gone.
    Dropped(Column),
    /// It has another definition, name or place.
    Changed {
        /// The column before.
        before: Column,
        /// The column afterwards; equal to `before` if it only moved.
        after: Column,
        /// Where it stands now, if it moved against the other columns.
        moved: Option<Place>,
    },
}

/// Where a column stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// Behind the column of this name afterwards.
    After(Arc<str>),
}

/// What became of an index or a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference<T> {
    /// It is new.
    Added(T),
    /// It is gone.
    Dropped(T),
    /// Something else stands under its name.
    Changed {
        /// What stood there before.
        before: T,
        /// What stands there now.
        after: T,
    },
}

impl SchemaDiff {
    /// The difference between two schemas, where `renamed` columns (before, after) are the same columns under another
    /// name.
    pub fn between(before: &TableSchema, after: &TableSchema, renamed: &[(Arc<str>, Arc<str>)]) -> Self {
        let names: BTreeSet<&Arc<str>> = before.options().keys().chain(after.options().keys()).collect();
        let options = names.into_iter().filter_map(|name| {
            let change = Change::between(before.options().get(name), after.options().get(name))?;
            Some((Arc::clone(name), change))
        });
        let same_partitions = match (before.partitioning(), after.partitioning()) {
            (Some(a), Some(b)) => same_partitioning(a, b),
            (a, b) => a == b,
        };
        Self {
            columns: columns(before, after, renamed),
            keys: entries(before.keys(), after.keys(), |key| &key.name, same_key),
            foreign_keys: entries(
                before.foreign_keys(),
                after.foreign_keys(),
                |key| &key.name,
                PartialEq::eq,
            ),
            checks: entries(before.checks(), after.checks(), |check| &check.name, same_check),
            collation: Change::between(before.collation(), after.collation()),
            comment: Change::between(before.comment(), after.comment()),
            options: options.collect(),
            partitioning: match same_partitions {
                true => None,
                false => Change::between(before.partitioning(), after.partitioning()),
            },
        }
    }

    /// True if nothing is different.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

fn columns(before: &TableSchema, after: &TableSchema, renamed: &[(Arc<str>, Arc<str>)]) -> Vec<ColumnDiff> {
    // The position before of each column afterwards.
    let origin = |column: &Column| {
        let from = renamed.iter().find(|(_, to)| same_name(to, column.name()));
        let is_taken = |name: &str| renamed.iter().any(|(from, _)| same_name(from, name));
        match from {
            Some((from, _)) => before.column_position(from),
            None if is_taken(column.name()) => None,
            None => before.column_position(column.name()),
        }
    };
    let origins: Vec<Option<usize>> = after.columns().iter().map(origin).collect();
    let staying = longest_increasing(&origins);
    let mut diffs: Vec<ColumnDiff> = before
        .columns()
        .iter()
        .enumerate()
        .filter(|(position, _)| !origins.contains(&Some(*position)))
        .map(|(_, column)| ColumnDiff::Dropped(column.clone()))
        .collect();
    for (position, column) in after.columns().iter().enumerate() {
        let place = match position.checked_sub(1) {
            None => Place::First,
            Some(previous) => Place::After(Arc::clone(after.columns()[previous].name())),
        };
        match origins[position] {
            None => diffs.push(ColumnDiff::Added { column: column.clone(), place }),
            Some(origin) => {
                let old = &before.columns()[origin];
                let moved = (!staying.contains(&position)).then_some(place);
                if moved.is_some() || !same_column(old, column) {
                    diffs.push(ColumnDiff::Changed { before: old.clone(), after: column.clone(), moved });
                }
            }
        }
    }
    diffs
}

/// Positions of the longest run of values that only grow: these columns need not move.
fn longest_increasing(values: &[Option<usize>]) -> BTreeSet<usize> {
    // For each length, the position that ends such a run with the smallest value, and for each position the one before.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; values.len()];
    for (position, value) in values.iter().enumerate() {
        let Some(value) = value else {
            continue;
        };
        let length = ends.partition_point(|end| values[*end].is_some_and(|other| other < *value));
        previous[position] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() {
            ends.push(position);
        } else {
            ends[length] = position;
        }
    }
    let mut run = BTreeSet::new();
    let mut at = ends.last().copied();
    while let Some(position) = at {
        run.insert(position);
        at = previous[position];
    }
    run
}

fn entries<T: Clone>(
    before: &[T],
    after: &[T],
    name: impl Fn(&T) -> &Arc<str>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Difference<T>> {
    let find = |list: &[T], entry: &T| list.iter().find(|other| same_name(name(other), name(entry))).cloned();
    let mut diffs = Vec::new();
    for old in before {
        match find(after, old) {
            None => diffs.push(Difference::Dropped(old.clone())),
            Some(new) if !same(old, &new) => {
                diffs.push(Difference::Changed { before: old.clone(), after: new });
            }
            Some(_) => {}
        }
    }
    let added = after.iter().filter(|new| find(before, new).is_none());
    diffs.extend(added.cloned().map(Difference::Added));
    diffs
}

/// True if two columns are the same in all that they say.
fn same_column(a: &Column, b: &Column) -> bool {
    let plain = |column: &Column| column.clone().with_default(None).with_generated(None);
    plain(a) == plain(b)
        && same_default(a.default(), b.default())
        && same_generated(a.generated(), b.generated())
}

fn same_default(a: Option<&DefaultValue>, b: Option<&DefaultValue>) -> bool {
    match (a, b) {
        (Some(DefaultValue::Expression(a)), Some(DefaultValue::Expression(b))) => same_expression(a, b),
        _ => a == b,
    }
}

fn same_generated(a: Option<&Generated>, b: Option<&Generated>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.stored == b.stored && same_expression(&a.expression, &b.expression),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn same_key(a: &Key, b: &Key) -> bool {
    let same_part = |(a, b): (&KeyPart, &KeyPart)| match (a, b) {
        (
            KeyPart::Expression { expression: a, descending: a_down },
            KeyPart::Expression { expression: b, descending: b_down },
        ) => a_down == b_down && same_expression(a, b),
        (
            KeyPart::Column { column: a, prefix: a_prefix, descending: a_down },
            KeyPart::Column { column: b, prefix: b_prefix, descending: b_down },
        ) => same_name(a, b) && a_prefix == b_prefix && a_down == b_down,
        _ => false,
    };
    let plain = |key: &Key| Key { parts: Vec::new(), ..key.clone() };
    plain(a) == plain(b) && a.parts.len() == b.parts.len() && a.parts.iter().zip(&b.parts).all(same_part)
}

fn same_check(a: &Check, b: &Check) -> bool {
    a.name == b.name && a.enforced == b.enforced && same_expression(&a.expression, &b.expression)
}

/// Names what is different, for reports: one clause for each difference, joined by `; `.
impl fmt::Display for SchemaDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clauses: Vec<String> = Vec::new();
        for column in &self.columns {
            clauses.push(match column {
                ColumnDiff::Added { column, .. } => format!("column {} added", column.name()),
                ColumnDiff::Dropped(column) => format!("column {} dropped", column.name()),
                ColumnDiff::Changed { before, after, .. } if before == after => {
                    format!("column {} moved", after.name())
                }
                ColumnDiff::Changed { before, after, .. } => describe_change(before, after),
            });
        }
        describe_entries("index", &self.keys, |key| &key.name, &mut clauses);
        describe_entries("foreign key", &self.foreign_keys, |key| &key.name, &mut clauses);
        describe_entries("constraint", &self.checks, |check| &check.name, &mut clauses);
        if let Some(Change { before, after }) = &self.collation {
            let text =
                |collation: &Option<Collation>| collation.as_ref().map_or("none", Collation::name).to_owned();
            clauses.push(format!("default collation {} became {}", text(before), text(after)));
        }
        if self.comment.is_some() {
            clauses.push("comment changed".to_owned());
        }
        clauses.extend(self.options.keys().map(|name| format!("option {name} changed")));
        if self.partitioning.is_some() {
            clauses.push("partitioning changed".to_owned());
        }
        f.write_str(&clauses.join("; "))
    }
}

fn describe_entries<T>(
    what: &str,
    entries: &[Difference<T>],
    name: impl Fn(&T) -> &Arc<str>,
    clauses: &mut Vec<String>,
) {
    clauses.extend(entries.iter().map(|entry| match entry {
        Difference::Added(entry) => format!("{what} {} added", name(entry)),
        Difference::Dropped(entry) => format!("{what} {} dropped", name(entry)),
        Difference::Changed { after, .. } => format!("{what} {} changed", name(after)),
    }));
}

/// Which properties of a column changed.
fn describe_change(before: &Column, after: &Column) -> String {
    let mut what: Vec<String> = Vec::new();
    if before.name() != after.name() {
        what.push(format!("name to {}", after.name()));
    }
    if before.column_type() != after.column_type() {
        what.push(format!("type {} to {}", before.column_type(), after.column_type()));
    }
    if before.collation() != after.collation() {
        let name = |column: &Column| column.collation().map_or("none", Collation::name).to_owned();
        what.push(format!("collation {} to {}", name(before), name(after)));
    }
    let others = [
        ("nullability", before.is_nullable() != after.is_nullable()),
        ("default", !same_default(before.default(), after.default())),
        ("on update", before.is_on_update_now() != after.is_on_update_now()),
        ("auto_increment", before.is_auto_increment() != after.is_auto_increment()),
        ("visibility", before.is_invisible() != after.is_invisible()),
        ("display width", before.is_boolean() != after.is_boolean()),
        ("expression", !same_generated(before.generated(), after.generated())),
        ("comment", before.comment() != after.comment()),
    ];
    what.extend(others.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name.to_owned()));
    format!("column {} changed ({})", before.name(), what.join(", "))
}

#[cfg(test)]
mod tests;
