//! The servers, the proxy and the oracle, tried on real servers.

#![allow(clippy::unwrap_used, reason = "all of this is test code, also what is not a #[test] function")]

mod child;
mod lifecycle;
mod oracle;
mod proxy;
mod sharing;
