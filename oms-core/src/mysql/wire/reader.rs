//! [`Reader`]: checked reads from a packet.

use crate::mysql::failure::Failure;

/// Reads a packet from its start on; each read fails where the packet ends early.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

const SHORT: Failure = Failure::Protocol("a packet ends early");

impl<'a> Reader<'a> {
    pub(super) fn new(packet: &'a [u8]) -> Self {
        Self(packet)
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(SHORT)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let (array, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Failure> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Failure> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Failure> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length-encoded number.
    pub(super) fn number(&mut self) -> Result<u64, Failure> {
        Ok(match self.u8()? {
            0xfc => self.u16()?.into(),
            0xfd => {
                let [low, middle, high] = self.array()?;
                u32::from_le_bytes([low, middle, high, 0]).into()
            }
            0xfe => self.array().map(u64::from_le_bytes)?,
            0xfb | 0xff => return Err(Failure::Protocol("a length that is none")),
            byte => byte.into(),
        })
    }

    /// Bytes behind their length-encoded count.
    pub(super) fn counted(&mut self) -> Result<&'a [u8], Failure> {
        let count = self.number()?;
        self.bytes(usize::try_from(count).map_err(|_| SHORT)?)
    }

    /// Bytes up to a zero byte, or to the end where there is none.
    pub(super) fn until_zero(&mut self) -> &'a [u8] {
        let end = memchr::memchr(0, self.0).unwrap_or(self.0.len());
        let (bytes, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_number_is_read_and_none_past_the_end() {
        for (bytes, number) in [
            (&b"\xfa"[..], 250),
            (b"\xfc\xfb\x00", 251),
            (b"\xfd\x00\x00\x01", 1 << 16),
            (b"\xfe\x00\x00\x00\x01\x00\x00\x00\x00", 1 << 24),
        ] {
            assert_eq!(Reader::new(bytes).number().unwrap(), number);
            for cut in 0..bytes.len() {
                assert!(Reader::new(&bytes[..cut]).number().is_err());
            }
        }
        assert!(Reader::new(b"\xfb").number().is_err());
        assert!(Reader::new(b"\xff\0\0").number().is_err());
    }

    #[test]
    fn a_count_that_lies_is_an_error() {
        assert_eq!(Reader::new(b"\x02ab").counted().unwrap(), b"ab");
        assert!(Reader::new(b"\x03ab").counted().is_err());
        assert!(Reader::new(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffab").counted().is_err());
    }

    #[test]
    fn text_ends_at_a_zero_byte_or_with_the_packet() {
        let mut reader = Reader::new(b"ab\0c");
        assert_eq!(
            (reader.until_zero(), reader.until_zero(), reader.rest()),
            (&b"ab"[..], &b"c"[..], &b""[..])
        );
        assert_eq!(Reader::new(b"").until_zero(), b"");
    }
}
