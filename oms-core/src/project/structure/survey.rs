//! [`Survey`]: what is selected at the source, and what it becomes at the target.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Wanted;
use crate::ddl::{Conversion, Effect, Note, Object, Rule};
use crate::error::{Error, Result};
use crate::mysql::{Catalog, Session, TableKind};
use crate::name::TableName;
use crate::schema::{Collation, ForeignKey, SchemaSet, TableSchema};
use crate::transform::Mapping;

/// What is selected at the source, and what it becomes at the target.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// By name at the source.
    pub(super) tables: BTreeMap<TableName, Surveyed>,
    /// Collations of the databases at the target.
    pub(super) databases: BTreeMap<Arc<str>, Option<Collation>>,
}

/// A selected table.
#[derive(Debug)]
pub(super) struct Surveyed {
    /// Its name at the target.
    pub(super) target: TableName,
    /// Its schema at the target; `None` if it cannot be brought over.
    pub(super) wanted: Option<TableSchema>,
    pub(super) notes: Vec<Note>,
    pub(super) problems: Vec<Box<str>>,
    pub(super) auto_increment: Option<u64>,
    /// Another table makes the target table that this one is merged into.
    pub(super) is_merged: bool,
}

impl Survey {
    /// Reads what is selected; the schemas are those of `as_of` where given, for the tables that it has.
    pub(super) async fn read(
        source: &mut Session,
        wanted: &Wanted,
        mapping: &mut Mapping,
        conversion: &Conversion,
        as_of: Option<&SchemaSet>,
    ) -> Result<Self> {
        let mut catalog = Catalog::new(source);
        let databases = catalog.databases().await?;
        let names: Vec<&str> = databases.iter().map(|database| &*database.name).collect();
        let mut infos = catalog.tables(&names).await?;
        infos.retain(|info| info.kind == TableKind::Table && wanted(&info.name));
        let mut schemas: BTreeMap<TableName, Result<Arc<TableSchema>>> = BTreeMap::new();
        match as_of {
            Some(set) => {
                let selected = set.iter().filter(|schema| wanted(schema.name()));
                schemas.extend(selected.map(|schema| (schema.name().clone(), Ok(Arc::clone(schema)))));
            }
            None => {
                let names: Vec<TableName> = infos.iter().map(|info| info.name.clone()).collect();
                let read = catalog.schemas(&names).await?;
                schemas.extend(read.tables.into_iter().map(|schema| (schema.name().clone(), Ok(schema))));
                for error in read.refused {
                    let Some(name) = error.table().cloned() else { return Err(error) };
                    schemas.insert(name, Err(error));
                }
            }
        }
        if schemas.is_empty() {
            return Err(Error::config("objects", "no table of the source is selected; look at the patterns"));
        }
        let mut survey = Self::default();
        for (name, schema) in schemas {
            let surveyed = survey_table(&name, schema, mapping, conversion);
            let info = infos.iter().find(|info| info.name == name);
            let auto_increment = info.and_then(|info| info.auto_increment);
            survey.tables.insert(name, Surveyed { auto_increment, ..surveyed });
        }
        for (name, surveyed) in &survey.tables {
            let own = databases.iter().find(|database| *database.name == *name.database());
            let collation = own.map(|database| conversion.database_collation(&database.collation));
            survey.databases.entry(surveyed.target.database().into()).or_insert(collation);
        }
        survey.leave_out_foreign_keys();
        survey.merge(mapping);
        survey.refuse_equal_names();
        Ok(survey)
    }

    /// The tables that are made at the target, each once, in the order of their names at the source.
    pub(super) fn made(&self) -> impl Iterator<Item = (&TableName, &Surveyed, &TableSchema)> {
        self.tables.iter().filter_map(|(name, surveyed)| {
            let wanted = surveyed.wanted.as_ref().filter(|_| !surveyed.is_merged)?;
            Some((name, surveyed, wanted))
        })
    }

