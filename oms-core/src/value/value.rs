//! [`Value`]: one owned cell.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Date, DateTime, Time};

/// One owned cell, for building rows and for tests.
///
/// # Examples
///
/// ```
/// use oms_core::value::Value;
/// let row = [Value::from(7_i64), Value::from("lamp"), Value::Null];
/// assert!(row[2].is_null());
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Not in this image.
    Unchanged,
    /// A signed integer; also YEAR.
    Int(i64),
    /// An unsigned integer; also BIT.
    UInt(u64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DECIMAL, as its digits.
    Decimal(Box<str>),
    /// Text.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
    /// DATE.
    Date(Date),
    /// TIME.
    Time(Time),
    /// DATETIME, and TIMESTAMP at UTC.
    DateTime(DateTime),
    /// JSON, as text.
    Json(Box<str>),
    /// ENUM: the index of its label.
    Enum(u16),
    /// SET: one bit a label.
    Set(u64),
}

const _: () = assert!(size_of::<Value>() <= 24);

impl Value {
    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// Prints the shape, never the value.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Null => "Null",
            Value::Unchanged => "Unchanged",
            Value::Int(_) => "Int(_)",
            Value::UInt(_) => "UInt(_)",
            Value::Float(_) => "Float(_)",
            Value::Double(_) => "Double(_)",
            Value::Decimal(_) => "Decimal(_)",
            Value::Text(_) => "Text(_)",
            Value::Bytes(_) => "Bytes(_)",
            Value::Date(_) => "Date(_)",
            Value::Time(_) => "Time(_)",
            Value::DateTime(_) => "DateTime(_)",
            Value::Json(_) => "Json(_)",
            Value::Enum(_) => "Enum(_)",
            Value::Set(_) => "Set(_)",
        })
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::UInt(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.into())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Value::Bytes(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
