//! [`ColumnType`]: the exact SQL type of a column.

use std::fmt::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The labels of an ENUM or SET, in definition order, as text.
pub type Members = Arc<[Box<str>]>;

/// The exact type of a column, as MySQL and OceanBase know it.
///
/// # Units
///
/// Lengths of CHAR and VARCHAR are characters, those of BINARY and VARBINARY bytes, that of BIT bits; `fsp` is
/// the count of fractional digits of a second, 0 to 6.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ColumnType {
    /// TINYINT to BIGINT.
    Int {
        /// How wide.
        width: IntWidth,
        /// UNSIGNED.
        unsigned: bool,
        /// The display width of a ZEROFILL column.
        zerofill: Option<u8>,
    },
    /// DECIMAL(precision, scale).
    Decimal {
        /// All digits, at most 65.
        precision: u8,
        /// Digits after the point, at most 30.
        scale: u8,
        /// UNSIGNED.
        unsigned: bool,
        /// ZEROFILL.
        zerofill: bool,
    },
    /// FLOAT, with its display digits where declared.
    Float {
        /// UNSIGNED.
        unsigned: bool,
        /// (M, D) of FLOAT(M,D).
        digits: Option<(u8, u8)>,
    },
    /// DOUBLE, with its display digits where declared.
    Double {
        /// UNSIGNED.
        unsigned: bool,
        /// (M, D) of DOUBLE(M,D).
        digits: Option<(u8, u8)>,
    },
    /// BIT(n).
    Bit {
        /// 1 to 64.
        width: u8,
    },
    /// YEAR.
    Year,
    /// DATE.
    Date,
    /// TIME(fsp).
    Time {
        /// Fractional digits.
        fsp: u8,
    },
    /// DATETIME(fsp): wall clock without a zone.
    DateTime {
        /// Fractional digits.
        fsp: u8,
    },
    /// TIMESTAMP(fsp): an instant; every value of it in oms is at UTC.
    Timestamp {
        /// Fractional digits.
        fsp: u8,
    },
    /// CHAR(n).
    Char {
        /// Characters.
        length: u32,
    },
    /// VARCHAR(n).
    VarChar {
        /// Characters.
        length: u32,
    },
    /// TINYTEXT to LONGTEXT.
    Text(LobSize),
    /// BINARY(n), padded with zero bytes to its length.
    Binary {
        /// Bytes.
        length: u32,
    },
    /// VARBINARY(n).
    VarBinary {
        /// Bytes.
        length: u32,
    },
    /// TINYBLOB to LONGBLOB.
    Blob(LobSize),
    /// ENUM.
    Enum(Members),
    /// SET.
    Set(Members),
    /// JSON.
    Json,
    /// GEOMETRY and its subtypes.
    Geometry {
        /// Which.
        kind: GeometryKind,
        /// The SRID attribute, where the column has one.
        srid: Option<u32>,
    },
    /// VECTOR(n) of 32-bit floats.
    Vector {
        /// Entries.
        dimension: u32,
    },
}

/// Width of an integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IntWidth {
    /// TINYINT.
    I8,
    /// SMALLINT.
    I16,
    /// MEDIUMINT.
    I24,
    /// INT.
    I32,
    /// BIGINT.
    I64,
}

impl IntWidth {
    /// Bytes of a stored value.
    pub fn bytes(self) -> usize {
        match self {
            IntWidth::I8 => 1,
            IntWidth::I16 => 2,
            IntWidth::I24 => 3,
            IntWidth::I32 => 4,
            IntWidth::I64 => 8,
        }
    }
}

/// Size class of a TEXT or BLOB type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LobSize {
    /// 255 bytes.
    Tiny,
    /// 64 KiB - 1.
    Normal,
    /// 16 MiB - 1.
    Medium,
    /// 4 GiB - 1.
    Long,
}

impl LobSize {
    /// The most bytes that a value may have.
    pub fn max_bytes(self) -> u64 {
        match self {
            LobSize::Tiny => 0xff,
            LobSize::Normal => 0xffff,
            LobSize::Medium => 0xff_ffff,
            LobSize::Long => 0xffff_ffff,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            LobSize::Tiny => "tiny",
            LobSize::Normal => "",
            LobSize::Medium => "medium",
            LobSize::Long => "long",
        }
    }
}

/// Which geometry a column admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum GeometryKind {
    Geometry,
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    GeometryCollection,
}

impl GeometryKind {
    /// Every kind with its name in SQL, in lower case.
    pub const ALL: [(GeometryKind, &'static str); 8] = [
        (GeometryKind::Geometry, "geometry"),
        (GeometryKind::Point, "point"),
        (GeometryKind::LineString, "linestring"),
        (GeometryKind::Polygon, "polygon"),
        (GeometryKind::MultiPoint, "multipoint"),
        (GeometryKind::MultiLineString, "multilinestring"),
        (GeometryKind::MultiPolygon, "multipolygon"),
        (GeometryKind::GeometryCollection, "geomcollection"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("geometry", |(_, name)| name)
    }
}

impl ColumnType {
    /// True for CHAR, VARCHAR, TEXT, ENUM and SET: the types that carry a character set.
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            ColumnType::Char { .. }
                | ColumnType::VarChar { .. }
                | ColumnType::Text(_)
                | ColumnType::Enum(_)
                | ColumnType::Set(_)
        )
    }

