//! ROWS events: cells are located, not decoded.
//!
//! # Sources
//!
//! MySQL source documentation, `Rows_event`; pinned by `tests/it/fidelity` on 5.7, 8.0 and 9.7.

use std::sync::Arc;

use bytes::Bytes;
use oms_core::event::Change;
use oms_core::row::{RowBatch, RowLayout, Span};
use oms_core::{Error, Result};

use super::cursor::Cursor;
use super::event::kind;
use super::table_map::CellSize;

/// Spans that one change holds at the most (8 bytes each); a longer event becomes several changes.
const MAX_SPANS: usize = 1 << 20;

/// How the cells of a table's full row image are found.
#[derive(Debug)]
pub(super) struct CellPlan {
    pub(super) layout: Arc<RowLayout>,
    pub(super) cells: Box<[Cell]>,
}

/// How one cell is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) size: CellSize,
    /// Bytes of a BINARY column, whose trailing zero bytes the log leaves out.
    pub(super) padded_to: Option<u32>,
}

/// Turns one ROWS event into changes, without decoding any value.
///
/// # Shape
///
/// `body` is the event between header and checksum. Each change has as many rows as the event (or [`MAX_SPANS`] allow)
/// and `layout.width()` cells a row; an update has a before and an after image of equal length.
///
/// # Errors
///
/// [`Error::Decode`] if a bitmap or a cell passes the end of `body`; [`Error::Refused`] if the image is not full or
/// holds partial JSON. `emit` may have got earlier rows of the event by then; the caller drops the transaction.
pub(super) fn decode_rows(
    event: u8,
    body: &Bytes,
    plan: &CellPlan,
    emit: &mut impl FnMut(Change),
) -> Result<()> {
    let mut cursor = Cursor::new(body, "a ROWS event");
    cursor.u48()?;
    let _flags = cursor.u16()?;
    if event >= kind::WRITE_ROWS_V2 {
        // The length of the extra data counts its own two bytes.
        let extra = usize::from(cursor.u16()?)
            .checked_sub(2)
            .ok_or_else(|| cursor.wrong("its extra data is too short"))?;
        cursor.take(extra)?;
    }
    let width = plan.cells.len();
    if cursor.length()? != width as u64 {
        return Err(cursor.wrong("it has another count of columns than its table map"));
    }
    let is_update = matches!(event, kind::UPDATE_ROWS_V1 | kind::UPDATE_ROWS_V2);
    require_full(&mut cursor, width)?;
    if is_update {
        require_full(&mut cursor, width)?;
    }
    let mut reader = RowReader { body, cursor, plan, patch: Vec::new() };
    while !reader.cursor.is_empty() {
        let change = if is_update {
            reader.read_updates()?
        } else {
            let (rows, patch) = reader.read_rows()?;
            let rows = reader.batch(rows, patch);
            if matches!(event, kind::WRITE_ROWS_V1 | kind::WRITE_ROWS_V2) {
                Change::insert(rows)
            } else {
                Change::delete(rows)
            }
        };
        emit(change);
    }
    Ok(())
}

fn require_full(cursor: &mut Cursor<'_>, width: usize) -> Result<()> {
    let bitmap = cursor.take(width.div_ceil(8))?;
    // Bits beyond the last column may be set or not.
    let unused = 0xff_u16 << (width % 8);
    let (whole, rest) = bitmap.split_at(width / 8);
    let rest_full = rest.first().is_none_or(|byte| u16::from(*byte) | unused & 0xff == 0xff);
    if whole.iter().all(|byte| *byte == 0xff) && rest_full {
        return Ok(());
    }
    let reason = "its row image is not full, so values are missing: set binlog_row_image=FULL for all sessions of the source, \
                  and copy the table anew";
    Err(Error::refused(oms_core::At::unknown(), reason))
}

struct RowReader<'a> {
    body: &'a Bytes,
    cursor: Cursor<'a>,
    plan: &'a CellPlan,
    /// Cells that had to be padded; addressed behind the body.
    patch: Vec<u8>,
}

