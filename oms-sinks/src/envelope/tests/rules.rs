//! What holds beyond single values: names, changed columns, missing cells, numbers of rows, plans.

use std::sync::Arc;

use oms_core::TableName;
use oms_core::event::{Change, SchemaChangeKind};
use oms_core::row::{CellFormat, LayoutColumn, RowBatch, RowBatchBuilder, RowLayout};
use oms_core::schema::{Column, ColumnType, Key, KeyKind, TableSchema};
use oms_core::value::Value;

use super::encode::forms;
use super::scenario::{
    INT, at, order, orders, raw_rows, rendered, rendered_schema_change, rows, schema_change, source, table,
    transaction,
};
use super::variants::{self, Variant};
use crate::envelope::{Envelope, MessageContext, NAMES, Renderer, named};

fn variant(name: &str) -> Arc<dyn Envelope> {
    let found = variants::golden().into_iter().find(|(variant, _): &Variant| *variant == name);
    found.unwrap_or_else(|| panic!("{name} is no variant")).1
}

#[test]
fn names_of_any_kind_stand_in_messages_that_are_json() {
    let odd = "a\"b\\c\u{1}`é";
    let text = ColumnType::Enum(["x\"".into(), "y\\".into()].into());
    let columns = vec![Column::new(odd, INT).with_nullable(false), Column::new("c\"", text)];
    let keys = vec![Key::unique("PRIMARY", KeyKind::Primary, [odd])];
    let schema = Arc::new(TableSchema::new(TableName::new("d\"\n", odd), columns).with_keys(keys));
    let row = || rows(&schema, [Value::Int(1), Value::Enum(2)]);
    let mut change_of_schema = schema_change(SchemaChangeKind::Create, "CREATE TABLE \"x\" (\n)");
    change_of_schema.table = schema.name().clone();
    change_of_schema.after = Some(Arc::clone(&schema));
    for (_, envelope) in variants::all() {
        // Rendering checks every key and body.
        for change in
            [Change::insert(row()), Change::update(row(), row()), Change::delete(row()), Change::read(row())]
        {
            rendered(&envelope, &change).unwrap();
        }
        rendered_schema_change(&envelope, &change_of_schema).unwrap();
    }
}

#[test]
fn names_of_formats_lead_to_them() {
    for name in NAMES {
        assert_eq!(named(name).unwrap().name(), name);
    }
    assert!(named("avro").is_none());
}

#[test]
fn changed_columns_are_found_where_a_transform_built_the_new_row() {
    let schema = orders(1);
    let values =
        |note: &str| [Value::Int(1), Value::from("main"), Value::from(note), Value::Decimal("10.50".into())];
    let cells: Vec<_> = schema
        .columns()
        .iter()
        .zip(values("old"))
        .map(|(column, value)| {
            let [_, logged, _] = forms(column, &value, &[]);
            logged
        })
        .collect();
    let change = Change::update(raw_rows(&schema, &cells), rows(&schema, values("new")));
    let text = rendered(&variant("canal"), &change).unwrap();
    assert!(text.contains(r#""old":[{"note":"old"}]"#), "{text}");
    // The key has the same value in another form, so it is no change of the key.
    let text = rendered(&variant("debezium_strict"), &change).unwrap();
    assert!(text.contains(r#""op":"u""#) && text.lines().count() == 2, "{text}");
}

#[test]
fn a_cell_that_the_image_lacks_is_an_error_that_names_it() {
    let schema = orders(1);
    let row = rows(&schema, [Value::Int(1), Value::from("main"), Value::Unchanged, Value::Null]);
    for (name, envelope) in variants::golden() {
        let error = rendered(&envelope, &Change::insert(row.clone())).unwrap_err().to_string();
        assert!(error.contains("table d.orders, column note"), "{name}: {error}");
    }
}

#[test]
fn a_row_whose_key_a_projection_dropped_has_no_key() {
    let schema = orders(1);
    let columns = [1, 2, 3].map(|column| LayoutColumn { column, format: CellFormat::Canonical });
    let mut rows = RowBatchBuilder::new(Arc::new(RowLayout::new(schema, columns)));
    rows.push([Value::from("main"), Value::Null, Value::Null]).unwrap();
    let text = rendered(&variant("default"), &Change::insert(rows.finish())).unwrap();
    assert!(text.starts_with("key  none\n") && text.contains(r#""record_primary_key":null"#), "{text}");
}

#[test]
fn rows_of_a_change_are_numbered_and_the_last_one_says_so() {
    let schema = orders(1);
    let mut rows = RowBatchBuilder::canonical(Arc::clone(&schema));
    for id in 1..=3 {
        rows.push([Value::Int(id), Value::from("main"), Value::Null, Value::Null]).unwrap();
    }
    let text = rendered(&variant("maxwell_strict"), &Change::insert(rows.finish())).unwrap();
    let marks: Vec<bool> =
        text.lines().filter(|line| line.starts_with("body")).map(|l| l.contains("commit")).collect();
    assert_eq!(marks, [false, false, true]);
    assert!(text.contains(r#""xoffset":0"#) && text.contains(r#""xoffset":1"#), "{text}");
}

#[test]
fn a_renderer_goes_on_through_more_layouts_than_it_keeps() {
    let source = source();
    let transaction = transaction();
    let context = MessageContext::new(&source, at(2.0)).in_transaction(&transaction, 0);
    let mut renderer = Renderer::shared(variant("default"), source.clone());
    let of_width = |width: usize| -> RowBatch {
        let columns = (0..width).map(|i| Column::new(format!("c{i}"), INT)).collect();
        rows(&table(columns, 1), std::iter::repeat_n(Value::Int(7), width))
    };
    for width in (1..30).chain(1..30) {
        let mut seen = 0;
        renderer
            .render_change(&Change::insert(of_width(width)), context, &mut |message| {
                let body: serde_json::Value = serde_json::from_slice(message.body.unwrap()).unwrap();
                assert_eq!(body["postStruct"].as_object().unwrap().len(), width);
                seen += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, 1);
    }
}

#[test]
fn what_the_receiver_refuses_ends_the_rendering() {
    let schema = orders(1);
    let source = source();
    let mut renderer = Renderer::shared(variant("canal"), source.clone());
    let change = Change::insert(order(&schema, 1, None, "1.00"));
    let result = renderer.render_change(&change, MessageContext::new(&source, at(2.0)), &mut |message| {
        // Neither the message nor an error about it shows a value.
        assert!(!format!("{message:?}").contains("main"));
        Err(oms_core::Error::Stopped { what: "the receiver" })
    });
    assert!(result.is_err());
}
