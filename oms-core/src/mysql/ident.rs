//! Quoting of identifiers.

use crate::name::TableName;

/// Appends `name` in backticks, with backticks inside it doubled.
///
/// # Examples
///
/// ```
/// let mut sql = Vec::new();
/// oms_core::mysql::write_ident("a`b", &mut sql);
/// assert_eq!(sql, b"`a``b`");
/// ```
pub fn write_ident(name: &str, out: &mut Vec<u8>) {
    out.push(b'`');
    for byte in name.bytes() {
        if byte == b'`' {
            out.push(b'`');
        }
        out.push(byte);
    }
    out.push(b'`');
}

/// Appends `` `database`.`table` ``.
pub fn write_table(table: &TableName, out: &mut Vec<u8>) {
    write_ident(table.database(), out);
    out.push(b'.');
    write_ident(table.table(), out);
}

/// A name in backticks.
pub fn quote_ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// `` `database`.`table` ``.
pub fn quote_table(table: &TableName) -> String {
    format!("{}.{}", quote_ident(table.database()), quote_ident(table.table()))
}

/// A string literal for a session whose `sql_mode` lacks NO_BACKSLASH_ESCAPES.
///
/// # Examples
///
/// ```
/// assert_eq!(oms_core::mysql::quote_text("it's \\"), r"'it\'s \\'");
/// ```
pub fn quote_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for character in text.chars() {
        match character {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{1a}' => out.push_str("\\Z"),
            _ => out.push(character),
        }
    }
    out.push('\'');
    out
}
