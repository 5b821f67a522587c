//! TRANSACTION_PAYLOAD events: a whole transaction, compressed; read event by event with bounded memory.
//!
//! # Sources
//!
//! MySQL source documentation, `Transaction_payload_event`; MySQL Reference Manual, "Binary Log Transaction
//! Compression".

use std::io::Read;

use bytes::Bytes;
use oms_core::{Error, Result};

use super::cursor::Cursor;
use super::header::EventHeader;

const FIELD_END: u64 = 0;
const FIELD_COMPRESSION: u64 = 2;
const ZSTD: u64 = 0;
const UNCOMPRESSED: u64 = 255;

/// The events inside a TRANSACTION_PAYLOAD event, one at a time.
pub(super) struct Payload<'a> {
    reader: Box<dyn Read + Send + 'a>,
    max_event: usize,
}

impl<'a> Payload<'a> {
    /// Over the body of the event; an inner event longer than `max_event` bytes is refused before it is read.
    pub(super) fn open(body: &'a [u8], max_event: usize) -> Result<Self> {
        let mut cursor = Cursor::new(body, "a TRANSACTION_PAYLOAD event");
        let mut compression = UNCOMPRESSED;
        loop {
            match cursor.length()? {
                FIELD_END => break,
                field => {
                    let len = cursor.count()?;
                    let mut value = Cursor::new(cursor.take(len)?, "a TRANSACTION_PAYLOAD event");
                    if field == FIELD_COMPRESSION {
                        compression = value.length()?;
                    }
                }
            }
        }
        let reader: Box<dyn Read + Send> = match compression {
            ZSTD => {
                let decoder = zstd::stream::read::Decoder::new(cursor.rest());
                Box::new(decoder.map_err(|error| broken(&error))?)
            }
            UNCOMPRESSED => Box::new(cursor.rest()),
            other => {
                return Err(Error::unsupported(
                    "the binlog reader",
                    format!("transaction compression {other}"),
                ));
            }
        };
        Ok(Self { reader, max_event })
    }

    /// The next event, header included and without a checksum; `None` at the end.
    pub(super) fn next_event(&mut self) -> Result<Option<Bytes>> {
        let mut event = vec![0; EventHeader::SIZE];
        match self.reader.read(&mut event[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(broken(&error)),
        }
        self.reader.read_exact(&mut event[1..]).map_err(|error| broken(&error))?;
        let length = EventHeader::parse(&event)?.length as usize;
        if length < EventHeader::SIZE || length > self.max_event {
            let reason = format!("an event inside it claims {length} bytes");
            return Err(Error::decode("a compressed transaction", reason));
        }
        let body = (length - EventHeader::SIZE) as u64;
        // Grows as bytes come, so that a length that lies costs no memory.
        let read = (&mut self.reader).take(body).read_to_end(&mut event).map_err(|error| broken(&error))?;
        if read as u64 != body {
            return Err(Error::decode("a compressed transaction", "it ends inside an event"));
        }
        Ok(Some(Bytes::from(event)))
    }
}

fn broken(error: &std::io::Error) -> Error {
    Error::decode("a compressed transaction", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(len: u32) -> Vec<u8> {
        let mut event = vec![0; len as usize];
        event[9..13].copy_from_slice(&len.to_le_bytes());
        event
    }

    fn payload(compressed: &[u8]) -> Vec<u8> {
        let mut body = vec![2, 1, 0, 0];
        body.extend_from_slice(compressed);
        body
    }

    fn lengths(body: &[u8], max_event: usize) -> Result<Vec<usize>> {
        let mut payload = Payload::open(body, max_event)?;
        let mut lengths = Vec::new();
        while let Some(event) = payload.next_event()? {
            lengths.push(event.len());
        }
        Ok(lengths)
    }

    #[test]
    fn events_come_one_by_one() {
        let events = [event(19), event(1000), event(40)].concat();
        let compressed = zstd::encode_all(&events[..], 3).unwrap();
        assert_eq!(lengths(&payload(&compressed), 1000).unwrap(), [19, 1000, 40]);
    }

    #[test]
    fn damage_and_lies_are_errors_never_an_empty_transaction() {
        let compressed = zstd::encode_all(&[event(19), event(100)].concat()[..], 3).unwrap();
        for end in 0..compressed.len() {
            assert!(lengths(&payload(&compressed[..end]), 1000).is_err() || end == 0, "cut at {end}");
        }
        assert!(lengths(&payload(&compressed), 99).is_err());
        assert!(lengths(&[2, 1, 7, 0], 99).is_err());
        assert!(lengths(&[2, 9, 0], 99).is_err());
        let bomb = zstd::encode_all(&vec![0_u8; 1 << 26][..], 3).unwrap();
        assert!(lengths(&payload(&bomb), 1 << 20).is_err());
    }
}
