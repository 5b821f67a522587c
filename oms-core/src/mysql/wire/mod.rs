//! A small client for hot reads: table scans and the binary log.
//!
//! A general driver makes an object of each row, which costs ten times the instructions of what is needed: to know
//! where each cell lies in the bytes that came. It also hides the packets, so that the binary log can only be read
//! as the driver understands it. [`Connection`] hands out received buffers as they are, shared and never copied:
//! [`Connection::next_rows`] as a [`RowBatch`](crate::row::RowBatch) with a span for each cell,
//! [`Connection::next_events`] as bytes with a range for each event. Everything else belongs on a
//! [`Session`](super::Session).
//!
//! # Sources
//!
//! MySQL source documentation, "Client/Server Protocol". What each server really sends was checked on MySQL 9.7.4,
//! 8.0.15 and 5.7.22, MariaDB 10.11.18 and seekdb 1.4.0 (`tests/it/wire.rs`).

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod answer;
mod auth;
mod connection;
mod dump;
mod handshake;
mod packet;
mod public_key;
mod reader;
mod result;
#[cfg(test)]
mod script;
mod tls;

pub use connection::Connection;
pub use dump::DumpFrom;
pub use result::ColumnDefinition;
