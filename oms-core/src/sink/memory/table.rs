//! [`Table`]: changes folded into rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{At, Error, Result};
use crate::event::{Change, ChangeKind};
use crate::row::format::canonical;
use crate::row::{RowBatch, RowLayout, RowRef};
use crate::schema::TableSchema;
use crate::value::Value;

/// Rows under the bytes of their key, or of all their cells where there is no key.
#[derive(Clone, Debug)]
pub(super) struct Table {
    schema: Arc<TableSchema>,
    rows: BTreeMap<Vec<u8>, Stored>,
}

#[derive(Clone, Debug)]
struct Stored {
    values: Vec<Value>,
    /// How many such rows there are; more than one only without a key.
    count: u64,
}

impl Table {
    pub(super) fn new(schema: Arc<TableSchema>) -> Self {
        Self { schema, rows: BTreeMap::new() }
    }

    pub(super) fn schema(&self) -> &Arc<TableSchema> {
        &self.schema
    }

    /// All rows in the order of their keys' bytes.
    pub(super) fn rows(&self) -> Vec<Vec<Value>> {
        let times = |stored: &Stored| usize::try_from(stored.count).unwrap_or(usize::MAX);
        self.rows
            .values()
            .flat_map(|stored| std::iter::repeat_n(stored.values.clone(), times(stored)))
            .collect()
    }

    pub(super) fn row_count(&self) -> u64 {
        self.rows.values().map(|stored| stored.count).sum()
    }

    pub(super) fn truncate(&mut self) {
        self.rows.clear();
    }

    /// Applies a change row by row. `strict` refuses what does not meet the row that it expects.
    pub(super) fn apply(&mut self, change: &Change, strict: bool) -> Result<()> {
        if !Arc::ptr_eq(&self.schema, change.schema()) && *self.schema != **change.schema() {
            self.reshape(Arc::clone(change.schema()), &[])?;
        }
        for row in 0..change.row_count() {
            let fail = |reason: &str| {
                let at = At::table(change.schema().name()).row(row as u64);
                Err(Error::conflict(at, reason))
            };
            let old = change.before().map(|rows| self.take(rows, row)).transpose()?;
            let (gone, base) = match old {
                Some((gone, base)) => (Some(gone), base),
                None => (None, self.empty_row()),
            };
            if strict && gone == Some(false) {
                return fail("the row that is changed is not there");
            }
            let Some(after) = change.after() else {
                continue;
            };
            let new = overlay(base, after.layout(), after.row(row))?;
            let key = self.key(&new);
            let keyed = self.schema.identity().key_columns().is_some();
            let stored = self.rows.entry(key).or_insert_with(|| Stored { values: new.clone(), count: 0 });
            if keyed {
                if strict && stored.count > 0 && change.kind() != ChangeKind::Read {
                    return fail("there is a row of this key already");
                }
                *stored = Stored { values: new, count: 1 };
            } else {
                stored.count += 1;
            }
        }
        Ok(())
    }

    /// Takes out the row that a before image names: whether it was there, and its values, or those of the image.
    fn take(&mut self, rows: &RowBatch, row: usize) -> Result<(bool, Vec<Value>)> {
        let image = overlay(self.empty_row(), rows.layout(), rows.row(row))?;
        let key = self.key(&image);
        match self.rows.get_mut(&key) {
            Some(stored) if stored.count > 1 => {
                stored.count -= 1;
                Ok((true, stored.values.clone()))
            }
            Some(_) => Ok((true, self.rows.remove(&key).map_or(image, |stored| stored.values))),
            None => Ok((false, image)),
        }
    }

    fn empty_row(&self) -> Vec<Value> {
        vec![Value::Null; self.schema.columns().len()]
    }

    fn key(&self, values: &[Value]) -> Vec<u8> {
        let mut key = Vec::new();
        let mut push = |value: &Value| {
            // Length first, so that two keys of the same bytes have the same cells.
            let start = key.len();
            key.extend_from_slice(&[0; 5]);
            canonical::encode(value, &mut key);
            let len = (key.len() - start - 5) as u32;
            key[start] = u8::from(!value.is_null());
            key[start + 1..start + 5].copy_from_slice(&len.to_be_bytes());
        };
        match self.schema.identity().key_columns() {
            Some(columns) => columns.iter().for_each(|column| push(&values[*column])),
            None => values.iter().for_each(push),
        }
        key
    }

    /// Brings the rows into another shape: columns keep their values by name, new ones hold NULL.
    pub(super) fn reshape(
        &mut self,
        schema: Arc<TableSchema>,
        renamed: &[(Arc<str>, Arc<str>)],
    ) -> Result<()> {
        let old = std::mem::replace(self, Self::new(schema));
        let from: Vec<Option<usize>> = self
            .schema
            .columns()
            .iter()
            .map(|column| {
                let before = renamed.iter().find(|(_, after)| after == column.name());
                let name = before.map_or(column.name(), |(before, _)| before);
                old.schema.column_position(name)
            })
            .collect();
        for stored in old.rows.into_values() {
            let take = |from: &Option<usize>| from.map_or(Value::Null, |from| stored.values[from].clone());
            let values: Vec<Value> = from.iter().map(take).collect();
            let key = self.key(&values);
            let merged = self.rows.entry(key).or_insert(Stored { values, count: 0 });
            merged.count += stored.count;
        }
        if self.schema.identity().key_columns().is_some() && self.rows.values().any(|stored| stored.count > 1)
        {
            let at = At::table(self.schema.name());
            return Err(Error::conflict(at, "two rows have one value of the new key"));
        }
        Ok(())
    }
}

/// The row with the cells of an image laid over it; what the image does not say stays.
fn overlay(mut values: Vec<Value>, layout: &RowLayout, row: RowRef<'_>) -> Result<Vec<Value>> {
    for (cell, column) in row.cells().zip(layout.columns()) {
        match cell.decode()?.to_value()? {
            Value::Unchanged => {}
            value => values[column.column] = value,
        }
    }
    Ok(values)
}
