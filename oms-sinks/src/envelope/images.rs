//! [`RowWriter`] and [`Images`]: the rows of a change as JSON objects, by writers that are chosen once per layout.

use std::sync::Arc;

use oms_core::row::{RowLayout, RowRef};
use oms_core::schema::Column;
use oms_core::{Error, Result, TableName};

use super::json::write_string;
use super::{CellWriter, Form, ImageLayouts, RowChange, ZeroDates};

/// Stands between the values of a key in one text, as OMS has it.
const KEY_SEPARATOR: &[u8] = b"\\u0001";

/// Writes rows of one layout as JSON objects.
#[derive(Debug)]
pub struct RowWriter {
    cells: Box<[Cell]>,
    /// Cells that name a row, in key order; `None` if rows have no name or the image does not hold it.
    key: Option<Box<[usize]>>,
}

#[derive(Debug)]
struct Cell {
    /// `"name":`, escaped.
    head: Box<[u8]>,
    writer: CellWriter,
}

impl RowWriter {
    /// A writer for rows of this layout; `form` chooses how the values of each column stand.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::new`].
    pub fn new(layout: &RowLayout, mut form: impl FnMut(&Column) -> Form) -> Result<Self> {
        let table = layout.schema().name();
        let cells = layout.columns().iter().enumerate().map(|(position, cell)| {
            let column = layout.column(position);
            let mut head = Vec::new();
            write_string(column.name(), &mut head);
            head.push(b':');
            Ok(Cell { head: head.into(), writer: CellWriter::new(table, column, cell.format, form(column))? })
        });
        let cells = cells.collect::<Result<_>>()?;
        let key = layout.schema().identity().key_columns();
        let key = key.and_then(|columns| columns.iter().map(|column| layout.position_of(*column)).collect());
        Ok(Self { cells, key })
    }

    /// The same writer with this rule for dates that no calendar has.
    #[must_use]
    pub fn with_zero_dates(mut self, zero_dates: ZeroDates) -> Self {
        let cells = self
            .cells
            .into_iter()
            .map(|cell| Cell { writer: cell.writer.with_zero_dates(zero_dates), ..cell });
        self.cells = cells.collect();
        self
    }

    /// The same writer for [`Self::write_avro`].
    fn for_avro(mut self, base64_text: bool) -> Result<Self> {
        let cells = self
            .cells
            .into_iter()
            .map(|cell| Ok(Cell { writer: cell.writer.for_avro(base64_text)?, ..cell }));
        self.cells = cells.collect::<Result<_>>()?;
        Ok(self)
    }

    /// Appends the row as a record of Avro.
    pub(crate) fn write_avro(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (position, cell) in self.cells.iter().enumerate() {
            cell.writer.write_avro(row.cell(position), out)?;
        }
        Ok(())
    }

    /// Appends the row's key as a record of Avro.
    pub(crate) fn write_avro_key(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for position in self.key_cells() {
            self.cells[*position].writer.write_avro(row.cell(*position), out)?;
        }
        Ok(())
    }

