//! A value is the same in a message, whichever way it came.

use oms_core::event::Change;
use oms_core::value::Value;

use super::encode::forms;
use super::scenario::{raw_rows, rendered, table};
use super::typed::{all, binary_json};
use super::variants;

#[test]
fn scan_log_and_built_rows_render_alike() {
    let mut compared = 0;
    for (name, envelope) in variants::all() {
        for typed in all() {
            let schema = table(vec![typed.column.clone()], 0);
            for (place, value) in typed.values.iter().enumerate() {
                let json = match value {
                    Value::Json(text) => binary_json(text),
                    _ => &[],
                };
                // Errors are messages without values, so they can be compared as well.
                let texts = forms(&typed.column, value, json).map(|cell| {
                    let rows = raw_rows(&schema, &[cell]);
                    rendered(&envelope, &Change::insert(rows)).map_err(|error| error.to_string())
                });
                assert_eq!(texts[0], texts[1], "{name}, {} value {place}: scan and log", typed.title);
                assert_eq!(texts[0], texts[2], "{name}, {} value {place}: scan and built", typed.title);
                compared += 1;
            }
        }
    }
    assert!(compared > 3_000, "{compared}");
}

#[test]
fn errors_name_table_and_column_and_no_value() {
    let (_, envelope) = variants::golden().into_iter().find(|(name, _)| *name == "debezium").unwrap();
    let typed = all().into_iter().find(|typed| typed.title == "TINYINT(1)").unwrap();
    let schema = table(vec![typed.column.clone()], 0);
    let cell = forms(&typed.column, &Value::Int(77), &[])[0].clone();
    let error = rendered(&envelope, &Change::insert(raw_rows(&schema, &[cell]))).unwrap_err().to_string();
    assert!(error.contains("table d.orders, column c") && !error.contains("77"), "{error}");
}
