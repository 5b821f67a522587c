//! The binary log as a server sends it to its replicas.
//!
//! # Sources
//!
//! MySQL source documentation, `COM_REGISTER_SLAVE`, `COM_BINLOG_DUMP` and `COM_BINLOG_DUMP_GTID`; MySQL 9.7 source,
//! `Gtid_set::encode`, for sets with tags.

use std::ops::Range;
use std::time::Duration;

use bytes::{BufMut, Bytes};

use super::answer::{EOF, ERR, Fault, OK, read_error};
use super::connection::{Connection, Phase};
use super::packet::Portion;
use crate::error::Result;
use crate::mysql::failure::Failure;

const COM_BINLOG_DUMP: u8 = 0x12;
const COM_REGISTER_SLAVE: u8 = 0x15;
const COM_BINLOG_DUMP_GTID: u8 = 0x1e;

/// End at the end of the log instead of waiting for more.
const NON_BLOCK: u16 = 0x01;
/// The position is given by GTIDs.
const THROUGH_GTID: u16 = 0x04;

/// Where a binary log is read from.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum DumpFrom<'a> {
    /// From a byte of a file on. MariaDB takes a GTID position by `SET @slave_connect_state` and an empty name here.
    File {
        /// The file's name, as the server lists it.
        name: &'a str,
        /// The byte, 4 for the first event.
        position: u32,
    },
    /// From the first transaction that is not in a set, for MySQL.
    ///
    /// # Shape
    ///
    /// Numbers are little endian. Without tags: the count of UUIDs (8 bytes); for each its 16 bytes, the count of its
    /// intervals (8 bytes), and for each interval its first number and the number behind its last (8 bytes each).
    /// With a tag anywhere: eight bytes that hold the count of pairs of UUID and tag in bits 8 to 55, and 1 in the
    /// top byte; for each pair the UUID, the length of the tag as one byte that holds twice the length, the tag, and
    /// intervals as above.
    Gtids {
        /// The encoded set.
        set: &'a [u8],
    },
}

/// Bytes of events worth handing out at once, if more can be had without waiting.
const PORTION: Portion = Portion { at_least: 64 << 10, at_most: 512 << 10, patience: Duration::ZERO };

impl Connection {
    /// Shows this connection in the server's list of replicas.
    ///
    /// `server_id` is unique among the replicas of this server. A UUID made of it is set as a variable of the session
    /// first: without one, MySQL up to 8.0 sends rows that lack a cell to whoever asks for the list.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`](crate::Error::Connector) if the server refuses, as it does without REPLICATION SLAVE.
    pub async fn register_replica(&mut self, server_id: u32, host: &str, port: u16) -> Result<()> {
        let uuid = format!("'6f6d7300-0000-4000-8000-{server_id:012x}'");
        self.execute(format!("SET @slave_uuid = {uuid}, @replica_uuid = {uuid}")).await?;
        let mut body = Vec::new();
        body.put_u32_le(server_id);
        // The server keeps sixty bytes of it.
        let host = host.as_bytes().get(..60).unwrap_or(host.as_bytes());
        body.put_u8(host.len() as u8);
        body.put_slice(host);
        // No user, no password; the port; a rank and a source's number that the server ignores.
        body.put_u16_le(0);
        body.put_u16_le(port);
        body.put_u64_le(0);
        let result = self.try_register(&body).await;
        self.settle(b"", result)
    }

    async fn try_register(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.command(COM_REGISTER_SLAVE, body).await?;
        self.read_short_answer().await.map(drop)
    }

