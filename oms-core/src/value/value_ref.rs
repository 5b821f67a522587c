//! [`ValueRef`]: one decoded cell, borrowed from its row.

use std::fmt;

use super::{Date, DateTime, DecimalRef, JsonRef, TextRef, Time, Value};
use crate::error::Result;

/// One decoded cell; nothing in it is allocated.
///
/// The shapes are those of the wire; the SQL type stays in the [`Column`](crate::schema::Column). A TIMESTAMP is a
/// [`DateTime`] at UTC.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// SQL NULL.
    Null,
    /// Not in this image: the server did not say what the cell holds. Never to be taken for NULL.
    Unchanged,
    /// A signed integer type; also YEAR.
    Int(i64),
    /// An unsigned integer type; also BIT.
    UInt(u64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL.
    Decimal(DecimalRef<'a>),
    /// CHAR, VARCHAR, TEXT.
    Text(TextRef<'a>),
    /// BINARY (padded to its length), VARBINARY, BLOB, VECTOR; geometry as SRID and WKB.
    Bytes(&'a [u8]),
    /// DATE.
    Date(Date),
    /// TIME.
    Time(Time),
    /// DATETIME, and TIMESTAMP at UTC.
    DateTime(DateTime),
    /// JSON.
    Json(JsonRef<'a>),
    /// ENUM: the index of its label, from 1; 0 is the error value `''`.
    Enum(u16),
    /// SET: one bit a label, the first label lowest.
    Set(u64),
}

const _: () = assert!(size_of::<ValueRef<'_>>() <= 32);

impl ValueRef<'_> {
    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, ValueRef::Null)
    }

    /// The value as a signed number, if it is an integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            ValueRef::Int(value) => Some(value),
            ValueRef::UInt(value) | ValueRef::Set(value) => value.try_into().ok(),
            ValueRef::Enum(value) => Some(value.into()),
            _ => None,
        }
    }

    /// The value as text, if it is UTF-8 text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            ValueRef::Text(text) if text.charset().is_utf8() => std::str::from_utf8(text.as_bytes()).ok(),
            _ => None,
        }
    }
}

impl ValueRef<'_> {
    /// The same value, owned; text becomes UTF-8 and JSON text.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) if text is not of its character set or binary JSON is malformed.
    pub fn to_value(&self) -> Result<Value> {
        let text = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => Ok(text.into_boxed_str()),
            Err(_) => Err(crate::Error::decode("text", "its bytes are not valid utf8mb4")),
        };
        Ok(match *self {
            ValueRef::Null => Value::Null,
            ValueRef::Unchanged => Value::Unchanged,
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::UInt(value) => Value::UInt(value),
            ValueRef::Float(value) => Value::Float(value),
            ValueRef::Double(value) => Value::Double(value),
            ValueRef::Decimal(value) => {
                let mut digits = Vec::new();
                value.write(&mut digits)?;
                Value::Decimal(text(digits)?)
            }
            ValueRef::Text(value) => Value::Text(value.to_str()?.into()),
            ValueRef::Bytes(value) => Value::Bytes(value.into()),
            ValueRef::Date(value) => Value::Date(value),
            ValueRef::Time(value) => Value::Time(value),
            ValueRef::DateTime(value) => Value::DateTime(value),
            ValueRef::Json(value) => {
                let mut document = Vec::new();
                value.write(&mut document)?;
                Value::Json(text(document)?)
            }
            ValueRef::Enum(value) => Value::Enum(value),
            ValueRef::Set(value) => Value::Set(value),
        })
    }
}

/// Prints the shape, never the value.
impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueRef::Null => "Null",
            ValueRef::Unchanged => "Unchanged",
            ValueRef::Int(_) => "Int(_)",
            ValueRef::UInt(_) => "UInt(_)",
            ValueRef::Float(_) => "Float(_)",
            ValueRef::Double(_) => "Double(_)",
            ValueRef::Decimal(_) => "Decimal(_)",
            ValueRef::Text(_) => "Text(_)",
            ValueRef::Bytes(_) => "Bytes(_)",
            ValueRef::Date(_) => "Date(_)",
            ValueRef::Time(_) => "Time(_)",
            ValueRef::DateTime(_) => "DateTime(_)",
            ValueRef::Json(_) => "Json(_)",
            ValueRef::Enum(_) => "Enum(_)",
            ValueRef::Set(_) => "Set(_)",
        })
    }
}
