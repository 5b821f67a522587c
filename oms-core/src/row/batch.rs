//! [`RowBatch`]: rows of one table in one layout.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::spans::Spans;
use super::{RowBatchBuilder, RowLayout, RowRef};
use crate::schema::TableSchema;

/// Where a cell lies: `start..start + len` over the batch's data and, behind it, its patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Bytes, or one of the two marks.
    pub len: u32,
}

impl Span {
    /// SQL NULL.
    pub const NULL: Span = Span { start: 0, len: u32::MAX };
    /// Not in this image.
    pub const UNCHANGED: Span = Span { start: 0, len: u32::MAX - 1 };

    /// A cell of these bytes.
    pub fn new(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    /// Bytes of the cell, 0 for the two marks.
    pub fn byte_len(self) -> usize {
        if self.len >= Self::UNCHANGED.len { 0 } else { self.len as usize }
    }
}

/// The bytes and spans that slices of one batch share.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) data: Bytes,
    pub(super) patch: Bytes,
    pub(super) spans: Spans,
}

/// Rows of one table in one layout. Cloning and slicing share the bytes.
///
/// # Shape
///
/// `len()` rows of `layout().width()` cells each, row after row.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use oms_core::TableName;
/// use oms_core::row::{CellFormat, RowBatchBuilder, RowLayout};
/// use oms_core::schema::{Column, ColumnType, TableSchema};
/// use oms_core::value::Value;
///
/// let schema = TableSchema::new(
///     TableName::new("shop", "tags"),
///     vec![Column::new("tag", ColumnType::VarChar { length: 10 })],
/// );
/// let mut rows = RowBatchBuilder::canonical(Arc::new(schema));
/// rows.push([Value::from("new")]).unwrap();
/// rows.push([Value::Null]).unwrap();
/// let batch = rows.finish();
/// assert_eq!(batch.len(), 2);
/// assert!(batch.row(1).cell(0).raw().is_none());
/// ```
#[derive(Clone)]
pub struct RowBatch {
    layout: Arc<RowLayout>,
    body: Arc<Body>,
    rows: Range<u32>,
}

const _: () = assert!(size_of::<RowBatch>() == 24);

impl RowBatch {
    /// A batch over bytes as received.
    ///
    /// # Shape
    ///
    /// `spans` has a whole number of rows of `layout.width()` cells; a span whose start is at or behind
    /// `data.len()` lies in `patch`. A span that passes the end reads as an empty cell, so whoever makes spans
    /// checks them against the bytes first. A layout of width 0 makes a batch without rows.
    pub fn new(layout: Arc<RowLayout>, data: Bytes, patch: Bytes, spans: Vec<Span>) -> Self {
        Self::from_body(layout, Body { data, patch, spans: Spans::Many(spans) })
    }

    /// As [`Self::new`], with a copy of the spans; those of a usual single row cost no allocation of their own.
    #[inline]
    pub fn with_spans(layout: Arc<RowLayout>, data: Bytes, patch: Bytes, spans: &[Span]) -> Self {
        Self::from_body(layout, Body { data, patch, spans: Spans::copied(spans) })
    }

    #[inline]
    fn from_body(layout: Arc<RowLayout>, body: Body) -> Self {
        let rows = body.spans.len().checked_div(layout.width()).unwrap_or(0) as u32;
        Self { layout, body: Arc::new(body), rows: 0..rows }
    }

    /// The layout of each row.
    pub fn layout(&self) -> &Arc<RowLayout> {
        &self.layout
    }

