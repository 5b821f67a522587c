//! The proxy itself: where it listens, and how it is commanded.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::connection;
use super::fault::{Direction, Fault, Switchboard};
use crate::error::{Error, Result};
use crate::port;

/// A TCP proxy on loopback that forwards to one address until it is told to break something.
///
/// Faults happen on command with [`inject`](Self::inject) or at a byte count with
/// [`inject_after`](Self::inject_after); [`heal`](Self::heal) ends those that last. When this value is
/// dropped, its connections are closed.
///
/// ```no_run
/// # async fn example() -> oms_test_servers::Result<()> {
/// use oms_test_servers::{Direction, Fault, Proxy, Servers};
///
/// let server = Servers::mysql().start().await?;
/// let proxy = Proxy::to(&server.address()).await?;
/// let url = proxy.url(server.url()); // for the code under test
/// proxy.inject_after(Direction::ToClient, 100_000, Fault::Reset);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    board: Arc<Switchboard>,
    listens: watch::Receiver<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy on a free port of loopback that forwards to `server`, a host and a port such as
    /// `127.0.0.1:3306`.
    pub async fn to(server: &str) -> Result<Self> {
        let (listener, port) = loop {
            let port = port::free()?;
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => break (listener, port),
                // Somebody was faster.
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(Error::io("listen on", Path::new("loopback"))(error)),
            }
        };
        let board = Arc::new(Switchboard::default());
        let (says_listens, listens) = watch::channel(true);
        let accepting = accept(listener, server.to_owned(), Arc::clone(&board), says_listens);
        Ok(Self { port, board, listens, accepting: tokio::spawn(accepting) })
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns a server's URL with this proxy's address for the server's.
    pub fn url(&self, server: &str) -> String {
        let (scheme, rest) = server.split_once("://").unwrap_or(("mysql", server));
        let path = rest.find(['/', '?']).unwrap_or(rest.len());
        let login = rest[..path].rfind('@').map_or(0, |at| at + 1);
        format!("{scheme}://{}{}{}", &rest[..login], self.address(), &rest[path..])
    }

    /// Puts a fault in force and returns when it is: a cut when the connections have ended, a refusal when
    /// nobody listens.
    pub async fn inject(&self, fault: Fault) {
        self.board.apply(fault);
        match fault {
            Fault::Close | Fault::Reset => {
                let cut = self.board.condition.borrow().cut;
                let mut open = self.board.open.subscribe();
                // The sender is ours: it cannot be gone.
                let _ = open.wait_for(|open| open.iter().all(|number| *number > cut)).await;
            }
            Fault::Refuse => self.until_listening(false).await,
            _ => {}
        }
    }

    /// Puts a fault in force as soon as `bytes` more have gone in a direction, counted over all connections;
    /// to the byte when one connection is in use.
    pub fn inject_after(&self, direction: Direction, bytes: u64, fault: Fault) {
        self.board.plan(direction, bytes, fault);
    }

    /// Ends all faults that last, forgets those that were to come, and returns when new connections are
    /// accepted.
    pub async fn heal(&self) {
        self.board.heal();
        self.until_listening(true).await;
    }

    /// Returns how many bytes have gone in a direction, over all connections.
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.board.bytes(direction)
    }

    /// Returns how many connections were accepted so far.
    pub fn connections(&self) -> u64 {
        self.board.connections()
    }

    /// Returns how many connections are open.
    pub fn open_connections(&self) -> usize {
        self.board.open.borrow().len()
    }

    async fn until_listening(&self, wanted: bool) {
        let mut listens = self.listens.clone();
        // An ended task listens no more and never will.
        let _ = listens.wait_for(|now| *now == wanted).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    server: String,
    board: Arc<Switchboard>,
    listens: watch::Sender<bool>,
) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    let mut condition = board.condition.subscribe();
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut listener = Some(listener);
    loop {
        let refuse = condition.borrow_and_update().refuse;
        if refuse {
            listener = None;
        } else if listener.is_none() {
            listener = Some(listen_again(address).await);
        }
        listens.send_replace(!refuse);
        tokio::select! {
            changed = condition.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            accepted = accepted(listener.as_ref()) => {
                let number = board.admit();
                let (board, server) = (Arc::clone(&board), server.clone());
                connections.spawn(async move {
                    match TcpStream::connect(&server).await {
                        Ok(server) => connection::forward(accepted, server, number, &board).await,
                        Err(_) => {
                            let _ = accepted.set_zero_linger();
                            drop(accepted);
                            board.ended(number);
                        }
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Returns the next connection; never, while nobody listens.
async fn accepted(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        // A connection that broke in the backlog is no concern of ours.
        if let Ok((stream, _)) = listener.accept().await {
            return stream;
        }
    }
}

/// Takes the port again; it is outside the range of outgoing connections, so nobody should have it.
async fn listen_again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
