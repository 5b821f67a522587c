//! [`ScanOptions`].

use std::time::Duration;

/// How tables are scanned.
///
/// # Examples
///
/// ```
/// let options = oms_sources::mysql::scan::ScanOptions::default().with_connections(8);
/// assert_eq!(options.connections, 8);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanOptions {
    /// Connections that read side by side.
    pub connections: usize,
    /// Rows of a range of its own, so that several connections can read one table; `None` gives each table to one.
    pub range_rows: Option<u64>,
    /// Rows of one SELECT: what the source keeps a read view for at a time.
    pub chunk_rows: u64,
    /// Bytes of a batch of rows, about.
    pub batch_bytes: usize,
    /// How often progress is noted at the most.
    pub position_interval: Duration,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            connections: 4,
            range_rows: Some(500_000),
            chunk_rows: 100_000,
            batch_bytes: 512 << 10,
            position_interval: Duration::from_millis(200),
        }
    }
}

impl ScanOptions {
    /// The same with so many connections, at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// The same with ranges of so many rows, or with each table read by one connection.
    #[must_use]
    pub fn with_range_rows(mut self, rows: Option<u64>) -> Self {
        self.range_rows = rows.map(|rows| rows.max(1));
        self
    }

    /// The same with so many rows a SELECT.
    #[must_use]
    pub fn with_chunk_rows(mut self, rows: u64) -> Self {
        self.chunk_rows = rows.max(1);
        self
    }

    /// The same with batches of about so many bytes.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// The same with progress noted so often.
    #[must_use]
    pub fn with_position_interval(mut self, interval: Duration) -> Self {
        self.position_interval = interval;
        self
    }
}
