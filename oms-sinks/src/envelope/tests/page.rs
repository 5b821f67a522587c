//! The table of values in `docs/envelopes.md`; `OMS_UPDATE_DOCS=1` writes it anew.
//!
//! The text around it is written by hand.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use oms_core::event::Change;
use oms_core::value::Value;

use super::encode::{forms, scanned};
use super::scenario::{raw_rows, rendered, table};
use super::typed::{Typed, all, binary_json};
use super::variants::golden;
use crate::envelope::Envelope;

const BEGIN: &str = "<!-- values: written by a test, see above -->\n";
const END: &str = "<!-- end of values -->\n";

/// Columns of the table, by the names of variants.
const COLUMNS: [(&str, &str); 6] = [
    ("default", "Default, ExtendColumnType, Canal, DataWorks, SharePlex, CloudEvents"),
    ("canal_strict", "Canal itself"),
    ("debezium_smt", "Debezium, Flatten, SMT"),
    ("debezium_strict", "Debezium itself"),
    ("maxwell", "Maxwell"),
    ("maxwell_strict", "Maxwell itself"),
];

/// The JSON of the value of column `c` in a rendered message.
pub(super) fn column_value(message: &str) -> String {
    let start = message.find("\"c\":").expect("the column") + 4;
    let mut values =
        serde_json::Deserializer::from_str(&message[start..]).into_iter::<serde::de::IgnoredAny>();
    values.next().expect("a value").expect("JSON");
    // A number at the end of its text is read up to what follows it.
    message[start..start + values.byte_offset()].to_owned()
}

fn cell(envelope: &Arc<dyn Envelope>, typed: &Typed, value: &Value) -> String {
    let schema = table(vec![typed.column.clone()], 0);
    let json = match value {
        Value::Json(text) => binary_json(text),
        _ => &[],
    };
    let [cell, ..] = forms(&typed.column, value, json);
    // An object of old and new types has the name of the column as well, but in front of it stands the row.
    match rendered(envelope, &Change::insert(raw_rows(&schema, &[cell]))) {
        Ok(message) => code(&column_value(&message)),
        Err(_) => "refused".to_owned(),
    }
}

fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = if text.contains('`') { "``" } else { "`" };
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}

/// A value as its owner would write it.
fn shown(typed: &Typed, value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            code(&format!("0x{digits}"))
        }
        Value::UInt(bits)
            if matches!(typed.column.column_type(), oms_core::schema::ColumnType::Bit { .. }) =>
        {
            code(&format!("b'{bits:b}'"))
        }
        Value::Text(text) => code(&format!("{text:?}")),
        Value::Float(value) => code(&format!("{value:e}")),
        value => code(&String::from_utf8_lossy(&scanned(&typed.column, value))),
    }
}

fn values() -> String {
    let variants = golden();
    let envelope = |name: &str| &variants.iter().find(|(variant, _)| *variant == name).expect("a variant").1;
    let mut page = "| type | value |".to_owned();
    for (_, title) in COLUMNS {
        let _ = write!(page, " {title} |");
    }
    page.push_str("\n|---|---|");
    page.push_str(&"---|".repeat(COLUMNS.len()));
    page.push('\n');
    for typed in all() {
        for value in &typed.values {
            let _ = write!(page, "| {} | {} |", typed.title, shown(&typed, value));
            for (name, _) in COLUMNS {
                let _ = write!(page, " {} |", cell(envelope(name), &typed, value));
            }
            page.push('\n');
        }
    }
    page
}

#[test]
fn the_page_has_every_value_as_it_is_rendered() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/envelopes.md");
    let page = std::fs::read_to_string(&file).expect("the page");
    let (head, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (table, tail) = rest.split_once(END).expect("where the table ends");
    let values = values();
    if std::env::var_os("OMS_UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&file, format!("{head}{BEGIN}{values}{END}{tail}")).expect("the page written");
        return;
    }
    assert!(
        table == values,
        "docs/envelopes.md is out of date: run this test with OMS_UPDATE_DOCS=1. It should be\n{values}"
    );
}
