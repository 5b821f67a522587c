//! [`Cursor`]: checked reads from the bytes of an event.

use oms_core::{Error, Result};

/// Reads little-endian numbers and runs of bytes; every read past the end is an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    total: usize,
    what: &'static str,
}

impl<'a> Cursor<'a> {
    /// Over `bytes`, which are a `what` in error messages.
    pub(super) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, total: bytes.len(), what }
    }

    /// Bytes read so far.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.total - self.rest.len()
    }

    /// The bytes not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((run, rest)) => {
                self.rest = rest;
                Ok(run)
            }
            None => Err(self.short()),
        }
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((run, rest)) => {
                self.rest = rest;
                Ok(*run)
            }
            None => Err(self.short()),
        }
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Six bytes.
    #[inline]
    pub(super) fn u48(&mut self) -> Result<u64> {
        let [a, b, c, d, e, f] = self.array()?;
        Ok(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    /// Seven bytes.
    #[inline]
    pub(super) fn u56(&mut self) -> Result<u64> {
        let [a, b, c, d, e, f, g] = self.array()?;
        Ok(u64::from_le_bytes([a, b, c, d, e, f, g, 0]))
    }

    /// A length-encoded integer of the client protocol.
    #[inline]
    pub(super) fn length(&mut self) -> Result<u64> {
        match self.u8()? {
            small @ 0..=250 => Ok(small.into()),
            0xfc => self.u16().map(u64::from),
            0xfd => self.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]).into()),
            0xfe => self.u64(),
            _ => Err(self.wrong("a length has an unknown form")),
        }
    }

    /// A length as a count of bytes or entries that must still be there.
    pub(super) fn count(&mut self) -> Result<usize> {
        let length = self.length()?;
        match usize::try_from(length) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(self.wrong("a length passes the end")),
        }
    }

    /// An unsigned integer of the server's serialisation library: as many trailing ones as bytes follow.
    pub(super) fn varlen(&mut self) -> Result<u64> {
        let first = self.u8()?;
        let more = first.trailing_ones() as usize;
        let mut raw = [0; 8];
        raw[..more].copy_from_slice(self.take(more)?);
        let rest = u64::from_le_bytes(raw);
        Ok(match more {
            8 => rest,
            7 => rest,
            more => u64::from(first >> (more + 1)) | rest << (7 - more),
        })
    }

    /// A signed integer of the serialisation library: the sign in the lowest bit.
    pub(super) fn varlen_signed(&mut self) -> Result<i64> {
        let raw = self.varlen()?;
        let magnitude = (raw >> 1) as i64;
        Ok(if raw & 1 == 1 { -magnitude - 1 } else { magnitude })
    }

    pub(super) fn wrong(&self, reason: &'static str) -> Error {
        Error::decode(self.what, format!("{reason}, at byte {} of {}", self.position(), self.total))
    }

    #[cold]
    fn short(&self) -> Error {
        self.wrong("it ends too early")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varlen_integers_of_every_width() {
        // One byte holds 7 bits, two hold 14, nine hold 64.
        for (bytes, value) in [
            (&[0b0000_0010][..], 1),
            (&[0b1111_1110], 127),
            (&[0b0000_0001, 0b0000_0010], 128),
            (&[0xff, 1, 0, 0, 0, 0, 0, 0, 0x80], 0x8000_0000_0000_0001),
            (&[0x7f, 1, 0, 0, 0, 0, 0, 0], 1),
        ] {
            assert_eq!(Cursor::new(bytes, "test").varlen().unwrap(), value, "{bytes:x?}");
        }
        assert!(Cursor::new(&[0xff, 0], "test").varlen().is_err());
        assert_eq!(Cursor::new(&[0b0000_0110], "test").varlen_signed().unwrap(), -2);
    }

    #[test]
    fn reads_past_the_end_are_errors() {
        let mut cursor = Cursor::new(&[0xfc, 9], "test");
        assert!(cursor.length().is_err());
        assert!(Cursor::new(&[9, 1], "test").count().is_err());
        assert!(Cursor::new(&[0xff], "test").length().is_err());
        assert_eq!(Cursor::new(&[0xfd, 1, 0, 1], "test").length().unwrap(), 65_537);
    }
}
