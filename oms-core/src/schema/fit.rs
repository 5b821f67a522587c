//! Which target columns hold every value of a source column: what would be cut or rounded without an error is refused
//! before anything is written.

use super::{Column, ColumnType, IntWidth, LobSize};
use crate::error::{At, Error, Result};
use crate::name::TableName;

/// Refuses a target column that could change a value silently.
///
/// What the server itself refuses in strict mode (a number out of range, text that the character set lacks) is left to
/// it.
///
/// # Errors
///
/// [`Error::Refused`] that names table, column, both types and the reason.
pub fn require_fit(table: &TableName, source: &Column, target: &Column) -> Result<()> {
    match misfit(source.column_type(), target.column_type()) {
        None => Ok(()),
        Some(reason) => {
            let (from, to) = (source.column_type(), target.column_type());
            let reason = format!("{} does not hold every {}: {reason}", brief(to), brief(from));
            Err(Error::refused(At::table(table).column(&**target.name()), reason))
        }
    }
}

/// The type without its labels, which may be many.
fn brief(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Enum(members) => format!("enum of {}", members.len()),
        ColumnType::Set(members) => format!("set of {}", members.len()),
        other => other.to_string(),
    }
}

/// Why the target type may change a value, `None` if it does not.
pub fn misfit(source: &ColumnType, target: &ColumnType) -> Option<&'static str> {
    use ColumnType as T;
    let unless = |fits: bool, reason| (!fits).then_some(reason);
    const OTHER: &str = "they are of different kinds";
    const SHORT: &str = "it is shorter";
    match (source, target) {
        (T::Int { .. }, T::Int { .. } | T::Decimal { .. }) => None,
        (T::Int { width, .. }, T::Double { .. }) => {
            unless(*width <= IntWidth::I32, "a double has 53 bits for the digits")
        }
        (T::Decimal { scale, .. }, T::Decimal { scale: to, .. }) => {
            unless(to >= scale, "it has fewer decimals")
        }
        (T::Decimal { scale: 0, .. }, T::Int { .. }) => None,
        (T::Float { digits, .. }, T::Float { digits: to, .. } | T::Double { digits: to, .. })
        | (T::Double { digits, .. }, T::Double { digits: to, .. }) => {
            let decimals = |digits: &Option<(u8, u8)>| digits.map_or(u8::MAX, |(_, decimals)| decimals);
            unless(decimals(to) >= decimals(digits), "it has fewer decimals")
        }
        (T::Bit { width }, T::Bit { width: to }) => unless(to >= width, SHORT),
        (T::Bit { .. } | T::Year, T::Int { .. } | T::Decimal { .. }) => None,
        (T::Year, T::Year) | (T::Date, T::Date | T::DateTime { .. }) | (T::Json, T::Json) => None,
        (T::Time { fsp }, T::Time { fsp: to })
        | (T::DateTime { fsp }, T::DateTime { fsp: to })
        | (T::Timestamp { fsp }, T::Timestamp { fsp: to }) => {
            unless(to >= fsp, "it has fewer fractional digits")
        }
        (T::Char { length }, T::Char { length: to } | T::VarChar { length: to })
        | (T::VarChar { length }, T::VarChar { length: to })
        | (T::VarBinary { length }, T::VarBinary { length: to })
        | (T::Binary { length }, T::VarBinary { length: to }) => unless(to >= length, SHORT),
        (T::Binary { length }, T::Binary { length: to }) => {
            unless(to == length, "it is padded to another length")
        }
        (T::VarChar { .. } | T::Text(_), T::Char { .. }) => Some("it drops trailing spaces"),
        (T::Char { length } | T::VarChar { length }, T::Text(size)) => {
            unless(size.max_bytes() >= u64::from(*length) * 4, SHORT)
        }
        (T::Binary { length } | T::VarBinary { length }, T::Blob(size)) => {
            unless(size.max_bytes() >= u64::from(*length), SHORT)
        }
        (T::Text(size), T::Text(to)) | (T::Blob(size), T::Blob(to)) => unless(to >= size, SHORT),
        (T::Text(size), T::VarChar { length }) => unless(u64::from(*length) >= size.max_bytes(), SHORT),
        (T::Blob(size), T::VarBinary { length }) => unless(u64::from(*length) >= size.max_bytes(), SHORT),
        (T::Json, T::Text(LobSize::Long)) => None,
        (T::Enum(from), T::Enum(to)) | (T::Set(from), T::Set(to)) => {
            unless(from.iter().all(|label| to.contains(label)), "it lacks some of the labels")
        }
        (T::Enum(members), T::VarChar { length }) => {
            let longest = members.iter().map(|label| label.chars().count()).max().unwrap_or(0);
            unless(*length as usize >= longest, SHORT)
        }
        (T::Set(members), T::VarChar { length }) => {
            let all: usize = members.iter().map(|label| label.chars().count() + 1).sum();
            unless(*length as usize + 1 >= all, SHORT)
        }
        (T::Enum(_) | T::Set(_), T::Text(size)) => unless(*size >= LobSize::Normal, SHORT),
        (T::Geometry { kind, .. }, T::Geometry { kind: to, .. }) => {
            unless(kind == to || *to == super::GeometryKind::Geometry, "it is another geometry")
        }
        (T::Vector { dimension }, T::Vector { dimension: to }) => unless(to >= dimension, SHORT),
        _ => Some(OTHER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(scale: u8) -> ColumnType {
        ColumnType::Decimal { precision: 20, scale, unsigned: false, zerofill: false }
    }

    #[test]
    fn silent_changes_are_refused() {
        for (source, target) in [
            (decimal(4), decimal(2)),
            (ColumnType::VarChar { length: 5 }, ColumnType::VarChar { length: 3 }),
            (ColumnType::VarChar { length: 5 }, ColumnType::Char { length: 9 }),
            (ColumnType::Timestamp { fsp: 6 }, ColumnType::Timestamp { fsp: 0 }),
            (ColumnType::Binary { length: 4 }, ColumnType::Binary { length: 8 }),
            (
                ColumnType::Double { unsigned: false, digits: None },
                ColumnType::Float { unsigned: false, digits: None },
            ),
            (ColumnType::DateTime { fsp: 0 }, ColumnType::Timestamp { fsp: 0 }),
            (ColumnType::Enum(["a".into(), "b".into()].into()), ColumnType::Enum(["a".into()].into())),
        ] {
            assert!(misfit(&source, &target).is_some(), "{source} {target}");
        }
    }

    #[test]
    fn wider_columns_are_fine() {
        for (source, target) in [
            (decimal(2), decimal(4)),
            (ColumnType::VarChar { length: 5 }, ColumnType::Text(LobSize::Normal)),
            (ColumnType::Enum(["a".into()].into()), ColumnType::Enum(["b".into(), "a".into()].into())),
            (
                ColumnType::Float { unsigned: false, digits: None },
                ColumnType::Double { unsigned: false, digits: None },
            ),
        ] {
            assert_eq!(misfit(&source, &target), None, "{source} {target}");
        }
    }

    #[test]
    fn the_message_names_both_types() {
        let source = Column::new("c", ColumnType::VarChar { length: 5 });
        let target = Column::new("c", ColumnType::VarChar { length: 3 });
        let error = require_fit(&TableName::new("s", "t"), &source, &target).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot carry over in table s.t, column c: varchar(3) does not hold every varchar(5): it is shorter"
        );
    }
}
