//! Messages against the files under `tests/data/golden`; `OMS_UPDATE_SNAPSHOTS=1` writes them anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oms_core::event::{Change, SchemaChangeKind};
use oms_core::schema::TableSchema;
use oms_core::value::Value;
use oms_core::{Result, TableName};

use super::encode::forms;
use super::scenario::{
    order, orders, raw_rows, rendered, rendered_heartbeat, rendered_schema_change, rows, schema_change, table,
};
use super::typed::{Typed, all, binary_json};
use super::variants::{Variant, golden};
use crate::envelope::Envelope;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/golden")
}

pub(super) fn check(variant: &str, scenario: &str, text: &str) {
    let path = folder().join(variant).join(format!("{scenario}.txt"));
    if std::env::var_os("OMS_UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(folder().join(variant)).expect("the folder");
        std::fs::write(&path, text).expect("the file written");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{variant}/{scenario}.txt differs; if that is meant, OMS_UPDATE_SNAPSHOTS=1:\n{text}"
    );
}

fn each(scenario: &str, render: impl Fn(&Variant) -> Result<String>) {
    for variant in golden() {
        let text = render(&variant).unwrap_or_else(|error| panic!("{}: {error}", variant.0));
        check(variant.0, scenario, &text);
    }
}

fn change_of(scenario: &str, key: usize, change: impl Fn(&Arc<TableSchema>) -> Change) {
    let schema = orders(key);
    each(scenario, |(_, envelope)| rendered(envelope, &change(&schema)));
}

#[test]
fn insert() {
    change_of("insert", 1, |schema| Change::insert(order(schema, 1, Some("first \"order\""), "10.50")));
}

#[test]
fn read() {
    change_of("read", 1, |schema| Change::read(order(schema, 1, Some("first"), "10.50")));
}

#[test]
fn update() {
    change_of("update", 1, |schema| {
        Change::update(order(schema, 1, Some("old"), "10.50"), order(schema, 1, Some("new"), "10.50"))
    });
}

#[test]
fn update_of_the_key() {
    change_of("update_of_the_key", 1, |schema| {
        Change::update(order(schema, 1, Some("a"), "10.50"), order(schema, 2, Some("a"), "10.50"))
    });
}

#[test]
fn delete() {
    change_of("delete", 1, |schema| Change::delete(order(schema, 1, Some("last"), "10.50")));
}

#[test]
fn composite_key() {
    change_of("composite_key", 2, |schema| Change::delete(order(schema, 1, Some("a"), "0.00")));
}

#[test]
fn no_key() {
    change_of("no_key", 0, |schema| {
        Change::update(order(schema, 1, Some("a"), "0.00"), order(schema, 1, None, "-0.01"))
    });
}

#[test]
fn null() {
    change_of("null", 1, |schema| {
        Change::update(
            rows(schema, [Value::Int(1), Value::Null, Value::Null, Value::Null]),
            order(schema, 1, None, "1.00"),
        )
    });
}

#[test]
fn ddl() {
    let to = TableName::new("d", "archive");
    let changes = [
        (SchemaChangeKind::Create, "CREATE TABLE orders (id INT PRIMARY KEY /* … */)"),
        (
            SchemaChangeKind::Alter { renamed_columns: Vec::new() },
            "ALTER TABLE orders ADD note VARCHAR(80) DEFAULT \"x\"",
        ),
        (SchemaChangeKind::Alter { renamed_columns: Vec::new() }, "CREATE INDEX i ON orders (note)"),
        (SchemaChangeKind::Alter { renamed_columns: Vec::new() }, "DROP INDEX i ON orders"),
        (SchemaChangeKind::Rename { to }, "RENAME TABLE orders TO archive"),
        (SchemaChangeKind::Truncate, "TRUNCATE TABLE orders"),
        (SchemaChangeKind::Drop, "DROP TABLE orders"),
        (SchemaChangeKind::References, "RENAME TABLE customers TO clients"),
    ];
    each("ddl", |(_, envelope)| {
        let messages = changes.iter().map(|(kind, statement)| {
            rendered_schema_change(envelope, &schema_change(kind.clone(), statement))
        });
        messages.collect()
    });
}

#[test]
fn heartbeat() {
    each("heartbeat", |(_, envelope)| rendered_heartbeat(envelope));
}

/// The value of the one column of a row, `-- error` where the format refuses it.
#[test]
fn types() {
    for (name, envelope) in golden() {
        let mut text = String::new();
        for typed in all() {
            for value in &typed.values {
                let result = value_of(&envelope, &typed, value);
                let _ = writeln!(
                    text,
                    "{}: {}",
                    typed.title,
                    result.unwrap_or_else(|error| format!("-- {error}"))
                );
            }
        }
        check(name, "types", &text);
    }
}

fn value_of(envelope: &Arc<dyn Envelope>, typed: &Typed, value: &Value) -> Result<String> {
    let schema = table(vec![typed.column.clone()], 0);
    let json = match value {
        Value::Json(text) => binary_json(text),
        _ => &[],
    };
    let [scanned, ..] = forms(&typed.column, value, json);
    let text = rendered(envelope, &Change::insert(raw_rows(&schema, &[scanned])))?;
    Ok(super::page::column_value(&text))
}
