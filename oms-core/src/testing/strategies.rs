//! Strategies for `proptest`: tables of all types, rows with the values at which types break, valid transactions.
//!
//! ```
//! use oms_core::testing::strategies;
//! use proptest::prelude::*;
//! use proptest::test_runner::TestRunner;
//!
//! let table_and_rows = strategies::table().prop_flat_map(|table| {
//!     let rows = strategies::rows(&table, 0..10);
//!     (Just(table), rows)
//! });
//! TestRunner::default().run(&table_and_rows, |(table, rows)| {
//!     prop_assert!(rows.iter().all(|row| row.len() == table.columns().len()));
//!     Ok(())
//! }).unwrap();
//! ```

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::sample::{DATABASE, SampleTransaction};
use crate::name::TableName;
use crate::row::format::canonical;
use crate::schema::{Collation, Column, ColumnType, IntWidth, Key, KeyKind, LobSize, TableSchema};
use crate::value::{Date, DateTime, Time, Value};

/// One row's values.
pub type Row = Vec<Value>;

/// Any column type of MySQL but geometry and VECTOR, which not every server has.
pub fn column_type() -> impl Strategy<Value = ColumnType> {
    let members = || Arc::from(["a".into(), "B b".into(), "ü,'".into()]);
    let fixed = select(vec![
        ColumnType::Year,
        ColumnType::Date,
        ColumnType::Json,
        ColumnType::Text(LobSize::Tiny),
        ColumnType::Text(LobSize::Normal),
        ColumnType::Blob(LobSize::Normal),
        ColumnType::Blob(LobSize::Long),
        ColumnType::Enum(members()),
        ColumnType::Set(members()),
        ColumnType::Float { unsigned: false, digits: None },
        ColumnType::Double { unsigned: false, digits: None },
    ]);
    prop_oneof![
        fixed,
        int_type(),
        (1..=65_u8, 0..=30_u8, any::<bool>()).prop_map(|(precision, scale, unsigned)| ColumnType::Decimal {
            precision,
            scale: scale.min(precision),
            unsigned,
            zerofill: false,
        }),
        (1..=64_u8).prop_map(|width| ColumnType::Bit { width }),
        (0..=6_u8).prop_map(|fsp| ColumnType::Time { fsp }),
        (0..=6_u8).prop_map(|fsp| ColumnType::DateTime { fsp }),
        (0..=6_u8).prop_map(|fsp| ColumnType::Timestamp { fsp }),
        (1..=40_u32).prop_map(|length| ColumnType::Char { length }),
        (1..=200_u32).prop_map(|length| ColumnType::VarChar { length }),
        (1..=20_u32).prop_map(|length| ColumnType::Binary { length }),
        (1..=200_u32).prop_map(|length| ColumnType::VarBinary { length }),
    ]
}

fn int_type() -> impl Strategy<Value = ColumnType> {
    let widths = [IntWidth::I8, IntWidth::I16, IntWidth::I24, IntWidth::I32, IntWidth::I64];
    (select(widths.to_vec()), any::<bool>()).prop_map(|(width, unsigned)| ColumnType::Int {
        width,
        unsigned,
        zerofill: None,
    })
}

/// A table of one to eight columns: with a key of one or two columns, or without any.
pub fn table() -> impl Strategy<Value = Arc<TableSchema>> {
    let columns = vec((column_type(), any::<bool>()), 0..=6);
    let key = vec(prop_oneof![int_type(), Just(ColumnType::VarChar { length: 20 })], 0..=2);
    (columns, key).prop_map(|(columns, key)| {
        let column = |name: String, column_type: ColumnType| {
            let collation = column_type.is_text().then(|| Collation::new("utf8mb4_bin"));
            Column::new(name, column_type).with_collation(collation)
        };
        let names: Vec<String> = (0..key.len()).map(|i| format!("k{i}")).collect();
        let mut all: Vec<Column> = key
            .into_iter()
            .zip(&names)
            .map(|(column_type, name)| column(name.clone(), column_type).with_nullable(false))
            .collect();
        for (i, (column_type, nullable)) in columns.into_iter().enumerate() {
            all.push(column(format!("c{i}"), column_type).with_nullable(nullable));
        }
        if all.is_empty() {
            all.push(column("c0".to_owned(), ColumnType::Date));
        }
        let schema = TableSchema::new(TableName::new(DATABASE, "generated"), all);
        let keys = match names.is_empty() {
            true => Vec::new(),
            false => vec![Key::unique("PRIMARY", KeyKind::Primary, names.iter().map(String::as_str))],
        };
        Arc::new(schema.with_keys(keys))
    })
}

