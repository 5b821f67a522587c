use super::*;
use crate::ddl::{Dialect, SqlMode};

fn parse(sql: &str) -> Result<TypeDef> {
    let mut cursor = Cursor::new(sql, Dialect::mysql(9, 7, 4), SqlMode::default())?;
    let declared = column_type(&mut cursor)?;
    cursor.expect_end()?;
    Ok(declared)
}

fn base_of(sql: &str) -> String {
    parse(sql).unwrap().base.to_string()
}

#[test]
fn synonyms_are_one_type() {
    let cases = [
        ("INT1", "tinyint"),
        ("MIDDLEINT UNSIGNED", "mediumint unsigned"),
        ("INTEGER(5) SIGNED", "int"),
        ("BIGINT ZEROFILL", "bigint(20) unsigned zerofill"),
        ("TINYINT ZEROFILL UNSIGNED", "tinyint(3) unsigned zerofill"),
        ("BOOLEAN", "tinyint"),
        ("SERIAL", "bigint unsigned"),
        ("DEC", "decimal(10,0)"),
        ("NUMERIC(5)", "decimal(5,0)"),
        ("FIXED(0)", "decimal(10,0)"),
        ("FLOAT(24)", "float"),
        ("FLOAT(25)", "double"),
        ("FLOAT8", "double"),
        ("DOUBLE PRECISION(5,2)", "double(5,2)"),
        ("REAL", "double"),
        ("BIT", "bit(1)"),
        ("CHARACTER", "char(1)"),
        ("CHARACTER VARYING(5)", "varchar(5)"),
        ("NCHAR VARCHAR(5)", "varchar(5)"),
        ("NATIONAL CHARACTER VARYING(5)", "varchar(5)"),
        ("NVARCHAR(5)", "varchar(5)"),
        ("BINARY", "binary(1)"),
        ("LONG", "mediumtext"),
        ("LONG VARCHAR", "mediumtext"),
        ("LONG VARBINARY", "mediumblob"),
        ("VECTOR", "vector(2048)"),
        ("GEOMETRYCOLLECTION", "geomcollection"),
        ("ENUM('a ', X'62')", "enum('a','b')"),
    ];
    for (sql, expected) in cases {
        assert_eq!(base_of(sql), expected, "{sql}");
    }
}

#[test]
fn attributes_of_the_character_set_are_kept() {
    let declared = parse("VARCHAR(5) CHARACTER SET latin1 BINARY").unwrap();
    assert_eq!(declared.charset.charset, Some(Charset::Latin1));
    assert!(declared.charset.binary);
    assert_eq!(parse("CHAR(5) CHARSET 'utf8'").unwrap().charset.charset, Some(Charset::Utf8mb3));
    assert_eq!(parse("CHAR(5) BYTE").unwrap().charset.charset, Some(Charset::Binary));
    assert_eq!(parse("TEXT ASCII").unwrap().charset.charset, Some(Charset::Latin1));
    assert_eq!(parse("TEXT(70000)").unwrap().lob_length, Some(70_000));
    assert!(parse("NCHAR(5)").unwrap().national);
    assert!(parse("CHAR(5) CHARACTER SET klingon").is_err());
}

#[test]
fn real_follows_the_mode() {
    let mode = SqlMode { real_as_float: true, ..SqlMode::default() };
    let mut cursor = Cursor::new("REAL", Dialect::mysql(9, 7, 4), mode).unwrap();
    assert_eq!(column_type(&mut cursor).unwrap().base.to_string(), "float");
}
