//! The names and forms of column types in the formats of OMS and Canal.

use oms_core::dialect::Product;
use oms_core::schema::{Column, ColumnType, IntWidth};

use super::Form;

/// The form in which OMS's Default, Canal, DataWorks, SharePlex and DefaultExtendColumnType have a column's values.
pub fn default_form(column: &Column) -> Form {
    match column.column_type() {
        ColumnType::Int { .. }
        | ColumnType::Year
        | ColumnType::Decimal { .. }
        | ColumnType::Float { .. }
        | ColumnType::Double { .. } => Form::Number,
        ColumnType::Time { .. } | ColumnType::DateTime { .. } => Form::ShortText,
        ColumnType::Timestamp { .. } => Form::SecondsText,
        ColumnType::Bit { .. }
        | ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => Form::Base64,
        _ => Form::Text,
    }
}

/// The name of a column's type in DataWorks and DefaultExtendColumnType; Canal has it in lower case.
///
/// An unsigned integer has the name of the signed one that holds all its values; `INT64` has 64 bits, `BIGINT` more.
pub(crate) fn oms_type(column: &Column) -> &'static str {
    match column.column_type() {
        ColumnType::Int { width, unsigned, .. } => match (width, unsigned) {
            (IntWidth::I8, false) => "TINYINT",
            (IntWidth::I8, true) | (IntWidth::I16, false) => "SMALLINT",
            (IntWidth::I16, true) | (IntWidth::I24, _) | (IntWidth::I32, false) => "INT",
            (IntWidth::I32, true) | (IntWidth::I64, false) => "INT64",
            (IntWidth::I64, true) => "BIGINT",
        },
        ColumnType::Year => "INT",
        ColumnType::Decimal { .. } => "DECIMAL",
        ColumnType::Float { .. } => "FLOAT",
        ColumnType::Double { .. } => "DOUBLE",
        ColumnType::Date => "DATE",
        ColumnType::Time { .. } => "TIME",
        ColumnType::DateTime { .. } => "DATETIME",
        ColumnType::Timestamp { .. } => "TIMESTAMP",
        ColumnType::Bit { .. }
        | ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => "BLOB",
        _ => "VARCHAR",
    }
}

/// The number of `java.sql.Types` that OMS's Canal gives a column.
pub(crate) fn oms_jdbc_type(column: &Column) -> i32 {
    match oms_type(column) {
        "TINYINT" => jdbc::TINYINT,
        "SMALLINT" => jdbc::SMALLINT,
        "INT" => jdbc::INTEGER,
        "INT64" | "BIGINT" => jdbc::BIGINT,
        "DECIMAL" => jdbc::DECIMAL,
        "FLOAT" => jdbc::FLOAT,
        "DOUBLE" => jdbc::DOUBLE,
        "DATE" => jdbc::DATE,
        "TIME" => jdbc::TIME,
        "DATETIME" | "TIMESTAMP" => jdbc::TIMESTAMP,
        "BLOB" => jdbc::BLOB,
        _ => jdbc::VARCHAR,
    }
}

/// The number of `java.sql.Types` that Canal gives a column.
///
/// Canal gives an unsigned integer the next wider type where a value needs it; here it is the column that decides, so
/// that a column has one type.
///
/// # Sources
///
/// Canal 1.1.7, how its parser of row events sets the type of a column.
pub(crate) fn canal_jdbc_type(column: &Column) -> i32 {
    match column.column_type() {
        ColumnType::Int { width, unsigned, .. } => match (width, unsigned) {
            (IntWidth::I8, false) => jdbc::TINYINT,
            (IntWidth::I8, true) | (IntWidth::I16, false) => jdbc::SMALLINT,
            (IntWidth::I16 | IntWidth::I24, true) | (IntWidth::I24 | IntWidth::I32, false) => jdbc::INTEGER,
            (IntWidth::I32, true) | (IntWidth::I64, false) => jdbc::BIGINT,
            (IntWidth::I64, true) => jdbc::DECIMAL,
        },
        ColumnType::Decimal { .. } => jdbc::DECIMAL,
        ColumnType::Float { .. } => jdbc::REAL,
        ColumnType::Double { .. } => jdbc::DOUBLE,
        ColumnType::Bit { .. } | ColumnType::Set(_) => jdbc::BIT,
        ColumnType::Enum(_) => jdbc::INTEGER,
        ColumnType::Date => jdbc::DATE,
        ColumnType::Time { .. } => jdbc::TIME,
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => jdbc::TIMESTAMP,
        ColumnType::Char { .. } => jdbc::CHAR,
        ColumnType::Text(_) => jdbc::CLOB,
        ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => jdbc::BLOB,
        // YEAR, VARCHAR and JSON.
        _ => jdbc::VARCHAR,
    }
}

/// Numbers of `java.sql.Types`.
pub(crate) mod jdbc {
    pub(crate) const BIT: i32 = -7;
    pub(crate) const TINYINT: i32 = -6;
    pub(crate) const BIGINT: i32 = -5;
    pub(crate) const CHAR: i32 = 1;
    pub(crate) const DECIMAL: i32 = 3;
    pub(crate) const INTEGER: i32 = 4;
    pub(crate) const SMALLINT: i32 = 5;
    pub(crate) const FLOAT: i32 = 6;
    pub(crate) const REAL: i32 = 7;
    pub(crate) const DOUBLE: i32 = 8;
    pub(crate) const VARCHAR: i32 = 12;
    pub(crate) const DATE: i32 = 91;
    pub(crate) const TIME: i32 = 92;
    pub(crate) const TIMESTAMP: i32 = 93;
    pub(crate) const BLOB: i32 = 2004;
    pub(crate) const CLOB: i32 = 2005;
}

/// What OMS calls a product.
pub(crate) fn oms_product(product: Product) -> &'static str {
    match product {
        Product::OceanBase => "OB_MYSQL",
        _ => "MYSQL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_name_has_its_number() {
        let int = |width, unsigned| Column::new("c", ColumnType::Int { width, unsigned, zerofill: None });
        assert_eq!(oms_type(&int(IntWidth::I64, true)), "BIGINT");
        assert_eq!(oms_jdbc_type(&int(IntWidth::I64, true)), -5);
        assert_eq!(oms_jdbc_type(&int(IntWidth::I8, true)), 5);
        assert_eq!(canal_jdbc_type(&int(IntWidth::I64, true)), 3);
        assert_eq!(canal_jdbc_type(&Column::new("c", ColumnType::Json)), 12);
    }
}
