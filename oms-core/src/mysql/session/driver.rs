//! The connection of the driver: how it is opened, and what its errors mean.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, IoError, Opts, OptsBuilder, SslOpts, TlsError};

use crate::mysql::failure::{Failure, TlsFailure};
use crate::mysql::options::{ConnectOptions, TlsMode};
use crate::mysql::session::SessionOptions;
use crate::mysql::tls;

/// Why a call of the driver failed.
pub(super) enum Fault {
    /// The server sent an error; the connection is as good as before.
    Server(mysql_async::ServerError),
    /// Anything else; the connection is not used again.
    Broken(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Broken(failure)
    }
}

impl From<mysql_async::Error> for Fault {
    /// Driver errors can hold rows and packets, so none is kept: each becomes one of our own.
    fn from(error: mysql_async::Error) -> Self {
        use mysql_async::Error as E;
        Fault::Broken(match error {
            E::Server(error) => return Fault::Server(error),
            E::Io(IoError::Io(error)) => TlsFailure::of_handshake(error),
            E::Io(IoError::Tls(TlsError::Tls(error))) => TlsFailure::of_rustls(error).into(),
            E::Io(IoError::Tls(TlsError::InvalidDnsName(_))) => TlsFailure::HostName.into(),
            E::Io(IoError::Tls(_)) => TlsFailure::EmptyAuthorityFile.into(),
            E::Driver(error) => match error {
                DriverError::ConnectionClosed => Failure::Closed,
                DriverError::UnknownAuthPlugin { name } => Failure::AuthPlugin(name.into()),
                DriverError::MysqlOldPasswordDisabled => Failure::AuthPlugin("mysql_old_password".into()),
                DriverError::CleartextPluginDisabled => Failure::AuthPlugin("mysql_clear_password".into()),
                DriverError::NoClientSslFlagFromServer => TlsFailure::NotOffered.into(),
                DriverError::PacketOutOfOrder => Failure::Protocol("a packet is out of order"),
                DriverError::PacketTooLarge => Failure::AnswerTooLarge { limit: MAX_PACKET },
                DriverError::LocalInfile(_) => Failure::Protocol("the server asks for a local file"),
                _ => Failure::Protocol("an unexpected packet"),
            },
            E::Other(_) | E::Url(_) => Failure::Protocol("an unexpected answer"),
        })
    }
}

/// The most that the protocol lets a packet have; what the server takes is checked before sending.
const MAX_PACKET: usize = 1 << 30;

/// One connection of the driver. Dropped while a call runs, it closes the socket and sends nothing more.
pub(super) struct Link {
    conn: Option<Conn>,
    /// True while no call runs.
    idle: bool,
}

impl Link {
    /// Connects and signs in.
    pub(super) async fn open(options: &ConnectOptions, session: &SessionOptions) -> Result<Self, Fault> {
        let opened = Self::open_as(options, session, None).await;
        match opened {
            // The driver checks names whenever it checks the chain. Where only the chain counts, the certificate's
            // own name is as good as any.
            Err(Fault::Broken(Failure::Tls(TlsFailure::OtherName { names })))
                if options.tls == TlsMode::VerifyCa =>
            {
                match tls::host_of(&names) {
                    Some(host) => Self::open_as(options, session, Some(host)).await,
                    None => Err(Failure::from(TlsFailure::NoSubjectName).into()),
                }
            }
            opened => opened,
        }
    }

    async fn open_as(
        options: &ConnectOptions,
        session: &SessionOptions,
        certified_host: Option<String>,
    ) -> Result<Self, Fault> {
        let opts = driver_options(options, session, certified_host).map_err(Failure::from)?;
        let bound = options.connect_timeout;
        let conn = match contain(within(bound, Conn::new(opts))).await {
            // The driver panics on a password that does not fit into one block of a key of 2048 bits.
            Err(Fault::Broken(Failure::Panicked)) if options.password.reveal().len() > 213 => {
                return Err(Failure::PasswordTooLong.into());
            }
            result => result?,
        };
        Ok(Self { conn: Some(conn), idle: true })
    }

    /// The driver's connection for the next call, which must end with [`Self::ended`].
    pub(super) fn begin(&mut self) -> Result<&mut Conn, Failure> {
        self.idle = false;
        self.conn.as_mut().ok_or(Failure::Poisoned)
    }

    /// Marks the call as ended with the connection in order.
    pub(super) fn ended(&mut self) {
        self.idle = true;
    }

    pub(super) fn id(&self) -> u32 {
        self.conn.as_ref().map_or(0, Conn::id)
    }

    /// Says goodbye and closes.
    pub(super) async fn close(mut self, bound: Duration) -> Result<(), Fault> {
        match self.conn.take() {
            Some(conn) => within(bound, conn.disconnect()).await,
            None => Ok(()),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A dropped connection of the driver reads the rest of its result in a task of its own, without a bound.
        // Beginning another call and dropping it is what marks the connection as not worth that.
        if let Some(mut conn) = self.conn.take()
            && !self.idle
            && tokio::runtime::Handle::try_current().is_ok()
            && !std::thread::panicking()
        {
            let _ = conn.ping().now_or_never();
        }
    }
}

/// Runs calls of the driver, which panics on some malformed packets; a panic is a broken connection here.
pub(super) async fn contain<T>(call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or(Err(Fault::Broken(Failure::Panicked)))
}

/// Waits for a call of the driver, no longer than `bound`.
pub(super) async fn within<T>(
    bound: Duration,
    call: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(bound, call).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(Failure::NoAnswer(bound).into()),
    }
}

fn driver_options(
    options: &ConnectOptions,
    session: &SessionOptions,
    certified_host: Option<String>,
) -> Result<Opts, TlsFailure> {
    let encryption = match options.tls {
        TlsMode::Disabled => None,
        mode => {
            let authorities = tls::authorities(options)?;
            let host = match certified_host {
                Some(host) => host,
                None => tls::server_name(options)?.to_str().into_owned(),
            };
            let roots = authorities.into_iter().map(|certificate| certificate.to_vec().into());
            Some(
                SslOpts::default()
                    .with_root_certs(roots.collect())
                    .with_disable_built_in_roots(tls::checks_chain(mode))
                    .with_danger_accept_invalid_certs(!tls::checks_chain(mode))
                    .with_danger_tls_hostname_override(Some(host)),
            )
        }
    };
    let password = options.password.reveal();
    Ok(OptsBuilder::default()
        .ip_or_hostname(&options.host)
        .tcp_port(options.port)
        .user(Some(&options.user))
        .pass((!password.is_empty()).then_some(password))
        .ssl_opts(encryption)
        // The address that was asked for, not a socket that a server on this machine happens to name.
        .prefer_socket(false)
        .tcp_nodelay(true)
        .stmt_cache_size(0)
        // Both are set so that the driver does not ask for them; the session reads them itself.
        .max_allowed_packet(Some(MAX_PACKET))
        .wait_timeout(Some(0))
        .client_found_rows(session.found_rows)
        .into())
}
