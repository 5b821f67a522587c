//! [`BinlogOptions`] and where reading starts.

use std::time::{Duration, SystemTime};

use super::{BinlogPosition, GtidSet};

/// Where reading starts when there is no checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartPosition {
    /// At the end of the log as it is when the source is opened.
    #[default]
    Now,
    /// Behind this position.
    At(BinlogPosition),
    /// With the first transaction that is not in this set.
    Gtids(GtidSet),
    /// With the first transaction committed at this time or later, by the source's clock.
    Time(SystemTime),
}

/// How the binary log is read.
///
/// # Examples
///
/// ```
/// use oms_sources::mysql::binlog::{BinlogOptions, StartPosition};
/// let position = "binlog.000004:157".parse().unwrap();
/// let options = BinlogOptions::default().with_start(StartPosition::At(position));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BinlogOptions {
    /// Where reading starts when there is no checkpoint.
    pub start: StartPosition,
    /// Our number among the replicas of the source; `None` takes one that is free.
    pub server_id: Option<u32>,
    /// How often the source says that it has nothing to say. After three times as long without a word, the connection
    /// counts as lost.
    pub heartbeat: Duration,
    /// Bytes after which a transaction is handed on in parts.
    pub part_bytes: usize,
    /// Bytes of XA transactions that are prepared and not decided.
    pub prepared_bytes: usize,
    /// The longest event.
    pub event_bytes: usize,
}

impl Default for BinlogOptions {
    fn default() -> Self {
        Self {
            start: StartPosition::Now,
            server_id: None,
            heartbeat: Duration::from_secs(1),
            part_bytes: 1 << 20,
            prepared_bytes: 256 << 20,
            event_bytes: 1 << 30,
        }
    }
}

impl BinlogOptions {
    /// The same, starting elsewhere.
    #[must_use]
    pub fn with_start(mut self, start: StartPosition) -> Self {
        self.start = start;
        self
    }

    /// The same with a number of one's own choice.
    #[must_use]
    pub fn with_server_id(mut self, server_id: u32) -> Self {
        self.server_id = Some(server_id);
        self
    }

    /// The same with another heartbeat.
    #[must_use]
    pub fn with_heartbeat(mut self, period: Duration) -> Self {
        self.heartbeat = period;
        self
    }

    /// The same with transactions handed on in parts of about so many bytes.
    #[must_use]
    pub fn with_part_bytes(mut self, bytes: usize) -> Self {
        self.part_bytes = bytes.max(1);
        self
    }

    /// The same with another bound for undecided XA transactions.
    #[must_use]
    pub fn with_prepared_bytes(mut self, bytes: usize) -> Self {
        self.prepared_bytes = bytes;
        self
    }

    /// The same with another bound for one event.
    #[must_use]
    pub fn with_event_bytes(mut self, bytes: usize) -> Self {
        self.event_bytes = bytes;
        self
    }
}
