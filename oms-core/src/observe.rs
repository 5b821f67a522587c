//! What a pipeline lets the outside see: the names of its metrics and of its tracing fields.
//!
//! Metrics go through the `metrics` facade and cost next to nothing while no recorder is installed; install one before
//! the pipeline is started. Log lines and spans go through `tracing`. Neither ever holds a row value or a secret.

/// The names of the metrics.
pub mod metric {
    /// Counter: rows that became durable, by pipeline, table and kind of change; rows of a retry count again.
    pub const ROWS: &str = "oms_rows_total";
    /// Counter: bytes of row data that became durable, by pipeline and table.
    pub const BYTES: &str = "oms_bytes_total";
    /// Counter: batches written to the sink, by pipeline.
    pub const BATCHES: &str = "oms_batches_total";
    /// Counter: times that a pipeline opened again after a transient error, by pipeline.
    pub const RETRIES: &str = "oms_retries_total";
    /// Gauge: how far the newest durable transaction is behind the clock, by pipeline, in seconds. Set once a second
    /// even while nothing moves; not set before it is known.
    pub const LAG: &str = "oms_lag_seconds";
}

/// The labels of the metrics, and the fields of log lines and spans.
pub mod field {
    /// Name of the pipeline.
    pub const PIPELINE: &str = "pipeline";
    /// Name of a table at the sink, `database.table`.
    pub const TABLE: &str = "table";
    /// Kind of a change: `read`, `insert`, `update` or `delete`.
    pub const KIND: &str = "kind";
    /// Name of a source.
    pub const SOURCE: &str = "source";
    /// Name of a sink.
    pub const SINK: &str = "sink";
    /// A position in the source's log.
    pub const POSITION: &str = "position";
    /// An error with its causes.
    pub const ERROR: &str = "error";
    /// Failures in a row.
    pub const ATTEMPT: &str = "attempt";
    /// Milliseconds until the next attempt.
    pub const PAUSE_MS: &str = "pause_ms";
    /// Rows.
    pub const ROWS: &str = "rows";
}
