//! [`ConnectOptions`]: how to reach a server, for both kinds of connection.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result};

/// A password, which prints as `***` only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How far the server's identity is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsMode {
    /// No encryption.
    #[default]
    Disabled,
    /// Encrypted; the certificate is not checked.
    Required,
    /// Encrypted; the certificate comes from the given authority, its names are not checked (MySQL's VERIFY_CA).
    ///
    /// Reading scans and logs needs no name in the certificate; a [`Session`](super::Session) needs any one, whatever
    /// it is, and says so where there is none, as in those that MySQL makes itself.
    VerifyCa,
    /// Encrypted; the certificate comes from the authority and is for this host.
    VerifyIdentity,
}

/// How to reach a MySQL or OceanBase server.
///
/// # Units
///
/// `connect_timeout` bounds reaching and greeting; `io_timeout` bounds each wait for an answer, but not the time that a
/// statement may take while the server still sends.
///
/// # Examples
///
/// ```
/// use oms_core::mysql::ConnectOptions;
/// let options = ConnectOptions::from_url("mysql://app@127.0.0.1:3306").unwrap().with_password("p/w");
/// assert_eq!(options.endpoint(), "127.0.0.1:3306");
/// assert!(!format!("{options:?}").contains("p/w"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User, for OceanBase with `@tenant#cluster` where there are any.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// Encryption.
    pub tls: TlsMode,
    /// File of certificates of authorities, PEM.
    pub tls_ca: Option<PathBuf>,
    /// Bound for reaching and greeting.
    pub connect_timeout: Duration,
    /// Bound for each wait for an answer.
    pub io_timeout: Duration,
}

impl ConnectOptions {
    /// A server at this host and port, user `root`, no password, no encryption.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            user: "root".to_owned(),
            password: Secret::default(),
            tls: TlsMode::Disabled,
            tls_ca: None,
            connect_timeout: Duration::from_secs(10),
            io_timeout: Duration::from_secs(300),
        }
    }

    /// Reads `mysql://user:password@host:port` (or `oceanbase://…`), parts percent-encoded, with the options
    /// `tls=disabled|required|verify-ca|verify-identity`, `tls-ca=FILE`, `connect-timeout=SECONDS` and
    /// `io-timeout=SECONDS`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for anything else; the text of the URL is never repeated, as it may hold a password.
    pub fn from_url(text: &str) -> Result<Self> {
        let wrong = |reason: &str| Error::config("url", reason);
        let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "mysql" | "oceanbase") {
            return Err(wrong("it begins with mysql:// or oceanbase://"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        let port = url.port().unwrap_or(if url.scheme() == "oceanbase" { 2881 } else { 3306 });
        let mut options = Self::new(host.trim_matches(['[', ']']), port);
        if !url.path().trim_matches('/').is_empty() {
            return Err(wrong("it names no database; tables are selected by include patterns"));
        }
        if !url.username().is_empty() {
            options.user = decode(url.username())?;
        }
        if let Some(password) = url.password() {
            options.password = Secret::new(decode(password)?);
        }
        for (name, value) in url.query_pairs() {
            match &*name {
                "tls" => options.tls = parse_tls(&value)?,
                "tls-ca" => options.tls_ca = Some(PathBuf::from(&*value)),
                "connect-timeout" => options.connect_timeout = parse_seconds(&value)?,
                "io-timeout" => options.io_timeout = parse_seconds(&value)?,
                _ => {
                    let known = "tls, tls-ca, connect-timeout and io-timeout";
                    return Err(wrong(&format!("{name} is not one of its options {known}")));
                }
            }
        }
        Ok(options)
    }

    /// Host and port, for messages.
    pub fn endpoint(&self) -> String {
        if self.host.contains(':') {
            return format!("[{}]:{}", self.host, self.port);
        }
        format!("{}:{}", self.host, self.port)
    }

    /// The same server with another user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// The same server with a password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<Box<str>>) -> Self {
        self.password = Secret::new(password);
        self
    }

    /// The same server with encryption.
    #[must_use]
    pub fn with_tls(mut self, mode: TlsMode, authorities: Option<&Path>) -> Self {
        self.tls = mode;
        self.tls_ca = authorities.map(Path::to_owned);
        self
    }

    /// The same server with another bound for reaching it.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The same server with another bound for each wait.
    #[must_use]
    pub fn with_io_timeout(mut self, timeout: Duration) -> Self {
        self.io_timeout = timeout;
        self
    }
}

fn parse_tls(value: &str) -> Result<TlsMode> {
    Ok(match value {
        "disabled" => TlsMode::Disabled,
        "required" => TlsMode::Required,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-identity" => TlsMode::VerifyIdentity,
        _ => {
            return Err(Error::config(
                "url",
                "tls is one of disabled, required, verify-ca and verify-identity",
            ));
        }
    })
}

fn parse_seconds(value: &str) -> Result<Duration> {
    match value.parse() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::config("url", "a timeout is a whole number of seconds above 0")),
    }
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String> {
    let wrong = || Error::config("url", "user and password are percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or_else(wrong);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_url_is_read() {
        let url = "oceanbase://root%40tenant%23cluster:p%3Aw%25@db.example:2883?tls=verify-ca&tls-ca=ca.pem&io-timeout=7";
        let options = ConnectOptions::from_url(url).unwrap();
        assert_eq!((options.user.as_str(), options.password.reveal()), ("root@tenant#cluster", "p:w%"));
        assert_eq!(options.endpoint(), "db.example:2883");
        assert_eq!((options.tls, options.io_timeout), (TlsMode::VerifyCa, Duration::from_secs(7)));
        assert_eq!(ConnectOptions::from_url("oceanbase://h").unwrap().port, 2881);
        assert_eq!(ConnectOptions::from_url("mysql://[::1]:7").unwrap().endpoint(), "[::1]:7");
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_it() {
        for url in [
            "h:1",
            "pg://u:secret@h",
            "mysql://u:secret@h/db",
            "mysql://u:secret@h?tlss=1",
            "mysql://u:secret%zz@h",
            "mysql://",
        ] {
            let error = ConnectOptions::from_url(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
