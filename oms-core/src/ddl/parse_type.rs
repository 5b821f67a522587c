//! Column types as statements and `information_schema` write them.

use std::sync::Arc;

use super::cursor::Cursor;
use super::statement::TypeDef;
use crate::error::{Error, Result};
use crate::schema::{Charset, Collation, ColumnType, GeometryKind, IntWidth, LobSize};

/// Dimension of a VECTOR without one.
///
/// # Sources
///
/// MySQL Reference Manual, "The VECTOR Type"; MySQL 9.7.4 reports `vector(2048)`.
const DEFAULT_DIMENSION: u32 = 2048;

/// Reads a column type with its own attributes (UNSIGNED, CHARACTER SET and the like).
///
/// # Errors
///
/// [`Error::Unsupported`] for a type that oms does not know; [`Error::Decode`] for a malformed one.
pub(crate) fn column_type(cursor: &mut Cursor<'_>) -> Result<TypeDef> {
    let name = cursor.identifier("a column type")?.to_ascii_lowercase();
    let mut declared = TypeDef::new(ColumnType::Json);
    declared.base = base(&name, cursor, &mut declared)?;
    if declared.base.is_text()
        || matches!(declared.base, ColumnType::Binary { .. } | ColumnType::VarBinary { .. })
    {
        charset_attributes(cursor, &mut declared)?;
    }
    Ok(declared)
}

fn base(name: &str, cursor: &mut Cursor<'_>, declared: &mut TypeDef) -> Result<ColumnType> {
    Ok(match name {
        "tinyint" | "int1" => integer(IntWidth::I8, cursor, declared)?,
        "smallint" | "int2" => integer(IntWidth::I16, cursor, declared)?,
        "mediumint" | "int3" | "middleint" => integer(IntWidth::I24, cursor, declared)?,
        "int" | "integer" | "int4" => integer(IntWidth::I32, cursor, declared)?,
        "bigint" | "int8" => integer(IntWidth::I64, cursor, declared)?,
        "bool" | "boolean" => {
            declared.boolean = true;
            plain_integer(IntWidth::I8)
        }
        "serial" => {
            declared.serial = true;
            ColumnType::Int { width: IntWidth::I64, unsigned: true, zerofill: None }
        }
        "decimal" | "dec" | "numeric" | "fixed" => decimal(cursor)?,
        "float" | "float4" => float(cursor)?,
        "real" if cursor.mode().real_as_float => float(cursor)?,
        "double" | "float8" | "real" => {
            if name == "double" {
                cursor.eat_word("PRECISION");
            }
            let digits = digits(cursor)?;
            let (unsigned, _) = sign(cursor);
            ColumnType::Double { unsigned, digits }
        }
        "bit" => ColumnType::Bit {
            width: in_range(length(cursor)?.unwrap_or(1), 1..=64, "the width of a BIT")? as u8,
        },
        "year" => {
            // YEAR(4) is the only width that is left; YEAR(2) holds other values.
            in_range(length(cursor)?.unwrap_or(4), 4..=4, "the width of a YEAR")?;
            sign(cursor);
            ColumnType::Year
        }
        "date" => ColumnType::Date,
        "time" => ColumnType::Time { fsp: fsp(cursor)? },
        "datetime" => ColumnType::DateTime { fsp: fsp(cursor)? },
        "timestamp" => ColumnType::Timestamp { fsp: fsp(cursor)? },
        "json" => ColumnType::Json,
        "vector" => ColumnType::Vector { dimension: length(cursor)?.map_or(Ok(DEFAULT_DIMENSION), narrow)? },
        "enum" => ColumnType::Enum(members(cursor)?),
        "set" => ColumnType::Set(members(cursor)?),
        _ => match string_type(name, cursor, declared)? {
            Some(base) => base,
            None => geometry(name)?,
        },
    })
}

