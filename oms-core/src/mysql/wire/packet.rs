//! [`Packets`]: packets out of large shared buffers.
//!
//! ```text
//!   buffer   │ 05 00 00│07│ row … │ 1c 01 00│08│ row …… │ 40 00 00│09│ row, torn
//!            └──────────── handed out as one Bytes ──────┘└── stays, and moves to the next buffer
//!   ranges              └──────┘             └───────┘
//! ```
//!
//! # Sources
//!
//! MySQL Internals, "MySQL Packets" and "Sending More Than 16Mb": a packet is a 3-byte length, a sequence number and
//! the payload; a length of `0xffffff` says that the payload goes on in the next packet.

use std::ops::Range;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::mysql::failure::Failure;

/// What packets come from and go to: a socket, an encrypted one, or bytes in memory.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Bytes of a buffer: large enough that one allocation serves thousands of rows.
const BUFFER: usize = 512 << 10;

/// The least room worth a read; with less, the torn packet moves to a new buffer.
const MIN_READ: usize = 16 << 10;

/// The longest payload of one packet; a packet this long goes on in the next.
pub(super) const MAX_PIECE: usize = 0xff_ffff;

const HEADER: usize = 4;

/// How much to hand out at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portion {
    /// Below this, what comes soon is added.
    pub(super) at_least: usize,
    /// From this on no further packet is added.
    pub(super) at_most: usize,
    /// How soon.
    pub(super) patience: Duration,
}

impl Portion {
    /// One packet.
    pub(super) const ONE: Portion = Portion { at_least: 0, at_most: 0, patience: Duration::ZERO };
}

/// Packets of one connection, both ways.
pub(super) struct Packets {
    io: Box<dyn Io>,
    /// Received and not handed out; begins with the header of a packet, unless one is being joined.
    buffer: BytesMut,
    joining: Option<Joining>,
    /// The number that the next packet must have, or gets.
    sequence: u8,
    ceiling: usize,
    timeout: Duration,
}

/// A payload of 16 MiB or more, in pieces.
#[derive(Default)]
struct Joining {
    payload: BytesMut,
    /// Bytes of the current piece that are still to come.
    missing: usize,
    /// True if the current piece is the last.
    last: bool,
}

impl Packets {
    /// Packets over `io`, none longer than `ceiling` bytes, no wait longer than `timeout`.
    pub(super) fn new(io: Box<dyn Io>, ceiling: usize, timeout: Duration) -> Self {
        Self { io, buffer: BytesMut::new(), joining: None, sequence: 0, ceiling, timeout }
    }

    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub(super) fn set_ceiling(&mut self, bytes: usize) {
        self.ceiling = bytes;
    }

    /// Gives up the socket for the TLS handshake, with the number of the packet that follows it.
    pub(super) fn into_plain(self) -> Result<(Box<dyn Io>, u8), Failure> {
        // What was sent before the handshake is not protected by it, and must not be read behind it.
        if self.buffer.is_empty() {
            Ok((self.io, self.sequence))
        } else {
            Err(Failure::Protocol("bytes before the TLS handshake"))
        }
    }

    /// Goes on with this number.
    pub(super) fn with_sequence(mut self, sequence: u8) -> Self {
        self.sequence = sequence;
        self
    }

    /// Begins a command: packets are numbered from zero again.
    pub(super) fn begin(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() || self.joining.is_some() {
            return Err(Failure::Protocol("bytes behind the end of an answer"));
        }
        self.sequence = 0;
        Ok(())
    }

    /// Sends one payload, in pieces if it is long. Not cancel safe.
    pub(super) async fn send(&mut self, head: &[u8], body: &[u8]) -> Result<(), Failure> {
        let total = head.len() + body.len();
        let mut out = Vec::with_capacity(total + HEADER * (total / MAX_PIECE + 1));
        let mut payload = Buf::chain(head, body);
        loop {
            let piece = payload.remaining().min(MAX_PIECE);
            // At most 0xffffff, so three bytes hold it.
            out.put_uint_le(piece as u64, 3);
            out.put_u8(self.sequence);
            self.sequence = self.sequence.wrapping_add(1);
            out.put((&mut payload).take(piece));
            if piece < MAX_PIECE {
                break;
            }
        }
        let write = async {
            self.io.write_all(&out).await?;
            self.io.flush().await
        };
        bounded(self.timeout, write).await
    }

    /// Says goodbye to the socket.
    pub(super) async fn shut_down(&mut self) -> Result<(), Failure> {
        bounded(self.timeout, self.io.shutdown()).await
    }