    /// Begins to read the binary log; [`Self::next_events`] then gives it. Nothing else can be asked on this
    /// connection from now on: the server closes it when the log ends.
    ///
    /// `server_id` is unique among the replicas of this server: a second one with the same number ends the first.
    /// Unless `follow` is set, the log ends at its present end. What the server adds to events is set before, such as
    /// `SET @source_binlog_checksum='CRC32'` and `@master_heartbeat_period`. Semi-synchronous replication is not
    /// asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`](crate::Error::Connector) if the request cannot be sent. What the server thinks of it
    /// comes with the first events.
    pub async fn start_dump(&mut self, server_id: u32, from: DumpFrom<'_>, follow: bool) -> Result<()> {
        let flags = if follow { 0 } else { NON_BLOCK };
        let mut body = Vec::new();
        let command = match from {
            DumpFrom::File { name, position } => {
                body.put_u32_le(position);
                body.put_u16_le(flags);
                body.put_u32_le(server_id);
                body.put_slice(name.as_bytes());
                COM_BINLOG_DUMP
            }
            DumpFrom::Gtids { set } => {
                body.put_u16_le(flags | THROUGH_GTID);
                body.put_u32_le(server_id);
                // No file name, and the position of the first event.
                body.put_u32_le(0);
                body.put_u64_le(4);
                body.put_u32_le(u32::try_from(set.len()).unwrap_or(u32::MAX));
                body.put_slice(set);
                COM_BINLOG_DUMP_GTID
            }
        };
        let result = self.command(command, &body).await;
        self.settle(b"", result)?;
        self.phase = Phase::Dump(None);
        Ok(())
    }

    /// The next events, as many as came together: their bytes, and in `events` where each lies. `None` at the end of
    /// a log that is not followed, or when the server stops.
    ///
    /// # Shape
    ///
    /// Each range is one event from its header on, with its checksum if the server was told to send one. Nothing is
    /// checked or left out, artificial events and heartbeats included. An event larger than a buffer comes alone.
    ///
    /// # Errors
    ///
    /// [`Error::Connector`](crate::Error::Connector) with the server's error, 1236 if it cannot read the log from
    /// there; events that came before it are given out first. With the reason why there is no answer, if nothing, not
    /// even a heartbeat, came for too long.
    pub async fn next_events(&mut self, events: &mut Vec<Range<usize>>) -> Result<Option<Bytes>> {
        events.clear();
        let read = match &mut self.phase {
            Phase::Dump(end) => match end.take() {
                Some(Ok(())) => {
                    self.phase = Phase::Dump(Some(Ok(())));
                    return Ok(None);
                }
                Some(Err(fault)) => Err(fault),
                None => self.packets.next_all(events, PORTION).await.map_err(Fault::from),
            },
            Phase::Ready | Phase::Rows => return Err(self.refuse(Failure::NoLog)),
            Phase::Broken => return Err(self.refuse(Failure::Poisoned)),
        };
        let read = read.and_then(|data| self.read_events(&data, events).map(|()| data));
        let data = read.or_else(|fault| {
            events.clear();
            // The server closes the connection behind its error, too.
            let error = self.settle(b"", Err(fault));
            self.phase = Phase::Broken;
            error
        })?;
        Ok(Some(data).filter(|_| !events.is_empty()))
    }

    /// Takes the status byte off each packet, and notes why the log ends if the last one says so.
    fn read_events(&mut self, data: &Bytes, events: &mut Vec<Range<usize>>) -> Result<(), Fault> {
        for index in 0..events.len() {
            let Some(range) = events.get_mut(index) else { break };
            let packet = data.get(range.clone()).unwrap_or_default();
            let end = match packet.first() {
                Some(&OK) => {
                    range.start += 1;
                    continue;
                }
                Some(&ERR) => Err(read_error(self.server.flavour(), packet)),
                Some(&EOF) if packet.len() < 9 => Ok(()),
                _ => Err(Failure::Protocol("a packet that is no event").into()),
            };
            if index + 1 < events.len() {
                return Err(Failure::Protocol("a packet behind the end of the log").into());
            }
            if index == 0 && end.is_err() {
                return end;
            }
            // Events that came before are given out first.
            events.truncate(index);
            self.phase = Phase::Dump(Some(end));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