/// A value that the type can hold, often one from its edges; never NULL.
pub fn value(column_type: &ColumnType) -> BoxedStrategy<Value> {
    match column_type {
        ColumnType::Int { width, unsigned, .. } => integer(width.bytes() as u32 * 8, *unsigned),
        ColumnType::Bit { width } => unsigned(u32::from(*width)).prop_map(Value::UInt).boxed(),
        ColumnType::Year => prop_oneof![Just(0), 1901..=2155_i64].prop_map(Value::Int).boxed(),
        ColumnType::Decimal { precision, scale, unsigned, .. } => {
            decimal(usize::from(*precision), usize::from(*scale), *unsigned)
        }
        ColumnType::Float { .. } => {
            let edges = select(vec![0.0, -0.0, 1.5, -1.5, f32::MAX, f32::MIN, f32::MIN_POSITIVE]);
            prop_oneof![edges, proptest::num::f32::NORMAL].prop_map(Value::Float).boxed()
        }
        ColumnType::Double { .. } => {
            let edges = select(vec![0.0, -0.0, 0.1, 1e15, 1e-15, f64::MAX, f64::MIN, f64::MIN_POSITIVE]);
            prop_oneof![edges, proptest::num::f64::NORMAL].prop_map(Value::Double).boxed()
        }
        ColumnType::Date => date().prop_map(Value::Date).boxed(),
        ColumnType::Time { fsp } => time(*fsp),
        ColumnType::DateTime { fsp } => (date(), time_of_day(*fsp))
            .prop_map(|(date, (hour, minute, second, micros))| {
                Value::DateTime(DateTime { date, hour, minute, second, micros })
            })
            .boxed(),
        ColumnType::Timestamp { fsp } => {
            (prop_oneof![Just(1), Just(2_147_483_646), 1..2_147_483_647_u64], micros(*fsp))
                .prop_map(|(seconds, micros)| Value::DateTime(DateTime::from_timestamp(seconds, micros)))
                .boxed()
        }
        // The server takes trailing spaces off a CHAR.
        ColumnType::Char { length } => text(*length, u64::from(*length) * 4)
            .prop_map(|text| Value::Text(text.trim_end_matches(' ').into()))
            .boxed(),
        ColumnType::VarChar { length } => text_value(*length, u64::from(*length) * 4),
        ColumnType::Text(size) => text_value(300, size.max_bytes()),
        ColumnType::Binary { length } => bytes(*length as usize..*length as usize + 1),
        ColumnType::VarBinary { length } => bytes(0..*length as usize + 1),
        ColumnType::Blob(size) => bytes(0..size.max_bytes().min(300) as usize + 1),
        ColumnType::Enum(members) => (1..=members.len() as u16).prop_map(Value::Enum).boxed(),
        ColumnType::Set(members) => unsigned(members.len() as u32).prop_map(Value::Set).boxed(),
        ColumnType::Json => json(),
        ColumnType::Geometry { .. } => Just(Value::Null).boxed(),
        ColumnType::Vector { dimension } => bytes(*dimension as usize * 4..*dimension as usize * 4 + 1),
    }
}

/// A value of the column, NULL where it may be.
pub fn cell(column: &Column) -> BoxedStrategy<Value> {
    let value = value(column.column_type());
    match column.is_nullable() {
        true => prop_oneof![1 => Just(Value::Null), 5 => value].boxed(),
        false => value,
    }
}

/// A row of the table.
pub fn row(table: &TableSchema) -> BoxedStrategy<Row> {
    table.columns().iter().map(cell).collect::<Vec<_>>().boxed()
}