    /// The schema of the table.
    pub fn schema(&self) -> &Arc<TableSchema> {
        self.layout.schema()
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes that this batch keeps alive, which for a slice may be far more than its own rows; constant time.
    pub fn byte_size(&self) -> usize {
        self.body.data.len() + self.body.patch.len() + self.body.spans.len() * size_of::<Span>()
    }

    /// These rows, sharing the bytes.
    ///
    /// # Panics
    ///
    /// If the range passes the end, as for a slice.
    #[must_use]
    pub fn slice(&self, rows: Range<u32>) -> Self {
        assert!(rows.start <= rows.end && rows.end as usize <= self.len(), "rows {rows:?} of {}", self.len());
        let rows = self.rows.start + rows.start..self.rows.start + rows.end;
        Self { layout: Arc::clone(&self.layout), body: Arc::clone(&self.body), rows }
    }

    /// The same bytes under another layout of the same width: how columns are renamed for free.
    ///
    /// # Panics
    ///
    /// If the widths differ.
    #[must_use]
    pub fn with_layout(&self, layout: Arc<RowLayout>) -> Self {
        assert_eq!(layout.width(), self.layout.width(), "a relabelled batch keeps its width");
        Self { layout, body: Arc::clone(&self.body), rows: self.rows.clone() }
    }

    /// The same rows with spans rewritten cell by cell; bytes are shared.
    ///
    /// `select` gets each row and pushes one span for each cell of the new layout, or none to drop the row.
    #[must_use]
    pub fn respan(
        &self,
        layout: Arc<RowLayout>,
        mut select: impl FnMut(usize, &[Span], &mut Vec<Span>),
    ) -> Self {
        let mut spans = Vec::with_capacity(self.len() * layout.width());
        for row in 0..self.len() {
            select(row, self.row_spans(row), &mut spans);
            debug_assert_eq!(spans.len().checked_rem(layout.width()).unwrap_or(0), 0);
        }
        Self::new(layout, self.body.data.clone(), self.body.patch.clone(), spans)
    }

    /// Row `row`, counted from this batch's first.
    ///
    /// # Panics
    ///
    /// If there are not that many rows, as for a slice.
    pub fn row(&self, row: usize) -> RowRef<'_> {
        RowRef::new(self, self.row_spans(row))
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = RowRef<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// The spans of row `row`.
    pub(crate) fn row_spans(&self, row: usize) -> &[Span] {
        let width = self.layout.width();
        let start = (self.rows.start as usize + row) * width;
        assert!(row < self.len(), "row {row} of {}", self.len());
        &self.body.spans[start..start + width]
    }

    /// The bytes of a cell; empty for the two marks.
    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        let Body { data, patch, .. } = &*self.body;
        let (start, len) = (span.start as usize, span.byte_len());
        let (from, start) = if start < data.len() { (data, start) } else { (patch, start - data.len()) };
        from.get(start..start + len).unwrap_or_default()
    }

    /// A copy that holds its own rows' bytes and nothing more, for whoever keeps rows long.
    #[must_use]
    pub fn compact(&self) -> Self {
        let mut rows = RowBatchBuilder::new(Arc::clone(&self.layout));
        for row in 0..self.len() {
            rows.push_spans(self, self.row_spans(row));
        }
        rows.finish()
    }
}

/// Prints table, row count and size, never a value.
impl fmt::Debug for RowBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowBatch({}, {} rows, {} bytes)", self.schema().name(), self.len(), self.byte_size())
    }
}

#[cfg(test)]
mod tests {
    use super::super::CellFormat;
    use super::*;
    use crate::name::TableName;
    use crate::schema::{Column, ColumnType};

    fn batch() -> RowBatch {
        let text = ColumnType::VarChar { length: 10 };
        let columns = vec![Column::new("a", text.clone()), Column::new("b", text)];
        let schema = Arc::new(TableSchema::new(TableName::new("s", "t"), columns));
        let layout = Arc::new(RowLayout::whole(schema, CellFormat::MysqlText));
        let spans = vec![
            Span::new(0, 2),
            Span::new(2, 3),
            Span::NULL,
            Span::new(7, 2),
            Span::new(5, 0),
            Span::UNCHANGED,
        ];
        RowBatch::new(layout, Bytes::from_static(b"abcdefg"), Bytes::from_static(b"xyz"), spans)
    }

    #[test]
    fn spans_run_over_data_and_patch() {
        let batch = batch();
        assert_eq!(batch.row(0).cell(1).raw(), Some(&b"cde"[..]));
        assert_eq!(batch.row(1).cell(1).raw(), Some(&b"xy"[..]));
        assert_eq!(batch.row(1).cell(0).raw(), None);
        assert_eq!(batch.row(2).cell(0).raw(), Some(&b""[..]));
    }

    #[test]
    fn a_slice_counts_what_it_keeps_alive_until_compacted() {
        let slice = batch().slice(1..2);
        assert_eq!(slice.len(), 1);
        assert_eq!(slice.byte_size(), batch().byte_size());
        let compact = slice.compact();
        assert_eq!(compact.row(0).cell(1).raw(), Some(&b"xy"[..]));
        assert!(compact.row(0).cell(0).is_null());
        assert_eq!(compact.byte_size(), 2 + 2 * 8);
    }

    #[test]
    fn a_span_past_the_end_reads_as_empty() {
        let layout = Arc::clone(batch().layout());
        let spans = vec![Span::new(0, 9), Span::new(90, 9)];
        let batch = RowBatch::new(layout, Bytes::from_static(b"abc"), Bytes::new(), spans);
        assert_eq!(batch.row(0).cell(0).raw(), Some(&b""[..]));
        assert_eq!(batch.row(0).cell(1).raw(), Some(&b""[..]));
    }
}