    /// Foreign keys to tables that are not carried are left out, with a note.
    fn leave_out_foreign_keys(&mut self) {
        let carried: Vec<TableName> = self
            .tables
            .values()
            .filter(|surveyed| surveyed.wanted.is_some())
            .map(|surveyed| surveyed.target.clone())
            .collect();
        for (name, surveyed) in &mut self.tables {
            let Some(wanted) = &mut surveyed.wanted else { continue };
            let (kept, gone): (Vec<ForeignKey>, Vec<ForeignKey>) = wanted
                .foreign_keys()
                .iter()
                .cloned()
                .partition(|key| carried.contains(&key.referenced_table));
            for key in &gone {
                surveyed.notes.push(Note {
                    table: name.clone(),
                    object: Object::Constraint(Arc::clone(&key.name)),
                    rule: Rule::ReferencedTable,
                    from: format!("foreign key to {}", key.referenced_table).into(),
                    to: "".into(),
                    effect: Effect::LOSES,
                });
            }
            if !gone.is_empty() {
                *wanted = wanted.clone().with_foreign_keys(kept);
            }
        }
    }

    /// Tables that the mapping makes one are one only if their columns are the same, and tables whose names the target
    /// takes for one never are.
    fn merge(&mut self, mapping: &Mapping) {
        let mut first: HashMap<TableName, TableName> = HashMap::new();
        let names: Vec<TableName> = self.tables.keys().cloned().collect();
        for name in names {
            let target = self.tables[&name].target.clone();
            let Some(other) = first.get(&target).cloned() else {
                first.insert(target, name);
                continue;
            };
            let is_meant = mapping.map_table(&name) == mapping.map_table(&other);
            let auto_increment = self.tables[&name].auto_increment;
            let same = match (&self.tables[&name].wanted, &self.tables[&other].wanted) {
                (Some(a), Some(b)) => a.columns() == b.columns(),
                _ => true,
            };
            let problem = match (is_meant, same) {
                (true, true) => None,
                (true, false) => Some(format!("it and {other} become one table, but have different columns")),
                (false, _) => Some(format!(
                    "it and {other} become one table, because the target does not tell case in names; map one of them \
                     to another name"
                )),
            };
            if let Some(surveyed) = self.tables.get_mut(&other) {
                surveyed.auto_increment = surveyed.auto_increment.max(auto_increment);
            }
            if let Some(surveyed) = self.tables.get_mut(&name) {
                surveyed.is_merged = true;
                surveyed.problems.extend(problem.map(Box::from));
            }
        }
    }

    /// Names of foreign keys and CHECK constraints are the database's, not the table's; a mapping may bring together what
    /// was apart.
    fn refuse_equal_names(&mut self) {
        let mut seen: HashMap<(String, String, bool), TableName> = HashMap::new();
        let mut problems: Vec<(TableName, String)> = Vec::new();
        for (name, surveyed, wanted) in self.made() {
            let database = surveyed.target.database().to_owned();
            let foreign_keys = wanted.foreign_keys().iter().map(|key| (&key.name, false));
            let checks = wanted.checks().iter().map(|check| (&check.name, true));
            for (constraint, is_check) in foreign_keys.chain(checks) {
                let key = (database.clone(), constraint.to_lowercase(), is_check);
                if let Some(other) = seen.insert(key, name.clone()) {
                    let problem = format!(
                        "its constraint {constraint} and that of {other} have one name in database {database} at the \
                         target; rename one at the source, or map the tables to two databases"
                    );
                    problems.push((name.clone(), problem));
                }
            }
        }
        for (name, problem) in problems {
            if let Some(surveyed) = self.tables.get_mut(&name) {
                surveyed.problems.push(problem.into());
            }
        }
    }
}

/// What one table becomes.
fn survey_table(
    name: &TableName,
    schema: Result<Arc<TableSchema>>,
    mapping: &mut Mapping,
    conversion: &Conversion,
) -> Surveyed {
    let target = conversion.name(&mapping.map_table(name));
    let mut surveyed = Surveyed {
        target,
        wanted: None,
        notes: Vec::new(),
        problems: Vec::new(),
        auto_increment: None,
        is_merged: false,
    };
    let mapped = schema.and_then(|schema| mapping.map_schema(&schema));
    match mapped.map(|schema| conversion.table(&schema)) {
        Ok(Ok(converted)) => {
            let with_name = |note| Note { table: name.clone(), ..note };
            surveyed.notes = converted.notes.into_iter().map(with_name).collect();
            surveyed.wanted = Some(converted.table);
        }
        Ok(Err(refusals)) => {
            let problems = refusals.problems.into_iter();
            surveyed.problems =
                problems.map(|problem| format!("{}: {}", problem.object, problem.reason).into()).collect();
        }
        Err(error) => surveyed.problems.push(crate::error::Chain(&error).to_string().into()),
    }
    surveyed
}
