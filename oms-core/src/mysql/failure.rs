//! [`Failure`]: why a connection to a server cannot go on, other than by an error that the server sent.

use std::time::Duration;

use tokio_rustls::rustls;

use super::options::TlsMode;
use super::tls::presented_names;
use crate::error::{At, BoxError, Error, ErrorClass};

/// Why a connection cannot go on, or why a statement was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The server said nothing for too long.
    #[error("no answer within {} s", .0.as_secs_f32())]
    NoAnswer(Duration),
    /// The network failed.
    #[error("the connection was lost")]
    Lost(#[source] std::io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// An earlier call failed, or was dropped before it ended.
    #[error("the connection ended with an earlier failure or an abandoned call; open a new one")]
    Poisoned,
    /// An answer that was not read to its end.
    #[error("the connection is still giving an answer; read it to its end first")]
    Busy,
    /// Events were asked for where none were begun.
    #[error("no binary log is being read on this connection; start a dump first")]
    NoLog,
    /// Bytes that the protocol does not allow.
    #[error("the answer breaks the protocol: {0}")]
    Protocol(&'static str),
    /// The driver gave up on an answer by a panic.
    #[error("the answer cannot be read")]
    Panicked,
    /// A statement longer than the server takes.
    #[error(
        "the statement has {size} bytes, but the server takes {limit}; raise its max_allowed_packet or send less at once"
    )]
    StatementTooLarge {
        /// Bytes of the statement.
        size: usize,
        /// Bytes that the server takes.
        limit: usize,
    },
    /// A result or packet longer than the client takes.
    #[error("the answer has more than {limit} bytes")]
    AnswerTooLarge {
        /// Bytes that the client takes.
        limit: usize,
    },
    /// The connection cannot be encrypted as asked.
    #[error(transparent)]
    Tls(#[from] TlsFailure),
    /// The account signs in by a method that this client does not know, or there is no such account: MySQL asks a
    /// stranger for any method that it has.
    #[error(
        "the server asks to sign in by {0}, which is not supported, and may ask so too where there is no such \
         account; use caching_sha2_password or mysql_native_password"
    )]
    AuthPlugin(Box<str>),
    /// A password that does not fit into one block of the server's key.
    #[error("the password is too long for the server's public key; use an encrypted connection")]
    PasswordTooLong,
    /// The server swallowed a setting that every value read and written depends on.
    #[error("{variable} is {found} after it was set to {wanted}; a proxy between may drop SET statements")]
    NotPinned {
        /// The variable.
        variable: &'static str,
        /// What it was set to.
        wanted: Box<str>,
        /// What it is.
        found: Box<str>,
    },
}

/// Why a connection cannot be encrypted as asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsFailure {
    /// The server has no certificate.
    #[error("the server offers no encryption; give it a certificate or use tls=disabled")]
    NotOffered,
    /// Checking needs certificates to check against.
    #[error("{0:?} needs the file of the authority's certificates (tls-ca)")]
    NoAuthority(TlsMode),
    /// The file of the authority cannot be read.
    #[error("the file of the authority's certificates cannot be read")]
    AuthorityFile(#[source] BoxError),
    /// The file of the authority holds none.
    #[error("the file of the authority's certificates holds none in PEM form")]
    EmptyAuthorityFile,
    /// The host is no name that a certificate could be for.
    #[error("the host is neither a DNS name nor an address")]
    HostName,
    /// A certificate without any name, on a connection whose library cannot do without one.
    #[error(
        "the server's certificate has no subject alternative name, which this connection needs even where names \
         are not checked; issue a certificate with one, or use tls=required"
    )]
    NoSubjectName,
    /// The certificate is for other names.
    #[error("the server's certificate is for {}, not for this host; connect by such a name, or use tls=verify-ca", .names.join(", "))]
    OtherName {
        /// The names that it is for.
        names: Vec<Box<str>>,
    },
    /// The certificate does not come from the authority, has expired, or is malformed.
    #[error("the server's certificate is refused")]
    Certificate(#[source] rustls::Error),
    /// The server speaks nothing that this client speaks.
    #[error(
        "the server and this client, which speaks TLS 1.3 and TLS 1.2 with ECDHE, have no encryption in common; \
         servers built with OpenSSL 1.0, as MySQL up to 8.0.15 is, have none"
    )]
    NothingInCommon(#[source] rustls::Error),
    /// Anything else that ends the handshake.
    #[error("the encrypted connection could not be set up")]
    Handshake(#[source] BoxError),
}

impl Failure {
    /// What to do about it.
    pub(super) fn class(&self) -> ErrorClass {
        match self {
            Failure::NoAnswer(_) | Failure::Lost(_) | Failure::Closed | Failure::Poisoned => {
                ErrorClass::Transient
            }
            // What breaks the protocol is most often a connection cut or mixed up by something between; a new one
            // starts clean.
            Failure::Protocol(_) | Failure::Panicked => ErrorClass::Transient,
            Failure::StatementTooLarge { .. } => ErrorClass::Data,
            Failure::Tls(TlsFailure::Handshake(_)) => ErrorClass::Transient,
            Failure::AnswerTooLarge { .. }
            | Failure::Tls(_)
            | Failure::AuthPlugin(_)
            | Failure::PasswordTooLong
            | Failure::Busy
            | Failure::NoLog
            | Failure::NotPinned { .. } => ErrorClass::Fatal,
        }
    }

    /// True if the connection is as good as before.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(self, Failure::StatementTooLarge { .. } | Failure::Busy | Failure::NoLog)
    }

    /// The error of a connector whose `action` failed so.
    pub(super) fn during(self, connector: &'static str, action: &str) -> Error {
        Error::Connector {
            connector,
            action: action.into(),
            class: self.class(),
            at: Box::new(At::unknown()),
            source: Box::new(self),
        }
    }

    /// The error of connecting to `endpoint`.
    pub(super) fn connecting(self, endpoint: &str) -> Error {
        match self {
            Failure::Lost(source) => Error::Connect { endpoint: endpoint.into(), source: Box::new(source) },
            failure if failure.class() == ErrorClass::Transient => {
                Error::Connect { endpoint: endpoint.into(), source: Box::new(failure) }
            }
            failure => failure.during("mysql", &format!("connecting to {endpoint}")),
        }
    }
}

