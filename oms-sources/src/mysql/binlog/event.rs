//! Event types, and the small events that carry no rows.
//!
//! # Sources
//!
//! MySQL source documentation, `mysql::binlog::event`; tried on 5.7.22, 8.0.15 and 9.7.4.

use std::time::{Duration, SystemTime};

use oms_core::{Error, Result};

use super::Gtid;
use super::cursor::Cursor;
use super::header::Checksum;

/// Event types.
pub(super) mod kind {
    pub(in super::super) const QUERY: u8 = 2;
    pub(in super::super) const STOP: u8 = 3;
    pub(in super::super) const ROTATE: u8 = 4;
    pub(in super::super) const INTVAR: u8 = 5;
    pub(in super::super) const RAND: u8 = 13;
    pub(in super::super) const USER_VAR: u8 = 14;
    pub(in super::super) const FORMAT_DESCRIPTION: u8 = 15;
    pub(in super::super) const XID: u8 = 16;
    pub(in super::super) const BEGIN_LOAD_QUERY: u8 = 17;
    pub(in super::super) const EXECUTE_LOAD_QUERY: u8 = 18;
    pub(in super::super) const TABLE_MAP: u8 = 19;
    pub(in super::super) const WRITE_ROWS_V1: u8 = 23;
    pub(in super::super) const UPDATE_ROWS_V1: u8 = 24;
    pub(in super::super) const DELETE_ROWS_V1: u8 = 25;
    pub(in super::super) const INCIDENT: u8 = 26;
    pub(in super::super) const HEARTBEAT: u8 = 27;
    pub(in super::super) const IGNORABLE: u8 = 28;
    pub(in super::super) const ROWS_QUERY: u8 = 29;
    pub(in super::super) const WRITE_ROWS_V2: u8 = 30;
    pub(in super::super) const UPDATE_ROWS_V2: u8 = 31;
    pub(in super::super) const DELETE_ROWS_V2: u8 = 32;
    pub(in super::super) const GTID: u8 = 33;
    pub(in super::super) const ANONYMOUS_GTID: u8 = 34;
    pub(in super::super) const PREVIOUS_GTIDS: u8 = 35;
    pub(in super::super) const TRANSACTION_CONTEXT: u8 = 36;
    pub(in super::super) const VIEW_CHANGE: u8 = 37;
    pub(in super::super) const XA_PREPARE: u8 = 38;
    pub(in super::super) const PARTIAL_UPDATE_ROWS: u8 = 39;
    pub(in super::super) const TRANSACTION_PAYLOAD: u8 = 40;
    pub(in super::super) const HEARTBEAT_V2: u8 = 41;
    pub(in super::super) const GTID_TAGGED: u8 = 42;
}

/// The checksum algorithm that a format description announces; its body still has the checksum behind it.
pub(super) fn format_checksum(event: &[u8]) -> Result<Checksum> {
    // The algorithm is the last byte before the checksum, which this event always has (from 5.6.1 on).
    match event.len().checked_sub(5).and_then(|at| event.get(at)) {
        Some(code) => Checksum::from_code(*code),
        None => Err(Error::decode("a format description event", "it ends too early")),
    }
}

/// Where a ROTATE event leads: offset and name of the next file.
pub(super) fn rotate(body: &[u8]) -> Result<(u64, String)> {
    let mut cursor = Cursor::new(body, "a ROTATE event");
    let offset = cursor.u64()?;
    let name = std::str::from_utf8(cursor.rest()).map_err(|_| cursor.wrong("its file name is not UTF-8"))?;
    Ok((offset, name.to_owned()))
}

/// The start of a transaction: its GTID, if it has one, and when it was committed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GtidEvent {
    pub(super) gtid: Option<Gtid>,
    /// By the clock of the server that we read from; `None` before MySQL 8.0.
    pub(super) committed_at: Option<SystemTime>,
}

impl GtidEvent {
    /// Reads a GTID, ANONYMOUS_GTID or GTID_TAGGED event.
    #[inline]
    pub(super) fn parse(kind: u8, body: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new(body, "a GTID event");
        if kind == kind::GTID_TAGGED {
            return Self::parse_tagged(&mut cursor);
        }
        let _flags = cursor.u8()?;
        let uuid = cursor.array()?;
        let number = cursor.u64()?;
        let gtid = (kind == kind::GTID).then(|| Gtid::new(uuid, "", number));
        // Logical clock (type code 2 and two numbers), then from 8.0 on the immediate commit time in seven bytes,
        // whose highest bit says that the original one follows.
        let mut committed_at = None;
        if !cursor.is_empty() && cursor.u8()? == 2 {
            cursor.take(16)?;
            if cursor.rest().len() >= 7 {
                committed_at = Some(instant(cursor.u56()? & !(1 << 55)));
            }
        }
        Ok(Self { gtid, committed_at })
    }

