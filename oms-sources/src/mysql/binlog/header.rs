//! [`EventHeader`]: the 19 bytes in front of each event, and the checksum behind it.

use crc32fast::Hasher;
use oms_core::{Error, Result};

/// The 19 bytes in front of each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventHeader {
    /// Seconds since 1970; 0 for events that the server makes up.
    pub(super) timestamp: u32,
    /// Event type, see [`super::event`].
    pub(super) kind: u8,
    /// Bytes of the event, header and checksum included.
    pub(super) length: u32,
    /// Offset behind the event in its log file; 0 inside a compressed transaction.
    pub(super) next_offset: u32,
    /// Flags.
    pub(super) flags: u16,
}

/// The event is not from a log file but made up by the server.
const ARTIFICIAL: u16 = 0x20;
/// A reader that does not know the event may pass over it.
const IGNORABLE: u16 = 0x80;

impl EventHeader {
    /// Bytes of a header.
    pub(super) const SIZE: usize = 19;

    /// Reads the header of `event`.
    #[inline]
    pub(super) fn parse(event: &[u8]) -> Result<Self> {
        let header: &[u8; Self::SIZE] = event.first_chunk().ok_or_else(too_short)?;
        let [t0, t1, t2, t3, kind, _, _, _, _, l0, l1, l2, l3, n0, n1, n2, n3, f0, f1] = *header;
        Ok(Self {
            timestamp: u32::from_le_bytes([t0, t1, t2, t3]),
            kind,
            length: u32::from_le_bytes([l0, l1, l2, l3]),
            next_offset: u32::from_le_bytes([n0, n1, n2, n3]),
            flags: u16::from_le_bytes([f0, f1]),
        })
    }

    pub(super) fn is_artificial(&self) -> bool {
        self.flags & ARTIFICIAL != 0
    }

    pub(super) fn is_ignorable(&self) -> bool {
        self.flags & IGNORABLE != 0
    }
}

/// What stands behind each event.
#[derive(Clone, Debug)]
pub(super) enum Checksum {
    None,
    /// An unused hasher: making one asks what the processor can do, which costs as much as hashing a short event.
    Crc32(Hasher),
}

impl Checksum {
    /// A CRC-32 of four bytes.
    pub(super) fn crc32() -> Self {
        Checksum::Crc32(Hasher::new())
    }

    /// The algorithm of this number in a format description.
    pub(super) fn from_code(code: u8) -> Result<Self> {
        match code {
            0 => Ok(Checksum::None),
            1 => Ok(Checksum::crc32()),
            _ => Err(Error::unsupported("the binlog reader", format!("checksum algorithm {code}"))),
        }
    }

    /// Checks the event and gives what lies between header and checksum.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the length in the header is not the event's or the checksum is wrong.
    #[inline]
    pub(super) fn verify<'a>(&self, header: &EventHeader, event: &'a [u8]) -> Result<&'a [u8]> {
        self.check(header, event).map_err(|defect| defect.explain(header, event))
    }

    /// As [`Self::verify`], with an error that costs nothing to hand on: this is done for every event.
    #[inline]
    fn check<'a>(&self, header: &EventHeader, event: &'a [u8]) -> Result<&'a [u8], Defect> {
        if header.length as usize != event.len() {
            return Err(Defect::OtherLength);
        }
        let body = match self {
            Checksum::None => event,
            Checksum::Crc32(unused) => {
                let (body, sum) = event.split_last_chunk().ok_or(Defect::TooShort)?;
                let mut hasher = unused.clone();
                hasher.update(body);
                if hasher.finalize() != u32::from_le_bytes(*sum) {
                    return Err(Defect::Damaged);
                }
                body
            }
        };
        body.get(EventHeader::SIZE..).ok_or(Defect::TooShort)
    }
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug)]
enum Defect {
    TooShort,
    OtherLength,
    Damaged,
}

impl Defect {
    #[cold]
    fn explain(self, header: &EventHeader, event: &[u8]) -> Error {
        match self {
            Defect::TooShort => too_short(),
            Defect::OtherLength => {
                let reason = format!("its header says {} bytes, {} arrived", header.length, event.len());
                Error::decode("a binlog event", reason)
            }
            Defect::Damaged => {
                Error::decode("a binlog event", "its checksum is wrong: the log or the line is damaged")
            }
        }
    }
}

#[cold]
fn too_short() -> Error {
    Error::decode("a binlog event", "it is shorter than its header")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An XID event as MySQL 9.7 wrote it, checksum included.
    const XID: [u8; 31] = [
        0x6b, 0x10, 0x59, 0x6a, 0x10, 0x59, 0xeb, 0, 0, 0x1f, 0, 0, 0, 0xd8, 0x07, 0, 0, 0, 0, 0x0d, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
    ];

    fn event() -> Vec<u8> {
        let mut event = XID.to_vec();
        let sum = crc32fast::hash(&event[..27]);
        event[27..].copy_from_slice(&sum.to_le_bytes());
        event
    }

    #[test]
    fn a_flipped_bit_is_found() {
        let event = event();
        let header = EventHeader::parse(&event).unwrap();
        assert_eq!((header.kind, header.next_offset), (0x10, 0x7d8));
        assert_eq!(Checksum::crc32().verify(&header, &event).unwrap().len(), 8);
        for bit in 0..8 * event.len() {
            let mut damaged = event.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let header = EventHeader::parse(&damaged).unwrap();
            assert!(Checksum::crc32().verify(&header, &damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_cut_event_is_an_error() {
        let event = event();
        for end in 0..event.len() {
            if let Ok(header) = EventHeader::parse(&event[..end]) {
                assert!(Checksum::crc32().verify(&header, &event[..end]).is_err());
                assert!(Checksum::None.verify(&header, &event[..end]).is_err());
            }
        }
    }
}
