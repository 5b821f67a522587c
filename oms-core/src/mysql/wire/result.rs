//! Text rows to a [`RowBatch`] without copying, and the columns that the server describes.

use std::sync::Arc;

use bytes::Bytes;

use super::answer::{EOF, ERR, Fault, read_eof, read_error, read_ok};
use super::connection::{Connection, Phase};
use super::packet::{MAX_PIECE, Portion};
use super::reader::Reader;
use crate::error::{Error, Result};
use crate::mysql::failure::Failure;
use crate::mysql::server::Server;
use crate::mysql::session::{Outcome, TextRow};
use crate::row::{RowBatch, RowLayout, Span};

/// A column as the server describes it.
///
/// # Sources
///
/// MySQL source documentation, "Column Definition".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnDefinition {
    /// Its name or alias.
    pub name: Box<str>,
    /// Number of its collation, 63 for bytes.
    pub collation: u16,
    /// Its display length in bytes.
    pub length: u32,
    /// Its type in the protocol.
    pub field_type: u8,
    /// Its flags: 1 NOT NULL, 32 UNSIGNED, 128 binary, 256 ENUM, 2048 SET and others.
    pub flags: u16,
    /// Digits behind the point.
    pub decimals: u8,
}

/// Bytes of rows worth a batch of their own, if more can be had without waiting.
const BATCH: usize = 64 << 10;

impl ColumnDefinition {
    pub(super) fn read(packet: &[u8]) -> Result<Self, Failure> {
        let mut reader = Reader::new(packet);
        // Catalogue, database, table and original table.
        for _ in 0..4 {
            reader.counted()?;
        }
        let name = String::from_utf8_lossy(reader.counted()?).into();
        // Original name, and the length of what follows.
        reader.counted()?;
        reader.number()?;
        Ok(Self {
            name,
            collation: reader.u16()?,
            length: reader.u32()?,
            field_type: reader.u8()?,
            flags: reader.u16()?,
            decimals: reader.u8()?,
        })
    }
}

/// The count of columns that begins a result.
pub(super) fn read_column_count(packet: &[u8]) -> Result<usize, Failure> {
    let mut reader = Reader::new(packet);
    match usize::try_from(reader.number()?) {
        // No server has more than 4,096 columns in a table; a result may have some more.
        Ok(count @ 1..=65_535) if reader.rest().is_empty() => Ok(count),
        _ => Err(Failure::Protocol("a count of columns that is none")),
    }
}

/// What ends rows, if this packet does.
///
/// A row begins with the length of its first cell. `0xff` is none, so that byte is an error. `0xfe` is the length of a
/// cell of 16 MiB or more, or the end: a packet that is too short for such a cell is the end.
pub(super) fn end_of_rows(
    packet: &[u8],
    ends_with_ok: bool,
    server: &Server,
) -> Result<Option<Outcome>, Fault> {
    match packet.first() {
        Some(&ERR) => Err(read_error(server.flavour(), packet)),
        Some(&EOF) if ends_with_ok && packet.len() < MAX_PIECE => Ok(Some(read_ok(packet)?)),
        Some(&EOF) if !ends_with_ok && packet.len() < 9 => Ok(Some(read_eof(packet)?)),
        _ => Ok(None),
    }
}

impl Connection {
    /// The next rows of the query, as many as came together; `None` after the last.
    ///
    /// # Shape
    ///
    /// `layout` has as many cells as the query has columns. The batch shares the received buffer; rows that are
    /// larger than a buffer come in a batch of their own. `max_bytes` bounds the bytes of a batch, except for the row
    /// that passes it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the layout's width is another; [`Error::Connector`] with the server's error if it sends
    /// one in place of the next row, or with the reason why the rest of the rows cannot be read. Rows given out
    /// before are only part of the result then.
    pub async fn next_rows(&mut self, layout: &Arc<RowLayout>, max_bytes: usize) -> Result<Option<RowBatch>> {
        if matches!(self.phase, Phase::Rows) && layout.width() != self.columns.len() {
            let (width, columns) = (layout.width(), self.columns.len());
            return Err(Error::config(
                "layout",
                format!("it has {width} cells, but the result {columns} columns"),
            ));
        }
        let read = match self.phase {
            Phase::Ready => return Ok(None),
            Phase::Rows => {
                let portion = Portion { at_least: BATCH.min(max_bytes), at_most: max_bytes };
                self.packets.next_all(&mut self.ranges, portion).await
            }
            Phase::Dump(_) => Err(Failure::Busy),
            Phase::Broken => Err(Failure::Poisoned),
        };
        let rows = read.map_err(Fault::from).and_then(|data| self.read_rows(&data));
        match rows {
            // The end has been seen, or there is more to come.
            Ok((data, spans, false)) => {
                Ok(Some(RowBatch::new(Arc::clone(layout), data, Bytes::new(), spans)))
            }
            result => {
                let (data, spans, _) = self.settle(b"SELECT", result)?;
                let batch = RowBatch::new(Arc::clone(layout), data, Bytes::new(), spans);
                Ok(Some(batch).filter(|batch| !batch.is_empty()))
            }
        }
    }

