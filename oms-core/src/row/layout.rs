//! [`RowLayout`]: which columns a row image holds, in which order and in which form.

use std::sync::Arc;

use super::CellFormat;
use crate::schema::{Column, TableSchema};

/// The decode plan of a row image: columns of a schema, each with the form of its cells.
///
/// A partial row image is simply another layout; there is no marker per cell for an absent column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLayout {
    schema: Arc<TableSchema>,
    columns: Box<[LayoutColumn]>,
}

/// One cell position of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutColumn {
    /// Position of the column in the schema.
    pub column: usize,
    /// Form of its cells.
    pub format: CellFormat,
}

impl RowLayout {
    /// A layout of these columns of `schema`; positions beyond the schema are left out.
    pub fn new(schema: Arc<TableSchema>, columns: impl IntoIterator<Item = LayoutColumn>) -> Self {
        let width = schema.columns().len();
        Self { schema, columns: columns.into_iter().filter(|column| column.column < width).collect() }
    }

    /// A layout of all columns, in one form.
    pub fn whole(schema: Arc<TableSchema>, format: CellFormat) -> Self {
        let columns = (0..schema.columns().len()).map(|column| LayoutColumn { column, format }).collect();
        Self { schema, columns }
    }

    /// The schema that the columns belong to.
    pub fn schema(&self) -> &Arc<TableSchema> {
        &self.schema
    }

    /// The cells of a row, in order.
    pub fn columns(&self) -> &[LayoutColumn] {
        &self.columns
    }

    /// Cells of a row.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The schema's column behind cell `position`, which is below [`Self::width`].
    pub fn column(&self, position: usize) -> &Column {
        &self.schema.columns()[self.columns[position].column]
    }

    /// Cell position of the schema's column, if the image holds it.
    pub fn position_of(&self, column: usize) -> Option<usize> {
        // Most layouts hold all columns in order.
        match self.columns.get(column) {
            Some(cell) if cell.column == column => Some(column),
            _ => self.columns.iter().position(|cell| cell.column == column),
        }
    }

    /// True if every column of the schema is there.
    pub fn is_whole(&self) -> bool {
        self.columns.len() == self.schema.columns().len()
    }
}
