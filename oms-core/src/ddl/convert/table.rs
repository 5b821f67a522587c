//! A table as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::note::{Effect, Note, Object, Problem, Refusals, Rule};
use super::{Conversion, collation, column, key, partition};
use crate::ddl::{CreateStatements, render_create};
use crate::schema::{Column, ForeignKey, KeyPart, TableSchema};

/// A table for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Converted {
    /// Its schema there.
    pub table: TableSchema,
    /// The statements that make it.
    pub statements: CreateStatements,
    /// What is different there.
    pub notes: Vec<Note>,
}

/// What a conversion has found so far.
pub(super) struct Findings<'a> {
    pub(super) conversion: &'a Conversion,
    pub(super) source: &'a TableSchema,
    pub(super) notes: Vec<Note>,
    pub(super) problems: Vec<Problem>,
}

impl Findings<'_> {
    pub(super) fn note(&mut self, object: Object, rule: Rule, from: &str, to: &str, effect: Effect) {
        self.notes.push(Note {
            table: self.source.name().clone(),
            object,
            rule,
            from: from.into(),
            to: to.into(),
            effect,
        });
    }

    pub(super) fn refuse(&mut self, object: Object, rule: Rule, reason: impl Into<Box<str>>) {
        self.problems.push(Problem { object, rule, reason: reason.into() });
    }

    /// An expression in the SQL of the target; without it a problem is noted.
    pub(super) fn expression(&mut self, object: &Object, text: &str) -> Arc<str> {
        let Conversion { from, to, .. } = self.conversion;
        match super::expression::translate(text, *from, *to) {
            Ok(text) => text.into(),
            Err(reason) => {
                let reason = format!("{reason}; change it at the source, or leave it out");
                self.refuse(object.clone(), Rule::Expression, reason);
                text.into()
            }
        }
    }
}

impl Conversion {
    /// Brings a table over.
    ///
    /// Between servers of one product and version nothing changes but what oms never carries (see [`Rule::StorageOption`]
    /// and [`Rule::Engine`]).
    ///
    /// # Errors
    ///
    /// [`Refusals`] with everything that the target cannot hold, all at once.
    pub fn table(&self, source: &TableSchema) -> Result<Converted, Refusals> {
        let mut findings = Findings { conversion: self, source, notes: Vec::new(), problems: Vec::new() };
        let name = self.name(source.name());
        if name != *source.name() {
            let (from, to) = (source.name().to_string(), name.to_string());
            findings.note(Object::Table, Rule::TableName, &from, &to, Effect::NONE);
        }
        let keyed = key_columns(source);
        let columns: Vec<Column> =
            source.columns().iter().map(|column| column::convert(column, &keyed, &mut findings)).collect();
        let keys = key::convert_keys(source.keys(), &columns, &mut findings);
        let checks = key::convert_checks(source.checks(), &mut findings);
        let foreign_keys = source.foreign_keys().iter().map(|key| foreign_key(key, &mut findings)).collect();
        let partitioning = source.partitioning().and_then(|clause| partition::convert(clause, &mut findings));
        let collation = source.collation().map(|own| {
            let mapped = collation::map(own, false, self.to);
            if let Some((rule, effect)) = mapped.rule {
                findings.note(Object::Table, rule, own.name(), mapped.collation.name(), effect);
            }
            mapped.collation
        });
        let options = options(source, &mut findings);
        let Findings { notes, problems, .. } = findings;
        if !problems.is_empty() {
            return Err(Refusals { table: source.name().clone(), problems });
        }
        let table = source
            .clone()
            .with_name(name)
            .with_columns(columns)
            .with_keys(keys)
            .with_checks(checks)
            .with_foreign_keys(foreign_keys)
            .with_partitioning(partitioning)
            .with_collation(collation)
            .with_options(options);
        Ok(Converted { statements: render_create(&table, self.to), table, notes })
    }
}

/// The columns by which rows or tables are told apart: parts of unique indexes, and of foreign keys, which must compare
/// as the keys do that they refer to.
fn key_columns(table: &TableSchema) -> BTreeSet<String> {
    let parts = table.keys().iter().filter(|key| key.is_unique()).flat_map(|key| &key.parts);
    let of_keys = parts.filter_map(|part| match part {
        KeyPart::Column { column, .. } => Some(column),
        KeyPart::Expression { .. } => None,
    });
    let of_foreign_keys = table.foreign_keys().iter().flat_map(|key| &key.columns);
    of_keys.chain(of_foreign_keys).map(|name| name.to_lowercase()).collect()
}

fn foreign_key(source: &ForeignKey, findings: &mut Findings<'_>) -> ForeignKey {
    use crate::schema::ReferentialAction::SetDefault;
    if findings.conversion.to.is_oceanbase()
        && (source.on_delete == SetDefault || source.on_update == SetDefault)
    {
        let object = Object::Constraint(Arc::clone(&source.name));
        let reason = "it sets columns to their defaults, which the target does not do; drop it at the source, or leave it out";
        findings.refuse(object, Rule::ReferentialAction, reason);
    }
    ForeignKey { referenced_table: findings.conversion.name(&source.referenced_table), ..source.clone() }
}

/// The options that a MySQL target takes over for its InnoDB tables.
const KEPT: [&str; 4] = ["row_format", "key_block_size", "stats_persistent", "stats_auto_recalc"];
const ROW_FORMATS: [&str; 4] = ["DYNAMIC", "COMPACT", "REDUNDANT", "COMPRESSED"];

/// Storage options that the target takes over; the others are left out with a note.
fn options(source: &TableSchema, findings: &mut Findings<'_>) -> BTreeMap<Arc<str>, Arc<str>> {
    let is_mysql = findings.conversion.to.product() == crate::ddl::Product::MySql;
    let is_compressed = source.options().get("row_format").is_some_and(|format| &**format == "COMPRESSED");
    let mut kept = BTreeMap::new();
    for (name, value) in source.options() {
        let is_taken = match &**name {
            "row_format" => ROW_FORMATS.contains(&&**value),
            "key_block_size" => is_compressed,
            name => KEPT.contains(&name),
        };
        if is_mysql && is_taken {
            kept.insert(Arc::clone(name), Arc::clone(value));
            continue;
        }
        match &**name {
            "engine" => {
                let to = if findings.conversion.to.is_oceanbase() { "" } else { "InnoDB" };
                findings.note(Object::Table, Rule::Engine, &format!("engine {value}"), to, Effect::NONE);
            }
            _ => {
                let from = format!("{}={value}", name.to_uppercase());
                findings.note(Object::Table, Rule::StorageOption, &from, "", Effect::NONE);
            }
        }
    }
    kept
}
