//! A TCP proxy on loopback that breaks connections on command or at a byte count.

mod connection;
mod fault;
mod listener;

pub use fault::{Direction, Fault};
pub use listener::Proxy;
