//! [`PipelineOptions`]: how a pipeline batches, checkpoints and retries.

use std::time::Duration;

use super::{ByteBudget, RetryPolicy};

/// How a pipeline batches, checkpoints and retries; the defaults suit most.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oms_core::pipeline::PipelineOptions;
/// let options = PipelineOptions::default()
///     .with_batch_rows(1_000)
///     .with_checkpoint_interval(Duration::from_millis(200));
/// assert_eq!(options.batch_rows, 1_000);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PipelineOptions {
    /// Bytes that may be on their way; 64 MiB for this pipeline alone unless one is handed in.
    pub budget: ByteBudget,
    /// Rows up to which batches that wait for the sink are merged into one.
    pub batch_rows: u64,
    /// Bytes up to which they are merged.
    pub batch_bytes: usize,
    /// How long to wait for more to merge. Zero, the default, takes what is there and delays nobody.
    pub batch_delay: Duration,
    /// How often a checkpoint is saved while rows become durable, and how long rows may stay accepted before the sink
    /// is made to flush.
    pub checkpoint_interval: Duration,
    /// What to do about transient errors.
    pub retry: RetryPolicy,
}

/// What longer times are cut to: more than any needs, and less than overflows a clock.
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            budget: ByteBudget::new(64 << 20),
            batch_rows: 10_000,
            batch_bytes: 4 << 20,
            batch_delay: Duration::ZERO,
            checkpoint_interval: Duration::from_secs(1),
            retry: RetryPolicy::default(),
        }
    }
}

impl PipelineOptions {
    /// The same, with this budget, which other pipelines may share.
    #[must_use]
    pub fn with_budget(mut self, budget: ByteBudget) -> Self {
        self.budget = budget;
        self
    }

    /// The same, merging up to so many rows.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: u64) -> Self {
        self.batch_rows = rows;
        self
    }

    /// The same, merging up to so many bytes.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// The same, waiting up to so long for more to merge.
    #[must_use]
    pub fn with_batch_delay(mut self, delay: Duration) -> Self {
        self.batch_delay = delay;
        self
    }

    /// The same, saving checkpoints so often.
    #[must_use]
    pub fn with_checkpoint_interval(mut self, interval: Duration) -> Self {
        self.checkpoint_interval = interval;
        self
    }

    /// The same, with this policy about transient errors.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }
}
