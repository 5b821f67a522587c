//! The `COLUMN_TYPE` of `information_schema` to [`ColumnType`].

use crate::ddl::{Cursor, Dialect, SqlMode, TypeDef, column_type};
use crate::error::{Error, Result};
use crate::schema::{ColumnType, Members};

/// Reads the text of `COLUMN_TYPE` as MySQL, MariaDB and OceanBase print it.
///
/// Display widths are dropped, as they say nothing about values; those of ZEROFILL columns stay.
///
/// # Errors
///
/// [`Error::Unsupported`] for a type that oms does not know, by its name; [`Error::Decode`] for a malformed one.
///
/// # Sources
///
/// Tried on MySQL 5.7.22, 8.0.15, 9.7.4, MariaDB 10.11 and seekdb 1.4. All but OceanBase escape the members of ENUM and SET
/// like string literals; OceanBase prints them as they are, so that a member holding `','` cannot be told from two.
///
/// # Examples
///
/// ```
/// use oms_core::ddl::Dialect;
/// use oms_core::mysql::parse_column_type;
/// let old = parse_column_type("int(11)", Dialect::mysql(5, 7, 22)).unwrap();
/// assert_eq!(old, parse_column_type("int", Dialect::mysql(9, 7, 4)).unwrap());
/// assert!(parse_column_type("uuid", Dialect::mariadb(10, 11, 18)).is_err());
/// ```
pub fn parse_column_type(text: &str, dialect: Dialect) -> Result<ColumnType> {
    parse_declared(text, dialect).map(|declared| declared.base)
}

/// The same with what the type says beside the values that it holds.
pub(crate) fn parse_declared(text: &str, dialect: Dialect) -> Result<TypeDef> {
    if dialect.is_oceanbase()
        && let Some(raw) = raw_members(text)
    {
        return Ok(TypeDef::new(raw));
    }
    let mut cursor = Cursor::new(text, dialect, SqlMode::default())?;
    let declared = column_type(&mut cursor)?;
    cursor.expect_end()?;
    if declared.serial || declared.national || declared.lob_length.is_some() || !declared.charset.is_empty() {
        return Err(Error::decode("a column type", "it is none that a server reports"));
    }
    Ok(declared)
}

/// ENUM or SET whose members stand as they are between quotes.
fn raw_members(text: &str) -> Option<ColumnType> {
    let inner = |prefix: &str| {
        let list = text.strip_prefix(prefix)?.strip_suffix("')")?;
        Some(list.split("','").map(Box::from).collect::<Members>())
    };
    match inner("enum('") {
        Some(members) => Some(ColumnType::Enum(members)),
        None => inner("set('").map(ColumnType::Set),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{GeometryKind, IntWidth, LobSize};

    fn parse(text: &str) -> Result<ColumnType> {
        parse_column_type(text, Dialect::mysql(9, 7, 4))
    }

    #[test]
    fn what_no_server_reports_is_refused() {
        for text in [
            "",
            "(",
            "int(",
            "int(11",
            "int(x)",
            "varchar",
            "varchar(-1)",
            "bit(65)",
            "bit(0)",
            "decimal(66,0)",
            "decimal(10,31)",
            "datetime(7)",
            "year(2)",
            "enum()",
            "enum('a'",
            "enum(a)",
            "int int",
            "serial",
            "text(5)",
            "varchar(5) character set latin1",
            "national char(5)",
            "varchar(99999999999)",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let error = parse("inet6").unwrap_err().to_string();
        assert_eq!(error, "the schema model does not support the column type inet6");
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let members: Members =
            ["b'c".into(), "d,e".into(), "日本".into(), "".into(), "x\"\\\n".into()].into();
        let types = [
            ColumnType::Int { width: IntWidth::I8, unsigned: true, zerofill: None },
            ColumnType::Int { width: IntWidth::I32, unsigned: true, zerofill: Some(5) },
            ColumnType::Decimal { precision: 65, scale: 30, unsigned: true, zerofill: true },
            ColumnType::Float { unsigned: true, digits: Some((7, 3)) },
            ColumnType::Double { unsigned: false, digits: None },
            ColumnType::Bit { width: 64 },
            ColumnType::Year,
            ColumnType::Date,
            ColumnType::Time { fsp: 6 },
            ColumnType::DateTime { fsp: 0 },
            ColumnType::Timestamp { fsp: 3 },
            ColumnType::Char { length: 0 },
            ColumnType::VarChar { length: 16_383 },
            ColumnType::Text(LobSize::Long),
            ColumnType::Binary { length: 255 },
            ColumnType::VarBinary { length: 65_535 },
            ColumnType::Blob(LobSize::Tiny),
            ColumnType::Json,
            ColumnType::Geometry { kind: GeometryKind::GeometryCollection, srid: None },
            ColumnType::Vector { dimension: 3 },
        ];
        for column_type in types {
            assert_eq!(parse(&column_type.to_string()).unwrap(), column_type);
        }
        let text = r#"enum('b''c','d,e','日本','','x"\\\n')"#;
        assert_eq!(parse(text).unwrap(), ColumnType::Enum(members));
        assert_eq!(parse("geometrycollection").unwrap(), parse("geomcollection").unwrap());
    }

    #[test]
    fn display_widths_say_nothing_but_for_booleans() {
        assert_eq!(parse("bigint(20) unsigned").unwrap(), parse("bigint unsigned").unwrap());
        assert_eq!(parse("year(4)").unwrap(), ColumnType::Year);
        let dialect = Dialect::mysql(8, 0, 15);
        assert!(parse_declared("tinyint(1)", dialect).unwrap().boolean);
        assert!(!parse_declared("tinyint(1) unsigned", dialect).unwrap().boolean);
        assert!(!parse_declared("tinyint(4)", dialect).unwrap().boolean);
    }

    #[test]
    fn members_of_oceanbase_stand_as_they_are() {
        let parsed = parse_column_type("enum('b'c','d,e','back\\slash','')", Dialect::oceanbase(4, 3, 5));
        let members: Members = ["b'c".into(), "d,e".into(), "back\\slash".into(), "".into()].into();
        assert_eq!(parsed.unwrap(), ColumnType::Enum(members));
    }
}
