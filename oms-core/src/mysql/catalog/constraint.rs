//! Foreign keys and CHECK constraints.

use std::collections::HashMap;

use super::column::expression;
use crate::ddl::Dialect;
use crate::error::{Error, Result};
use crate::mysql::TextRow;
use crate::name::TableName;
use crate::schema::{Check, ForeignKey, ReferentialAction};

/// What the foreign keys of some tables do, by table and name: ON UPDATE and ON DELETE.
pub(super) type Actions = HashMap<(String, String), (ReferentialAction, ReferentialAction)>;

/// Reads the rows of [`super::query::actions`].
pub(super) fn actions(rows: &[TextRow]) -> Result<Actions> {
    let entry = |row: &TextRow| {
        let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok((key, (action(row.text(2)?)?, action(row.text(3)?)?)))
    };
    rows.iter().map(entry).collect()
}

fn action(text: &str) -> Result<ReferentialAction> {
    Ok(match text {
        // The engines check both at once, and MySQL 5.7 prints now one and now the other for the same constraint.
        "NO ACTION" | "RESTRICT" => ReferentialAction::NoAction,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        other => {
            return Err(Error::unsupported("the schema model", format!("the referential action {other}")));
        }
    })
}

/// Reads the rows of [`super::query::foreign_keys`] of one table.
pub(super) fn foreign_keys(rows: &[TextRow], table: &str, actions: &Actions) -> Result<Vec<ForeignKey>> {
    let mut foreign_keys: Vec<ForeignKey> = Vec::new();
    for row in rows {
        let name = row.text(1)?;
        if foreign_keys.last().is_none_or(|key| &*key.name != name) {
            let Some((on_update, on_delete)) = actions.get(&(table.to_owned(), name.to_owned())) else {
                let reason = format!("the server does not say what foreign key {name} does");
                return Err(Error::decode("a schema", reason));
            };
            foreign_keys.push(ForeignKey {
                name: name.into(),
                columns: Vec::new(),
                referenced_table: TableName::new(row.text(3)?, row.text(4)?),
                referenced_columns: Vec::new(),
                on_delete: *on_delete,
                on_update: *on_update,
            });
        }
        if let Some(foreign_key) = foreign_keys.last_mut() {
            foreign_key.columns.push(row.text(2)?.into());
            foreign_key.referenced_columns.push(row.text(5)?.into());
        }
    }
    foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(foreign_keys)
}

/// Reads the rows of [`super::query::checks`] of one table.
pub(super) fn checks(rows: &[TextRow], dialect: Dialect) -> Result<Vec<Check>> {
    let mut checks = Vec::with_capacity(rows.len());
    for row in rows {
        checks.push(Check {
            name: row.text(1)?.into(),
            expression: expression(row.text(2)?, dialect).into(),
            enforced: row.text(3)? == "YES",
        });
    }
    checks.sort_by(|a: &Check, b| a.name.cmp(&b.name));
    Ok(checks)
}