    /// The columns in the order of cells, each with its form.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&Column, Form)> {
        self.cells.iter().map(|cell| (cell.writer.column(), cell.writer.form()))
    }

    /// The columns that name a row, in key order; none if rows have no name.
    pub fn key_columns(&self) -> impl Iterator<Item = (&Column, Form)> {
        self.key_cells().iter().map(|position| {
            let writer = &self.cells[*position].writer;
            (writer.column(), writer.form())
        })
    }

    /// True if rows have a name and the image holds it.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    fn key_cells(&self) -> &[usize] {
        self.key.as_deref().unwrap_or_default()
    }

    /// Appends the row as an object.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_object(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        out.push(b'{');
        self.write_members(row, out)?;
        out.push(b'}');
        Ok(())
    }

    /// Appends the members of the row's object, without braces.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_members(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (position, cell) in self.cells.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&cell.head);
            cell.writer.write(row.cell(position), out)?;
        }
        Ok(())
    }

    /// Appends `"name":value` of each key column, with commas between.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_key_members(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (i, position) in self.key_cells().iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let cell = &self.cells[*position];
            out.extend_from_slice(&cell.head);
            cell.writer.write(row.cell(*position), out)?;
        }
        Ok(())
    }

    /// Appends the value of key column `number`, counted from 0 in key order; nothing if there are not that many.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_key_value(&self, number: usize, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        match self.key_cells().get(number) {
            Some(position) => self.cells[*position].writer.write(row.cell(*position), out),
            None => Ok(()),
        }
    }

    /// Appends the key's values, with commas between.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_key_values(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (i, position) in self.key_cells().iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            self.cells[*position].writer.write(row.cell(*position), out)?;
        }
        Ok(())
    }

    /// Appends the key's values as one text without quotes, escaped, with U+0001 between.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_key_text(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (i, position) in self.key_cells().iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(KEY_SEPARATOR);
            }
            self.write_unquoted(*position, row, out)?;
        }
        Ok(())
    }

    /// Appends the key's values as an array of strings.
    pub(crate) fn write_key_strings(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        out.push(b'[');
        for (i, position) in self.key_cells().iter().enumerate() {
            out.extend_from_slice(if i > 0 { b",\"" } else { b"\"" });
            self.write_unquoted(*position, row, out)?;
            out.push(b'"');
        }
        out.push(b']');
        Ok(())
    }

    /// Appends a value without the quotes that it may have.
    fn write_unquoted(&self, position: usize, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        self.cells[position].writer.write(row.cell(position), out)?;
        if out.get(start) == Some(&b'"') {
            out.pop();
            out.remove(start);
        }
        Ok(())
    }

    /// Appends the key's names as one text without quotes, escaped, with U+0001 between.
    pub(crate) fn write_key_names(&self, out: &mut Vec<u8>) {
        for (i, position) in self.key_cells().iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(KEY_SEPARATOR);
            }
            let head = &self.cells[*position].head;
            out.extend_from_slice(&head[1..head.len() - 2]);
        }
    }
}

/// Writes the images of a change as JSON objects, and tells which columns an update changed.
///
/// # Examples
///
/// See [`Envelope`](super::Envelope).
#[derive(Debug)]
pub struct Images {
    table: TableName,
    before: Option<RowWriter>,
    after: Option<RowWriter>,
    pairs: Box<[Pair]>,
    /// `["database","table"`.
    key_head: Box<[u8]>,
}

/// A column that both images hold.
#[derive(Clone, Copy, Debug)]
struct Pair {
    before: usize,
    after: usize,
    /// Bytes are equal if and only if values are.
    is_same_format: bool,
    is_key: bool,
}

impl Images {
    /// Writers for images of these layouts; `form` chooses how the values of each column stand.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::new`].
    pub fn new(layouts: ImageLayouts<'_>, mut form: impl FnMut(&Column) -> Form) -> Result<Self> {
        let mut writer = |layout: Option<&Arc<RowLayout>>| {
            layout.map(|layout| RowWriter::new(layout, &mut form)).transpose()
        };
        let (before, after) = (writer(layouts.before())?, writer(layouts.after())?);
        let table = layouts.row().schema().name().clone();
        let mut key_head = b"[".to_vec();
        write_string(table.database(), &mut key_head);
        key_head.push(b',');
        write_string(table.table(), &mut key_head);
        Ok(Self { table, before, after, pairs: pairs(layouts), key_head: key_head.into() })
    }

    /// The same writers with this rule for dates that no calendar has.
    #[must_use]
    pub fn with_zero_dates(mut self, zero_dates: ZeroDates) -> Self {
        self.before = self.before.map(|writer| writer.with_zero_dates(zero_dates));
        self.after = self.after.map(|writer| writer.with_zero_dates(zero_dates));
        self
    }

    /// The same writers for Avro.
    pub(crate) fn for_avro(mut self, base64_text: bool) -> Result<Self> {
        self.before = self.before.map(|writer| writer.for_avro(base64_text)).transpose()?;
        self.after = self.after.map(|writer| writer.for_avro(base64_text)).transpose()?;
        Ok(self)
    }

    /// The writer of one image.
    pub(crate) fn image_writer(&self, is_before: bool) -> Result<&RowWriter> {
        let writer = if is_before { &self.before } else { &self.after };
        writer.as_ref().ok_or_else(|| self.no_image())
    }

    /// The writer of the rows that there are, the new ones where there are two.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the layouts have no image.
    pub fn writer(&self) -> Result<&RowWriter> {
        self.after.as_ref().or(self.before.as_ref()).ok_or_else(|| self.no_image())
    }

    fn no_image(&self) -> Error {
        Error::decode("a change", "its images are not those that the plan was made for")
            .at_place(&oms_core::At::table(&self.table))
    }

