//! A password encrypted for the server's public key, for signing in over a plain connection.
//!
//! The key comes from the server over the same connection, so whoever sits between can send one of its own and read
//! the password: only encryption protects against that, here as in every MySQL client.

use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::mysql::failure::Failure;

const NO_KEY: Failure = Failure::Protocol("the server's public key is not an RSA key");

/// Encrypts a scrambled password by RSA-OAEP for a key in PEM form.
pub(super) fn encrypt(pem: &[u8], password: &[u8]) -> Result<Vec<u8>, Failure> {
    let key = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| NO_KEY)?;
    let modulus_bytes = check(&key).ok_or(NO_KEY)?;
    // OAEP with SHA-1 takes this much of each block.
    if password.len() + 42 > modulus_bytes {
        return Err(Failure::PasswordTooLong);
    }
    Ok(mysql_common::crypto::encrypt(password, &pem_of(&key)))
}

/// The bytes of the modulus of an RSA key in `SubjectPublicKeyInfo` form.
///
/// The library that encrypts takes the form of the key for granted; here it is checked to the last byte.
fn check(der: &[u8]) -> Option<usize> {
    let (info, rest) = element(0x30, der)?;
    let (algorithm, info) = element(0x30, info)?;
    let (bits, after) = element(0x03, info)?;
    // rsaEncryption, no parameters.
    if !rest.is_empty()
        || !after.is_empty()
        || !algorithm.starts_with(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
    {
        return None;
    }
    let (key, rest) = element(0x30, bits.strip_prefix(&[0])?)?;
    let (modulus, key) = element(0x02, key)?;
    let (exponent, after) = element(0x02, key)?;
    let (modulus, exponent) = (modulus.strip_prefix(&[0])?, exponent.strip_prefix(&[0]).unwrap_or(exponent));
    // 1024 to 16384 bits, all used; an odd modulus and an odd exponent above one.
    let fits = rest.is_empty()
        && after.is_empty()
        && (128..=2048).contains(&modulus.len())
        && modulus.first()? & 0x80 != 0
        && modulus.last()? & 1 != 0
        && (1..=8).contains(&exponent.len())
        && exponent.last()? & 1 != 0
        && exponent != [1];
    fits.then_some(modulus.len())
}

/// The content of the first DER element, which has this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => {
            let (&[length], rest) = rest.split_first_chunk()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

/// The key in the one PEM form that every reader takes.
fn pem_of(der: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut pem = b"-----BEGIN PUBLIC KEY-----\n".to_vec();
    for chunk in der.chunks(3) {
        let [high, middle, low] = [0, 1, 2].map(|at| chunk.get(at).copied().unwrap_or(0));
        let bits = u32::from_be_bytes([0, high, middle, low]);
        for digit in 0..4 {
            let index = bits >> (18 - 6 * digit) & 0x3f;
            // Six bits are below the 64 digits.
            let letter = DIGITS.get(index as usize).copied().unwrap_or(b'=');
            pem.push(if digit <= chunk.len() { letter } else { b'=' });
        }
    }
    pem.extend_from_slice(b"\n-----END PUBLIC KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public key of a MySQL 9.7.4 server (`public_key.pem` of its data folder).
    const KEY: &str = include_str!("../../../tests/data/mysql-9.7.4-public_key.pem");

    fn der() -> Vec<u8> {
        SubjectPublicKeyInfoDer::from_pem_slice(KEY.as_bytes()).unwrap().to_vec()
    }

    #[test]
    fn a_servers_key_encrypts_passwords_that_fit() {
        assert_eq!(encrypt(KEY.as_bytes(), &[7; 214]).unwrap().len(), 256);
        assert!(matches!(encrypt(KEY.as_bytes(), &[7; 215]), Err(Failure::PasswordTooLong)));
        assert_ne!(encrypt(KEY.as_bytes(), b"a").unwrap(), encrypt(KEY.as_bytes(), b"a").unwrap());
    }

    #[test]
    fn the_rebuilt_form_is_the_one_that_came() {
        let digits = |pem: &[u8]| pem.iter().filter(|byte| **byte != b'\n').copied().collect::<Vec<_>>();
        assert_eq!(digits(&pem_of(&der())), digits(KEY.as_bytes()));
    }

    #[test]
    fn no_other_bytes_reach_the_library() {
        let der = der();
        assert_eq!(check(&der), Some(256));
        for cut in 0..der.len() {
            assert_eq!(check(&der[..cut]), None);
            let pem = pem_of(&der[..cut]);
            assert!(matches!(encrypt(&pem, b"a"), Err(Failure::Protocol(_))));
        }
        // Lengths, tags and the ends of both numbers; what lies between are digits.
        for at in (0..36).chain(der.len() - 8..der.len()) {
            for byte in [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff] {
                let mut der = der.clone();
                der[at] = byte;
                // Most are refused; those that pass are keys in form and encrypt without a panic.
                let _ = encrypt(&pem_of(&der), b"a");
            }
        }
        assert!(encrypt(b"", b"a").is_err());
        assert!(encrypt(b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", b"a").is_err());
    }
}
