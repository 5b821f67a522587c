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

#[test]
fn damaged_cells_are_errors_or_values_but_never_broken_messages() {
    let (mut values, mut errors) = (0, 0);
    for (_, envelope) in variants::golden() {
        for typed in all() {
            let schema = table(vec![typed.column.clone()], 0);
            let value = &typed.values[0];
            let json = match value {
                Value::Json(text) => binary_json(text),
                _ => &[],
            };
            for (format, bytes) in forms(&typed.column, value, json) {
                let cut = (0..bytes.len()).map(|end| bytes[..end].to_vec());
                let flipped = (0..bytes.len().min(40)).map(|at| {
                    let mut bytes = bytes.clone();
                    bytes[at] ^= 0xff;
                    bytes
                });
                for damaged in cut.chain(flipped) {
                    // Rendering checks that keys and bodies are JSON.
                    match rendered(&envelope, &Change::insert(raw_rows(&schema, &[(format, damaged)]))) {
                        Ok(_) => values += 1,
                        Err(error) => {
                            assert!(error.to_string().contains("table d.orders, column c"), "{error}");
                            errors += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(values > 1_000 && errors > 1_000, "{values} values, {errors} errors");
}
