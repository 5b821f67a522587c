//! Rows of `information_schema.PARTITIONS` to the clause that made them.

use crate::ddl::{Dialect, PartitionDef, PartitionMethod, Partitioning, SubPartitioning};
use crate::error::{Error, Result};
use crate::mysql::TextRow;

/// Reads the rows of [`super::query::partitions`] of one table; `None` if it has none.
///
/// `KEY ALGORITHM = 1` is not told by the server and is not carried: it spreads rows, nothing else.
pub(super) fn read(rows: &[TextRow], dialect: Dialect) -> Result<Option<Partitioning>> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let sub = match first.text_or_null(4)? {
        Some(name) => Some(SubPartitioning {
            method: method(name)?,
            expression: first.text_or_null(6)?.unwrap_or_default().to_owned(),
            count: None,
        }),
        None => None,
    };
    let mut clause = Partitioning {
        method: method(first.text(3)?)?,
        expression: first.text_or_null(5)?.unwrap_or_default().to_owned(),
        sub,
        count: None,
        partitions: Vec::new(),
    };
    for row in rows {
        let name = row.text(1)?;
        if clause.partitions.last().is_none_or(|partition| &*partition.name != name) {
            clause.partitions.push(PartitionDef {
                name: name.into(),
                values: row.text_or_null(7)?.map(|values| match dialect.is_oceanbase() {
                    true => escaped(values),
                    false => values.to_owned(),
                }),
                comment: row.text_or_null(8)?.filter(|comment| !comment.is_empty()).map(str::to_owned),
                subpartitions: Vec::new(),
            });
        }
        if let (Some(name), Some(partition)) = (row.text_or_null(2)?, clause.partitions.last_mut()) {
            partition.subpartitions.push(name.into());
        }
    }
    Ok(Some(clause))
}

fn method(name: &str) -> Result<PartitionMethod> {
    PartitionMethod::from_name(name)
        .ok_or_else(|| Error::unsupported("the schema model", format!("PARTITION BY {name}")))
}

/// Values as literals: OceanBase prints strings between quotes as they are. A quote ends a string only before a comma, a
/// parenthesis or the end.
fn escaped(values: &str) -> String {
    let mut out = String::with_capacity(values.len());
    let mut in_string = false;
    for (at, character) in values.char_indices() {
        let rest = &values[at + character.len_utf8()..];
        match (character, in_string) {
            ('\'', false) => in_string = true,
            ('\'', true) if rest.is_empty() || rest.starts_with([',', ')']) => in_string = false,
            ('\'' | '\\', true) => out.push('\\'),
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_oceanbase_become_literals() {
        assert_eq!(escaped("(1,'x'),(2,'y'z')"), r"(1,'x'),(2,'y\'z')");
        assert_eq!(escaped(r"'a\b','',NULL"), r"'a\\b','',NULL");
        assert_eq!(escaped("1,MAXVALUE"), "1,MAXVALUE");
    }
}
