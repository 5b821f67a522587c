//! [`TablePair`]: which tables are compared, and what of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_core::TableName;
use oms_core::schema::{Column, ColumnType, KeyPart, TableSchema};
use serde::Serialize;

use crate::error::Side;
use crate::rule::ColumnRule;

/// Two tables that should hold the same rows.
///
/// Columns are compared by name, without case, as MySQL names them; every column of either side is compared unless it
/// is left out here, and one that the other side does not have is a difference.
///
/// # Examples
///
/// ```
/// use oms_check::TablePair;
/// use oms_core::TableName;
/// let pair = TablePair::new(TableName::new("shop", "orders"), TableName::new("shop_new", "orders"))
///     .with_column("note", "remark")
///     .without_column("cached_total");
/// assert_eq!(pair.target().to_string(), "shop_new.orders");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePair {
    source: TableName,
    target: TableName,
    /// Name at the target by name at the source, both in lower case.
    renamed: BTreeMap<String, String>,
    /// In lower case.
    left_out: BTreeSet<String>,
}

impl TablePair {
    /// All columns of these two tables, by name.
    pub fn new(source: TableName, target: TableName) -> Self {
        Self { source, target, renamed: BTreeMap::new(), left_out: BTreeSet::new() }
    }

    /// The same table name on both sides.
    pub fn same(table: TableName) -> Self {
        Self::new(table.clone(), table)
    }

    /// The same with a column that has another name at the target.
    #[must_use]
    pub fn with_column(mut self, source: &str, target: &str) -> Self {
        self.renamed.insert(source.to_lowercase(), target.to_lowercase());
        self
    }

    /// The same without a column, by its name on the side that has it (at the source, if both have).
    #[must_use]
    pub fn without_column(mut self, name: &str) -> Self {
        self.left_out.insert(name.to_lowercase());
        self
    }

    /// The table at the source.
    pub fn source(&self) -> &TableName {
        &self.source
    }

    /// The table at the target.
    pub fn target(&self) -> &TableName {
        &self.target
    }
}

/// A pair of columns whose values are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedColumn {
    /// Its name at the source.
    pub source: Arc<str>,
    /// Its name at the target.
    pub target: Arc<str>,
    /// The form in which its values are compared.
    pub rule: ColumnRule,
}

/// A difference between the structures of two tables, which leaves values without anything to compare them with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StructureDifference {
    /// There is no such table.
    TableMissing {
        /// Where.
        side: Side,
    },
    /// There is no such column.
    ColumnMissing {
        /// Where.
        side: Side,
        /// Its name on the other side.
        column: Arc<str>,
    },
    /// Two columns of one name hold values of kinds that cannot be equal.
    NotComparable {
        /// Its name at the source.
        column: Arc<str>,
        /// Their types.
        reason: Box<str>,
    },
}

/// What of a pair of tables is compared, and how.
#[derive(Debug)]
pub(crate) struct TablePlan {
    pub(crate) columns: Vec<ColumnPlan>,
    pub(crate) structure: Vec<StructureDifference>,
    pub(crate) key: Option<KeyPlan>,
}

/// A pair of columns.
#[derive(Debug)]
pub(crate) struct ColumnPlan {
    pub(crate) source: Column,
    pub(crate) target: Column,
    pub(crate) rule: ColumnRule,
}

