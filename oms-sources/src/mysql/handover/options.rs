//! [`HandoverOptions`].

use crate::mysql::binlog::BinlogOptions;
use crate::mysql::scan::ScanOptions;

/// How a [`MySqlSource`](super::MySqlSource) works.
///
/// # Examples
///
/// ```
/// use oms_sources::mysql::handover::HandoverOptions;
/// use oms_sources::mysql::scan::ScanOptions;
/// let options = HandoverOptions::default().with_scan(ScanOptions::default().with_connections(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandoverOptions {
    /// How tables are scanned.
    pub scan: ScanOptions,
    /// How the log is read; its start position is not used, as the hand-over has its own.
    pub binlog: BinlogOptions,
    /// Whether the log is followed. If not, the source ends when all tables are scanned; a later run that follows the
    /// log goes on without a gap.
    pub follow: bool,
}

impl Default for HandoverOptions {
    fn default() -> Self {
        Self { scan: ScanOptions::default(), binlog: BinlogOptions::default(), follow: true }
    }
}

impl HandoverOptions {
    /// The same with other scan options.
    #[must_use]
    pub fn with_scan(mut self, scan: ScanOptions) -> Self {
        self.scan = scan;
        self
    }

    /// The same with other log options.
    #[must_use]
    pub fn with_binlog(mut self, binlog: BinlogOptions) -> Self {
        self.binlog = binlog;
        self
    }

    /// The same, following the log or not.
    #[must_use]
    pub fn with_follow(mut self, follow: bool) -> Self {
        self.follow = follow;
        self
    }
}
