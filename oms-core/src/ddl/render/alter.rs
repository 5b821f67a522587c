//! Differences to ALTER TABLE.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::action::{
    KeyActions, Steps, add_key, change_column, come, drop_key, gone, only_default, partitions, place,
    table_options,
};
use super::column::{check_definition, column_definition, foreign_key_definition};
use super::oceanbase;
use crate::ddl::{Dialect, Product};
use crate::error::Result;
use crate::mysql::{quote_ident, quote_table};
use crate::name::TableName;
use crate::schema::{ColumnDiff, SchemaDiff, TableSchema};

/// Renders the statements that turn a table of one schema into one of another; none if they are the same.
///
/// `renamed` columns (before, after) keep their values. On MySQL one statement does all but foreign keys and partitions, so
/// that it happens as a whole or not at all. OceanBase takes few actions together, so a failure leaves those before it
/// done: the way on is to render again from what is there.
///
/// # Errors
///
/// [`crate::Error::Refused`] for a difference that the dialect cannot be brought over without losing rows or the table.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::ddl::{Dialect, render_alter};
/// use oms_core::schema::{Column, ColumnType, TableSchema};
/// let before = TableSchema::new(TableName::new("shop", "days"), vec![Column::new("a", ColumnType::Date)]);
/// let after = before.clone().with_columns(vec![Column::new("b", ColumnType::Date)]);
/// let statements = render_alter(&before, &after, &[("a".into(), "b".into())], Dialect::mysql(9, 7, 4))?;
/// assert_eq!(statements, ["ALTER TABLE `shop`.`days` CHANGE COLUMN `a` `b` date"]);
/// # Ok::<(), oms_core::Error>(())
/// ```
pub fn render_alter(
    before: &TableSchema,
    after: &TableSchema,
    renamed: &[(Arc<str>, Arc<str>)],
    dialect: Dialect,
) -> Result<Vec<String>> {
    let diff = SchemaDiff::between(before, after, renamed);
    let mut steps = Steps::new(before.name(), dialect);
    for foreign_key in gone(&diff.foreign_keys) {
        steps.alone(format!("DROP FOREIGN KEY {}", quote_ident(&foreign_key.name)));
    }
    match dialect.product() {
        Product::OceanBase => oceanbase::alter(before, after, &diff, &mut steps)?,
        Product::MySql | Product::MariaDb => at_once(&diff, &mut steps),
    }
    for foreign_key in come(&diff.foreign_keys) {
        steps.alone(format!("ADD {}", foreign_key_definition(foreign_key)));
    }
    partitions(&diff, &mut steps)?;
    Ok(steps.statements)
}

/// Everything in one statement.
fn at_once(diff: &SchemaDiff, steps: &mut Steps<'_>) {
    let dialect = steps.dialect;
    let dropped = if dialect.product() == Product::MariaDb { "CONSTRAINT" } else { "CHECK" };
    for check in gone(&diff.checks) {
        steps.next(format!("DROP {dropped} {}", quote_ident(&check.name)));
    }
    let keys = KeyActions::of(&diff.keys);
    for key in &keys.dropped {
        steps.next(drop_key(key));
    }
    for action in keys.in_place {
        steps.next(action);
    }
    for column in &diff.columns {
        steps.next(match column {
            ColumnDiff::Dropped(column) => format!("DROP COLUMN {}", quote_ident(column.name())),
            ColumnDiff::Added { column, place: at } => {
                format!("ADD COLUMN {}{}", column_definition(column, None, dialect), place(Some(at)))
            }
            ColumnDiff::Changed { before, after, moved } => match only_default(before, after) {
                Some(action) if moved.is_none() => action,
                _ => change_column(before.name(), after, moved.as_ref(), dialect),
            },
        });
    }
    for key in &keys.added {
        steps.next(add_key(key));
    }
    for option in table_options(diff, dialect) {
        steps.next(option);
    }
    for check in come(&diff.checks) {
        steps.next(format!("ADD {}", check_definition(check)));
    }
    steps.end();
}

/// Renders renames that happen at once: one RENAME TABLE, through names of its own where tables change places.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::ddl::render_renames;
/// let (a, b) = (TableName::new("s", "a"), TableName::new("s", "b"));
/// let sql = render_renames(&[(a.clone(), b.clone()), (b, a)]);
/// assert_eq!(sql, "RENAME TABLE `s`.`a` TO `s`.`_oms_rename_0`, `s`.`b` TO `s`.`a`, `s`.`_oms_rename_0` TO `s`.`b`");
/// ```
pub fn render_renames(renames: &[(TableName, TableName)]) -> String {
    let mut waiting: Vec<(TableName, TableName)> = renames.to_vec();
    let mut pairs: Vec<String> = Vec::new();
    let mut push = |from: &TableName, to: &TableName| {
        pairs.push(format!("{} TO {}", quote_table(from), quote_table(to)));
    };
    let mut aside = 0;
    while !waiting.is_empty() {
        let sources: BTreeSet<TableName> = waiting.iter().map(|(from, _)| from.clone()).collect();
        // A rename may go ahead once nothing that still has to move bears its new name.
        let (ready, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, to)| !sources.contains(to));
        for (from, to) in &ready {
            push(from, to);
        }
        waiting = blocked;
        if ready.is_empty()
            && let Some((from, _)) = waiting.first_mut()
        {
            let place = TableName::new(from.database(), format!("_oms_rename_{aside}"));
            push(from, &place);
            *from = place;
            aside += 1;
        }
    }
    format!("RENAME TABLE {}", pairs.join(", "))
}