impl RowReader<'_> {
    fn batch(&self, spans: Vec<Span>, patch: Vec<u8>) -> RowBatch {
        RowBatch::new(Arc::clone(&self.plan.layout), self.body.clone(), Bytes::from(patch), spans)
    }

    /// Rows up to the end of the event or [`MAX_SPANS`].
    fn read_rows(&mut self) -> Result<(Vec<Span>, Vec<u8>)> {
        let mut spans = Vec::with_capacity(self.plan.cells.len());
        self.read_image(&mut spans)?;
        if !self.cursor.is_empty() {
            self.reserve(&mut spans, 1);
        }
        while !self.cursor.is_empty() && spans.len() < MAX_SPANS {
            self.read_image(&mut spans)?;
        }
        Ok((spans, std::mem::take(&mut self.patch)))
    }

    /// Pairs of images: all before images share one batch with all after images, so that they share one body too.
    fn read_updates(&mut self) -> Result<Change> {
        let width = self.plan.cells.len();
        let mut before = Vec::with_capacity(2 * width);
        let mut after = Vec::new();
        self.read_image(&mut before)?;
        if self.cursor.is_empty() {
            return Err(self.cursor.wrong("an update has no after image"));
        }
        self.read_image(&mut before)?;
        if self.cursor.is_empty() {
            // The common single row: both images lie behind each other already.
            return Ok(self.split_update(before, 1));
        }
        after.extend_from_slice(&before[width..]);
        before.truncate(width);
        self.reserve(&mut before, 2);
        self.reserve(&mut after, 2);
        while !self.cursor.is_empty() && before.len() < MAX_SPANS {
            self.read_image(&mut before)?;
            self.read_image(&mut after)?;
        }
        let rows = (before.len() / width) as u32;
        before.extend_from_slice(&after);
        Ok(self.split_update(before, rows))
    }

    fn split_update(&mut self, spans: Vec<Span>, rows: u32) -> Change {
        let patch = std::mem::take(&mut self.patch);
        let both = self.batch(spans, patch);
        Change::update(both.slice(0..rows), both.slice(rows..2 * rows))
    }

    /// Makes room for about as many rows as are left, judged by the first.
    fn reserve(&self, spans: &mut Vec<Span>, images: usize) {
        let rest = self.cursor.rest().len();
        let read = self.cursor.position().max(1);
        // The first image lies within the bytes read so far, so this never guesses too many by much.
        let rows = rest / (read / (images + 1)).max(1) + 1;
        spans.reserve((rows * self.plan.cells.len()).min(MAX_SPANS));
    }

    #[inline]
    fn read_image(&mut self, spans: &mut Vec<Span>) -> Result<()> {
        let cells = &self.plan.cells;
        let nulls = self.cursor.take(cells.len().div_ceil(8))?;
        for (i, cell) in cells.iter().enumerate() {
            if nulls[i / 8] >> (i % 8) & 1 == 1 {
                spans.push(Span::NULL);
                continue;
            }
            let len = match cell.size {
                CellSize::Fixed(len) => len,
                CellSize::Prefixed(1) => self.cursor.u8()?.into(),
                CellSize::Prefixed(2) => self.cursor.u16()?.into(),
                CellSize::Prefixed(3) => {
                    let [a, b, c] = self.cursor.array()?;
                    u32::from_le_bytes([a, b, c, 0])
                }
                CellSize::Prefixed(_) => self.cursor.u32()?,
            };
            let start = self.cursor.position() as u32;
            let bytes = self.cursor.take(len as usize)?;
            match cell.padded_to {
                Some(full) if len < full => {
                    let start = self.body.len() + self.patch.len();
                    self.patch.extend_from_slice(bytes);
                    self.patch.resize(self.patch.len() + (full - len) as usize, 0);
                    spans.push(Span::new(start as u32, full));
                }
                _ => spans.push(Span::new(start, len)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
