//! Choice of ports.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::error::{Error, Result};

/// Ports below those that the system hands to outgoing connections: a server that is stopped for a while must
/// get its own port back, and no client of another test may sit on it meanwhile.
const RANGE: std::ops::Range<u16> = 10_000..32_000;

/// Returns a port of loopback that nobody listens on.
///
/// Another process can still take it before the server does; the one who starts a server looks at that.
pub(crate) fn free() -> Result<u16> {
    let width = u64::from(RANGE.end - RANGE.start);
    for _ in 0..200 {
        // Every `RandomState` has other keys, so this is a random number.
        let random = RandomState::new().build_hasher().finish();
        let offset = u16::try_from(random % width).unwrap_or_default();
        let port = RANGE.start + offset;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::io("find a free port on", Path::new("loopback"))(io::ErrorKind::AddrInUse.into()))
}
