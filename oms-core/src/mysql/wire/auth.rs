//! Signing in: scrambled passwords, and the exchange that follows for each method.
//!
//! # Sources
//!
//! MySQL source documentation, "Authentication Methods": native password, caching SHA-2 (fast, and full over an
//! encrypted connection or with the server's public key) and SHA-256. Each was run against servers in
//! `tests/it/wire.rs`.

use mysql_common::constants::CapabilityFlags;
use mysql_common::packets::{AuthPlugin, HandshakeResponse};
use mysql_common::proto::MySerialize;

use super::answer::{EOF, ERR, Fault, OK, read_refusal};
use super::handshake::{Greeting, trim_nonce};
use super::packet::Packets;
use super::public_key;
use super::reader::Reader;
use crate::mysql::failure::Failure;
use crate::mysql::options::ConnectOptions;

/// A method of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Native,
    CachingSha2,
    Sha256,
}

const MORE_DATA: u8 = 0x01;
const FAST_AUTH_OK: u8 = 0x03;
const FULL_AUTH: u8 = 0x04;
const ASK_KEY_CACHING: u8 = 0x02;
const ASK_KEY_SHA256: u8 = 0x01;

/// More packets than any method takes.
const MAX_STEPS: usize = 8;

impl Method {
    fn of(plugin: &str) -> Option<Self> {
        Some(match plugin {
            "mysql_native_password" => Method::Native,
            "caching_sha2_password" => Method::CachingSha2,
            "sha256_password" => Method::Sha256,
            _ => return None,
        })
    }

    fn plugin(self) -> AuthPlugin<'static> {
        match self {
            Method::Native => AuthPlugin::MysqlNativePassword,
            Method::CachingSha2 => AuthPlugin::CachingSha2Password,
            Method::Sha256 => AuthPlugin::Other(b"sha256_password".into()),
        }
    }

    /// The first thing to say.
    fn opening(self, password: &str, nonce: &[u8], encrypted: bool) -> Vec<u8> {
        match self {
            Method::Sha256 if password.is_empty() => vec![0],
            Method::Sha256 if encrypted => with_zero(password),
            Method::Sha256 => vec![ASK_KEY_SHA256],
            method => {
                let data = method.plugin().gen_data(Some(password), nonce);
                data.map(|data| data.to_vec()).unwrap_or_default()
            }
        }
    }
}

/// Answers a greeting and signs in.
pub(super) async fn sign_in(
    packets: &mut Packets,
    greeting: &Greeting,
    capabilities: CapabilityFlags,
    options: &ConnectOptions,
) -> Result<(), Fault> {
    let password = options.password.reveal();
    let encrypted = capabilities.contains(CapabilityFlags::CLIENT_SSL);
    // A suggestion that is not known is answered with the oldest method; the server then asks for the account's own.
    let mut method = Method::of(&greeting.plugin).unwrap_or(Method::Native);
    let mut nonce = greeting.nonce.clone();
    let opening = method.opening(password, &nonce, encrypted);
    let attributes = capabilities
        .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        .then(|| [("program_name".to_owned(), "oms".to_owned())].into());
    let response = HandshakeResponse::new(
        Some(&opening[..]),
        (8, 0, 0),
        Some(options.user.as_bytes()),
        None::<&[u8]>,
        Some(method.plugin()),
        capabilities,
        attributes,
        MAX_PACKET,
    );
    let mut payload = Vec::new();
    response.serialize(&mut payload);
    packets.send(&payload, &[]).await?;

    let mut switched = false;
    for _ in 0..MAX_STEPS {
        let packet = packets.next().await?;
        match packet.first() {
            Some(&OK) => return Ok(()),
            Some(&ERR) => return Err(read_refusal(greeting.flavour, &packet)),
            Some(&EOF) if !switched => {
                switched = true;
                (method, nonce) = read_switch(&packet)?;
                let opening = method.opening(password, &nonce, encrypted);
                packets.send(&opening, &[]).await?;
            }
            Some(&MORE_DATA) => {
                let data = packet.get(1..).unwrap_or_default();
                if let Some(reply) = reply(method, data, password, &nonce, encrypted)? {
                    packets.send(&reply, &[]).await?;
                }
            }
            _ => return Err(Failure::Protocol("an unexpected packet while signing in").into()),
        }
    }
    Err(Failure::Protocol("signing in does not end").into())
}

/// What the client says that it takes.
pub(super) const MAX_PACKET: u32 = 1 << 30;

/// The method that the account asks for, and its nonce.
fn read_switch(packet: &[u8]) -> Result<(Method, Vec<u8>), Failure> {
    let mut reader = Reader::new(packet);
    reader.u8()?;
    if reader.rest().is_empty() {
        return Err(Failure::AuthPlugin("mysql_old_password".into()));
    }
    let plugin = String::from_utf8_lossy(reader.until_zero());
    let method = Method::of(&plugin).ok_or_else(|| {
        let name: String = plugin.chars().filter(|c| !c.is_control()).take(64).collect();
        Failure::AuthPlugin(name.into())
    })?;
    let mut nonce = reader.rest().to_vec();
    trim_nonce(&mut nonce);
    Ok((method, nonce))
}

/// What to say to more data of the server, if anything.
fn reply(
    method: Method,
    data: &[u8],
    password: &str,
    nonce: &[u8],
    encrypted: bool,
) -> Result<Option<Vec<u8>>, Failure> {
    match (method, data) {
        (Method::CachingSha2, [FAST_AUTH_OK]) => Ok(None),
        (Method::CachingSha2, [FULL_AUTH]) if encrypted => Ok(Some(with_zero(password))),
        (Method::CachingSha2, [FULL_AUTH]) => Ok(Some(vec![ASK_KEY_CACHING])),
        // A key is only ever answered where it was asked for: on a plain connection.
        (Method::CachingSha2 | Method::Sha256, key) if !encrypted && !password.is_empty() => {
            public_key::encrypt(key, &scrambled(password, nonce)?).map(Some)
        }
        _ => Err(Failure::Protocol("an unexpected packet while signing in")),
    }
}

/// The password and a zero byte, in the clear.
fn with_zero(password: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(password.len() + 1);
    bytes.extend_from_slice(password.as_bytes());
    bytes.push(0);
    bytes
}

/// The password and a zero byte, each with a byte of the nonce.
fn scrambled(password: &str, nonce: &[u8]) -> Result<Vec<u8>, Failure> {
    if nonce.is_empty() {
        return Err(Failure::Protocol("no random bytes to sign in with"));
    }
    let mut bytes = with_zero(password);
    for (byte, random) in bytes.iter_mut().zip(nonce.iter().cycle()) {
        *byte ^= random;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