    /// Fields by number, in ascending order, in the serialisation library's form.
    fn parse_tagged(cursor: &mut Cursor<'_>) -> Result<Self> {
        let version = cursor.varlen()?;
        if version != 1 {
            return Err(Error::unsupported(
                "the binlog reader",
                format!("tagged GTID events of version {version}"),
            ));
        }
        let _size = cursor.varlen()?;
        let last_needed = cursor.varlen()?;
        let (mut uuid, mut tag, mut number, mut committed_at) = ([0; 16], "", 0, None);
        while !cursor.is_empty() {
            match cursor.varlen()? {
                1 => {
                    for byte in &mut uuid {
                        *byte = cursor.varlen()? as u8;
                    }
                }
                2 => number = cursor.varlen_signed()? as u64,
                3 => {
                    let len = cursor.varlen()?.try_into().map_err(|_| cursor.wrong("its tag is too long"))?;
                    tag = std::str::from_utf8(cursor.take(len)?)
                        .map_err(|_| cursor.wrong("its tag is not UTF-8"))?;
                }
                4 | 5 => {
                    cursor.varlen_signed()?;
                }
                6 => committed_at = Some(instant(cursor.varlen()?)),
                0 | 7..=11 => {
                    cursor.varlen()?;
                }
                // Numbers ascend, so nothing that is needed can follow.
                unknown if unknown > last_needed => break,
                _ => return Err(cursor.wrong("it has a field that is unknown and needed")),
            }
        }
        Ok(Self { gtid: Some(Gtid::new(uuid, tag, number)), committed_at })
    }
}

fn instant(micros: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

/// The time in an event header.
pub(super) fn header_time(timestamp: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(timestamp.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies of GTID events as MySQL 9.7 wrote them for `…:app:1` and `…:7`.
    const TAGGED: &[u8] = &[
        0x02, 0x72, 0, 0, 0, 0x02, 0x56, 0x0d, 0x03, 0x59, 0x03, 0xf1, 0x02, 0x99, 0x03, 0xa5, 0x02, 0x22,
        0xc5, 0x03, 0xa5, 0x02, 0xcc, 0x04, 0xf1, 0x03, 0, 0, 0, 0x02, 0x04, 0x04, 0x06, 0x06, b'a', b'p',
        b'p', 0x08, 0x14, 0x0a, 0x1c, 0x0c, 0x7f, 0xd5, 0x6b, 0xac, 0x59, 0xe2, 0x60, 0x06, 0x10, 0x9d, 0x04,
        0x12, 0x83, 0x12, 0x0b,
    ];
    const PLAIN: &[u8] = &[
        0, 0x2b, 0xc3, 0xd6, 0xbc, 0xe6, 0xa9, 0x11, 0xf1, 0xa9, 0x66, 0x02, 0xfc, 0, 0, 0, 0x01, 7, 0, 0, 0,
        0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0xa8, 0x70, 0xac, 0x59, 0xe2, 0x60,
        0x06, 0xfc, 0x26, 0x01, 0x50, 0x62, 0x01, 0,
    ];

    #[test]
    fn both_forms_of_gtid_events_are_read() {
        let event = GtidEvent::parse(kind::GTID, PLAIN).unwrap();
        assert_eq!(event.gtid.unwrap().to_string(), "2bc3d6bc-e6a9-11f1-a966-02fc00000001:7");
        let time = event.committed_at.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(time.as_secs(), 1_795_375_143);
        let event = GtidEvent::parse(kind::GTID_TAGGED, TAGGED).unwrap();
        assert_eq!(event.gtid.unwrap().to_string(), "2bc3d6bc-e6a9-11f1-a966-02fc00000001:app:1");
        let time = event.committed_at.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(time.as_secs(), 1_795_375_143);
        assert_eq!(GtidEvent::parse(kind::ANONYMOUS_GTID, PLAIN).unwrap().gtid, None);
    }

    #[test]
    fn cut_events_are_errors_not_panics() {
        for end in 0..TAGGED.len() {
            let _ = GtidEvent::parse(kind::GTID_TAGGED, &TAGGED[..end]);
        }
        for end in 0..25 {
            assert!(GtidEvent::parse(kind::GTID, &PLAIN[..end]).is_err());
        }
        assert!(rotate(&[4, 0]).is_err());
        assert!(format_checksum(&[1, 2]).is_err());
    }
}
