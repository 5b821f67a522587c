//! Text rows to a [`RowBatch`] without copying, and the columns that the server describes.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

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

/// Bytes of rows worth a batch of their own.
const BATCH: usize = 256 << 10;

/// How long a smaller batch waits for more: servers write 16 KiB at a time, in quicker succession than this.
const PATIENCE: Duration = Duration::from_millis(1);

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
                let portion =
                    Portion { at_least: BATCH.min(max_bytes), at_most: max_bytes, patience: PATIENCE };
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
            let packet = data.get(range.clone()).unwrap_or_default();
            if packet.first() >= Some(&EOF) && end_of_rows(packet, self.ends_with_ok, &self.server)?.is_some()
            {
                ended = true;
            } else if read_row(data, range, width, &mut spans).is_none() {
                return Err(BROKEN_ROW.into());
            }
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

/// Adds the spans of the row that lies in `range` of `data`; `None` if its cells do not fill it exactly.
///
/// This is the loop that a scan spends its time in: no error is made before it is known that there is one.
fn read_row(data: &[u8], range: &Range<usize>, width: usize, spans: &mut Vec<Span>) -> Option<()> {
    let data = data.get(..range.end)?;
    let mut at = range.start;
    for _ in 0..width {
        let first = *data.get(at)?;
        let (start, length) = match first {
            0..0xfb => (at + 1, usize::from(first)),
            0xfb => {
                spans.push(Span::NULL);
                at += 1;
                continue;
            }
            _ => read_length(data, at)?,
        };
        at = start.checked_add(length)?;
        if at > data.len() {
            return None;
        }
        // No buffer comes near 4 GiB: packets are bounded by 2 GiB.
        spans.push(Span::new(start as u32, length as u32));
    }
    (at == data.len()).then_some(())
}

/// Where the cell begins whose length takes several bytes at `at`, and that length.
#[cold]
fn read_length(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut reader = Reader::new(data.get(at..)?);
    let length = reader.number().ok()?;
    Some((data.len() - reader.rest().len(), usize::try_from(length).ok()?))
}

const BROKEN_ROW: Failure = Failure::Protocol("a row whose cells do not fill it");

/// The cells of one row, copied.
pub(super) fn read_text_row(packet: &[u8], names: &Arc<[Box<str>]>) -> Result<TextRow, Failure> {
    let mut spans = Vec::with_capacity(names.len());
    read_row(packet, &(0..packet.len()), names.len(), &mut spans).ok_or(BROKEN_ROW)?;
    let cells = spans.iter().map(|span| match *span {
        Span::NULL => None,
        Span { start, len } => {
            let start = start as usize;
            packet.get(start..start + len as usize).map(Box::from)
        }
    });
    Ok(TextRow::new(Arc::clone(names), cells.collect()))
}