    /// Appends the row as it was, or `null`.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_before(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.write_image(change.before(), self.before.as_ref(), out)
    }

    /// Appends the row as it is, or `null`.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_after(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.write_image(change.after(), self.after.as_ref(), out)
    }

    fn write_image(
        &self,
        row: Option<RowRef<'_>>,
        writer: Option<&RowWriter>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        match (row, writer) {
            (Some(row), Some(writer)) => writer.write_object(row, out),
            (None, _) => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            (Some(_), None) => Err(self.no_image()),
        }
    }

    /// Appends the row that there is, the new one where there are two.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_row(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.writer()?.write_object(change.row(), out)
    }

    /// Appends an object of the old values of the columns that an update changed.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_changed_before(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.write_changed(change, false, out)
    }

    /// Appends an object of the new values of the columns that an update changed.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_changed_after(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.write_changed(change, true, out)
    }

    fn write_changed(&self, change: RowChange<'_>, new: bool, out: &mut Vec<u8>) -> Result<()> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Err(self.no_image()) };
        let (Some(old), Some(row)) = (change.before(), change.after()) else { return Err(self.no_image()) };
        out.push(b'{');
        let mut is_first = true;
        for pair in &self.pairs {
            if self.differs(*pair, old, row, out)? {
                if !std::mem::replace(&mut is_first, false) {
                    out.push(b',');
                }
                let (writer, row, position) =
                    if new { (after, row, pair.after) } else { (before, old, pair.before) };
                let cell = &writer.cells[position];
                out.extend_from_slice(&cell.head);
                cell.writer.write(row.cell(position), out)?;
            }
        }
        out.push(b'}');
        Ok(())
    }

    /// True if an update changed a column of the key. `out` is as before afterwards.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn key_differs(&self, change: RowChange<'_>, out: &mut Vec<u8>) -> Result<bool> {
        let (Some(old), Some(row)) = (change.before(), change.after()) else { return Ok(false) };
        for pair in self.pairs.iter().filter(|pair| pair.is_key) {
            if self.differs(*pair, old, row, out)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn differs(&self, pair: Pair, old: RowRef<'_>, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<bool> {
        let (old, new) = (old.cell(pair.before), row.cell(pair.after));
        if pair.is_same_format || old.raw().is_none() || new.raw().is_none() {
            return Ok(old.raw() != new.raw() || old.is_null() != new.is_null());
        }
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Err(self.no_image()) };
        let start = out.len();
        before.cells[pair.before].writer.write(old, out)?;
        let middle = out.len();
        after.cells[pair.after].writer.write(new, out)?;
        let differs = out[start..middle] != out[middle..];
        out.truncate(start);
        Ok(differs)
    }

    /// Appends the key of a format that has none of its own: `["database","table",value,…]`, or nothing for a table
    /// without a key.
    ///
    /// # Errors
    ///
    /// As [`CellWriter::write`].
    pub fn write_message_key(&self, change: RowChange<'_>, key: &mut Vec<u8>) -> Result<()> {
        let writer = self.writer()?;
        if writer.has_key() {
            key.extend_from_slice(&self.key_head);
            key.push(b',');
            writer.write_key_values(change.row(), key)?;
            key.push(b']');
        }
        Ok(())
    }

    /// The table.
    pub fn table(&self) -> &TableName {
        &self.table
    }
}

fn pairs(layouts: ImageLayouts<'_>) -> Box<[Pair]> {
    let (Some(before), Some(after)) = (layouts.before(), layouts.after()) else { return Box::default() };
    let key = after.schema().identity().key_columns().unwrap_or_default();
    let pair = |(position, cell): (usize, &oms_core::row::LayoutColumn)| {
        let column = after.column(position);
        // Both images mostly have one schema, and a search by name costs for each of a thousand columns.
        let same_place = before.schema().columns().get(cell.column).filter(|old| old.name() == column.name());
        let place = match same_place {
            Some(_) => cell.column,
            None => before.schema().column_position(column.name())?,
        };
        let position_before = before.position_of(place)?;
        let is_same_type = before.column(position_before).column_type() == column.column_type();
        Some(Pair {
            before: position_before,
            after: position,
            is_same_format: is_same_type && before.columns()[position_before].format == cell.format,
            is_key: key.contains(&cell.column),
        })
    };
    after.columns().iter().enumerate().filter_map(pair).collect()
}
