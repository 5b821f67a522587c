//! A server that says what a test wrote down, in pieces of a chosen size.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::packet::Packets;

/// Turns to be read, each once something was sent, at most `piece` bytes at a time; where a turn is over, the
/// connection ends. What is sent is dropped.
pub(super) struct Script {
    turns: VecDeque<Vec<u8>>,
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    /// Never ends, but stays silent.
    silent: bool,
}

impl Script {
    /// One turn, to be read at once.
    pub(super) fn new(bytes: impl Into<Vec<u8>>, piece: usize) -> Self {
        Self::turns([bytes.into()], piece)
    }

    /// The first turn is read at once, each other one after something was sent.
    pub(super) fn turns(turns: impl IntoIterator<Item = Vec<u8>>, piece: usize) -> Self {
        let mut turns: VecDeque<_> = turns.into_iter().collect();
        Self { bytes: turns.pop_front().unwrap_or_default(), turns, at: 0, piece, silent: false }
    }

    pub(super) fn then_silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Packets of this script.
    pub(super) fn packets(self, ceiling: usize) -> Packets {
        Packets::new(Box::new(self), ceiling, Duration::from_secs(5))
    }
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.bytes.len() - self.at;
        let count = left.min(self.piece).min(room.remaining());
        if count == 0 && self.silent {
            return Poll::Pending;
        }
        room.put_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(turn) = self.turns.pop_front() {
            self.bytes.extend_from_slice(&turn);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Payloads as packets, numbered from `sequence` on, cut where they are too long for one.
pub(super) fn packets_of<'a>(mut sequence: u8, payloads: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for payload in payloads {
        let mut rest = payload;
        loop {
            let (piece, after) = rest.split_at(rest.len().min(super::packet::MAX_PIECE));
            bytes.extend_from_slice(&(piece.len() as u32).to_le_bytes()[..3]);
            bytes.push(sequence);
            bytes.extend_from_slice(piece);
            sequence = sequence.wrapping_add(1);
            rest = after;
            if piece.len() < super::packet::MAX_PIECE {
                break;
            }
        }
    }
    bytes
}
