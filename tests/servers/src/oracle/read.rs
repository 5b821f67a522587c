//! Reading a table: once as hashes of whole rows, once more for the rows that differ.

use std::collections::{BTreeSet, HashMap};

use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use xxhash_rust::xxh3::xxh3_128;

use super::canonical::Plan;
use super::class::{Class, Rule};
use super::json;
use super::session::Session;
use super::table::{Name, quoted};
use crate::error::{Error, Result};

/// How many paths of a JSON column are asked for their type.
const PATHS: usize = 60;

/// How often each row occurs.
pub(super) type Bag = HashMap<u128, u64>;

/// A row that one server has and the other has not, or not so often.
#[derive(Debug)]
pub(super) struct LooseRow {
    /// Canonical cells.
    pub(super) cells: Vec<Option<Vec<u8>>>,
    /// What the server sent, for the report.
    pub(super) values: Vec<Value>,
}

/// What is read of one table on one server.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) name: &'a Name,
    pub(super) select: String,
    pub(super) plans: &'a [Plan],
}

impl<'a> Reading<'a> {
    /// Prepares a reading of `columns`, with the types of `paths` (column, path) at the end.
    pub(super) fn new(
        name: &'a Name,
        columns: &[(String, Class)],
        paths: &[(String, String)],
        plans: &'a [Plan],
    ) -> Self {
        let mut expressions: Vec<String> =
            columns.iter().flat_map(|(column, class)| class.expressions(column)).collect();
        for (column, path) in paths {
            let literal = path.replace('\\', "\\\\").replace('\'', "''");
            expressions.push(format!("JSON_TYPE(JSON_EXTRACT({}, '{literal}'))", quoted(column)));
        }
        let select = format!("SELECT {} FROM {}", expressions.join(", "), name.quoted());
        Self { name, select, plans }
    }

    /// Counts the rows by the hash of all their cells.
    pub(super) async fn bag(&self, session: &mut Session) -> Result<Bag> {
        let mut bag = Bag::new();
        let mut bytes = Vec::new();
        each_row(session, self.name, &self.select, |values| {
            bytes.clear();
            self.each_cell(&values, |plan, cell| plan.encode(cell, &mut bytes));
            *bag.entry(xxh3_128(&bytes)).or_default() += 1;
        })
        .await?;
        Ok(bag)
    }

    /// Reads the rows of a bag again, with all their cells, at most `limit` of them.
    pub(super) async fn rows(
        &self,
        session: &mut Session,
        mut wanted: Bag,
        limit: usize,
    ) -> Result<Vec<LooseRow>> {
        let mut found = Vec::new();
        let mut bytes = Vec::new();
        each_row(session, self.name, &self.select, |values| {
            bytes.clear();
            self.each_cell(&values, |plan, cell| plan.encode(cell, &mut bytes));
            if let Some(count) = wanted.get_mut(&xxh3_128(&bytes))
                && *count > 0
                && found.len() < limit
            {
                *count -= 1;
                let mut cells = Vec::with_capacity(self.plans.len());
                self.each_cell(&values, |plan, cell| cells.push(plan.cell(cell)));
                found.push(LooseRow { cells, values });
            }
        })
        .await?;
        Ok(found)
    }

    fn each_cell(&self, values: &[Value], mut visit: impl FnMut(&Plan, &[Value])) {
        let mut at = 0;
        for plan in self.plans {
            visit(plan, values.get(at..at + plan.width).unwrap_or_default());
            at += plan.width;
        }
    }
}

/// Returns paths of numbers and strings inside the JSON columns of a table, as (column, path).
pub(super) async fn json_paths(
    session: &mut Session,
    name: &Name,
    plans: &[Plan],
) -> Result<Vec<(String, String)>> {
    let columns: Vec<&str> = plans
        .iter()
        .filter(|plan| plan.rule == Rule::Same(Class::Json))
        .map(|plan| plan.name.as_str())
        .collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let expressions: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let select = format!("SELECT {} FROM {}", expressions.join(", "), name.quoted());
    let mut paths = vec![BTreeSet::new(); columns.len()];
    each_row(session, name, &select, |values| {
        for (value, paths) in values.iter().zip(&mut paths) {
            if let Value::Bytes(text) = value
                && paths.len() < PATHS
            {
                json::scalar_paths(text, paths, PATHS);
            }
        }
    })
    .await?;
    let of_column = |(column, paths): (&str, BTreeSet<String>)| {
        let column = column.to_owned();
        paths.into_iter().map(move |path| (column.clone(), path)).collect::<Vec<_>>()
    };
    Ok(columns.into_iter().zip(paths).flat_map(of_column).collect())
}

/// Runs a query over the binary protocol, in which numbers come as they are, and visits row after row.
async fn each_row(
    session: &mut Session,
    name: &Name,
    select: &str,
    mut visit: impl FnMut(Vec<Value>),
) -> Result<()> {
    let action = format!("reading {name}");
    let wrap = || Error::statement("the oracle", &action);
    let mut rows = session.conn.exec_iter(select, ()).await.map_err(wrap())?;
    while let Some(row) = rows.next().await.map_err(wrap())? {
        visit(Row::unwrap(row));
    }
    rows.drop_result().await.map_err(wrap())
}