/// Rows of the table, of which no two have one key.
pub fn rows(table: &Arc<TableSchema>, count: Range<usize>) -> BoxedStrategy<Vec<Row>> {
    let table = Arc::clone(table);
    vec(row(&table), count)
        .prop_map(move |rows| {
            if table.identity().key_columns().is_none() {
                return rows;
            }
            let by_key: BTreeMap<Vec<u8>, Row> =
                rows.into_iter().map(|row| (key(&table, &row), row)).collect();
            by_key.into_values().collect()
        })
        .boxed()
}

/// Transactions that a server could have logged, one behind the other: rows are changed and deleted only while they
/// are there, and the rows that are left at the end.
pub fn transactions(
    table: &Arc<TableSchema>,
    count: Range<usize>,
) -> BoxedStrategy<(Vec<SampleTransaction>, Vec<Row>)> {
    let step = (0..3_u8, any::<proptest::sample::Index>(), row(table));
    let table = Arc::clone(table);
    vec(vec(step, 0..5), count)
        .prop_map(move |drawn| {
            let mut state: Vec<(Vec<u8>, Row)> = Vec::new();
            let keyed = table.identity().key_columns().is_some();
            let mut transactions = Vec::new();
            for (i, steps) in drawn.into_iter().enumerate() {
                let mut transaction = SampleTransaction::new(&format!("generated-{i}"));
                for (kind, index, row) in steps {
                    let key = key(&table, &row);
                    let is_taken = keyed && state.iter().any(|(other, _)| *other == key);
                    let chosen = (!state.is_empty()).then(|| index.index(state.len()));
                    transaction = match (kind, chosen) {
                        (1, Some(at)) if !is_taken || state[at].0 == key => {
                            let (_, before) = std::mem::replace(&mut state[at], (key, row.clone()));
                            transaction.update(&table, [before], [row])
                        }
                        (2, Some(at)) => transaction.delete(&table, [state.swap_remove(at).1]),
                        _ if is_taken => transaction,
                        _ => {
                            state.push((key, row.clone()));
                            transaction.insert(&table, [row])
                        }
                    };
                }
                transactions.push(transaction);
            }
            (transactions, state.into_iter().map(|(_, row)| row).collect())
        })
        .boxed()
}

fn key(table: &TableSchema, row: &[Value]) -> Vec<u8> {
    let mut key = Vec::new();
    for column in table.identity().key_columns().unwrap_or_default() {
        canonical::encode(&row[*column], &mut key);
        key.push(0xff);
    }
    key
}

fn unsigned(bits: u32) -> BoxedStrategy<u64> {
    let most = u64::MAX.checked_shr(64 - bits).unwrap_or(0);
    prop_oneof![Just(0), Just(most), Just(most / 2), Just(most / 2 + 1), 0..=most].boxed()
}

fn integer(bits: u32, is_unsigned: bool) -> BoxedStrategy<Value> {
    if is_unsigned {
        return unsigned(bits).prop_map(Value::UInt).boxed();
    }
    let most = i64::MAX >> (64 - bits);
    prop_oneof![Just(0), Just(-1), Just(most), Just(-most - 1), -most - 1..=most].prop_map(Value::Int).boxed()
}

fn decimal(precision: usize, scale: usize, is_unsigned: bool) -> BoxedStrategy<Value> {
    let digit = prop_oneof![2 => Just(b'9'), 1 => Just(b'0'), 3 => b'0'..=b'9'];
    (vec(digit, precision), any::<bool>())
        .prop_map(move |(digits, negative)| {
            let digits = String::from_utf8_lossy(&digits).into_owned();
            let (whole, fraction) = digits.split_at(precision - scale);
            let whole = whole.trim_start_matches('0');
            let mut text = String::new();
            // There is no negative zero.
            if negative && !is_unsigned && digits.bytes().any(|digit| digit != b'0') {
                text.push('-');
            }
            text.push_str(if whole.is_empty() { "0" } else { whole });
            if scale > 0 {
                text.push('.');
                text.push_str(fraction);
            }
            Value::Decimal(text.into())
        })
        .boxed()
}

fn micros(fsp: u8) -> BoxedStrategy<u32> {
    let step = 10_u32.pow(6 - u32::from(fsp.min(6)));
    prop_oneof![Just(0), Just(999_999), 0..1_000_000_u32]
        .prop_map(move |micros| micros - micros % step)
        .boxed()
}