    /// True for FLOAT and DOUBLE, whose equality in SQL is not to be trusted.
    pub fn is_approximate(&self) -> bool {
        matches!(self, ColumnType::Float { .. } | ColumnType::Double { .. })
    }

    /// True for the types that a server may store off the row, up to 4 GiB.
    pub fn is_lob(&self) -> bool {
        matches!(
            self,
            ColumnType::Text(_) | ColumnType::Blob(_) | ColumnType::Json | ColumnType::Geometry { .. }
        )
    }

    /// Fractional digits of a second, 0 for every type without them.
    pub fn fsp(&self) -> u8 {
        match self {
            ColumnType::Time { fsp } | ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp } => *fsp,
            _ => 0,
        }
    }
}

/// Writes the type as the server's `COLUMN_TYPE` does, in lower case and without display widths
/// (but for ZEROFILL, where the width is part of the value's text).
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::Int { width, unsigned, zerofill } => {
                f.write_str(match width {
                    IntWidth::I8 => "tinyint",
                    IntWidth::I16 => "smallint",
                    IntWidth::I24 => "mediumint",
                    IntWidth::I32 => "int",
                    IntWidth::I64 => "bigint",
                })?;
                if let Some(width) = zerofill {
                    write!(f, "({width})")?;
                }
                write_sign(f, *unsigned, zerofill.is_some())
            }
            ColumnType::Decimal { precision, scale, unsigned, zerofill } => {
                write!(f, "decimal({precision},{scale})")?;
                write_sign(f, *unsigned, *zerofill)
            }
            ColumnType::Float { unsigned, digits } => {
                f.write_str("float")?;
                write_digits(f, *digits)?;
                write_sign(f, *unsigned, false)
            }
            ColumnType::Double { unsigned, digits } => {
                f.write_str("double")?;
                write_digits(f, *digits)?;
                write_sign(f, *unsigned, false)
            }
            ColumnType::Bit { width } => write!(f, "bit({width})"),
            ColumnType::Year => f.write_str("year"),
            ColumnType::Date => f.write_str("date"),
            ColumnType::Time { fsp } => write_fsp(f, "time", *fsp),
            ColumnType::DateTime { fsp } => write_fsp(f, "datetime", *fsp),
            ColumnType::Timestamp { fsp } => write_fsp(f, "timestamp", *fsp),
            ColumnType::Char { length } => write!(f, "char({length})"),
            ColumnType::VarChar { length } => write!(f, "varchar({length})"),
            ColumnType::Text(size) => write!(f, "{}text", size.prefix()),
            ColumnType::Binary { length } => write!(f, "binary({length})"),
            ColumnType::VarBinary { length } => write!(f, "varbinary({length})"),
            ColumnType::Blob(size) => write!(f, "{}blob", size.prefix()),
            ColumnType::Enum(members) => write_members(f, "enum", members),
            ColumnType::Set(members) => write_members(f, "set", members),
            ColumnType::Json => f.write_str("json"),
            ColumnType::Geometry { kind, .. } => f.write_str(kind.name()),
            ColumnType::Vector { dimension } => write!(f, "vector({dimension})"),
        }
    }
}

fn write_sign(f: &mut fmt::Formatter<'_>, unsigned: bool, zerofill: bool) -> fmt::Result {
    if unsigned {
        f.write_str(" unsigned")?;
    }
    if zerofill {
        f.write_str(" zerofill")?;
    }
    Ok(())
}

fn write_digits(f: &mut fmt::Formatter<'_>, digits: Option<(u8, u8)>) -> fmt::Result {
    match digits {
        Some((digits, decimals)) => write!(f, "({digits},{decimals})"),
        None => Ok(()),
    }
}

fn write_fsp(f: &mut fmt::Formatter<'_>, name: &str, fsp: u8) -> fmt::Result {
    match fsp {
        0 => f.write_str(name),
        _ => write!(f, "{name}({fsp})"),
    }
}

fn write_members(f: &mut fmt::Formatter<'_>, name: &str, members: &[Box<str>]) -> fmt::Result {
    write!(f, "{name}(")?;
    for (i, member) in members.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        f.write_str("'")?;
        for character in member.chars() {
            match character {
                '\'' => f.write_str("''")?,
                '\\' => f.write_str("\\\\")?,
                '\0' => f.write_str("\\0")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                other => f.write_char(other)?,
            }
        }
        f.write_str("'")?;
    }
    f.write_str(")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_the_server_prints() {
        let cases: [(ColumnType, &str); 6] = [
            (
                ColumnType::Int { width: IntWidth::I32, unsigned: true, zerofill: Some(8) },
                "int(8) unsigned zerofill",
            ),
            (
                ColumnType::Decimal { precision: 10, scale: 4, unsigned: true, zerofill: true },
                "decimal(10,4) unsigned zerofill",
            ),
            (ColumnType::Double { unsigned: false, digits: Some((20, 6)) }, "double(20,6)"),
            (ColumnType::Timestamp { fsp: 6 }, "timestamp(6)"),
            (ColumnType::Text(LobSize::Medium), "mediumtext"),
            (
                ColumnType::Enum(Arc::from(["b'c".into(), "d,e".into(), "\\\n".into()])),
                "enum('b''c','d,e','\\\\\\n')",
            ),
        ];
        for (column_type, text) in cases {
            assert_eq!(column_type.to_string(), text);
        }
    }
}
