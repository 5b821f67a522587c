//! [`CellPlan`]: where the cells of a row image lie.

use std::sync::Arc;

use oms_core::row::{RowLayout, Span};

use super::table_map::CellSize;

/// How the cells of a table's full row image are found.
#[derive(Debug)]
pub(super) struct CellPlan {
    pub(super) layout: Arc<RowLayout>,
    pub(super) cells: Box<[Cell]>,
}

/// How one cell is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// So many bytes.
    Fixed(u32),
    /// As many as the byte in front of it says.
    Short,
    /// As many as the so many bytes in front of it say.
    Long(u8),
    /// BINARY, whose trailing zero bytes the log leaves out: behind its length of so many bytes, up to `full` bytes.
    Padded { prefix: u8, full: u32 },
}

impl Cell {
    /// A cell of this size, padded if it is of a BINARY column of so many bytes.
    pub(super) fn new(size: CellSize, padded_to: Option<u32>) -> Self {
        match (size, padded_to) {
            (CellSize::Prefixed(prefix), Some(full)) => Cell::Padded { prefix, full },
            (CellSize::Prefixed(1), None) => Cell::Short,
            (CellSize::Prefixed(prefix), None) => Cell::Long(prefix),
            (CellSize::Fixed(len), _) => Cell::Fixed(len),
        }
    }

    /// One of the last two kinds: its span, and where the next cell begins.
    #[inline(never)]
    fn locate(self, body: &[u8], at: usize, patch: &mut Vec<u8>) -> (Span, usize) {
        let (prefix, full) = match self {
            Cell::Padded { prefix, full } => (prefix, full),
            Cell::Long(prefix) => (prefix, 0),
            Cell::Fixed(_) | Cell::Short => (1, 0),
        };
        let len = length(body, at, prefix);
        let start = at.saturating_add(prefix.into());
        let end = start.saturating_add(len as usize);
        if len >= full {
            return (Span::new(start as u32, len), end);
        }
        let padded = patch.len();
        patch.extend_from_slice(body.get(start..end).unwrap_or_default());
        patch.resize(padded + full as usize, 0);
        (Span::new((body.len() + padded) as u32, full), end)
    }
}

/// A length of so many bytes; past every end if they are not there.
#[inline]
fn length(body: &[u8], at: usize, bytes: u8) -> u32 {
    let len = match (bytes, body.get(at..).unwrap_or_default()) {
        (1, [a, ..]) => Some((*a).into()),
        (2, [a, b, ..]) => Some(u16::from_le_bytes([*a, *b]).into()),
        (3, [a, b, c, ..]) => Some(u32::from_le_bytes([*a, *b, *c, 0])),
        (4, [a, b, c, d, ..]) => Some(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => None,
    };
    len.unwrap_or(u32::MAX)
}

impl CellPlan {
    /// Locates the cells of the image at `at`, and says where it ends. `nulls` has one bit a cell, lowest first; what
    /// has to be padded goes to `patch`, which is addressed behind `body`.
    ///
    /// A cell may seem to pass the end of `body`, but then so does the end of the image: each cell begins where the
    /// one before it ends. So the caller checks that alone.
    #[inline]
    pub(super) fn locate(
        &self,
        body: &[u8],
        mut at: usize,
        nulls: &[u8],
        spans: &mut Vec<Span>,
        patch: &mut Vec<u8>,
    ) -> usize {
        let before = spans.len();
        spans.resize(before + self.cells.len(), Span::NULL);
        let spans = spans.get_mut(before..).unwrap_or_default();
        // The bits of 64 cells fit one number, which leaves the inner loop little to do.
        for ((cells, nulls), spans) in self.cells.chunks(64).zip(nulls.chunks(8)).zip(spans.chunks_mut(64)) {
            let mut bits = [0; 8];
            bits.iter_mut().zip(nulls).for_each(|(bit, null)| *bit = *null);
            let mut bits = u64::from_le_bytes(bits);
            for (cell, span) in cells.iter().zip(spans) {
                let is_null = bits & 1 == 1;
                bits >>= 1;
                if is_null {
                    continue;
                }
                let len = match *cell {
                    Cell::Fixed(len) => len,
                    Cell::Short => {
                        let len = body.get(at).map_or(u32::MAX, |len| (*len).into());
                        at = at.saturating_add(1);
                        len
                    }
                    cell => {
                        (*span, at) = cell.locate(body, at, patch);
                        continue;
                    }
                };
                *span = Span::new(at as u32, len);
                at = at.saturating_add(len as usize);
            }
        }
        at
    }
}
