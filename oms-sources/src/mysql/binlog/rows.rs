//! ROWS events: cells are located, not decoded.
//!
//! # Sources
//!
//! MySQL source documentation, `Rows_event`; pinned by `tests/it/fidelity` on 5.7, 8.0 and 9.7.

use std::sync::Arc;

use bytes::Bytes;
use oms_core::event::Change;
use oms_core::row::{RowBatch, Span};
use oms_core::{Error, Result};

use super::cells::CellPlan;
use super::cursor::Cursor;
use super::event::kind;

/// Spans that one change holds at the most (8 bytes each); a longer event becomes several changes.
const MAX_SPANS: usize = 1 << 20;

/// Turns one ROWS event into changes, without decoding any value.
///
/// # Shape
///
/// `body` is the event between header and checksum, and lies in `arrived`, which the changes share. Each change has as
/// many rows as the event (or [`MAX_SPANS`] allow) and `layout.width()` cells a row; an update has a before and an after
/// image of equal length. `scratch` is only there for its capacity.
///
/// # Errors
///
/// [`Error::Decode`] if a bitmap or a cell passes the end of `body`; [`Error::Refused`] if the image is not full or
/// holds partial JSON. `emit` may have got earlier rows of the event by then; the caller drops the transaction.
pub(super) fn decode_rows(
    event: u8,
    arrived: &Bytes,
    body: &[u8],
    plan: &CellPlan,
    scratch: &mut Vec<Span>,
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
    let mut reader = RowReader { arrived, body, cursor, plan, spans: scratch, patch: Vec::new() };
    while !reader.cursor.is_empty() {
        let change = if is_update {
            reader.read_updates()?
        } else {
            let rows = reader.read_rows()?;
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
    arrived: &'a Bytes,
    body: &'a [u8],
    cursor: Cursor<'a>,
    plan: &'a CellPlan,
    /// Of the images read so far.
    spans: &'a mut Vec<Span>,
    /// Cells that had to be padded; addressed behind the body.
    patch: Vec<u8>,
}

impl RowReader<'_> {
    /// Rows up to the end of the event or [`MAX_SPANS`].
    fn read_rows(&mut self) -> Result<RowBatch> {
        self.spans.clear();
        while !self.cursor.is_empty() && self.spans.len() < MAX_SPANS {
            self.read_image()?;
        }
        Ok(self.batch())
    }

    /// Pairs of images: all before images share one batch with all after images, so that they share one body too.
    fn read_updates(&mut self) -> Result<Change> {
        self.spans.clear();
        while !self.cursor.is_empty() && self.spans.len() < 2 * MAX_SPANS {
            self.read_image()?;
            if self.cursor.is_empty() {
                return Err(self.cursor.wrong("an update has no after image"));
            }
            self.read_image()?;
        }
        let width = self.plan.cells.len();
        let rows = self.spans.len() / (2 * width);
        // The images of the common single row lie in this order already.
        if rows > 1 {
            let pairs = self.spans.len();
            self.spans.reserve(pairs);
            for first in [0, width] {
                for at in (first..pairs).step_by(2 * width) {
                    self.spans.extend_from_within(at..at + width);
                }
            }
            self.spans.drain(..pairs);
        }
        let both = self.batch();
        let rows = rows as u32;
        Ok(Change::update(both.slice(0..rows), both.slice(rows..2 * rows)))
    }

    fn batch(&mut self) -> RowBatch {
        let patch = match self.patch.is_empty() {
            true => Bytes::new(),
            false => std::mem::take(&mut self.patch).into(),
        };
        let data = self.arrived.slice_ref(self.body);
        RowBatch::with_spans(Arc::clone(&self.plan.layout), data, patch, self.spans)
    }

    #[inline]
    fn read_image(&mut self) -> Result<()> {
        let Self { body, cursor, plan, spans, patch, .. } = self;
        let nulls = cursor.take(plan.cells.len().div_ceil(8))?;
        let begin = cursor.position();
        let end = plan.locate(body, begin, nulls, spans, patch);
        cursor.take(end - begin).map(drop)
    }
}

#[cfg(test)]
mod tests;
