//! Schemas of many tables in a handful of questions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::constraint::{self, Actions};
use super::key::{self, ReadKeys};
use super::list::TableKind;
use super::query;
use super::{Catalog, column, partition};
use crate::ddl::{self, Dialect, Product};
use crate::error::{At, Error, Result};
use crate::mysql::TextRow;
use crate::name::TableName;
use crate::schema::{Collation, Column, Key, TableSchema};

/// The schemas of the tables that were asked for.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CatalogSchemas {
    /// Those that were read, in name order.
    pub tables: Vec<Arc<TableSchema>>,
    /// Why the others were not: [`Error::Refused`] for a table that the model cannot hold, each naming its table.
    pub refused: Vec<Error>,
    /// Names under which there is no table.
    pub missing: Vec<TableName>,
}

/// The answers about some tables of one database, by table.
#[derive(Default)]
struct Answers {
    tables: HashMap<String, TextRow>,
    columns: HashMap<String, Vec<TextRow>>,
    keys: HashMap<String, Vec<TextRow>>,
    foreign_keys: HashMap<String, Vec<TextRow>>,
    actions: Actions,
    checks: HashMap<String, Vec<TextRow>>,
    partitions: HashMap<String, Vec<TextRow>>,
}

impl Catalog<'_> {
    /// The schemas of some tables, each exactly as the server reports it.
    ///
    /// Seven questions are asked for up to 1,000 tables of a database, whatever their number; only a table with
    /// something that `information_schema` does not tell costs a question of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`] if the server cannot be asked. A table that cannot be modelled is in
    /// [`CatalogSchemas::refused`].
    pub async fn schemas(&mut self, tables: &[TableName]) -> Result<CatalogSchemas> {
        let mut by_database: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for table in tables {
            by_database.entry(table.database()).or_default().push(table.table());
        }
        let mut read = CatalogSchemas::default();
        for (database, mut names) in by_database {
            names.sort_unstable();
            names.dedup();
            for names in batches(names) {
                let answers = self.ask(database, &names).await?;
                for name in names {
                    self.take(TableName::new(database, name), &answers, &mut read).await?;
                }
            }
        }
        Ok(read)
    }

    async fn ask(&mut self, database: &str, names: &[&str]) -> Result<Answers> {
        let condition = query::of_tables(database, names);
        let dialect = self.dialect;
        let mut answers = Answers::default();
        for row in self.session.query(query::tables(&condition)).await? {
            answers.tables.insert(row.text(0)?.to_owned(), row);
        }
        answers.columns = self.grouped(&query::columns(&condition, dialect)).await?;
        answers.keys = self.grouped(&query::keys(&condition, dialect)).await?;
        answers.foreign_keys = self.grouped(&query::foreign_keys(&condition)).await?;
        if !answers.foreign_keys.is_empty() {
            answers.actions = constraint::actions(&self.session.query(query::actions(&condition)).await?)?;
        }
        if let Some(sql) = query::checks(&condition, dialect) {
            answers.checks = self.grouped(&sql).await?;
        }
        let partitioned = answers.partitioned(dialect)?;
        if !partitioned.is_empty() {
            let condition = query::of_tables(database, &partitioned);
            let partitions = self.grouped(&query::partitions(&condition)).await?;
            answers.partitions = partitions;
        }
        Ok(answers)
    }

    /// Rows by the table that their first column names, in the order of the answer.
    async fn grouped(&mut self, sql: &str) -> Result<HashMap<String, Vec<TextRow>>> {
        let mut groups: HashMap<String, Vec<TextRow>> = HashMap::new();
        for row in self.session.query(sql).await? {
            let table = row.text(0)?;
            match groups.get_mut(table) {
                Some(group) => group.push(row),
                None => {
                    groups.insert(table.to_owned(), vec![row]);
                }
            }
        }
        Ok(groups)
    }

    /// Puts one table where it belongs.
    async fn take(&mut self, name: TableName, answers: &Answers, read: &mut CatalogSchemas) -> Result<()> {
        if !answers.tables.contains_key(name.table()) {
            read.missing.push(name);
            return Ok(());
        }
        match self.table(&name, answers).await {
            Ok(table) => read.tables.push(Arc::new(table)),
            Err(error @ (Error::Connector { .. } | Error::Connect { .. })) => return Err(error),
            Err(error @ Error::Refused { .. }) => read.refused.push(error.at_place(&At::table(&name))),
            Err(error) => {
                let reason = crate::error::Chain(&error).to_string();
                read.refused.push(Error::refused(At::table(&name), reason));
            }
        }
        Ok(())
    }

    async fn table(&mut self, name: &TableName, answers: &Answers) -> Result<TableSchema> {
        let dialect = self.dialect;
        let rows =
            |groups: &'_ HashMap<String, Vec<TextRow>>| groups.get(name.table()).cloned().unwrap_or_default();
        let Some(row) = answers.tables.get(name.table()) else {
            return Err(Error::refused(At::table(name), "it is not there"));
        };
        if TableKind::from_text(row.text(1)?) != TableKind::Table {
            let reason = format!("it is a {}, not a table", row.text(1)?);
            return Err(Error::refused(At::table(name), reason));
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut unsure: Vec<usize> = Vec::new();
        for row in &rows(&answers.columns) {
            let place = At::table(name).column(row.text(1)?);
            let read = column::read(row, dialect).map_err(|error| refusal(error, place))?;
            if read.is_default_unsure {
                unsure.push(columns.len());
            }
            columns.push(read.column);
        }
        let ReadKeys { mut keys, are_unsure } = key::read(&rows(&answers.keys), &columns, dialect)?;
        if are_unsure || !unsure.is_empty() {
            let shown = self.shown(name, &rows(&answers.columns)).await?;
            for position in unsure {
                let column = columns[position].clone();
                let default = self.sure_default(name, &column, &shown).await?;
                columns[position] = column.with_default(default);
            }
            if are_unsure {
                keys = with_shown_keys(keys, &shown, dialect);
            }
        }
        let clause = partition::read(&rows(&answers.partitions), dialect)?;
        let foreign_keys =
            constraint::foreign_keys(&rows(&answers.foreign_keys), name.table(), &answers.actions)?;
        Ok(TableSchema::new(name.clone(), columns)
            .with_keys(keys)
            .with_foreign_keys(foreign_keys)
            .with_checks(constraint::checks(&rows(&answers.checks), dialect)?)
            .with_collation(row.text_or_null(4)?.map(Collation::new))
            .with_comment(row.text_or_null(5)?.filter(|comment| !comment.is_empty()).map(Arc::from))
            .with_options(options(row.text_or_null(2)?, row.text_or_null(3)?))
            .with_partitioning(clause.map(|clause| clause.to_string().into())))
    }
}

