use super::*;
use crate::row::format::field;
use crate::schema::{Collation, IntWidth};
use crate::value::Value;

fn literal(format: CellFormat, column: &Column, raw: &[u8]) -> Result<String> {
    let mut out = Vec::new();
    LiteralWriter::new(format, column)?.write(raw, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn text(column_type: ColumnType, raw: &str) -> Result<String> {
    literal(CellFormat::MysqlText, &Column::new("c", column_type), raw.as_bytes())
}

fn members(labels: &[&str]) -> crate::schema::Members {
    labels.iter().map(|label| Box::from(*label)).collect()
}

#[test]
fn text_cells_become_literals() {
    let int = |zerofill| ColumnType::Int { width: IntWidth::I32, unsigned: true, zerofill };
    assert_eq!(text(int(None), "42").unwrap(), "42");
    assert_eq!(text(int(Some(8)), "00000042").unwrap(), "42");
    assert_eq!(text(int(Some(3)), "000").unwrap(), "0");
    assert_eq!(text(ColumnType::Double { unsigned: false, digits: None }, "0.1").unwrap(), "0.1e0");
    assert_eq!(text(ColumnType::Double { unsigned: false, digits: None }, "1e300").unwrap(), "1e300");
    assert_eq!(text(ColumnType::Blob(crate::schema::LobSize::Normal), "\0\u{1}").unwrap(), "0x0001");
    assert_eq!(text(ColumnType::Blob(crate::schema::LobSize::Normal), "").unwrap(), "''");
    assert_eq!(text(ColumnType::Enum(members(&["a'b", "c"])), "1").unwrap(), r"'a\'b'");
    assert_eq!(text(ColumnType::Set(members(&["x", "y", "z"])), "5").unwrap(), "'x,z'");
    assert_eq!(text(ColumnType::Set(members(&["x"])), "0").unwrap(), "''");
    assert_eq!(text(ColumnType::VarChar { length: 9 }, "a\\'\0").unwrap(), r"'a\\\'\0'");
}

#[test]
fn rounded_floats_are_written_as_they_were_rounded() {
    let float = ColumnType::Float { unsigned: false, digits: Some((7, 3)) };
    assert_eq!(text(float.clone(), "9999.9990234375").unwrap(), "9999.999e0");
    assert_eq!(text(float.clone(), "-0").unwrap(), "-0.000e0");
    // It is not what the column would have rounded to, so every digit counts.
    assert_eq!(text(float, "0.10009765625").unwrap(), "0.10009765625e0");
    let mut out = Vec::new();
    let column = Column::new("c", ColumnType::Float { unsigned: false, digits: Some((7, 3)) });
    let writer = LiteralWriter::new(CellFormat::MysqlText, &column).unwrap().for_comparison();
    writer.write(b"9999.9990234375", &mut out).unwrap();
    assert_eq!(out, b"9999.9990234375e0");
    let double = ColumnType::Double { unsigned: false, digits: Some((20, 6)) };
    assert_eq!(text(double, "99999999999999.999999").unwrap(), "100000000000000.000000e0");
}

#[test]
fn what_is_no_number_never_leaves_unquoted() {
    let int = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };
    assert!(text(int.clone(), "1 or 1").is_err());
    assert!(text(int, "").is_err());
    assert!(text(ColumnType::Enum(members(&["a"])), "0").is_err());
    assert!(text(ColumnType::Enum(members(&["a"])), "2").is_err());
    assert!(text(ColumnType::Set(members(&["a"])), "2").is_err());
}

#[test]
fn other_character_sets_become_utf8() {
    let column = Column::new("c", ColumnType::VarChar { length: 9 })
        .with_collation(Some(Collation::new("gbk_chinese_ci")));
    assert_eq!(literal(CellFormat::MysqlText, &column, b"\xd5\x5c'").unwrap(), "'誠\\''");
    assert!(literal(CellFormat::MysqlText, &column, b"\xd5").is_err());
}

#[test]
fn codes_of_one_character_stay_what_they_are() {
    let column = Column::new("c", ColumnType::VarChar { length: 9 })
        .with_collation(Some(Collation::new("sjis_japanese_ci")));
    assert_eq!(literal(CellFormat::MysqlText, &column, b"\x5c").unwrap(), r"'\\'");
    let keeping =
        |column: &Column| LiteralWriter::new(CellFormat::MysqlText, column).unwrap().keeping_bytes();
    let mut out = Vec::new();
    keeping(&column).write(b"\x5c", &mut out).unwrap();
    keeping(&column).write(b"", &mut out).unwrap();
    assert_eq!(out, b"_sjis 0x5c''");
    assert!(keeping(&column).write(b"\x81", &mut out).is_err());
    let column = column.with_collation(Some(Collation::new("gbk_chinese_ci")));
    assert!(!keeping(&column).keeps_bytes());
}

#[test]
fn log_cells_become_the_literals_of_text_cells() {
    let binlog = |field, meta| CellFormat::MysqlBinlog { field, meta };
    let case = |column_type: ColumnType, format, raw: &[u8], expected: &str| {
        assert_eq!(literal(format, &Column::new("c", column_type), raw).unwrap(), expected);
    };
    let int = |width, unsigned| ColumnType::Int { width, unsigned, zerofill: None };
    case(int(IntWidth::I32, false), binlog(field::LONG, 0), &(-7_i32).to_le_bytes(), "-7");
    case(int(IntWidth::I24, false), binlog(field::INT24, 0), &[0xff, 0xff, 0xff], "-1");
    case(int(IntWidth::I24, true), binlog(field::INT24, 0), &[0xff, 0xff, 0xff], "16777215");
    case(int(IntWidth::I64, true), binlog(field::LONGLONG, 0), &[0xff; 8], "18446744073709551615");
    case(ColumnType::Year, binlog(field::YEAR, 0), &[124], "2024");
    case(
        ColumnType::Float { unsigned: false, digits: None },
        binlog(field::FLOAT, 4),
        &0.1_f32.to_le_bytes(),
        "0.10000000149011612e0",
    );
    case(ColumnType::Date, binlog(field::DATE, 0), &[0x5e, 0xd0, 0x0f], "'2024-02-30'");
    case(
        ColumnType::Time { fsp: 6 },
        binlog(field::TIME2, 6),
        &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff],
        "'-00:00:00.000001'",
    );
    case(ColumnType::Time { fsp: 0 }, binlog(field::TIME2, 0), &[0xb4, 0x6e, 0xfb], "'838:59:59'");
    case(
        ColumnType::Timestamp { fsp: 2 },
        binlog(field::TIMESTAMP2, 2),
        &[0, 0, 0, 1, 50],
        "'1970-01-01 00:00:01.50'",
    );
    case(ColumnType::Json, binlog(field::JSON, 4), &[0x0c, 2, b'\'', b'\\'], r#"'"\'\\\\"'"#);
    case(ColumnType::Bit { width: 9 }, binlog(field::BIT, 0x0101), &[1, 1], "257");
}

#[test]
fn built_values_become_literals() {
    let mut out = Vec::new();
    let column = Column::new("c", ColumnType::VarChar { length: 9 });
    write_value(&column, &Value::from("x'y"), &mut out).unwrap();
    write_value(&column, &Value::Null, &mut out).unwrap();
    assert_eq!(out, br"'x\'y'NULL");
}
