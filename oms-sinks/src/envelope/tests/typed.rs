//! Every type with values at its ends.

use std::sync::Arc;

use oms_core::schema::{Collation, Column, ColumnType, GeometryKind, IntWidth, LobSize};
use oms_core::value::{Date, DateTime, Time, Value};

/// A column and values of its type.
pub(super) struct Typed {
    /// What stands in the page and in the golden files.
    pub(super) title: &'static str,
    pub(super) column: Column,
    pub(super) values: Vec<Value>,
}

/// A document in the server's binary form, for the documents of [`all`].
pub(super) fn binary_json(text: &str) -> &'static [u8] {
    match text {
        // An object of one key, `k`, with the array [1, "é"].
        r#"{"k": [1, "é"]}"# => &[
            0x00, 1, 0, 25, 0, 11, 0, 1, 0, 0x02, 12, 0, b'k', 2, 0, 13, 0, 0x05, 1, 0, 0x0c, 10, 0, 2, 0xc3,
            0xa9,
        ],
        "null" => &[0x04, 0],
        _ => &[],
    }
}

fn int(width: IntWidth, unsigned: bool) -> ColumnType {
    ColumnType::Int { width, unsigned, zerofill: None }
}

fn date(year: u16, month: u8, day: u8) -> Date {
    Date { year, month, day }
}

fn datetime(text: &str) -> Value {
    Value::DateTime(DateTime::parse(text.as_bytes()).unwrap())
}

fn time(text: &str) -> Value {
    Value::Time(Time::parse(text.as_bytes()).unwrap())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.into())
}

fn decimal_type(precision: u8, scale: u8) -> ColumnType {
    ColumnType::Decimal { precision, scale, unsigned: false, zerofill: false }
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.into())
}

/// A point at (1.5, -2) with this SRID.
fn point(srid: u32) -> Value {
    let mut out = srid.to_le_bytes().to_vec();
    out.extend_from_slice(&[1, 1, 0, 0, 0]);
    out.extend_from_slice(&1.5_f64.to_le_bytes());
    out.extend_from_slice(&(-2.0_f64).to_le_bytes());
    bytes(&out)
}