fn time_of_day(fsp: u8) -> impl Strategy<Value = (u8, u8, u8, u32)> {
    let edges = select(vec![(0, 0, 0), (23, 59, 59), (12, 0, 0)]);
    let clock = prop_oneof![edges, (0..24_u8, 0..60_u8, 0..60_u8)];
    (clock, micros(fsp)).prop_map(|((hour, minute, second), micros)| (hour, minute, second, micros))
}

fn date() -> impl Strategy<Value = Date> {
    let edges = [(1000, 1, 1), (1582, 10, 10), (1970, 1, 1), (2000, 2, 29), (2038, 1, 19), (9999, 12, 31)];
    // Zero parts are legal only where the server's mode allows them; the zero date is the one that all have.
    let edges = edges.into_iter().chain([(0, 0, 0)]).collect::<Vec<_>>();
    prop_oneof![select(edges), (1000..=9999_u16, 1..=12_u8, 1..=28_u8)].prop_map(|(year, month, day)| Date {
        year,
        month,
        day,
    })
}

fn time(fsp: u8) -> BoxedStrategy<Value> {
    (any::<bool>(), 0..=838_u16, time_of_day(fsp), any::<bool>())
        .prop_map(|(negative, hours, (_, minutes, seconds, micros), is_edge)| {
            let (hours, minutes, seconds, micros) = match is_edge {
                true => (838, 59, 59, 0),
                false if hours == 838 => (837, minutes, seconds, micros),
                false => (hours, minutes, seconds, micros),
            };
            let is_zero = (hours, minutes, seconds, micros) == (0, 0, 0, 0);
            Value::Time(Time { negative: negative && !is_zero, hours, minutes, seconds, micros })
        })
        .boxed()
}

/// Text of at most so many characters and bytes.
fn text(most_chars: u32, most_bytes: u64) -> BoxedStrategy<String> {
    let edges = [
        "",
        " ",
        "a ",
        "NULL",
        "0",
        "'",
        "\"",
        "\\",
        "\\'",
        "%_",
        "\0",
        "\u{1a}",
        "a\r\nb\tc",
        "ß",
        "İ",
        "é",
        "e\u{301}",
        "日本語",
        "🦀",
        "\u{10ffff}",
        "\u{feff}x",
        "${x}",
        "-- ",
        "/* */",
        "\u{202e}",
    ];
    let edges = select(edges.map(str::to_owned).to_vec());
    let full = Just("x".repeat(most_chars as usize));
    let random = vec(any::<char>(), 0..12).prop_map(String::from_iter);
    prop_oneof![3 => edges, 1 => full, 3 => random]
        .prop_map(move |text| {
            let mut bytes = 0;
            let fits = |c: &char| {
                bytes += c.len_utf8() as u64;
                bytes <= most_bytes
            };
            text.chars().take(most_chars as usize).take_while(fits).collect()
        })
        .boxed()
}

fn text_value(most_chars: u32, most_bytes: u64) -> BoxedStrategy<Value> {
    text(most_chars, most_bytes).prop_map(|text| Value::Text(text.into())).boxed()
}

fn bytes(len: Range<usize>) -> BoxedStrategy<Value> {
    let byte = prop_oneof![Just(0), Just(0xff), Just(b'\\'), Just(b'\''), Just(b' '), any::<u8>()];
    vec(byte, len).prop_map(|bytes| Value::Bytes(bytes.into())).boxed()
}

/// Documents as MySQL prints them: keys by length and then by bytes, a space behind colons and commas.
fn json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        select(vec![
            "null",
            "true",
            "false",
            "0",
            "-1",
            "18446744073709551615",
            "\"\"",
            "\"a\\\\b\"",
            "\"日本\""
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    let document = leaf.prop_recursive(3, 16, 4, |inner| {
        let object = (hash_set(0..9_u8, 0..4), vec(inner.clone(), 4)).prop_map(|(keys, values)| {
            let mut keys: Vec<_> = keys.into_iter().collect();
            keys.sort_unstable();
            let members = keys.iter().zip(values).map(|(key, value)| format!("\"{key}\": {value}"));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        });
        prop_oneof![object, vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(", ")))]
    });
    document.prop_map(|text| Value::Json(text.into())).boxed()
}
