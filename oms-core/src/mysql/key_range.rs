//! [`KeyRange`] as SQL, in the server's own comparison.

use super::ident::write_ident;
use super::literal::write_value;
use crate::error::{At, Error, Result};
use crate::row::RowRef;
use crate::schema::{Column, RowIdentity, TableSchema};
use crate::source::{KeyBound, KeyRange};
use crate::value::Value;

/// Appends a condition that holds for the keys in `range`, `TRUE` for the whole table.
///
/// Rows are compared column by column, since MySQL reads no range of an index for `(a, b) > (1, 2)`; the first column is
/// bounded once more by itself, which every planner understands. ENUM and SET compare by number, as their indexes do.
///
/// # Errors
///
/// [`Error::Config`] if the table has no key or a bound has another count of values than the key.
pub fn write_range(schema: &TableSchema, range: &KeyRange, out: &mut Vec<u8>) -> Result<()> {
    let mut first = true;
    for (bound, inclusive, operator) in [(&range.after, false, b'>'), (&range.through, true, b'<')] {
        let Some(bound) = bound else { continue };
        let columns = key_columns(schema)?;
        if columns.len() != bound.0.len() {
            let reason = format!(
                "it has {} values, the key of {} has {}",
                bound.0.len(),
                schema.name(),
                columns.len()
            );
            return Err(Error::config("key bound", reason));
        }
        if !std::mem::replace(&mut first, false) {
            out.extend_from_slice(b" AND ");
        }
        if columns.len() > 1 {
            write_comparison(columns[0], &bound.0[0], &[operator, b'='], out)?;
            out.extend_from_slice(b" AND ");
        }
        write_lexical(&columns, &bound.0, operator, inclusive, out)?;
    }
    if first {
        out.extend_from_slice(b"TRUE");
    }
    Ok(())
}

/// Appends the key columns in key order, for ORDER BY and for selecting bounds.
///
/// # Errors
///
/// [`Error::Config`] if the table has no key.
pub fn write_key_columns(schema: &TableSchema, out: &mut Vec<u8>) -> Result<()> {
    for (i, column) in key_columns(schema)?.into_iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        write_ident(column.name(), out);
    }
    Ok(())
}

/// The key of a row whose image holds the key columns.
///
/// # Errors
///
/// [`Error::Config`] if the table has no key or the image lacks a part of it, [`Error::Decode`] for a malformed cell.
pub fn bound_of(row: RowRef<'_>) -> Result<KeyBound> {
    let layout = row.batch().layout();
    let schema = layout.schema();
    let RowIdentity::Key { columns, .. } = schema.identity() else { return Err(no_key(schema)) };
    let cell = |column: &usize| -> Result<Value> {
        let position = layout.position_of(*column).ok_or_else(|| no_key(schema))?;
        row.cell(position).decode()?.to_value()
    };
    Ok(KeyBound(columns.iter().map(cell).collect::<Result<_>>()?))
}

fn key_columns(schema: &TableSchema) -> Result<Vec<&Column>> {
    match schema.identity() {
        RowIdentity::Key { columns, .. } => {
            Ok(columns.iter().map(|column| &schema.columns()[*column]).collect())
        }
        RowIdentity::WholeRow => Err(no_key(schema)),
    }
}

fn no_key(schema: &TableSchema) -> Error {
    Error::refused(At::table(schema.name()), "the table has no key to divide it by")
}

/// `(a > 1 OR (a = 1 AND (b > 2 OR (b = 2 AND c > 3))))`
fn write_lexical(
    columns: &[&Column],
    bound: &[Value],
    operator: u8,
    inclusive: bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    let last = columns.len() - 1;
    for (i, (column, value)) in columns.iter().zip(bound).enumerate() {
        if i < last {
            out.push(b'(');
            write_comparison(column, value, &[operator], out)?;
            out.extend_from_slice(b" OR (");
            write_comparison(column, value, b"=", out)?;
            out.extend_from_slice(b" AND ");
        } else if inclusive {
            write_comparison(column, value, &[operator, b'='], out)?;
        } else {
            write_comparison(column, value, &[operator], out)?;
        }
    }
    out.extend(std::iter::repeat_n(b')', 2 * last));
    Ok(())
}

fn write_comparison(column: &Column, value: &Value, operator: &[u8], out: &mut Vec<u8>) -> Result<()> {
    write_ident(column.name(), out);
    out.push(b' ');
    out.extend_from_slice(operator);
    out.push(b' ');
    match value {
        Value::Enum(index) => out.extend_from_slice(itoa::Buffer::new().format(*index).as_bytes()),
        Value::Set(bits) => out.extend_from_slice(itoa::Buffer::new().format(*bits).as_bytes()),
        value => write_value(column, value, out)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TableName;
    use crate::schema::{ColumnType, IntWidth, Key, KeyKind};

    fn schema(key: &[&str]) -> TableSchema {
        let int = ColumnType::Int { width: IntWidth::I64, unsigned: true, zerofill: None };
        let column =
            |name, column_type: &ColumnType| Column::new(name, column_type.clone()).with_nullable(false);
        let columns = vec![
            column("a", &int),
            column("b", &ColumnType::VarChar { length: 9 }),
            column("c", &ColumnType::Date),
        ];
        TableSchema::new(TableName::new("s", "t"), columns).with_keys(vec![Key::unique(
            "PRIMARY",
            KeyKind::Primary,
            key.iter().copied(),
        )])
    }

    fn sql(schema: &TableSchema, range: &KeyRange) -> String {
        let mut out = Vec::new();
        write_range(schema, range, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_column() {
        let bound = |value: u64| Some(KeyBound([Value::UInt(value)].into()));
        let range = KeyRange { after: bound(1 << 63), through: bound(u64::MAX) };
        assert_eq!(sql(&schema(&["a"]), &range), "`a` > 9223372036854775808 AND `a` <= 18446744073709551615");
        assert_eq!(sql(&schema(&["a"]), &KeyRange::all()), "TRUE");
    }

    #[test]
    fn several_columns() {
        let after = KeyBound([Value::UInt(1), Value::from("x'")].into());
        let range = KeyRange { after: Some(after.clone()), through: None };
        assert_eq!(sql(&schema(&["a", "b"]), &range), r"`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` > 'x\''))");
        let range = KeyRange { after: None, through: Some(after) };
        assert_eq!(
            sql(&schema(&["a", "b"]), &range),
            r"`a` <= 1 AND (`a` < 1 OR (`a` = 1 AND `b` <= 'x\''))"
        );
    }

    #[test]
    fn a_bound_of_another_key_is_refused() {
        let range = KeyRange { after: Some(KeyBound([Value::UInt(1)].into())), through: None };
        assert!(write_range(&schema(&["a", "b"]), &range, &mut Vec::new()).is_err());
        let keyless = TableSchema::new(TableName::new("s", "t"), Vec::new());
        assert!(write_range(&keyless, &range, &mut Vec::new()).is_err());
    }
}
