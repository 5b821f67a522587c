//! SQL expressions that render a column in the form of its [`ColumnRule`], the same on every server.
//!
//! A row is the pieces of its columns with commas between. A piece whose form could hold a comma begins with its
//! length, NULL is `N`, which begins no other piece, so that two rows have the same text only if they have the same
//! columns. Long values stand as their own SHA2, as a server gives NULL for a text above `max_allowed_packet`; where
//! one is NULL nevertheless, so is the row's digest, which is counted.

use oms_core::mysql::quote_ident;
use oms_core::schema::{Column, ColumnType, LobSize};

use crate::rule::{ColumnRule, charset_name, is_utf8};

/// How the piece of a column is made of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it is: no content of such a column holds a comma or begins with `N`.
    Plain,
    /// With its length before it.
    Counted,
    /// As its SHA2.
    Hashed,
}

/// The content of a column: bytes that are equal just for equal values, NULL for NULL.
pub(crate) fn content(rule: &ColumnRule, column: &Column) -> String {
    let name = quote_ident(column.name());
    let column_type = column.column_type();
    match rule {
        ColumnRule::Integer => match column_type {
            ColumnType::Bit { .. } => format!("CAST({name} AS UNSIGNED)"),
            // The width that ZEROFILL pads to, and YEAR, is not part of the number.
            ColumnType::Int { zerofill: Some(_), .. } | ColumnType::Year => format!("{name}+0"),
            _ => name,
        },
        ColumnRule::Decimal { scale } => match column_type {
            ColumnType::Decimal { scale: own, zerofill: false, .. } if own == scale => name,
            ColumnType::Decimal { scale: own, .. } if own == scale => format!("{name}+0"),
            _ => format!("CAST({name} AS DECIMAL(65,{scale}))"),
        },
        // As text, servers round FLOAT to six digits and change to exponents at different places. As JSON, a double has
        // its shortest digits on all of them, but MySQL 5.7 leaves out the `.0` of whole ones.
        ColumnRule::Real => format!("TRIM(TRAILING '.0' FROM CAST(CAST({name} AS JSON) AS CHAR))"),
        ColumnRule::Date => name,
        ColumnRule::Time { fsp } => padded(&name, column_type.fsp(), *fsp, ""),
        ColumnRule::DateTime { fsp } => {
            let midnight = if *column_type == ColumnType::Date { " 00:00:00" } else { "" };
            padded(&name, column_type.fsp(), *fsp, midnight)
        }
        ColumnRule::Members => format!("CAST({name} AS UNSIGNED)"),
        ColumnRule::TextBytes => format!("CAST({name} AS BINARY)"),
        ColumnRule::Text => match charset_name(column) {
            Some(charset) if is_utf8(charset) => format!("CAST({name} AS BINARY)"),
            Some(_) => converted(&name),
            None if *column_type == ColumnType::Json => format!("CAST(CAST({name} AS CHAR) AS BINARY)"),
            None => name,
        },
        ColumnRule::Json => format!("CAST({name} AS CHAR)"),
        ColumnRule::Bytes | ColumnRule::Geometry | ColumnRule::Vector => name,
    }
}

/// A time with zeros for the fractional digits that it does not have. A cast would refuse zero dates.
fn padded(name: &str, own: u8, wanted: u8, middle: &str) -> String {
    let missing = usize::from(wanted.saturating_sub(own));
    let point = if own == 0 && missing > 0 { "." } else { "" };
    let tail = format!("{middle}{point}{}", "0".repeat(missing));
    if tail.is_empty() { name.to_owned() } else { format!("CONCAT({name},'{tail}')") }
}

/// Text in utf8mb4. For a character that it does not know the server writes a question mark, and two texts would be
/// equal that are not: if there are more of them than before, the bytes themselves stand there, behind one that no
/// UTF-8 text begins with.
fn converted(name: &str) -> String {
    let text = format!("CONVERT({name} USING utf8mb4)");
    let without = |text: &str| format!("CHAR_LENGTH(REPLACE({text},'?',''))");
    format!(
        "IF(INSTR({text},'?')=0 OR {}={},CAST({text} AS BINARY),CONCAT(x'FF',CAST({name} AS BINARY)))",
        without(name),
        without(&text)
    )
}

/// True if the content is bytes of any kind, false for numbers and times in ASCII.
pub(crate) fn is_bytes(rule: &ColumnRule) -> bool {
    match rule {
        ColumnRule::Integer
        | ColumnRule::Decimal { .. }
        | ColumnRule::Real
        | ColumnRule::Date
        | ColumnRule::Time { .. }
        | ColumnRule::DateTime { .. }
        | ColumnRule::Members => false,
        ColumnRule::Text
        | ColumnRule::TextBytes
        | ColumnRule::Bytes
        | ColumnRule::Json
        | ColumnRule::Geometry
        | ColumnRule::Vector => true,
    }
}

