//! ALTER TABLE: the table after all actions of one statement.

use std::sync::Arc;

use crate::ddl::DdlContext;
use crate::ddl::apply::columns::{self, Columns};
use crate::ddl::apply::constraints;
use crate::ddl::apply::create::{self, Elements};
use crate::ddl::apply::keys::{self, Draft, same_name};
use crate::ddl::apply::partitions;
use crate::ddl::expression;
use crate::ddl::statement::{AlterAction, TableElement};
use crate::error::{At, Error, Result};
use crate::schema::{Check, DefaultValue, ForeignKey, Key, KeyKind, KeyPart, TableSchema};

/// What ALTER TABLE does to a table, its new name left aside.
pub(super) struct Altered {
    pub(super) after: TableSchema,
    /// Columns that kept their values under another name.
    pub(super) renamed: Vec<(Arc<str>, Arc<str>)>,
}

/// Applies the actions to a table.
///
/// All names in the actions are those before the statement, but for those behind AFTER and those of new indexes, which
/// are those afterwards, as on the server.
pub(super) fn alter(before: &TableSchema, actions: &[AlterAction], context: &DdlContext) -> Result<Altered> {
    let missing = |what: &str, name: &str| {
        let reason =
            format!("the statement changes {what} {name}, which the schema known here does not have");
        Error::refused(At::table(before.name()), reason)
    };
    let collation = columns::table_collation(before, actions, context)?;
    let Columns { columns, renamed, written } = columns::alter(before, actions, &collation, context)?;
    let new_name = |old: &str| -> Option<Arc<str>> {
        let moved = renamed.iter().find(|(from, _)| from.as_ref().is_some_and(|from| same_name(from, old)));
        moved.map(|(_, to)| Arc::clone(to))
    };

    let mut kept = Constraints::of(before);
    kept.remove(actions, missing)?;
    kept.change(actions, missing)?;
    let mut drafts: Vec<Draft> = Vec::new();
    for key in &kept.keys {
        if let Some(key) = keys::follow(key, new_name, before.columns(), &columns) {
            drafts.push(Draft::existing(key));
        }
    }
    for foreign_key in &mut kept.foreign_keys {
        for column in &mut foreign_key.columns {
            *column = new_name(column).unwrap_or_else(|| Arc::clone(column));
        }
    }
    kept.drop_checks_of_dropped_columns(before, &new_name, context);

    let mut elements = Elements::after(before.foreign_keys(), before.checks(), before.name(), context);
    for action in actions {
        match action {
            AlterAction::Add(element) if !is_there(element, &kept) => elements.add(element, &columns)?,
            AlterAction::AddColumn { column, .. } | AlterAction::ChangeColumn { column, .. }
                if written.contains(&column.name) =>
            {
                elements.add(&TableElement::Column(column.clone()), &columns)?;
            }
            _ => {}
        }
    }
    drafts.append(&mut elements.drafts);
    let mut columns = columns;
    create::not_null_of_primary_key(&mut columns, &drafts);
    let mut foreign_keys = kept.foreign_keys;
    foreign_keys.append(&mut elements.foreign_keys);
    let mut checks = kept.checks;
    checks.append(&mut elements.checks);
    constraints::sort(&mut foreign_keys, &mut checks);

    let mut options = before.options().clone();
    let mut comment = before.comment().cloned();
    for action in actions {
        if let AlterAction::Options(written) = action {
            create::apply_options(written, &mut options);
            if let Some(text) = &written.comment {
                comment = (!text.is_empty()).then(|| text.as_str().into());
            }
        }
    }
    let partitioning = partitions::alter(before, actions, context)?;
    let after = before
        .clone()
        .with_columns(columns)
        .with_keys(keys::finish(drafts))
        .with_foreign_keys(foreign_keys)
        .with_checks(checks)
        .with_collation(Some(collation))
        .with_comment(comment)
        .with_options(options)
        .with_partitioning(partitioning);
    let renamed =
        renamed.into_iter().filter_map(|(from, to)| Some((from?, to))).filter(|(from, to)| from != to);
    let altered = Altered { renamed: renamed.collect(), after };
    refuse_renamed_in_expressions(&altered, context)?;
    Ok(altered)
}

/// A renamed column may stand in expressions. MySQL refuses such a statement; where a server rewrites the expressions,
/// guessing how would be worse than to stop.
fn refuse_renamed_in_expressions(altered: &Altered, context: &DdlContext) -> Result<()> {
    let table = &altered.after;
    for (name, _) in &altered.renamed {
        let is_gone = table.column_position(name).is_none();
        if is_gone && expressions(table).any(|text| expression::mentions(text, name, context.dialect)) {
            let feature = format!("renaming column {name} of {}, which an expression uses", table.name());
            return Err(Error::unsupported("the DDL model", feature));
        }
    }
    Ok(())
}