impl ColumnPlan {
    pub(crate) fn on(&self, side: Side) -> &Column {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    pub(crate) fn compared(&self) -> ComparedColumn {
        ComparedColumn {
            source: Arc::clone(self.source.name()),
            target: Arc::clone(self.target.name()),
            rule: self.rule.clone(),
        }
    }
}

/// The columns that name a row on both sides.
#[derive(Debug)]
pub(crate) struct KeyPlan {
    /// Positions in [`TablePlan::columns`], in the order of the index.
    pub(crate) columns: Vec<usize>,
    /// The index at the source.
    pub(crate) source_index: Arc<str>,
    /// The index at the target.
    pub(crate) target_index: Arc<str>,
    /// True if both servers sort the keys alike by their indexes, so that both find a range of them quickly.
    pub(crate) is_ordered: bool,
}

impl TablePlan {
    /// What can be compared of these two tables.
    pub(crate) fn new(pair: &TablePair, source: &TableSchema, target: &TableSchema) -> Self {
        let mut columns: Vec<ColumnPlan> = Vec::new();
        let mut structure = Vec::new();
        let mut taken = BTreeSet::new();
        for column in source.columns() {
            let name = column.name().to_lowercase();
            let wanted = pair.renamed.get(&name).unwrap_or(&name);
            let other = target.columns().iter().find(|other| other.name().to_lowercase() == *wanted);
            taken.extend(other.map(|_| wanted.clone()));
            if pair.left_out.contains(&name) {
                continue;
            }
            let Some(other) = other else {
                let column = Arc::clone(column.name());
                structure.push(StructureDifference::ColumnMissing { side: Side::Target, column });
                continue;
            };
            match ColumnRule::of(column, other) {
                Ok(rule) => columns.push(ColumnPlan { source: column.clone(), target: other.clone(), rule }),
                Err(reason) => {
                    let column = Arc::clone(column.name());
                    structure.push(StructureDifference::NotComparable { column, reason });
                }
            }
        }
        for column in target.columns() {
            let name = column.name().to_lowercase();
            if !taken.contains(&name) && !pair.left_out.contains(&name) {
                let column = Arc::clone(column.name());
                structure.push(StructureDifference::ColumnMissing { side: Side::Source, column });
            }
        }
        let key = key(&columns, source, target);
        Self { columns, structure, key }
    }
}

/// The source's row identity, if the target enforces it too.
fn key(columns: &[ColumnPlan], source: &TableSchema, target: &TableSchema) -> Option<KeyPlan> {
    let names = |schema: &TableSchema| {
        let positions = schema.identity().key_columns()?;
        Some(positions.iter().map(|at| Arc::clone(schema.columns()[*at].name())).collect::<Vec<_>>())
    };
    let index = |schema: &TableSchema| match schema.identity() {
        oms_core::schema::RowIdentity::Key { index, .. } => Some(Arc::clone(index)),
        oms_core::schema::RowIdentity::WholeRow => None,
    };
    let own = names(source)?;
    let positions: Vec<usize> = own
        .iter()
        .map(|name| columns.iter().position(|column| column.source.name() == name))
        .collect::<Option<_>>()?;
    let wanted: Vec<String> = positions.iter().map(|at| columns[*at].target.name().to_lowercase()).collect();
    // The target's own choice may be another one of several unique keys.
    let is_not_null = |name: &str| {
        target.columns().iter().any(|column| column.name().to_lowercase() == name && !column.is_nullable())
    };
    let found = target.keys().iter().filter(|key| key.is_unique()).find_map(|key| {
        let names: Vec<String> = key.whole_columns()?.into_iter().map(|name| name.to_lowercase()).collect();
        let is_same = names.len() == wanted.len() && wanted.iter().all(|name| names.contains(name));
        (is_same && names.iter().all(|name| is_not_null(name))).then_some((key, names == wanted))
    });
    let (target_key, is_same_order) = found?;
    let descends =
        |schema: &TableSchema, index: &str| {
            schema.keys().iter().filter(|key| &*key.name == index).flat_map(|key| &key.parts).any(|part| {
                matches!(part, KeyPart::Column { descending: true, .. } | KeyPart::Expression { .. })
            })
        };
    let source_index = index(source)?;
    let is_ordered = is_same_order
        && !descends(source, &source_index)
        && positions.iter().all(|at| sorts_alike(&columns[*at]));
    Some(KeyPlan { columns: positions, source_index, target_index: Arc::clone(&target_key.name), is_ordered })
}

/// True if the indexes of both servers have the values of this column in one order.
///
/// A wrong answer costs time, never a wrong verdict: see the module about ranges.
fn sorts_alike(column: &ColumnPlan) -> bool {
    let is_string = |column: &Column| {
        matches!(
            column.column_type(),
            ColumnType::Char { .. } | ColumnType::VarChar { .. } | ColumnType::Text(_)
        )
    };
    match column.rule {
        ColumnRule::Integer
        | ColumnRule::Decimal { .. }
        | ColumnRule::Real
        | ColumnRule::Date
        | ColumnRule::Time { .. }
        | ColumnRule::DateTime { .. }
        | ColumnRule::Members
        | ColumnRule::Bytes => true,
        ColumnRule::TextBytes if is_string(&column.source) && is_string(&column.target) => {
            match (column.source.collation(), column.target.collation()) {
                (Some(a), Some(b)) => a == b || a.is_binary() && b.is_binary(),
                (a, b) => a == b,
            }
        }
        ColumnRule::TextBytes
        | ColumnRule::Text
        | ColumnRule::Json
        | ColumnRule::Geometry
        | ColumnRule::Vector => false,
    }
}

#[cfg(test)]
mod tests {
    use oms_core::schema::{Collation, IntWidth, Key, KeyKind};

