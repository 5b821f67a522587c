//! [`RowBatchBuilder`]: rows built value by value, or copied from other batches.

use std::borrow::Borrow;
use std::sync::Arc;

use bytes::Bytes;

use super::format::canonical;
use super::{CellFormat, RowBatch, RowLayout, Span};
use crate::error::{At, Error, Result};
use crate::schema::TableSchema;
use crate::value::Value;

/// Builds a [`RowBatch`] of its own bytes.
#[derive(Debug)]
pub struct RowBatchBuilder {
    layout: Arc<RowLayout>,
    data: Vec<u8>,
    spans: Vec<Span>,
}

impl RowBatchBuilder {
    /// Rows of this layout.
    pub fn new(layout: Arc<RowLayout>) -> Self {
        Self { layout, data: Vec::new(), spans: Vec::new() }
    }

    /// Rows of all columns of a table in the canonical form, for [`Self::push`].
    pub fn canonical(schema: Arc<TableSchema>) -> Self {
        Self::new(Arc::new(RowLayout::whole(schema, CellFormat::Canonical)))
    }

    /// Adds a row of values.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the count of values is not the layout's width or a column's form is not
    /// [`CellFormat::Canonical`]; [`Error::Refused`] if the batch would pass 4 GiB. Nothing is added then.
    pub fn push<V: Borrow<Value>>(&mut self, row: impl IntoIterator<Item = V>) -> Result<()> {
        let (data, spans) = (self.data.len(), self.spans.len());
        let result = self.try_push(row);
        if result.is_err() {
            self.data.truncate(data);
            self.spans.truncate(spans);
        }
        result
    }

    fn try_push<V: Borrow<Value>>(&mut self, row: impl IntoIterator<Item = V>) -> Result<()> {
        let start = self.spans.len();
        for value in row {
            let value = value.borrow();
            let cell = self.layout.columns().get(self.spans.len() - start);
            if cell.is_some_and(|cell| cell.format != CellFormat::Canonical) {
                return Err(Error::config("row", "values can only be pushed into canonical columns"));
            }
            let span = match value {
                Value::Null => Span::NULL,
                Value::Unchanged => Span::UNCHANGED,
                value => {
                    let start = self.data.len();
                    canonical::encode(value, &mut self.data);
                    let len = self.data.len() - start;
                    match (u32::try_from(start), u32::try_from(len)) {
                        (Ok(start), Ok(len)) if len < Span::UNCHANGED.len => Span::new(start, len),
                        _ => {
                            let at = At::table(self.layout.schema().name());
                            return Err(Error::refused(at, "a batch holds at most 4 GiB"));
                        }
                    }
                }
            };
            self.spans.push(span);
        }
        match self.spans.len() - start {
            width if width == self.layout.width() => Ok(()),
            width => Err(Error::config("row", format!("it has {width} values, not {}", self.layout.width()))),
        }
    }

    /// Copies a row of another batch that has the same layout.
    pub(super) fn push_spans(&mut self, from: &RowBatch, spans: &[Span]) {
        for span in spans {
            let span = match *span {
                Span::NULL | Span::UNCHANGED => *span,
                span => {
                    // A copy is never longer than the batch that it comes from, whose spans fit.
                    let start = self.data.len() as u32;
                    let bytes = from.bytes(span);
                    self.data.extend_from_slice(bytes);
                    Span::new(start, bytes.len() as u32)
                }
            };
            self.spans.push(span);
        }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.spans.len().checked_div(self.layout.width()).unwrap_or(0)
    }

    /// True if there is no row yet.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The batch.
    pub fn finish(self) -> RowBatch {
        RowBatch::new(self.layout, Bytes::from(self.data), Bytes::new(), self.spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TableName;
    use crate::schema::{Column, ColumnType};

    #[test]
    fn a_row_of_the_wrong_width_is_refused_and_leaves_nothing() {
        let schema = TableSchema::new(TableName::new("s", "t"), vec![Column::new("d", ColumnType::Date)]);
        let mut rows = RowBatchBuilder::canonical(Arc::new(schema));
        assert!(rows.push([Value::Null, Value::Null]).is_err());
        assert!(rows.push::<Value>([]).is_err());
        assert!(rows.is_empty());
        rows.push([Value::Null]).unwrap();
        assert_eq!(rows.finish().len(), 1);
    }
}
