//! A table schema under other names.

use std::collections::HashSet;
use std::sync::Arc;

use super::identifiers;
use crate::error::{At, Error, Result};
use crate::name::TableName;
use crate::schema::{Check, DefaultValue, ForeignKey, Generated, Key, KeyPart, TableSchema};

/// New names: of tables, and of columns by their table's old name.
pub(super) trait NewNames {
    /// The table's new name.
    fn table(&self, table: &TableName) -> TableName;

    /// The column's new name, `None` if it keeps its own.
    fn column(&self, table: &TableName, column: &str) -> Option<&Arc<str>>;
}

/// The schema with tables and columns renamed wherever they stand: in keys, foreign keys and expressions too.
///
/// # Errors
///
/// [`Error::Refused`] if two columns come to have one name.
pub(super) fn rename(schema: &TableSchema, names: &impl NewNames) -> Result<TableSchema> {
    let table = schema.name();
    let own = |column: &Arc<str>| Arc::clone(names.column(table, column).unwrap_or(column));
    let expression = |text: &Arc<str>| -> Arc<str> {
        let renamed = identifiers::rename(text, |column| names.column(table, column).map(|name| &**name));
        renamed.map_or_else(|| Arc::clone(text), Arc::from)
    };
    let columns: Vec<_> = schema
        .columns()
        .iter()
        .map(|column| {
            let generated = column.generated().map(|generated| Generated {
                expression: expression(&generated.expression),
                stored: generated.stored,
            });
            let default = column.default().map(|default| match default {
                DefaultValue::Expression(text) => DefaultValue::Expression(expression(text)),
                literal => literal.clone(),
            });
            column.clone().with_name(own(column.name())).with_generated(generated).with_default(default)
        })
        .collect();
    let mut taken = HashSet::new();
    for column in &columns {
        if !taken.insert(column.name().to_lowercase()) {
            let at = At::table(table).column(Arc::clone(column.name()));
            return Err(Error::refused(at, "the mapping gives this name to two columns"));
        }
    }
    let keys = schema.keys().iter().map(|key| Key {
        parts: key.parts.iter().map(|part| rename_part(part, own, expression)).collect(),
        ..key.clone()
    });
    let foreign_keys = schema.foreign_keys().iter().map(|key| {
        let referenced = |column: &Arc<str>| {
            let name = names.column(&key.referenced_table, column);
            Arc::clone(name.unwrap_or(column))
        };
        ForeignKey {
            columns: key.columns.iter().map(own).collect(),
            referenced_table: names.table(&key.referenced_table),
            referenced_columns: key.referenced_columns.iter().map(referenced).collect(),
            ..key.clone()
        }
    });
    let checks = schema
        .checks()
        .iter()
        .map(|check| Check { expression: expression(&check.expression), ..check.clone() });
    Ok(schema
        .clone()
        .with_name(names.table(table))
        .with_keys(Vec::new())
        .with_columns(columns)
        .with_keys(keys.collect())
        .with_foreign_keys(foreign_keys.collect())
        .with_checks(checks.collect())
        .with_partitioning(schema.partitioning().map(expression)))
}

fn rename_part(
    part: &KeyPart,
    own: impl Fn(&Arc<str>) -> Arc<str>,
    rename: impl Fn(&Arc<str>) -> Arc<str>,
) -> KeyPart {
    match part {
        KeyPart::Column { column, prefix, descending } => {
            KeyPart::Column { column: own(column), prefix: *prefix, descending: *descending }
        }
        KeyPart::Expression { expression, descending } => {
            KeyPart::Expression { expression: rename(expression), descending: *descending }
        }
    }
}