    use super::*;

    const INT: ColumnType = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };

    fn int(name: &str) -> Column {
        Column::new(name, INT).with_nullable(false)
    }

    fn text(name: &str, collation: &str) -> Column {
        Column::new(name, ColumnType::VarChar { length: 9 })
            .with_nullable(false)
            .with_collation(Some(Collation::new(collation)))
    }

    fn table(columns: Vec<Column>, keys: &[&[&str]]) -> TableSchema {
        let keys = keys.iter().enumerate().map(|(i, columns)| match i {
            0 => Key::unique("PRIMARY", KeyKind::Primary, columns.iter().copied()),
            _ => Key::unique("u", KeyKind::Unique, columns.iter().copied()),
        });
        TableSchema::new(TableName::new("d", "t"), columns).with_keys(keys.collect())
    }

    fn pair() -> TablePair {
        TablePair::same(TableName::new("d", "t"))
    }

    #[test]
    fn columns_meet_by_name_and_what_is_left_is_told() {
        let source = table(vec![int("Id"), int("old"), int("gone"), int("cache"), int("kind")], &[&["Id"]]);
        let date = Column::new("kind", ColumnType::Date);
        let target = table(vec![int("more"), int("id"), int("new"), date], &[&["id"]]);
        let plan =
            TablePlan::new(&pair().with_column("OLD", "New").without_column("CACHE"), &source, &target);
        let names: Vec<_> =
            plan.columns.iter().map(|column| (&**column.source.name(), &**column.target.name())).collect();
        assert_eq!(names, [("Id", "id"), ("old", "new")]);
        assert!(matches!(
            &plan.structure[..],
            [
                StructureDifference::ColumnMissing { side: Side::Target, column: gone },
                StructureDifference::NotComparable { column: kind, .. },
                StructureDifference::ColumnMissing { side: Side::Source, column: more },
            ] if &**gone == "gone" && &**kind == "kind" && &**more == "more"
        ));
        assert!(plan.key.unwrap().is_ordered);
    }

    #[test]
    fn a_key_counts_only_where_both_sides_enforce_it() {
        let columns = || vec![int("a"), int("b")];
        let key = |source: &[&[&str]], target: &[&[&str]]| {
            TablePlan::new(&pair(), &table(columns(), source), &table(columns(), target)).key
        };
        assert!(key(&[], &[&["a"]]).is_none());
        assert!(key(&[&["a"]], &[]).is_none());
        assert!(key(&[&["a"]], &[&["a", "b"]]).is_none());
        let other = key(&[&["a"]], &[&["b"], &["a"]]).unwrap();
        assert_eq!((&*other.target_index, other.is_ordered), ("u", true));
        assert!(!key(&[&["a", "b"]], &[&["b", "a"]]).unwrap().is_ordered);
        assert!(key(&[&["a", "b"]], &[&["a", "b"]]).unwrap().is_ordered);
    }

    #[test]
    fn keys_are_ordered_alike_only_under_collations_that_agree() {
        let ordered = |a: &str, b: &str| {
            let source = table(vec![text("a", a)], &[&["a"]]);
            let target = table(vec![text("a", b)], &[&["a"]]);
            TablePlan::new(&pair(), &source, &target).key.unwrap().is_ordered
        };
        assert!(ordered("utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci"));
        assert!(ordered("utf8mb3_bin", "utf8mb4_bin"));
        assert!(!ordered("utf8mb4_0900_ai_ci", "utf8mb4_bin"));
        assert!(!ordered("latin1_bin", "utf8mb4_bin"));
    }
}
