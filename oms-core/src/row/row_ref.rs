//! [`RowRef`] and [`CellRef`]: one row and one cell of a batch.

use std::fmt;

use super::{CellFormat, RowBatch, Span, format};
use crate::error::{At, Result};
use crate::schema::Column;
use crate::value::ValueRef;

/// One row of a [`RowBatch`].
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    batch: &'a RowBatch,
    spans: &'a [Span],
}

impl<'a> RowRef<'a> {
    pub(super) fn new(batch: &'a RowBatch, spans: &'a [Span]) -> Self {
        Self { batch, spans }
    }

    /// Cells.
    pub fn width(&self) -> usize {
        self.spans.len()
    }

    /// Cell `position` of the layout.
    ///
    /// # Panics
    ///
    /// If the layout has not that many cells, as for a slice.
    pub fn cell(&self, position: usize) -> CellRef<'a> {
        CellRef { batch: self.batch, position, span: self.spans[position] }
    }

    /// All cells in layout order.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = CellRef<'a>> {
        let row = *self;
        (0..row.width()).map(move |position| row.cell(position))
    }

    /// The cell of this column, compared without case; `None` if the image does not hold it.
    pub fn get(&self, column: &str) -> Option<CellRef<'a>> {
        let layout = self.batch.layout();
        let column = layout.schema().column_position(column)?;
        Some(self.cell(layout.position_of(column)?))
    }

    /// The batch that this row belongs to.
    pub fn batch(&self) -> &'a RowBatch {
        self.batch
    }
}

/// Prints the table and width, never a value.
impl fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowRef({}, {} cells)", self.batch.schema().name(), self.width())
    }
}

/// One cell of a row.
#[derive(Clone, Copy)]
pub struct CellRef<'a> {
    batch: &'a RowBatch,
    position: usize,
    span: Span,
}

impl<'a> CellRef<'a> {
    /// The column.
    pub fn column(&self) -> &'a Column {
        self.batch.layout().column(self.position)
    }

    /// The form of the bytes.
    pub fn format(&self) -> CellFormat {
        self.batch.layout().columns()[self.position].format
    }

    /// The bytes as they came, not decoded; `None` for SQL NULL and for [`Self::is_unchanged`].
    pub fn raw(&self) -> Option<&'a [u8]> {
        if self.span.len >= Span::UNCHANGED.len {
            return None;
        }
        Some(self.batch.bytes(self.span))
    }

    /// True for SQL NULL.
    pub fn is_null(&self) -> bool {
        self.span.len == Span::NULL.len
    }

    /// True if the image does not say what the cell holds.
    pub fn is_unchanged(&self) -> bool {
        self.span.len == Span::UNCHANGED.len
    }

    /// The value, borrowed; allocates nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) with table and column, if the bytes are not a value of the type.
    pub fn decode(&self) -> Result<ValueRef<'a>> {
        match self.raw() {
            Some(raw) => format::decode(self.format(), self.column(), raw).map_err(|error| {
                let at = At::table(self.batch.schema().name()).column(self.column().name().as_ref());
                error.at_place(&at)
            }),
            None if self.is_null() => Ok(ValueRef::Null),
            None => Ok(ValueRef::Unchanged),
        }
    }
}

/// Prints the column and length, never the value.
impl fmt::Debug for CellRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CellRef({}, {:?} bytes)", self.column().name(), self.raw().map(<[u8]>::len))
    }
}