    /// The spans of all rows in `data`, and whether the last one of the result is among them.
    fn read_rows(&self, data: &Bytes) -> Result<(Bytes, Vec<Span>, bool), Fault> {
        let width = self.columns.len();
        let mut spans = Vec::with_capacity(self.ranges.len() * width);
        let mut ended = false;
        for range in &self.ranges {
            if ended {
                return Err(Failure::Protocol("a packet behind the last row").into());
            }
            let Some(packet) = data.get(range.clone()) else {
                return Err(Failure::Protocol("a packet ends early").into());
            };
            if packet.first() >= Some(&EOF) && end_of_rows(packet, self.ends_with_ok, &self.server)?.is_some()
            {
                ended = true;
                continue;
            }
            read_row(packet, range.start, width, &mut spans)?;
        }
        Ok((data.clone(), spans, ended))
    }

    /// Gives up the rest of a result: reads it if it has no more than `max_bytes`.
    ///
    /// Returns false if there is more; the connection is poisoned then, and should be dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`] if the rest cannot be read. An error of the server ends the result as well as its end.
    pub async fn abandon(&mut self, max_bytes: usize) -> Result<bool> {
        let mut read = 0;
        while matches!(self.phase, Phase::Rows) {
            let packet = match self.packets.next().await {
                Ok(packet) => packet,
                Err(failure) => return self.settle(b"SELECT", Err(failure.into())),
            };
            read += packet.len();
            match end_of_rows(&packet, self.ends_with_ok, &self.server) {
                Ok(None) if read > max_bytes => self.phase = Phase::Broken,
                Ok(None) => {}
                Ok(Some(_)) => self.phase = Phase::Ready,
                Err(Fault::Server(error)) => {
                    // It says why the rows end, which nobody wants to know any more, but also whether the session does.
                    let _: Result<()> = self.settle(b"SELECT", Err(Fault::Server(error)));
                }
                Err(fault) => return self.settle(b"SELECT", Err(fault)),
            }
        }
        Ok(matches!(self.phase, Phase::Ready))
    }
}

/// Adds the spans of one row, whose packet begins at `start` of the buffer.
fn read_row(packet: &[u8], start: usize, width: usize, spans: &mut Vec<Span>) -> Result<(), Failure> {
    const SHORT: Failure = Failure::Protocol("a row ends early");
    let mut rest = packet;
    for _ in 0..width {
        let (&first, after) = rest.split_first().ok_or(SHORT)?;
        let length = match first {
            0..0xfb => usize::from(first),
            0xfb => {
                spans.push(Span::NULL);
                rest = after;
                continue;
            }
            _ => {
                let mut reader = Reader::new(rest);
                let length = usize::try_from(reader.number()?).map_err(|_| SHORT)?;
                let after = reader.rest();
                push(packet, after, start, length, spans)?;
                rest = after.get(length..).ok_or(SHORT)?;
                continue;
            }
        };
        push(packet, after, start, length, spans)?;
        rest = after.get(length..).ok_or(SHORT)?;
    }
    match rest {
        [] => Ok(()),
        _ => Err(Failure::Protocol("a row has bytes behind its last cell")),
    }
}

/// Adds the span of the `length` bytes at the start of `rest`, the end of `packet`.
#[inline]
fn push(
    packet: &[u8],
    rest: &[u8],
    start: usize,
    length: usize,
    spans: &mut Vec<Span>,
) -> Result<(), Failure> {
    const SHORT: Failure = Failure::Protocol("a row ends early");
    if length > rest.len() {
        return Err(SHORT);
    }
    let at = start + (packet.len() - rest.len());
    // A buffer ends below 4 GiB: the longest packet is bounded by 2 GiB.
    match (u32::try_from(at), u32::try_from(length)) {
        (Ok(at), Ok(length)) => {
            spans.push(Span::new(at, length));
            Ok(())
        }
        _ => Err(SHORT),
    }
}

/// The cells of one row, copied.
pub(super) fn read_text_row(packet: &[u8], names: &Arc<[Box<str>]>) -> Result<TextRow, Failure> {
    let mut spans = Vec::with_capacity(names.len());
    read_row(packet, 0, names.len(), &mut spans)?;
    let cells = spans.iter().map(|span| match *span {
        Span::NULL => None,
        Span { start, len } => {
            let start = start as usize;
            packet.get(start..start + len as usize).map(Box::from)
        }
    });
    Ok(TextRow::new(Arc::clone(names), cells.collect()))
}