pub(super) fn all() -> Vec<Typed> {
    use ColumnType as T;
    let mut all = Vec::new();
    let mut add = |title: &'static str, column_type: T, values: Vec<Value>| {
        all.push(Typed { title, column: Column::new("c", column_type), values });
    };
    let members = |labels: &[&str]| labels.iter().map(|label| (*label).into()).collect::<Arc<[Box<str>]>>();
    let ends = |width: u32| vec![Value::Int(-(1_i64 << (width - 1))), Value::Int((1_i64 << (width - 1)) - 1)];
    let top = |width: u32| vec![Value::UInt(0), Value::UInt(u64::MAX >> (64 - width))];
    add("TINYINT", int(IntWidth::I8, false), ends(8));
    add("TINYINT UNSIGNED", int(IntWidth::I8, true), top(8));
    add("SMALLINT", int(IntWidth::I16, false), ends(16));
    add("SMALLINT UNSIGNED", int(IntWidth::I16, true), top(16));
    add("MEDIUMINT", int(IntWidth::I24, false), ends(24));
    add("MEDIUMINT UNSIGNED", int(IntWidth::I24, true), top(24));
    add("INT", int(IntWidth::I32, false), ends(32));
    add("INT UNSIGNED", int(IntWidth::I32, true), top(32));
    add("BIGINT", int(IntWidth::I64, false), vec![Value::Int(i64::MIN), Value::Int(i64::MAX)]);
    add("BIGINT UNSIGNED", int(IntWidth::I64, true), vec![Value::UInt(1 << 62), Value::UInt(u64::MAX)]);
    add("YEAR", T::Year, vec![Value::Int(0), Value::Int(1901), Value::Int(2155)]);
    let widest = format!("-{}.{}", "9".repeat(35), "9".repeat(30));
    add(
        "DECIMAL(65,30)",
        decimal_type(65, 30),
        vec![decimal(&widest), decimal("0.000000000000000000000000000001")],
    );
    add("DECIMAL(65,0)", decimal_type(65, 0), vec![decimal(&"9".repeat(65)), decimal("0")]);
    add("DECIMAL(5,2)", decimal_type(5, 2), vec![decimal("-1.50"), decimal("128.00"), decimal("-0.01")]);
    let float = T::Float { unsigned: false, digits: None };
    add("FLOAT", float, [f32::MIN, f32::MIN_POSITIVE, 0.1, -0.0, 16_777_216.0].map(Value::Float).to_vec());
    let double = T::Double { unsigned: false, digits: None };
    add(
        "DOUBLE",
        double,
        [f64::MIN, f64::MIN_POSITIVE, 0.1 + 0.2, 1e15, 123_456.0].map(Value::Double).to_vec(),
    );
    add("BIT(1)", T::Bit { width: 1 }, vec![Value::UInt(0), Value::UInt(1)]);
    add("BIT(10)", T::Bit { width: 10 }, vec![Value::UInt(1), Value::UInt(0x3ff)]);
    add("BIT(64)", T::Bit { width: 64 }, vec![Value::UInt(1), Value::UInt(u64::MAX)]);
    let days = [date(1000, 1, 1), date(1970, 1, 1), date(9999, 12, 31), date(0, 0, 0), date(2024, 2, 0)];
    add("DATE", T::Date, days.map(Value::Date).to_vec());
    add("TIME", T::Time { fsp: 0 }, ["-838:59:59", "00:00:00", "838:59:59"].map(time).to_vec());
    add("TIME(3)", T::Time { fsp: 3 }, ["-00:00:00.001", "23:59:59.120"].map(time).to_vec());
    add(
        "TIME(6)",
        T::Time { fsp: 6 },
        ["-838:59:59.000000", "00:00:00.000001", "12:00:00.500000"].map(time).to_vec(),
    );
    let ends = ["1000-01-01 00:00:00", "9999-12-31 23:59:59", "0000-00-00 00:00:00", "2024-00-10 01:02:03"];
    add("DATETIME", T::DateTime { fsp: 0 }, ends.map(datetime).to_vec());
    let ends = ["2024-02-29 12:34:56.789", "1969-12-31 23:59:59.900"];
    add("DATETIME(3)", T::DateTime { fsp: 3 }, ends.map(datetime).to_vec());
    let ends = ["2024-02-29 12:34:56.789012", "9999-12-31 23:59:59.999999", "2024-01-01 00:00:00.000000"];
    add("DATETIME(6)", T::DateTime { fsp: 6 }, ends.map(datetime).to_vec());
    let ends = ["1970-01-01 00:00:01", "2038-01-19 03:14:07", "0000-00-00 00:00:00"];
    add("TIMESTAMP", T::Timestamp { fsp: 0 }, ends.map(datetime).to_vec());
    let ends = ["1970-01-01 00:00:01.000001", "2024-02-29 12:34:56.120000"];
    add("TIMESTAMP(6)", T::Timestamp { fsp: 6 }, ends.map(datetime).to_vec());
    add("CHAR", T::Char { length: 10 }, vec![Value::from(""), Value::from("\"\\\n\u{1}/é😀")]);
    add("VARCHAR", T::VarChar { length: 80 }, vec![Value::from("a  "), Value::from("日本\t")]);
    add("TEXT", T::Text(LobSize::Normal), vec![Value::from("{\"not\": \"json\"}")]);
    add("BINARY(4)", T::Binary { length: 4 }, vec![bytes(&[0, 0, 1, 0]), bytes(&[0xff; 4])]);
    add("VARBINARY", T::VarBinary { length: 80 }, vec![bytes(&[]), bytes(&[0, 0x22, 0x5c, 0xff, 0xfb])]);
    add("BLOB", T::Blob(LobSize::Normal), vec![bytes(b"plain"), bytes(&[0xc3, 0x28])]);
    add("ENUM", T::Enum(members(&["new", "a\"b"])), vec![Value::Enum(1), Value::Enum(2)]);
    add("SET", T::Set(members(&["red", "blue", "a\"b"])), vec![Value::Set(0), Value::Set(1), Value::Set(7)]);
    let documents = ["null", r#"{"k": [1, "é"]}"#];
    add("JSON", T::Json, documents.map(|text| Value::Json(text.into())).to_vec());
    add("GEOMETRY", T::Geometry { kind: GeometryKind::Geometry, srid: None }, vec![point(0), point(4326)]);
    let entries: Vec<u8> = [1.0_f32, -0.1].iter().flat_map(|entry| entry.to_le_bytes()).collect();
    add("VECTOR(2)", T::Vector { dimension: 2 }, vec![bytes(&entries)]);
    all.push(Typed {
        title: "TINYINT(1)",
        column: Column::new("c", int(IntWidth::I8, false)).with_boolean(true),
        values: vec![Value::Int(0), Value::Int(1), Value::Int(-128)],
    });
    all.push(Typed {
        title: "INT(8) ZEROFILL",
        column: Column::new("c", T::Int { width: IntWidth::I32, unsigned: true, zerofill: Some(8) }),
        values: vec![Value::UInt(0), Value::UInt(42)],
    });
    let latin1 =
        Column::new("c", T::VarChar { length: 80 }).with_collation(Some(Collation::new("latin1_swedish_ci")));
    all.push(Typed { title: "VARCHAR, latin1", column: latin1, values: vec![Value::from("Grüße")] });
    all
}
