//! The greeting of a server, and the capabilities that both sides have.
//!
//! # Sources
//!
//! MySQL source documentation, "Protocol::HandshakeV10" and "Capabilities Flags"; the greetings in the tests were
//! recorded from MySQL 9.7.4, MariaDB 10.11.18 and seekdb 1.4.0.

use mysql_common::constants::CapabilityFlags;

use super::answer::{ERR, Fault, read_refusal};
use super::reader::Reader;
use crate::mysql::failure::Failure;
use crate::mysql::server::Flavour;

/// What a server says first.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) flavour: Flavour,
    pub(super) connection_id: u32,
    pub(super) capabilities: CapabilityFlags,
    /// Random bytes that passwords are scrambled with.
    pub(super) nonce: Vec<u8>,
    /// The method of signing in that the server suggests.
    pub(super) plugin: Box<str>,
}

impl Greeting {
    /// Reads a greeting, or the error that a server gives in its place.
    pub(super) fn read(packet: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(packet);
        match reader.u8()? {
            10 => {}
            ERR => return Err(read_refusal(Flavour::MySql, packet)),
            _ => return Err(Failure::Protocol("a greeting of an unknown version").into()),
        }
        let flavour = Flavour::of_version(&String::from_utf8_lossy(reader.until_zero()));
        let connection_id = reader.u32()?;
        let mut nonce = reader.bytes(8)?.to_vec();
        reader.u8()?;
        let low = reader.u16()?;
        // Collation and status.
        reader.bytes(3)?;
        let high = reader.u16()?;
        let capabilities = CapabilityFlags::from_bits_truncate(u32::from(low) | u32::from(high) << 16);
        if !capabilities.contains(CapabilityFlags::CLIENT_PROTOCOL_41 | CapabilityFlags::CLIENT_PLUGIN_AUTH) {
            return Err(Failure::Protocol("a server older than MySQL 5.5").into());
        }
        let nonce_bytes = usize::from(reader.u8()?);
        reader.bytes(10)?;
        // At least 13 bytes follow, the last of them zero.
        let more = nonce_bytes.saturating_sub(8).max(13);
        nonce.extend_from_slice(reader.bytes(more)?);
        let plugin = String::from_utf8_lossy(reader.until_zero()).into();
        trim_nonce(&mut nonce);
        Ok(Self { flavour, connection_id, capabilities, nonce, plugin })
    }

    /// What is used of what the server offers.
    ///
    /// Several statements in one packet, several results and local files are left out: nothing here needs them, and
    /// each is a way to be fooled.
    pub(super) fn agree(&self, encrypted: bool) -> CapabilityFlags {
        use CapabilityFlags as C;
        let mut wanted = C::CLIENT_LONG_PASSWORD
            | C::CLIENT_LONG_FLAG
            | C::CLIENT_PROTOCOL_41
            | C::CLIENT_TRANSACTIONS
            | C::CLIENT_SECURE_CONNECTION
            | C::CLIENT_PLUGIN_AUTH
            | C::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
            | C::CLIENT_CONNECT_ATTRS
            | C::CLIENT_DEPRECATE_EOF;
        wanted.set(C::CLIENT_SSL, encrypted);
        // MariaDB clears the first flag to announce its own extensions; a client that sets it wants none of them.
        wanted & (self.capabilities | C::CLIENT_LONG_PASSWORD)
    }
}

/// Bytes of a nonce.
const NONCE_BYTES: usize = 20;

/// Drops the zero byte that ends a nonce.
pub(super) fn trim_nonce(nonce: &mut Vec<u8>) {
    nonce.truncate(NONCE_BYTES);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A greeting as MySQL 9.7.4 sends it.
    pub(in crate::mysql::wire) fn greeting() -> Vec<u8> {
        let mut packet = b"\x0a9.7.4-2\0\x2a\0\0\0".to_vec();
        packet.extend_from_slice(b"abcdefgh\0");
        packet.extend_from_slice(&[0xff, 0xff, 0xff, 0x02, 0x00, 0xff, 0xdf, 21]);
        packet.extend_from_slice(&[0; 10]);
        packet.extend_from_slice(b"ijklmnopqrst\0");
        packet.extend_from_slice(b"caching_sha2_password\0");
        packet
    }

    #[test]
    fn a_greeting_is_read_whole_and_never_past_its_end() {
        let packet = greeting();
        let read = Greeting::read(&packet).unwrap();
        assert_eq!(read.nonce, b"abcdefghijklmnopqrst");
        assert_eq!((read.connection_id, &*read.plugin), (42, "caching_sha2_password"));
        assert!(
            read.agree(true).contains(CapabilityFlags::CLIENT_SSL | CapabilityFlags::CLIENT_DEPRECATE_EOF)
        );
        assert!(!read.agree(false).contains(CapabilityFlags::CLIENT_SSL));
        assert!(
            !read
                .agree(false)
                .intersects(CapabilityFlags::CLIENT_MULTI_STATEMENTS | CapabilityFlags::CLIENT_LOCAL_FILES)
        );
        let names = packet.len() - "caching_sha2_password\0".len();
        for cut in 0..names {
            assert!(Greeting::read(&packet[..cut]).is_err(), "{cut}");
        }
        for cut in names..packet.len() {
            assert!(Greeting::read(&packet[..cut]).is_ok(), "{cut}");
        }
    }

    #[test]
    fn any_byte_of_a_greeting_may_lie() {
        let packet = greeting();
        for at in 0..packet.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut packet = packet.clone();
                packet[at] = byte;
                // Whatever comes out, it comes out without a panic.
                let _ = Greeting::read(&packet).map(|greeting| greeting.agree(true));
            }
        }
    }

    #[test]
    fn an_error_in_place_of_a_greeting_is_the_servers() {
        let packet = b"\xff\x10\x04Too many connections";
        assert!(matches!(Greeting::read(packet), Err(Fault::Server(error)) if error.code == 1040));
        assert!(matches!(Greeting::read(b"\x09x\0"), Err(Fault::Broken(_))));
    }
}
