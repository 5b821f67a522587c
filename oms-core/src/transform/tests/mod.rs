//! Tests of the transforms, over the sample tables.

mod filter;
mod mapping;
mod project;

use std::sync::Arc;

use super::*;
use crate::TableName;
use crate::event::{Change, Event, SchemaChange, SchemaChangeKind};
use crate::row::RowBatch;
use crate::schema::{SchemaSet, TableSchema};
use crate::testing::sample::{SampleTransaction, accounts, batch, journal, lines, rows};
use crate::value::Value;

/// A row of `accounts`.
fn account(id: i64, balance: i64) -> Vec<Value> {
    vec![id.into(), balance.into(), "Ann".into()]
}

fn values(rows: &RowBatch) -> Vec<Vec<Value>> {
    let cells = |row: crate::row::RowRef<'_>| {
        row.cells().map(|cell| cell.decode().unwrap().to_value().unwrap()).collect()
    };
    rows.rows().map(cells).collect()
}

fn columns(schema: &TableSchema) -> Vec<String> {
    schema.columns().iter().map(|column| column.name().to_string()).collect()
}

/// The changes of a batch.
fn changes(batch: &EventBatch) -> Vec<Change> {
    let change = |event: &Event| match event {
        Event::Change(change) => Some(change.clone()),
        _ => None,
    };
    batch.events().iter().filter_map(change).collect()
}

fn apply(transform: &mut impl Transform, change: Change) -> EventBatch {
    let batch = transform.apply(batch([Event::Change(change)])).unwrap();
    let tally = batch.tally();
    assert_eq!(tally.pending(), Some(batch.row_count()), "the ledger will find this in order");
    batch
}

fn schema_change(kind: SchemaChangeKind, before: &Arc<TableSchema>, after: Option<TableSchema>) -> Event {
    Event::Schema(Arc::new(SchemaChange {
        kind,
        table: before.name().clone(),
        before: Some(Arc::clone(before)),
        after: after.map(Arc::new),
        statement: "ALTER TABLE accounts".into(),
        dialect: crate::dialect::Dialect::mysql(9, 7, 4),
    }))
}

fn alter(renamed: &[(&str, &str)]) -> SchemaChangeKind {
    SchemaChangeKind::Alter {
        renamed_columns: renamed.iter().map(|(from, to)| ((*from).into(), (*to).into())).collect(),
    }
}

/// What became of a schema change.
fn apply_schema(transform: &mut impl Transform, event: Event) -> crate::Result<Option<Arc<SchemaChange>>> {
    let batch = transform.apply(batch([event]))?;
    Ok(match batch.events() {
        [] => None,
        [Event::Schema(change)] => Some(Arc::clone(change)),
        events => panic!("{events:?}"),
    })
}

#[test]
fn a_chain_applies_its_transforms_in_order_and_stops_at_an_error() {
    let away = |database: &'static str, to: &'static str| Mapping::new().database(database, to);
    let mut chain = Chain::new().then(away("oms_sample", "a")).then(away("a", "b")).then(away("a", "c"));
    let mapped = apply(&mut chain, Change::read(rows(&accounts(), [account(1, 2)])));
    assert_eq!(changes(&mapped)[0].schema().name(), &TableName::new("b", "accounts"));
    let mut chain =
        Chain::new().then(Mapping::new().column(accounts().name(), "nothing", "x")).then(Project::new());
    chain.apply(batch([Event::Change(Change::read(rows(&accounts(), [account(1, 2)])))])).unwrap_err();
}

#[test]
fn position_and_schemas_stay_the_sources_own() {
    let schemas: SchemaSet = [accounts(), lines()].into_iter().collect();
    let source = SampleTransaction::new("t")
        .insert(&accounts(), [account(1, 2)])
        .into_batch(crate::Position::new("test", "1"))
        .with_schemas(Arc::new(schemas.clone()));
    let mut chain = Chain::new()
        .then(Mapping::new().database("oms_sample", "x"))
        .then(Project::new().drop(TableName::new("x", "accounts"), ["owner"]))
        .then(Filter::new().table(TableName::new("x", "accounts"), |_| Ok(false)));
    let mapped = chain.apply(source).unwrap();
    assert_eq!(mapped.position(), Some(&crate::Position::new("test", "1")));
    assert_eq!(**mapped.schemas().unwrap(), schemas);
    assert_eq!((mapped.row_count(), mapped.tally().filtered), (0, 1));
}
