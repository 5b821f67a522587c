//! Select expressions that keep the whole value of every type, in the form that
//! [`CellFormat::MysqlText`](crate::row::CellFormat::MysqlText) stands for.

use std::sync::Arc;

use super::ident::write_ident;
use crate::row::{CellFormat, RowLayout};
use crate::schema::{Column, ColumnType, TableSchema};

/// Appends the expression that selects a column.
///
/// The session has `character_set_results` NULL, so text comes in its own character set, and is at UTC.
pub fn write_select(column: &Column, out: &mut Vec<u8>) {
    let wrap = |out: &mut Vec<u8>, before: &[u8], after: &[u8]| {
        out.extend_from_slice(before);
        write_ident(column.name(), out);
        out.extend_from_slice(after);
    };
    match column.column_type() {
        // As text a FLOAT has six digits, and FLOAT(M,D) or DOUBLE(M,D) no more than D decimals. A product with 1 is
        // exact, keeps the sign of zero, and prints every digit.
        ColumnType::Float { .. } | ColumnType::Double { digits: Some(_), .. } => wrap(out, b"", b" * 1e0"),
        // Labels would be in the column's character set and cannot tell the error value from an empty label.
        ColumnType::Enum(_) | ColumnType::Set(_) => wrap(out, b"CAST(", b" AS UNSIGNED)"),
        _ => wrap(out, b"", b""),
    }
}

/// Appends the expressions of all columns of a table, and gives the layout of the rows that they select.
pub fn write_select_list(schema: &Arc<TableSchema>, out: &mut Vec<u8>) -> RowLayout {
    for (i, column) in schema.columns().iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        write_select(column, out);
    }
    RowLayout::whole(Arc::clone(schema), CellFormat::MysqlText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Members;

    #[test]
    fn lossy_texts_are_avoided() {
        let select = |column_type| {
            let mut out = Vec::new();
            write_select(&Column::new("a`b", column_type), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(select(ColumnType::Date), "`a``b`");
        assert_eq!(select(ColumnType::Float { unsigned: false, digits: None }), "`a``b` * 1e0");
        assert_eq!(select(ColumnType::Double { unsigned: false, digits: None }), "`a``b`");
        assert_eq!(select(ColumnType::Set(Members::from([]))), "CAST(`a``b` AS UNSIGNED)");
    }
}
