//! Rows of `information_schema.PARTITIONS` to the clause that made them.

use crate::ddl::{PartitionDef, PartitionMethod, Partitioning, SubPartitioning};
use crate::error::{Error, Result};
use crate::mysql::TextRow;

/// Reads the rows of [`super::query::partitions`] of one table; `None` if it has none.
///
/// `KEY ALGORITHM = 1` is not told by the server and is not carried: it spreads rows, nothing else.
pub(super) fn read(rows: &[TextRow]) -> Result<Option<Partitioning>> {
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
                values: row.text_or_null(7)?.map(str::to_owned),
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
