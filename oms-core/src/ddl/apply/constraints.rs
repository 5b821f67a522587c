//! Foreign keys and CHECK constraints: names given, references resolved.

use std::sync::Arc;

use crate::ddl::statement::{CheckDef, ForeignKeyDef};
use crate::ddl::{DdlContext, Dialect, Product};
use crate::error::Result;
use crate::name::TableName;
use crate::schema::{Check, ForeignKey};

/// Between a table's name and the number of a foreign key without a name.
const FOREIGN_KEY_INFIX: &str = "_ibfk_";
/// Between a table's name and the number of a CHECK without a name.
const CHECK_INFIX: &str = "_chk_";

/// The number of a name that the server gave to a constraint of this table.
fn given_number(name: &str, table: &str, infix: &str) -> Option<u32> {
    let number = name.strip_prefix(table)?.strip_prefix(infix)?;
    let is_number = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { number.parse().ok() } else { None }
}

/// The first number that no name given by the server has reached.
fn next_number<'a>(names: impl Iterator<Item = &'a Arc<str>>, table: &str, infix: &str) -> u32 {
    names.filter_map(|name| given_number(name, table, infix)).max().unwrap_or(0) + 1
}

/// Gives names to foreign keys of one table.
pub(super) struct ForeignKeyNames {
    next: u32,
}

impl ForeignKeyNames {
    /// Goes on behind the names that are there.
    pub(super) fn after(existing: &[ForeignKey], table: &str) -> Self {
        let names = existing.iter().map(|foreign_key| &foreign_key.name);
        Self { next: next_number(names, table, FOREIGN_KEY_INFIX) }
    }

    /// The foreign key that a statement asks for.
    pub(super) fn resolve(
        &mut self,
        def: &ForeignKeyDef,
        table: &TableName,
        context: &DdlContext,
    ) -> Result<ForeignKey> {
        let mut name = def.constraint.clone();
        if name.is_none() && gives_index_name(context) {
            name = def.index.clone();
        }
        let name = name.unwrap_or_else(|| {
            let number = self.next;
            self.next += 1;
            format!("{}{FOREIGN_KEY_INFIX}{number}", table.table()).into()
        });
        let mut referenced = def.referenced.clone();
        // Without a database it is the table's own, not the session's.
        referenced.database.get_or_insert_with(|| table.database().into());
        Ok(ForeignKey {
            name,
            columns: def.columns.clone(),
            referenced_table: context.table(&referenced)?,
            referenced_columns: def.referenced_columns.clone(),
            on_delete: def.on_delete,
            on_update: def.on_update,
        })
    }
}

/// True where the name behind FOREIGN KEY names the constraint as well: MariaDB, and MySQL 8.0 up to 8.0.15.
fn gives_index_name(context: &DdlContext) -> bool {
    context.dialect.product() == Product::MariaDb
        || (Dialect::mysql(8, 0, 0)..Dialect::mysql(8, 0, 16)).contains(&context.dialect)
}

/// Gives names to CHECK constraints of one table.
pub(super) struct CheckNames {
    next: u32,
}

impl CheckNames {
    /// Goes on behind the names that are there.
    pub(super) fn after(existing: &[Check], table: &str, context: &DdlContext) -> Self {
        let names = existing.iter().map(|check| &check.name);
        let next = match context.dialect.product() {
            Product::MariaDb => next_number(names, "CONSTRAINT", "_"),
            _ => next_number(names, table, CHECK_INFIX),
        };
        Self { next }
    }

    /// The constraint that a statement asks for; `column` is the one that it stands behind.
    pub(super) fn resolve(
        &mut self,
        def: &CheckDef,
        column: Option<&str>,
        table: &str,
        context: &DdlContext,
    ) -> Check {
        let name = match (&def.name, column) {
            (Some(name), _) => Arc::clone(name),
            (None, Some(column)) if context.dialect.product() == Product::MariaDb => column.into(),
            (None, _) => self.give(table, context),
        };
        Check { name, expression: def.expression.as_str().into(), enforced: def.enforced }
    }

    /// The next name that the server gives.
    pub(super) fn give(&mut self, table: &str, context: &DdlContext) -> Arc<str> {
        let number = self.next;
        self.next += 1;
        match context.dialect.product() {
            Product::MariaDb => format!("CONSTRAINT_{number}").into(),
            _ => format!("{table}{CHECK_INFIX}{number}").into(),
        }
    }
}

/// The names that follow a table's own name when it is renamed.
pub(crate) fn follow_table_name(name: &Arc<str>, from: &str, to: &str) -> Arc<str> {
    for infix in [FOREIGN_KEY_INFIX, CHECK_INFIX] {
        if let Some(number) = given_number(name, from, infix) {
            return format!("{to}{infix}{number}").into();
        }
    }
    Arc::clone(name)
}

/// Puts foreign keys and constraints in the order of their names.
pub(crate) fn sort(foreign_keys: &mut [ForeignKey], checks: &mut [Check]) {
    foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    checks.sort_by(|a, b| a.name.cmp(&b.name));
}