/// CHAR, VARCHAR, BINARY, TEXT and BLOB in all their spellings; `None` for another type.
fn string_type(name: &str, cursor: &mut Cursor<'_>, declared: &mut TypeDef) -> Result<Option<ColumnType>> {
    let mut name = name;
    if name == "national" {
        declared.national = true;
        name = match () {
            () if cursor.eat_any_word(&["CHAR", "CHARACTER", "NCHAR"]) => "char",
            () if cursor.eat_any_word(&["VARCHAR", "VARCHARACTER"]) => "varchar",
            () => return Err(cursor.error("CHAR or VARCHAR")),
        };
    }
    if matches!(name, "nchar" | "nvarchar") {
        declared.national = true;
        name = &name[1..];
    }
    let is_char = matches!(name, "char" | "character");
    if is_char && cursor.eat_any_word(&["VARYING", "VARCHAR"]) {
        name = "varchar";
    }
    Ok(Some(match name {
        "char" | "character" => ColumnType::Char { length: length(cursor)?.map_or(Ok(1), narrow)? },
        "varchar" | "varcharacter" => ColumnType::VarChar { length: narrow(required_length(cursor)?)? },
        "binary" => ColumnType::Binary { length: length(cursor)?.map_or(Ok(1), narrow)? },
        "varbinary" => ColumnType::VarBinary { length: narrow(required_length(cursor)?)? },
        "tinytext" => ColumnType::Text(LobSize::Tiny),
        "text" => {
            declared.lob_length = length(cursor)?;
            ColumnType::Text(LobSize::Normal)
        }
        "mediumtext" => ColumnType::Text(LobSize::Medium),
        "longtext" => ColumnType::Text(LobSize::Long),
        "tinyblob" => ColumnType::Blob(LobSize::Tiny),
        "blob" => {
            declared.lob_length = length(cursor)?;
            ColumnType::Blob(LobSize::Normal)
        }
        "mediumblob" => ColumnType::Blob(LobSize::Medium),
        "longblob" => ColumnType::Blob(LobSize::Long),
        "long" => match cursor.eat_word("VARBINARY") {
            true => ColumnType::Blob(LobSize::Medium),
            false => {
                if cursor.eat_any_word(&["CHAR", "CHARACTER"]) {
                    cursor.expect_word("VARYING")?;
                } else {
                    cursor.eat_any_word(&["VARCHAR", "VARCHARACTER"]);
                }
                ColumnType::Text(LobSize::Medium)
            }
        },
        _ => return Ok(None),
    }))
}

fn geometry(name: &str) -> Result<ColumnType> {
    let name = match name {
        "geometrycollection" => "geomcollection",
        _ => name,
    };
    let kind = GeometryKind::ALL.iter().find(|(_, entry)| *entry == name);
    match kind {
        Some((kind, _)) => Ok(ColumnType::Geometry { kind: *kind, srid: None }),
        None => Err(Error::unsupported("the schema model", format!("the column type {name}"))),
    }
}

fn plain_integer(width: IntWidth) -> ColumnType {
    ColumnType::Int { width, unsigned: false, zerofill: None }
}

fn integer(width: IntWidth, cursor: &mut Cursor<'_>, declared: &mut TypeDef) -> Result<ColumnType> {
    let display = length(cursor)?;
    let (unsigned, zerofill) = sign(cursor);
    declared.boolean = width == IntWidth::I8 && display == Some(1) && !unsigned;
    // The width of a ZEROFILL column without one is that of its longest value.
    let longest = match width {
        IntWidth::I8 => 3,
        IntWidth::I16 => 5,
        IntWidth::I24 => 8,
        IntWidth::I32 => 10,
        IntWidth::I64 => 20,
    };
    let display = match display {
        Some(0) | None => longest,
        Some(display) => in_range(display, 1..=255, "a display width")? as u8,
    };
    Ok(ColumnType::Int { width, unsigned, zerofill: zerofill.then_some(display) })
}

fn decimal(cursor: &mut Cursor<'_>) -> Result<ColumnType> {
    let (precision, scale) = match two_lengths(cursor)? {
        None | Some((0, None)) => (10, 0),
        Some((precision, scale)) => (
            in_range(precision, 0..=65, "the precision of a DECIMAL")?,
            in_range(scale.unwrap_or(0), 0..=30, "the scale of a DECIMAL")?,
        ),
    };
    let precision = if precision == 0 { 10 } else { precision };
    let (unsigned, zerofill) = sign(cursor);
    Ok(ColumnType::Decimal { precision: precision as u8, scale: scale as u8, unsigned, zerofill })
}

/// FLOAT, FLOAT(p), FLOAT(m,d): from 25 bits of precision on it is a DOUBLE.
fn float(cursor: &mut Cursor<'_>) -> Result<ColumnType> {
    let (bits, digits) = match two_lengths(cursor)? {
        None => (0, None),
        Some((bits, None)) => (in_range(bits, 0..=53, "the precision of a FLOAT")?, None),
        Some((all, Some(decimals))) => (0, Some(display_digits(all, decimals)?)),
    };
    let (unsigned, _) = sign(cursor);
    Ok(match bits > 24 {
        true => ColumnType::Double { unsigned, digits },
        false => ColumnType::Float { unsigned, digits },
    })
}

fn digits(cursor: &mut Cursor<'_>) -> Result<Option<(u8, u8)>> {
    match two_lengths(cursor)? {
        None => Ok(None),
        Some((all, Some(decimals))) => display_digits(all, decimals).map(Some),
        Some((_, None)) => Err(cursor.error("two lengths")),
    }
}

fn display_digits(all: u64, decimals: u64) -> Result<(u8, u8)> {
    let what = "the digits of a FLOAT or DOUBLE";
    Ok((in_range(all, 1..=255, what)? as u8, in_range(decimals, 0..=30, what)? as u8))
}

