//! Forms at their edges, where the table of values has none.

use oms_core::TableName;
use oms_core::row::CellFormat;
use oms_core::row::format::canonical;
use oms_core::schema::{Column, ColumnType, GeometryKind};
use oms_core::value::Value;

use super::{CellWriter, Form};

fn write(column_type: ColumnType, form: Form, value: Value) -> oms_core::Result<String> {
    let column = Column::new("c", column_type);
    let writer = CellWriter::new(&TableName::new("d", "t"), &column, CellFormat::Canonical, form)?;
    let (mut raw, mut out) = (Vec::new(), Vec::new());
    canonical::encode(&value, &mut raw);
    writer.write_raw(&raw, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn decimal(precision: u8, scale: u8) -> ColumnType {
    ColumnType::Decimal { precision, scale, unsigned: false, zerofill: false }
}

#[test]
fn connect_decimals_are_the_bytes_of_a_big_integer() {
    let connect =
        |scale, text: &str| write(decimal(65, scale), Form::ConnectDecimal, Value::Decimal(text.into()));
    for (text, scale, base64) in [
        ("0", 0, "AA=="),
        ("0.00", 2, "AA=="),
        ("-0.00", 2, "AA=="),
        ("1.27", 2, "fw=="),
        ("1.28", 2, "AIA="),
        ("-1.28", 2, "gA=="),
        ("-1.29", 2, "/38="),
        ("-2.56", 2, "/wA="),
        ("1", 2, "ZA=="),
        ("18446744073709551616", 0, "AQAAAAAAAAAA"),
    ] {
        assert_eq!(connect(scale, text).unwrap(), format!("\"{base64}\""), "{text}");
    }
    assert!(connect(1, "1.25").is_err());
    assert!(connect(0, &"9".repeat(200)).is_err());
}

#[test]
fn what_is_no_number_of_json_is_refused() {
    for text in ["", "-", "+1", "1e5", ".5", "1.", "01", "1,5", "NaN"] {
        let result = write(decimal(5, 0), Form::Number, Value::Decimal(text.into()));
        // Zeros in front are what ZEROFILL makes, and no part of the number.
        assert_eq!(result.ok(), (text == "01").then(|| "1".to_owned()), "{text}");
    }
    let double = ColumnType::Double { unsigned: false, digits: None };
    for value in [f64::NAN, f64::INFINITY] {
        assert!(write(double.clone(), Form::Number, Value::Double(value)).is_err());
    }
}

#[test]
fn built_documents_are_checked_before_they_stand_as_they_are() {
    let document = |text: &str| write(ColumnType::Json, Form::Document, Value::Json(text.into()));
    assert_eq!(document(r#"{"a": [1]}"#).unwrap(), r#"{"a": [1]}"#);
    assert!(document(r#"{"a": [1]},"b":1"#).is_err());
}

#[test]
fn labels_that_are_none_are_errors() {
    let members = || oms_core::schema::Members::from(["a".into(), "b".into()]);
    let label = |index| write(ColumnType::Enum(members()), Form::Text, Value::Enum(index));
    assert_eq!(label(2).unwrap(), "\"b\"");
    assert!(label(0).is_err() && label(3).is_err());
    let set = |bits| write(ColumnType::Set(members()), Form::Labels, Value::Set(bits));
    assert_eq!(set(3).unwrap(), r#"["a","b"]"#);
    assert!(set(4).is_err());
}

#[test]
fn geometries_are_printed_as_well_known_text() {
    let number = |value: u32| value.to_le_bytes().to_vec();
    let point = |x: f64, y: f64| [x.to_le_bytes(), y.to_le_bytes()].concat();
    let head = |kind: u32| [vec![1], number(kind)].concat();
    let wkt = |wkb: Vec<u8>| {
        let value = Value::Bytes([number(4326), wkb].concat().into());
        write(ColumnType::Geometry { kind: GeometryKind::Geometry, srid: None }, Form::WellKnownText, value)
    };
    let line = [head(2), number(2), point(0.0, 1.0), point(2.5, -3.0)].concat();
    assert_eq!(wkt(line.clone()).unwrap(), "\"LINESTRING (0 1, 2.5 -3)\"");
    let polygon = [head(3), number(1), number(1), point(0.0, 0.0)].concat();
    assert_eq!(wkt(polygon).unwrap(), "\"POLYGON ((0 0))\"");
    let points = [head(4), number(2), head(1), point(0.0, 0.0), head(1), point(1.0, 1.0)].concat();
    assert_eq!(wkt(points).unwrap(), "\"MULTIPOINT ((0 0), (1 1))\"");
    let collection = [head(7), number(2), head(7), number(0), line].concat();
    assert_eq!(
        wkt(collection).unwrap(),
        "\"GEOMETRYCOLLECTION (GEOMETRYCOLLECTION EMPTY, LINESTRING (0 1, 2.5 -3))\""
    );
    assert!(
        wkt(head(9)).is_err()
            && wkt(Vec::new()).is_err()
            && wkt([head(2), number(u32::MAX)].concat()).is_err()
    );
}

#[test]
fn a_form_that_a_type_does_not_have_is_refused_by_the_plan() {
    assert!(write(ColumnType::Date, Form::Base64, Value::Null).is_err());
    let error = write(ColumnType::Json, Form::Days, Value::Null).unwrap_err().to_string();
    assert_eq!(error, "an envelope does not support the form Days for column c of type json");
}