    /// The next packet's payload. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Bytes, Failure> {
        let mut ranges = Vec::new();
        let bytes = self.next_all(&mut ranges, Portion::ONE).await?;
        match ranges.first() {
            Some(range) => Ok(bytes.slice(range.clone())),
            None => Err(Failure::Protocol("no packet")),
        }
    }

    /// All whole packets that are there, at least one: their bytes, and in `ranges` where each payload lies.
    ///
    /// Cancel safe: nothing is taken before it returns.
    pub(super) async fn next_all(
        &mut self,
        ranges: &mut Vec<Range<usize>>,
        portion: Portion,
    ) -> Result<Bytes, Failure> {
        ranges.clear();
        let (mut end, mut sequence) = (0, self.sequence);
        loop {
            if self.joining.is_some() {
                let payload = self.join().await?;
                ranges.push(0..payload.len());
                return Ok(payload);
            }
            let scan = self.scan(end, sequence, ranges, portion.at_most)?;
            (end, sequence) = (scan.end, scan.sequence);
            if end == 0 && scan.stops {
                self.joining = Some(Joining::default());
            } else if end == 0 {
                self.read(scan.wanted).await?;
            } else if end >= portion.at_least
                || scan.stops
                || self.ends_answer(ranges)
                || !self.read_soon(portion.patience).await
            {
                self.sequence = sequence;
                return Ok(self.buffer.split_to(end).freeze());
            }
        }
    }

    /// Notes all whole packets from `at` on.
    fn scan(
        &self,
        mut at: usize,
        mut sequence: u8,
        ranges: &mut Vec<Range<usize>>,
        at_most: usize,
    ) -> Result<Scan, Failure> {
        loop {
            let rest = self.buffer.get(at..).unwrap_or_default();
            let done = |stops, wanted| Scan { end: at, sequence, stops, wanted };
            let Some(length) = header(rest, sequence, self.ceiling)? else {
                return Ok(done(false, HEADER));
            };
            if length == MAX_PIECE {
                return Ok(done(true, 0));
            }
            let whole = HEADER + length;
            if rest.len() < whole {
                return Ok(done(false, whole));
            }
            ranges.push(at + HEADER..at + whole);
            at += whole;
            sequence = sequence.wrapping_add(1);
            if at >= at_most {
                return Ok(Scan { end: at, sequence, stops: true, wanted: 0 });
            }
        }
    }

    /// The rest of a payload in pieces, read to where it stays. Its next header is at the start of the buffer.
    async fn join(&mut self) -> Result<Bytes, Failure> {
        loop {
            let Some(joining) = &mut self.joining else {
                return Err(Failure::Protocol("no packet"));
            };
            let have = joining.missing.min(self.buffer.len());
            joining.payload.extend_from_slice(&self.buffer.split_to(have));
            joining.missing -= have;
            if joining.missing > 0 {
                let mut room = (&mut joining.payload).limit(joining.missing);
                match bounded(self.timeout, self.io.read_buf(&mut room)).await? {
                    0 => return Err(Failure::Closed),
                    read => joining.missing -= read,
                }
            } else if joining.last {
                let payload = std::mem::take(&mut joining.payload).freeze();
                self.joining = None;
                return Ok(payload);
            } else if let Some(length) = header(&self.buffer, self.sequence, self.ceiling)? {
                if joining.payload.len().saturating_add(length) > self.ceiling {
                    return Err(Failure::AnswerTooLarge { limit: self.ceiling });
                }
                self.buffer.advance(HEADER);
                self.sequence = self.sequence.wrapping_add(1);
                joining.payload.reserve(length);
                joining.missing = length;
                joining.last = length < MAX_PIECE;
            } else {
                self.read(HEADER).await?;
            }
        }
    }

    /// Waits for more bytes of a packet that needs `wanted` in all.
    async fn read(&mut self, wanted: usize) -> Result<(), Failure> {
        self.make_room(wanted);
        match bounded(self.timeout, self.io.read_buf(&mut self.buffer)).await? {
            0 => Err(Failure::Closed),
            _ => Ok(()),
        }
    }

    /// True if the last packet looks like the end of an answer, behind which nothing comes soon.
    fn ends_answer(&self, ranges: &[Range<usize>]) -> bool {
        let last = ranges.last().and_then(|range| self.buffer.get(range.clone()));
        last.is_some_and(|packet| packet.first() >= Some(&0xfe))
    }

    /// Reads what is there or comes soon, without moving anything; false if nothing came.
    ///
    /// The end of the connection is left for the next wait, so that what came before it is not lost.
    async fn read_soon(&mut self, patience: Duration) -> bool {
        if self.buffer.capacity() - self.buffer.len() < MIN_READ {
            return false;
        }
        let read = self.io.read_buf(&mut self.buffer);
        if patience.is_zero() {
            matches!(read.now_or_never(), Some(Ok(count)) if count > 0)
        } else {
            matches!(timeout(patience, read).await, Ok(Ok(count)) if count > 0)
        }
    }

    fn make_room(&mut self, wanted: usize) {
        let missing = wanted.saturating_sub(self.buffer.len());
        let spare = self.buffer.capacity() - self.buffer.len();
        if spare < missing.max(MIN_READ) {
            self.buffer.reserve(missing.max(BUFFER));
        }
    }
}

/// What a scan found.
struct Scan {
    /// End of the last whole packet.
    end: usize,
    /// Number of the packet behind it.
    sequence: u8,
    /// True if no further packet may be added to these.
    stops: bool,
    /// Bytes that the next packet needs, as far as is known.
    wanted: usize,
}

/// The length in the header at the start of `bytes`, if it is there; checked before anything is allocated for it.
fn header(bytes: &[u8], sequence: u8, ceiling: usize) -> Result<Option<usize>, Failure> {
    let Some(&[low, middle, high, number]) = bytes.first_chunk() else {
        return Ok(None);
    };
    if number != sequence {
        return Err(Failure::Protocol("a packet is out of order"));
    }
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    if length > ceiling {
        return Err(Failure::AnswerTooLarge { limit: ceiling });
    }
    Ok(Some(length))
}

/// Waits no longer than `bound`.
pub(super) async fn bounded<T>(
    bound: Duration,
    call: impl Future<Output = std::io::Result<T>>,
) -> Result<T, Failure> {
    match timeout(bound, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Failure::Closed),
        Ok(Err(error)) => Err(Failure::Lost(error)),
        Err(_) => Err(Failure::NoAnswer(bound)),
    }
}

#[cfg(test)]
mod tests;