/// The most bytes that the content of a column can have.
pub(crate) fn max_bytes(rule: &ColumnRule, column: &Column) -> u64 {
    if !is_bytes(rule) {
        return 70;
    }
    match column.column_type() {
        // Four bytes hold a character of any character set, and one of utf8mb4.
        ColumnType::Char { length } | ColumnType::VarChar { length } => 4 * u64::from(*length),
        ColumnType::Binary { length } | ColumnType::VarBinary { length } => u64::from(*length),
        ColumnType::Enum(members) => members.iter().map(|label| 4 * label.len() as u64).max().unwrap_or(0),
        ColumnType::Set(members) => members.iter().map(|label| 4 * label.len() as u64 + 1).sum(),
        ColumnType::Text(size) => match *rule {
            ColumnRule::Text => size.max_bytes().saturating_mul(4),
            _ => size.max_bytes(),
        },
        ColumnType::Blob(size) => size.max_bytes(),
        _ => LobSize::Long.max_bytes(),
    }
}

/// The piece of a column in the text of its row.
pub(crate) fn piece(rule: &ColumnRule, column: &Column, piece: Piece) -> String {
    let (name, content) = (quote_ident(column.name()), content(rule, column));
    let or_null = |text: String| match column.is_nullable() {
        // Not IFNULL: a text that the server gives up on must not look like NULL in the table.
        true => format!("IF({name} IS NULL,'N',{text})"),
        false => text,
    };
    match piece {
        Piece::Plain if column.is_nullable() => format!("IFNULL({content},'N')"),
        Piece::Plain => content,
        Piece::Counted => or_null(format!("CONCAT(LENGTH({content}),':',{content})")),
        Piece::Hashed => or_null(format!("SHA2({content},256)")),
    }
}

/// The text of these pieces, as bytes whatever character sets they have.
pub(crate) fn joined(pieces: &[String]) -> String {
    format!("CONCAT(CAST('' AS BINARY),{})", pieces.join(",',',"))
}

#[cfg(test)]
mod tests {
    use oms_core::schema::{Collation, IntWidth};

    use super::*;

    fn column(column_type: ColumnType) -> Column {
        Column::new("a`b", column_type)
    }

    #[test]
    fn widths_and_fractions_are_made_alike() {
        let time = |fsp| column(ColumnType::Time { fsp });
        assert_eq!(content(&ColumnRule::Time { fsp: 6 }, &time(0)), "CONCAT(`a``b`,'.000000')");
        assert_eq!(content(&ColumnRule::Time { fsp: 6 }, &time(4)), "CONCAT(`a``b`,'00')");
        assert_eq!(content(&ColumnRule::Time { fsp: 6 }, &time(6)), "`a``b`");
        let date = column(ColumnType::Date);
        assert_eq!(content(&ColumnRule::DateTime { fsp: 0 }, &date), "CONCAT(`a``b`,' 00:00:00')");
        assert_eq!(content(&ColumnRule::DateTime { fsp: 2 }, &date), "CONCAT(`a``b`,' 00:00:00.00')");
        let padded = ColumnType::Int { width: IntWidth::I32, unsigned: true, zerofill: Some(8) };
        assert_eq!(content(&ColumnRule::Integer, &column(padded)), "`a``b`+0");
    }

    #[test]
    fn null_and_values_have_different_pieces() {
        let text = column(ColumnType::VarChar { length: 9 });
        assert_eq!(
            piece(&ColumnRule::TextBytes, &text, Piece::Counted),
            "IF(`a``b` IS NULL,'N',CONCAT(LENGTH(CAST(`a``b` AS BINARY)),':',CAST(`a``b` AS BINARY)))"
        );
        let text = text.with_nullable(false);
        assert_eq!(piece(&ColumnRule::TextBytes, &text, Piece::Hashed), "SHA2(CAST(`a``b` AS BINARY),256)");
        let date = column(ColumnType::Date);
        assert_eq!(piece(&ColumnRule::Date, &date, Piece::Plain), "IFNULL(`a``b`,'N')");
        assert_eq!(joined(&["1".into(), "2".into()]), "CONCAT(CAST('' AS BINARY),1,',',2)");
    }

    #[test]
    fn text_of_another_character_set_is_converted_and_watched() {
        let latin = column(ColumnType::VarChar { length: 9 })
            .with_collation(Some(Collation::new("latin1_swedish_ci")));
        assert!(content(&ColumnRule::Text, &latin).contains("x'FF'"));
        assert_eq!(content(&ColumnRule::TextBytes, &latin), "CAST(`a``b` AS BINARY)");
        assert_eq!(max_bytes(&ColumnRule::Text, &latin), 36);
    }
}
