//! [`ColumnRule`]: in which form a pair of columns is compared, and which pairs cannot be compared at all.

use std::fmt;

use oms_core::schema::{Charset, Column, ColumnType};
use serde::{Serialize, Serializer};

/// The form in which the values of a pair of columns are compared.
///
/// Equal values, and only they, have the same form, on every server: the form of a value is text that the server makes
/// of it, without anything that its column's type, display width or the session could add.
///
/// # Sources
///
/// Compared on MySQL 5.7.22, 8.0.15 and 9.7.4 and seekdb 1.4.0 with every type at its ends (`tests/it/verify`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnRule {
    /// Whole numbers by their digits: integers, BIT, YEAR.
    Integer,
    /// Exact numbers by their digits, with so many behind the point.
    Decimal {
        /// Digits behind the point.
        scale: u8,
    },
    /// FLOAT and DOUBLE by the shortest digits that read back to the same bits.
    Real,
    /// DATE.
    Date,
    /// TIME with so many fractional digits.
    Time {
        /// Fractional digits.
        fsp: u8,
    },
    /// DATETIME and, at UTC, TIMESTAMP with so many fractional digits.
    DateTime {
        /// Fractional digits.
        fsp: u8,
    },
    /// Text by its characters in utf8mb4; what is no text of its own character set equals nothing.
    Text,
    /// Text of one character set on both sides, by its bytes.
    TextBytes,
    /// Bytes.
    Bytes,
    /// ENUM and SET of the same labels, by number.
    Members,
    /// JSON by the text that the server prints.
    Json,
    /// Geometry by SRID and well-known binary.
    Geometry,
    /// VECTOR by the bytes of its entries.
    Vector,
}

impl ColumnRule {
    /// The rule for this pair of columns.
    ///
    /// # Errors
    ///
    /// The reason, if their values cannot be compared.
    pub fn of(source: &Column, target: &Column) -> Result<Self, Box<str>> {
        use ColumnType as T;
        let (a, b) = (source.column_type(), target.column_type());
        Ok(match (a, b) {
            (T::Int { .. } | T::Bit { .. } | T::Year, T::Int { .. } | T::Bit { .. } | T::Year) => {
                ColumnRule::Integer
            }
            (T::Decimal { .. } | T::Int { .. }, T::Decimal { .. } | T::Int { .. }) => decimal(a, b)?,
            (T::Float { .. } | T::Double { .. }, T::Float { .. } | T::Double { .. }) => ColumnRule::Real,
            (T::Date, T::Date) => ColumnRule::Date,
            (T::Time { .. }, T::Time { .. }) => ColumnRule::Time { fsp: a.fsp().max(b.fsp()) },
            (
                T::Date | T::DateTime { .. } | T::Timestamp { .. },
                T::Date | T::DateTime { .. } | T::Timestamp { .. },
            ) => ColumnRule::DateTime { fsp: a.fsp().max(b.fsp()) },
            (T::Enum(x), T::Enum(y)) | (T::Set(x), T::Set(y)) if x == y => ColumnRule::Members,
            (T::Json, T::Json) => ColumnRule::Json,
            (T::Geometry { .. }, T::Geometry { .. }) => ColumnRule::Geometry,
            (T::Vector { .. }, T::Vector { .. }) => ColumnRule::Vector,
            (a, b) if is_bytes(a) && is_bytes(b) => ColumnRule::Bytes,
            (a, b) if is_texty(a) && is_texty(b) => text(source, target),
            (a, b) => return Err(format!("{a} and {b} have no common form").into()),
        })
    }

    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            ColumnRule::Integer => "integer",
            ColumnRule::Decimal { .. } => "decimal",
            ColumnRule::Real => "real",
            ColumnRule::Date => "date",
            ColumnRule::Time { .. } => "time",
            ColumnRule::DateTime { .. } => "datetime",
            ColumnRule::Text => "text",
            ColumnRule::TextBytes => "text-bytes",
            ColumnRule::Bytes => "bytes",
            ColumnRule::Members => "members",
            ColumnRule::Json => "json",
            ColumnRule::Geometry => "geometry",
            ColumnRule::Vector => "vector",
        }
    }
}

impl fmt::Display for ColumnRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ColumnRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Digits before and behind the point.
fn digits(column_type: &ColumnType) -> (u8, u8) {
    match column_type {
        ColumnType::Decimal { precision, scale, .. } => (precision.saturating_sub(*scale), *scale),
        // BIGINT UNSIGNED.
        _ => (20, 0),
    }
}