/// All expressions of a table.
fn expressions(table: &TableSchema) -> impl Iterator<Item = &Arc<str>> {
    let of_columns = table.columns().iter().flat_map(|column| {
        let default = match column.default() {
            Some(DefaultValue::Expression(text)) => Some(text),
            _ => None,
        };
        default.into_iter().chain(column.generated().map(|generated| &generated.expression))
    });
    let of_keys = table.keys().iter().flat_map(|key| &key.parts).filter_map(|part| match part {
        KeyPart::Expression { expression, .. } => Some(expression),
        KeyPart::Column { .. } => None,
    });
    let of_checks = table.checks().iter().map(|check| &check.expression);
    of_columns.chain(of_keys).chain(of_checks).chain(table.partitioning())
}

/// True for an element that IF NOT EXISTS leaves out.
fn is_there(element: &TableElement, kept: &Constraints) -> bool {
    match element {
        TableElement::Key(def) if def.if_not_exists => {
            let name = def.name.as_deref();
            kept.keys.iter().any(|key| name.is_some_and(|name| same_name(&key.name, name)))
        }
        _ => false,
    }
}

/// What a table has beside its columns.
struct Constraints {
    keys: Vec<Key>,
    foreign_keys: Vec<ForeignKey>,
    checks: Vec<Check>,
}

impl Constraints {
    fn of(table: &TableSchema) -> Self {
        Self {
            keys: table.keys().to_vec(),
            foreign_keys: table.foreign_keys().to_vec(),
            checks: table.checks().to_vec(),
        }
    }

    /// Carries out the DROP actions.
    fn remove(&mut self, actions: &[AlterAction], missing: impl Fn(&str, &str) -> Error) -> Result<()> {
        for action in actions {
            let (removed, what, name) = match action {
                AlterAction::DropPrimaryKey => {
                    (remove(&mut self.keys, |key| key.kind == KeyKind::Primary), "index", "PRIMARY")
                }
                AlterAction::DropKey { key: name, if_exists } => {
                    let removed = remove(&mut self.keys, |key| same_name(&key.name, name));
                    (removed || *if_exists, "index", &**name)
                }
                AlterAction::DropForeignKey { name, if_exists } => {
                    let removed = remove(&mut self.foreign_keys, |key| same_name(&key.name, name));
                    (removed || *if_exists, "foreign key", &**name)
                }
                AlterAction::DropCheck(name) => {
                    (remove(&mut self.checks, |check| same_name(&check.name, name)), "constraint", &**name)
                }
                AlterAction::DropConstraint { name, if_exists } => {
                    (self.remove_constraint(name) || *if_exists, "constraint", &**name)
                }
                _ => continue,
            };
            if !removed {
                return Err(missing(what, name));
            }
        }
        Ok(())
    }

    /// DROP CONSTRAINT: the primary key, a unique index, a foreign key or a CHECK of this name.
    fn remove_constraint(&mut self, name: &str) -> bool {
        remove(&mut self.foreign_keys, |key| same_name(&key.name, name))
            || remove(&mut self.checks, |check| same_name(&check.name, name))
            || remove(&mut self.keys, |key| key.is_unique() && same_name(&key.name, name))
    }

    /// Carries out the actions that rename or mark indexes and constraints.
    fn change(&mut self, actions: &[AlterAction], missing: impl Fn(&str, &str) -> Error) -> Result<()> {
        for action in actions {
            match action {
                AlterAction::RenameKey { from, to } => {
                    let key = self.keys.iter_mut().find(|key| same_name(&key.name, from));
                    key.ok_or_else(|| missing("index", from))?.name = Arc::clone(to);
                }
                AlterAction::SetKeyVisible { key: name, visible } => {
                    let key = self.keys.iter_mut().find(|key| same_name(&key.name, name));
                    key.ok_or_else(|| missing("index", name))?.visible = *visible;
                }
                AlterAction::SetCheckEnforced { name, enforced } => {
                    let check = self.checks.iter_mut().find(|check| same_name(&check.name, name));
                    check.ok_or_else(|| missing("constraint", name))?.enforced = *enforced;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A CHECK that uses one column only goes with it.
    fn drop_checks_of_dropped_columns(
        &mut self,
        before: &TableSchema,
        new_name: &impl Fn(&str) -> Option<Arc<str>>,
        context: &DdlContext,
    ) {
        let dropped: Vec<_> =
            before.columns().iter().filter(|column| new_name(column.name()).is_none()).collect();
        self.checks.retain(|check| {
            !dropped
                .iter()
                .any(|column| expression::mentions(&check.expression, column.name(), context.dialect))
        });
    }
}

/// Removes the first entry that is meant; false if there is none.
fn remove<T>(entries: &mut Vec<T>, is_meant: impl Fn(&T) -> bool) -> bool {
    match entries.iter().position(is_meant) {
        Some(position) => {
            entries.remove(position);
            true
        }
        None => false,
    }
}
