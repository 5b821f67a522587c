//! Select expressions that keep the whole value of every type, in the form that
//! [`CellFormat::MysqlText`](crate::row::CellFormat::MysqlText) stands for.

use std::sync::Arc;

use super::ident::{quote_ident, quote_table, write_ident};
use super::server::Server;
use crate::row::{CellFormat, RowLayout};
use crate::schema::{Column, ColumnType, TableSchema};
use crate::value::json_kinds::{KINDS, MARK, ScalarKind};

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

/// Appends the expressions of all columns of a table, for `server`, and gives the layout of the rows that they select.
///
/// Servers without JSON_TABLE (MySQL before 8.0.4) cannot be asked which values of a document their text does not tell.
pub fn write_select_list(schema: &Arc<TableSchema>, server: &Server, out: &mut Vec<u8>) -> RowLayout {
    for (i, column) in schema.columns().iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        match column.column_type() {
            ColumnType::Json if server.has_json_table() => {
                // Names of the table's own columns do not reach into JSON_TABLE.
                let column = format!("{}.{}", quote_table(schema.name()), quote_ident(column.name()));
                out.extend_from_slice(select_document(&column).as_bytes());
            }
            _ => write_select(column, out),
        }
    }
    RowLayout::whole(Arc::clone(schema), CellFormat::MysqlText)
}

/// The text of a document, with the kinds of its scalars in front if there is one that its text does not tell.
///
/// JSON_TABLE gives the elements of all arrays and the members of all objects, by the containers in the order in which
/// they begin; the `null` of JSON comes as the NULL of SQL. (One path for both, `$**[0]`, takes a time that grows with the
/// square of their number.) A text that is too long to be put together is left out, and the mark alone is an error when
/// it is read.
///
/// # Sources
///
/// MySQL 9.7: 1,400 documents made by chance, letters against text; and `tests/it/fidelity`.
fn select_document(column: &str) -> String {
    let plain = KINDS.iter().filter(|(kind, ..)| *kind == ScalarKind::Plain).flat_map(|(.., names)| *names);
    let plain = plain.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(",");
    let letters: String = KINDS
        .iter()
        .flat_map(|(_, letter, names)| names.iter().map(move |name| (name, char::from(*letter))))
        .map(|(name, letter)| format!(" WHEN '{name}' THEN '{letter}'"))
        .collect();
    let letter_of = |value: &str| format!("CASE IFNULL(JSON_TYPE({value}),'NULL'){letters} ELSE '?' END");
    let table = |path: &str| {
        format!("FROM JSON_TABLE({column},'{path}' COLUMNS(n FOR ORDINALITY, v JSON PATH '$')) AS s")
    };
    let is_told = format!("IN ({plain},'OBJECT','ARRAY')");
    let is_untold = |path| format!("EXISTS(SELECT 1 {} WHERE JSON_TYPE(s.v) NOT {is_told})", table(path));
    let letters_of = |path| {
        let scalars = "WHERE IFNULL(JSON_TYPE(s.v),'NULL') NOT IN ('OBJECT','ARRAY')";
        let letter = letter_of("s.v");
        format!(
            "IFNULL((SELECT GROUP_CONCAT({letter} ORDER BY s.n SEPARATOR '') {} {scalars}),'')",
            table(path)
        )
    };
    let (elements, members, mark) = ("$**[*]", "$**.*", char::from(MARK));
    format!(
        "IF(JSON_TYPE({column}) NOT {is_told} OR {} OR {},IFNULL(CONCAT('{mark}',\
         IF(JSON_TYPE({column}) IN ('OBJECT','ARRAY'),{},{}),',',{},':',{column}),'{mark}'),{column})",
        is_untold(elements),
        is_untold(members),
        letters_of(elements),
        letter_of(column),
        letters_of(members),
    )
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