fn decimal(a: &ColumnType, b: &ColumnType) -> Result<ColumnRule, Box<str>> {
    let ((whole_a, scale_a), (whole_b, scale_b)) = (digits(a), digits(b));
    let scale = scale_a.max(scale_b);
    // More would be cut off by the server, which has 65 digits in all.
    if scale_a != scale_b && whole_a.max(whole_b) + scale > 65 {
        return Err(format!("{a} and {b} have no common form of at most 65 digits").into());
    }
    Ok(ColumnRule::Decimal { scale })
}

fn is_bytes(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob(_))
}

/// True for what has a text: labels too, and documents beside columns that hold their text.
fn is_texty(column_type: &ColumnType) -> bool {
    column_type.is_text() || is_bytes(column_type) || *column_type == ColumnType::Json
}

fn text(source: &Column, target: &Column) -> ColumnRule {
    match (charset_name(source), charset_name(target)) {
        (Some(a), Some(b)) if a == b || is_utf8(a) && is_utf8(b) => ColumnRule::TextBytes,
        _ => ColumnRule::Text,
    }
}

/// The name of a text column's character set, whether oms knows it or not; `None` for what is no text.
pub(crate) fn charset_name(column: &Column) -> Option<&str> {
    if !column.column_type().is_text() {
        return None;
    }
    let Some(collation) = column.collation() else { return Some(Charset::Utf8mb4.name()) };
    collation.name().split('_').next()
}

/// True if the stored bytes are UTF-8.
pub(crate) fn is_utf8(charset: &str) -> bool {
    Charset::from_name(charset).is_some_and(Charset::is_utf8)
}

#[cfg(test)]
mod tests {
    use oms_core::schema::{Collation, IntWidth, LobSize};

    use super::*;

    fn column(column_type: ColumnType) -> Column {
        Column::new("c", column_type)
    }

    fn text_column(collation: &str) -> Column {
        column(ColumnType::VarChar { length: 9 }).with_collation(Some(Collation::new(collation)))
    }

    fn decimal_type(precision: u8, scale: u8) -> ColumnType {
        ColumnType::Decimal { precision, scale, unsigned: false, zerofill: false }
    }

    const INT: ColumnType = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };

    fn rule(a: ColumnType, b: ColumnType) -> Result<ColumnRule, Box<str>> {
        ColumnRule::of(&column(a), &column(b))
    }

    #[test]
    fn widened_types_are_compared_in_the_wider_form() {
        assert_eq!(rule(INT, decimal_type(12, 2)), Ok(ColumnRule::Decimal { scale: 2 }));
        assert_eq!(rule(decimal_type(65, 30), decimal_type(65, 30)), Ok(ColumnRule::Decimal { scale: 30 }));
        let (fsp3, fsp6) = (ColumnType::DateTime { fsp: 3 }, ColumnType::Timestamp { fsp: 6 });
        assert_eq!(rule(fsp3.clone(), fsp6), Ok(ColumnRule::DateTime { fsp: 6 }));
        assert_eq!(rule(ColumnType::Date, fsp3), Ok(ColumnRule::DateTime { fsp: 3 }));
        assert_eq!(rule(ColumnType::Bit { width: 1 }, INT), Ok(ColumnRule::Integer));
    }

    #[test]
    fn text_of_one_character_set_is_compared_by_bytes() {
        let of = |a: &str, b: &str| ColumnRule::of(&text_column(a), &text_column(b)).unwrap();
        assert_eq!(of("gbk_chinese_ci", "gbk_bin"), ColumnRule::TextBytes);
        assert_eq!(of("utf8mb3_bin", "utf8mb4_0900_ai_ci"), ColumnRule::TextBytes);
        assert_eq!(of("latin1_swedish_ci", "utf8mb4_bin"), ColumnRule::Text);
        assert_eq!(of("unheard_bin", "unheard_ci"), ColumnRule::TextBytes);
        let blob = column(ColumnType::Blob(LobSize::Normal));
        assert_eq!(ColumnRule::of(&text_column("latin1_bin"), &blob), Ok(ColumnRule::Text));
    }

    #[test]
    fn members_count_by_number_only_where_they_are_the_same() {
        let labels = |labels: &[&str]| {
            ColumnType::Enum(labels.iter().map(|label| (*label).into()).collect::<Vec<Box<str>>>().into())
        };
        assert_eq!(rule(labels(&["a", "b"]), labels(&["a", "b"])), Ok(ColumnRule::Members));
        assert_eq!(rule(labels(&["a", "b"]), labels(&["b", "a"])), Ok(ColumnRule::TextBytes));
    }

    #[test]
    fn what_has_no_common_form_is_refused() {
        assert!(rule(INT, ColumnType::Date).is_err());
        assert!(rule(decimal_type(65, 0), decimal_type(65, 30)).is_err());
        assert!(rule(ColumnType::Double { unsigned: false, digits: None }, INT).is_err());
        assert!(rule(ColumnType::Json, INT).is_err());
    }
}
