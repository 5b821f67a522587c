//! Real MySQL, MariaDB and OceanBase servers on loopback for tests, without root and without containers; a
//! proxy that breaks connections; and an oracle that says whether two servers hold the same.
//!
//! # Servers
//!
//! [`Servers`] gets a server through the machine's own package clients (apt, Maven, pip), caches it under
//! cargo's `target/servers`, starts it on a free port of loopback and returns when it answers a query. One
//! server of a kind is shared by all tests of a run, also by those of other test processes at the same time:
//! a test takes a [`Database`] of its own in it. A test that stops, kills or pauses its server, or needs
//! options, has a private one.
//!
//! ```no_run
//! # async fn example() -> oms_test_servers::Result<()> {
//! use oms_test_servers::{Servers, oracle};
//!
//! let source = Servers::mysql().start().await?;
//! let target = Servers::seekdb().start().await?;
//! let shop = source.create_database("shop").await?;
//! let copy = target.create_database("shop_new").await?;
//! shop.query("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one')").await?;
//! // … the copy under test …
//! let report =
//!     oracle::compare(source.url(), target.url(), &[(&shop.table("t"), &copy.table("t"))]).await?;
//! report.assert_equal();
//! # Ok(())
//! # }
//! ```
//!
//! A server ends when its users have ended, however they did (see `server/guardian.sh`). Nothing is left but
//! the cache and the logs in `target/servers/logs`.
//!
//! # Environment
//!
//! * `OMS_TEST_MYSQL`, `OMS_TEST_MYSQL57`, `OMS_TEST_MYSQL80`, `OMS_TEST_MARIADB`, `OMS_TEST_SEEKDB`: URL of
//!   a server to use instead of the shared one of that kind.
//! * `CI=true`: a server that cannot be had fails its test; elsewhere [`ServerBuilder::start_or_skip`]
//!   records the test as skipped, and `test-servers skipped` prints and counts the records.
//! * `OMS_TEST_SERVERS_DIR`: folder to use in place of `target/servers`, to share downloads between
//!   worktrees.
//!
//! # Faults
//!
//! [`Proxy`] stands between a client and a server and cuts, refuses, delays, throttles, stalls, swallows or
//! corrupts, on command or at a byte count.
//!
//! # A further kind
//!
//! One file in `src/kind/` that implements `Kind`, one line in `src/kind/table.rs`, and one constructor in
//! [`Servers`].

mod client;
mod error;
mod fetch;
mod folder;
mod kind;
pub mod oracle;
mod overview;
mod port;
mod process;
mod proxy;
mod report;
mod server;

pub use client::{Rows, connect};
pub use error::{Error, Result};
/// The driver whose sessions [`connect`] gives.
pub use mysql_async;
pub use overview::overview;
pub use proxy::{Direction, Fault, Proxy};
pub use report::skipped;
pub use server::{Database, Server, ServerBuilder, Servers};
