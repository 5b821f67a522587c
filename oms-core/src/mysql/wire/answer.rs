//! The short answers: OK, EOF and ERR packets.

use super::reader::Reader;
use crate::mysql::failure::Failure;
use crate::mysql::server::Flavour;
use crate::mysql::server_error::ServerError;
use crate::mysql::session::Outcome;

/// Why a call of a wire connection failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server sent an error.
    Server(ServerError),
    /// Anything else; the connection is not used again.
    Broken(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Broken(failure)
    }
}

/// First bytes of answers.
pub(super) const OK: u8 = 0x00;
pub(super) const LOCAL_FILE: u8 = 0xfb;
pub(super) const EOF: u8 = 0xfe;
pub(super) const ERR: u8 = 0xff;

/// Reads an ERR packet, its first byte included.
pub(super) fn read_error(flavour: Flavour, packet: &[u8]) -> Fault {
    let make = |code, state: &str, text: &str| ServerError::new(flavour, code, state, text);
    try_read_error(packet, make).map_or_else(Fault::Broken, Fault::Server)
}

/// Reads an ERR packet that ends signing in.
pub(super) fn read_refusal(flavour: Flavour, packet: &[u8]) -> Fault {
    let make = |code, state: &str, text: &str| ServerError::on_connecting(flavour, code, state, text);
    try_read_error(packet, make).map_or_else(Fault::Broken, Fault::Server)
}

fn try_read_error(
    packet: &[u8],
    make: impl FnOnce(u16, &str, &str) -> ServerError,
) -> Result<ServerError, Failure> {
    let mut reader = Reader::new(packet);
    reader.u8()?;
    let code = reader.u16()?;
    // Before the client has told what it can, there is no SQLSTATE.
    let (state, text) = match reader.rest().split_first() {
        Some((b'#', rest)) => rest.split_at_checked(5).unwrap_or((b"", rest)),
        _ => (&b""[..], reader.rest()),
    };
    let state = std::str::from_utf8(state).unwrap_or_default();
    Ok(make(code, state, &String::from_utf8_lossy(text)))
}

/// Reads an OK packet, or the EOF packet that stands for one at the end of rows, its first byte included.
pub(super) fn read_ok(packet: &[u8]) -> Result<Outcome, Failure> {
    let mut reader = Reader::new(packet);
    reader.u8()?;
    let affected_rows = reader.number()?;
    let last_insert_id = Some(reader.number()?).filter(|id| *id > 0);
    let status = reader.u16()?;
    let warnings = reader.u16()?;
    if status & MORE_RESULTS != 0 {
        return Err(Failure::Protocol("a second result that was not asked for"));
    }
    // The protocol's description has no length before the text; servers write one.
    let info = match reader.clone().counted() {
        Ok(info) if info.len() < reader.rest().len() => info,
        _ => reader.rest(),
    };
    let outcome = Outcome { affected_rows, last_insert_id, warnings, ..Outcome::default() };
    Ok(outcome.with_info(&String::from_utf8_lossy(info)))
}

/// Reads the short EOF packet of servers that know no other: warnings and status.
pub(super) fn read_eof(packet: &[u8]) -> Result<Outcome, Failure> {
    let mut reader = Reader::new(packet);
    reader.u8()?;
    let warnings = reader.u16()?;
    if reader.u16()? & MORE_RESULTS != 0 {
        return Err(Failure::Protocol("a second result that was not asked for"));
    }
    Ok(Outcome { warnings, ..Outcome::default() })
}

/// Status flag: another result follows. Several statements are never sent at once here.
const MORE_RESULTS: u16 = 0x0008;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_with_and_without_its_state() {
        for (packet, state) in [
            (&b"\xff\x7a\x04#42S02Table 'a.b' doesn't exist"[..], "42S02"),
            (b"\xff\x7a\x04Table 'a.b' doesn't exist", "HY000"),
        ] {
            let Fault::Server(error) = read_error(Flavour::MySql, packet) else {
                panic!("no server error");
            };
            assert_eq!((error.code, &*error.sqlstate), (1146, state));
            assert_eq!(&*error.message, "Table 'a.b' doesn't exist");
            for cut in 3..packet.len() {
                assert!(matches!(read_error(Flavour::MySql, &packet[..cut]), Fault::Server(_)));
            }
            for cut in 0..3 {
                assert!(matches!(read_error(Flavour::MySql, &packet[..cut]), Fault::Broken(_)));
            }
        }
        assert!(matches!(
            read_error(Flavour::MySql, b"\xff\x7a\x04#\xff\xfe\xff\xff\xffx"),
            Fault::Server(_)
        ));
    }

    #[test]
    fn an_ok_gives_its_counts() {
        let packet = b"\x00\xfc\x2c\x01\x07\x02\x00\x03\x00\x28Rows matched: 300  Changed: 2  Warnings: 3";
        let outcome = read_ok(packet).unwrap();
        assert_eq!((outcome.affected_rows, outcome.last_insert_id, outcome.warnings), (300, Some(7), 3));
        assert_eq!((outcome.matched, outcome.changed), (Some(300), Some(2)));
        for cut in 0..9 {
            assert!(read_ok(&packet[..cut]).is_err());
        }
        let bare = b"\x00\x00\x00\x02\x00\x00\x00Records: 3  Duplicates: 1  Warnings: 0";
        assert_eq!(read_ok(bare).unwrap().records, Some(3));
        assert!(read_ok(b"\x00\x00\x00\x08\x00\x00\x00").is_err());
        assert_eq!(read_eof(b"\xfe\x01\x00\x02\x00").unwrap().warnings, 1);
        assert!(read_eof(b"\xfe\x01\x00\x0a\x00").is_err());
    }
}