/// The names in lists for one question each. MariaDB takes names that differ by case only for one, so such names are
/// asked about apart.
fn batches(names: Vec<&str>) -> Vec<Vec<&str>> {
    let mut batches: Vec<Vec<&str>> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    // How often a name has come in other cases is the round that it belongs to.
    let mut rounds: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for name in names {
        let round = seen.entry(name.to_lowercase()).or_default();
        rounds.entry(*round).or_default().push(name);
        *round += 1;
    }
    for round in rounds.into_values() {
        batches.extend(round.chunks(query::MAX_TABLES).map(<[&str]>::to_vec));
    }
    batches
}

/// The same error as a refusal of this place.
fn refusal(error: Error, place: At) -> Error {
    let reason = crate::error::Chain(&error).to_string();
    Error::refused(place, reason)
}

/// Indexes whose parser or parts only `SHOW CREATE TABLE` tells.
fn with_shown_keys(keys: Vec<Key>, shown: &TableSchema, dialect: Dialect) -> Vec<Key> {
    if dialect.is_oceanbase() {
        // Everything that OceanBase shows of an index is in the statement. The parser that it takes without being told is
        // none.
        let without_default = |key: &Key| Key {
            parser: key.parser.as_ref().filter(|parser| ***parser != *"space").cloned(),
            ..key.clone()
        };
        return shown.keys().iter().map(without_default).collect();
    }
    let with_parser = |mut key: Key| {
        let same = shown.keys().iter().find(|entry| entry.name == key.name);
        key.parser = same.and_then(|entry| entry.parser.clone());
        key
    };
    keys.into_iter().map(with_parser).collect()
}

impl Answers {
    /// The tables that have partitions.
    fn partitioned(&self, dialect: Dialect) -> Result<Vec<&str>> {
        let mut names = Vec::new();
        for (name, row) in &self.tables {
            // OceanBase does not say so beside the table, and MySQL 8 not for PARTITION BY KEY (); both answer the
            // question itself quickly, which the others do not.
            let options = row.text_or_null(3)?.unwrap_or_default();
            let is_told = dialect.product() == Product::MariaDb || dialect < Dialect::mysql(8, 0, 0);
            if !is_told || options.split(' ').any(|option| option == "partitioned") {
                names.push(name.as_str());
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Storage options, with the engine where it is not InnoDB.
fn options(engine: Option<&str>, created: Option<&str>) -> BTreeMap<Arc<str>, Arc<str>> {
    let engine = engine.map(|engine| ("engine", engine));
    let created = created.unwrap_or_default().split(' ').filter_map(|option| option.split_once('='));
    let mut options = BTreeMap::new();
    for (name, value) in engine.into_iter().chain(created) {
        let (name, value) = ddl::storage_option(name, value.trim_matches(['"', '\'']));
        if let Some(value) = value {
            options.insert(name, value);
        }
    }
    options
}
