//! Classes of types, what is selected for each, and which classes can be compared.

use super::table::quoted;

/// Types whose values are compared in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    Number,
    Bit,
    Decimal,
    Float,
    Double,
    Date,
    DateTime,
    Timestamp,
    Time,
    Year,
    Text,
    /// Text of one character set on both sides, by its stored bytes: several codes may be one character.
    StoredText,
    Binary,
    Enum,
    Set,
    Json,
    Geometry,
    Vector,
    /// A type that only some servers have, read as the server prints it.
    Other(String),
}

impl Class {
    /// Returns the class of a `DATA_TYPE`.
    pub(super) fn of(data_type: &str) -> Self {
        // OceanBase says how many entries a vector has.
        let data_type = data_type.to_ascii_lowercase();
        match data_type.split('(').next().unwrap_or_default() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Self::Number,
            "bit" => Self::Bit,
            "decimal" => Self::Decimal,
            "float" => Self::Float,
            "double" => Self::Double,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "timestamp" => Self::Timestamp,
            "time" => Self::Time,
            "year" => Self::Year,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Self::Text,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Binary,
            "enum" => Self::Enum,
            "set" => Self::Set,
            "json" => Self::Json,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geomcollection" | "geometrycollection" => Self::Geometry,
            "vector" => Self::Vector,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the expressions to select for a column; how many there are depends on the class alone.
    pub(super) fn expressions(&self, column: &str) -> Vec<String> {
        let column = quoted(column);
        match self {
            Self::StoredText => vec![format!("CAST({column} AS BINARY)")],
            // As bytes it would depend on the width.
            Self::Bit => vec![format!("CAST({column} AS UNSIGNED)")],
            Self::Enum | Self::Set => vec![format!("CAST({column} AS UNSIGNED)"), column],
            Self::Geometry => vec![format!("ST_SRID({column})"), format!("ST_AsBinary({column})")],
            _ => vec![column],
        }
    }
}

/// How a column of two servers is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// As the class says, which is the same on both.
    Same(Class),
    /// Both are bytes.
    Bytes,
    /// One is JSON, the other a text that holds JSON: as documents, in no order of keys.
    Document,
}

impl Rule {
    /// Returns the rule for two classes; none when their values are not comparable.
    pub(super) fn of(source: &Class, target: &Class) -> Option<Self> {
        let is_bytes = |class: &Class| matches!(class, Class::Text | Class::Binary | Class::Other(_));
        match (source, target) {
            (one, other) if one == other => Some(Self::Same(one.clone())),
            (Class::Json, Class::Text) | (Class::Text, Class::Json) => Some(Self::Document),
            (one, other) if is_bytes(one) && is_bytes(other) => Some(Self::Bytes),
            _ => None,
        }
    }
}
