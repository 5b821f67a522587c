//! Rows of `information_schema.STATISTICS` to indexes.

use std::sync::Arc;

use super::column::expression;
use crate::ddl::Dialect;
use crate::error::{Error, Result};
use crate::mysql::TextRow;
use crate::schema::{Column, Key, KeyKind, KeyPart};

/// The indexes of a table, and whether some must be looked up elsewhere.
pub(super) struct ReadKeys {
    pub(super) keys: Vec<Key>,
    /// An index is FULLTEXT, whose parser is not told, or lies over columns that the table does not show.
    pub(super) are_unsure: bool,
}

/// Reads the rows of [`super::query::keys`] of one table.
pub(super) fn read(rows: &[TextRow], columns: &[Column], dialect: Dialect) -> Result<ReadKeys> {
    let mut read = ReadKeys { keys: Vec::new(), are_unsure: false };
    for row in rows {
        let name = row.text(1)?;
        if read.keys.last().is_none_or(|key| &*key.name != name) {
            let key = begin(row, name, dialect)?;
            read.are_unsure |= key.kind == KeyKind::Fulltext;
            read.keys.push(key);
        }
        let Some(part) = part(row, columns, dialect)? else {
            read.are_unsure = true;
            continue;
        };
        if let Some(key) = read.keys.last_mut() {
            key.parts.push(part);
        }
    }
    crate::ddl::sort_keys(&mut read.keys);
    Ok(read)
}

fn begin(row: &TextRow, name: &str, dialect: Dialect) -> Result<Key> {
    let kind = match row.text(3)? {
        "FULLTEXT" => KeyKind::Fulltext,
        "SPATIAL" => KeyKind::Spatial,
        "BTREE" | "HASH" | "RTREE" if name == "PRIMARY" => KeyKind::Primary,
        "BTREE" | "HASH" | "RTREE" => match row.text(2)? {
            "0" => KeyKind::Unique,
            _ => KeyKind::Plain,
        },
        other => {
            return Err(Error::unsupported("the schema model", format!("index {name} of type {other}")));
        }
    };
    Ok(Key {
        name: name.into(),
        kind,
        parts: Vec::new(),
        visible: row.text(8)? == "YES",
        // OceanBase shows the comment of the table beside the primary key, and keeps none of the key.
        comment: row
            .text_or_null(7)?
            .filter(|_| !dialect.is_oceanbase() || kind != KeyKind::Primary)
            .filter(|comment| !comment.is_empty())
            .map(Arc::from),
        parser: None,
    })
}

/// One part; `None` if it is a column that the table does not show.
fn part(row: &TextRow, columns: &[Column], dialect: Dialect) -> Result<Option<KeyPart>> {
    let descending = row.text_or_null(6)? == Some("D");
    let has_prefix = !matches!(row.text(3)?, "FULLTEXT" | "SPATIAL");
    let name = match (row.text_or_null(4)?, row.text_or_null(9)?.filter(|text| !text.is_empty())) {
        (None, Some(text)) => {
            let expression = expression(text, dialect).into();
            return Ok(Some(KeyPart::Expression { expression, descending }));
        }
        (Some(name), _) => name,
        (None, None) => return Ok(None),
    };
    // The server may spell a column otherwise than the table does.
    let column = columns.iter().find(|column| column.name().to_lowercase() == name.to_lowercase());
    Ok(match column {
        Some(column) => Some(KeyPart::Column {
            column: Arc::clone(column.name()),
            prefix: row.number_or_null(5)?.filter(|_| has_prefix),
            descending,
        }),
        None => None,
    })
}