impl TlsFailure {
    /// The failure behind an I/O error of a TLS handshake, if there is one of the certificate.
    pub(super) fn of_handshake(error: std::io::Error) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match inner {
            Some(inner) => TlsFailure::of_rustls(inner.clone()).into(),
            None => Failure::Lost(error),
        }
    }

    /// The failure behind an error of rustls.
    pub(super) fn of_rustls(error: rustls::Error) -> TlsFailure {
        use rustls::AlertDescription;
        use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
        match error {
            rustls::Error::InvalidCertificate(NotValidForNameContext { presented, .. }) => {
                match presented_names(&presented) {
                    names if names.is_empty() => TlsFailure::NoSubjectName,
                    names => TlsFailure::OtherName { names },
                }
            }
            rustls::Error::InvalidCertificate(NotValidForName) => TlsFailure::NoSubjectName,
            error @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
                TlsFailure::Certificate(error)
            }
            error @ (rustls::Error::AlertReceived(
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity,
            )
            | rustls::Error::PeerIncompatible(_)) => TlsFailure::NothingInCommon(error),
            error => TlsFailure::Handshake(Box::new(error)),
        }
    }
}

/// What a statement does, for errors: its first word, which is never a value.
pub(super) fn action(sql: &[u8]) -> String {
    const WORDS: [&str; 32] = [
        "ALTER",
        "ANALYZE",
        "BEGIN",
        "CALL",
        "CHECKSUM",
        "COMMIT",
        "CREATE",
        "DELETE",
        "DESC",
        "DROP",
        "EXPLAIN",
        "FLUSH",
        "GRANT",
        "INSERT",
        "KILL",
        "LOAD",
        "LOCK",
        "PURGE",
        "RELEASE",
        "RENAME",
        "REPLACE",
        "RESET",
        "ROLLBACK",
        "SAVEPOINT",
        "SELECT",
        "SET",
        "SHOW",
        "START",
        "TRUNCATE",
        "UNLOCK",
        "UPDATE",
        "XA",
    ];
    let word: Vec<u8> = sql
        .trim_ascii_start()
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .take(16)
        .map(u8::to_ascii_uppercase)
        .collect();
    WORDS.iter().find(|known| known.as_bytes() == word).map_or("statement", |known| known).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_a_known_word_and_nothing_else() {
        assert_eq!(action(b"  insert into t values ('x')"), "INSERT");
        assert_eq!(action(b"SELECT(1)"), "SELECT");
        assert_eq!(action(b"secret"), "statement");
        assert_eq!(action(b""), "statement");
        assert_eq!(action("é".as_bytes()), "statement");
    }

    #[test]
    fn a_lost_connection_may_come_back_and_a_refused_certificate_does_not() {
        let lost = Failure::Lost(std::io::Error::other("x")).connecting("h:1");
        assert!(matches!(lost, Error::Connect { .. }) && lost.is_retryable());
        let refused = Failure::from(TlsFailure::NoSubjectName).connecting("h:1");
        assert_eq!(refused.class(), ErrorClass::Fatal);
        assert_eq!(refused.to_string(), "mysql: connecting to h:1 failed");
        let large = Failure::StatementTooLarge { size: 9, limit: 8 }.during("mysql", "INSERT");
        assert_eq!(large.class(), ErrorClass::Data);
    }
}