/// UNSIGNED, SIGNED and ZEROFILL in any order; ZEROFILL is UNSIGNED.
fn sign(cursor: &mut Cursor<'_>) -> (bool, bool) {
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        if cursor.eat_word("UNSIGNED") {
            unsigned = true;
        } else if cursor.eat_word("ZEROFILL") {
            zerofill = true;
        } else if !cursor.eat_word("SIGNED") {
            return (unsigned || zerofill, zerofill);
        }
    }
}

fn fsp(cursor: &mut Cursor<'_>) -> Result<u8> {
    Ok(in_range(length(cursor)?.unwrap_or(0), 0..=6, "the fractional digits of a time")? as u8)
}

/// `(n)`, if there is one.
fn length(cursor: &mut Cursor<'_>) -> Result<Option<u64>> {
    if !cursor.eat_symbol("(") {
        return Ok(None);
    }
    let length = cursor.number("a length")?;
    cursor.expect_symbol(")")?;
    Ok(Some(length))
}

fn required_length(cursor: &mut Cursor<'_>) -> Result<u64> {
    match length(cursor)? {
        Some(length) => Ok(length),
        None => Err(cursor.error("(")),
    }
}

/// `(n)` or `(n,m)`, if there is one.
fn two_lengths(cursor: &mut Cursor<'_>) -> Result<Option<(u64, Option<u64>)>> {
    if !cursor.eat_symbol("(") {
        return Ok(None);
    }
    let first = cursor.number("a length")?;
    let second = match cursor.eat_symbol(",") {
        true => Some(cursor.number("a length")?),
        false => None,
    };
    cursor.expect_symbol(")")?;
    Ok(Some((first, second)))
}

fn narrow(length: u64) -> Result<u32> {
    u32::try_from(length).map_err(|_| out_of_range("a length"))
}

fn in_range(value: u64, range: std::ops::RangeInclusive<u64>, what: &str) -> Result<u64> {
    match range.contains(&value) {
        true => Ok(value),
        false => Err(out_of_range(what)),
    }
}

fn out_of_range(what: &str) -> Error {
    Error::decode("a column type", format!("{what} is out of range"))
}

fn members(cursor: &mut Cursor<'_>) -> Result<Arc<[Box<str>]>> {
    cursor.expect_symbol("(")?;
    let mut members: Vec<Box<str>> = Vec::new();
    loop {
        let token = cursor.peek();
        let member = match token.and_then(|token| token.bytes()) {
            // A member may be a hexadecimal literal.
            Some(bytes) => {
                cursor.advance();
                String::from_utf8(bytes).map_err(|_| cursor.error("a member in UTF-8"))?
            }
            None => cursor.string("a member")?,
        };
        // The server takes the spaces at the end of members off.
        members.push(member.trim_end_matches(' ').into());
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(members.into())
}

/// CHARACTER SET, BINARY, ASCII, UNICODE and BYTE behind a text type; COLLATE is read with the other attributes.
fn charset_attributes(cursor: &mut Cursor<'_>, declared: &mut TypeDef) -> Result<()> {
    loop {
        if cursor.eat_words(&["CHARACTER", "SET"]) || cursor.eat_any_word(&["CHARSET"]) {
            declared.charset.charset = Some(charset(cursor)?);
        } else if cursor.is_words(&["CHAR", "SET"]) {
            cursor.eat_words(&["CHAR", "SET"]);
            declared.charset.charset = Some(charset(cursor)?);
        } else if cursor.eat_word("BINARY") {
            declared.charset.binary = true;
        } else if cursor.eat_word("ASCII") {
            declared.charset.charset = Some(Charset::Latin1);
        } else if cursor.eat_word("UNICODE") {
            declared.charset.charset = Some(Charset::Ucs2);
        } else if cursor.eat_word("BYTE") {
            declared.charset.charset = Some(Charset::Binary);
        } else {
            return Ok(());
        }
    }
}

/// The name of a character set, with or without quotes.
pub(crate) fn charset(cursor: &mut Cursor<'_>) -> Result<Charset> {
    let name = name_or_string(cursor, "a character set")?.to_ascii_lowercase();
    Charset::from_name(&name)
        .ok_or_else(|| Error::unsupported("the schema model", format!("the character set {name}")))
}

/// The name of a collation, with or without quotes.
pub(crate) fn collation(cursor: &mut Cursor<'_>) -> Result<Collation> {
    let name = name_or_string(cursor, "a collation")?.to_ascii_lowercase();
    let collation = Collation::new(name);
    match collation.charset() {
        Some(_) => Ok(collation),
        None => Err(Error::unsupported("the schema model", format!("the collation {collation}"))),
    }
}

fn name_or_string(cursor: &mut Cursor<'_>, what: &str) -> Result<String> {
    match cursor.peek().and_then(|token| token.identifier()) {
        Some(name) => {
            cursor.advance();
            Ok(name.into_owned())
        }
        None => cursor.string(what),
    }
}

#[cfg(test)]
mod tests;
