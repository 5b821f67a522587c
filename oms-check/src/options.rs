//! [`VerifyOptions`]: how much is read at once, how long is waited, what counts as equal, what is told.

use std::time::Duration;

use crate::normalize::NormalizeRule;

/// How much is read at once, how long is waited, what counts as equal, and what is told.
///
/// # Units
///
/// Sizes are bytes. `range_rows` and `range_bytes` bound what one digest covers, whichever is reached first by the
/// server's own estimate of the size of a row. `memory_bytes` bounds what is held of rows that seem to differ, for the
/// whole verification: what differs beyond it is counted and makes the verdict, but is not looked at again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oms_check::{ReviewOptions, VerifyOptions};
/// let options = VerifyOptions::default()
///     .with_connections(4)
///     .with_review(ReviewOptions::default().with_interval(Duration::from_millis(200)));
/// assert_eq!(options.connections, 4);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// Connections to each side.
    pub connections: usize,
    /// The most rows of one digest.
    pub range_rows: u64,
    /// The most bytes of one digest, by the server's estimate.
    pub range_bytes: u64,
    /// Ranges of so many rows or fewer are not divided further before their rows are read.
    pub leaf_rows: u64,
    /// The most bytes held of rows that seem to differ.
    pub memory_bytes: usize,
    /// The most differences that are told one by one, for each table; all are counted.
    pub details: usize,
    /// How long a server may take for one statement.
    pub statement_timeout: Duration,
    /// Under which rules values that are not the same count as equal; `None` takes those that the two servers need.
    pub rules: Option<Vec<NormalizeRule>>,
    /// How differences are looked at again.
    pub review: ReviewOptions,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            connections: 2,
            range_rows: 25_000,
            range_bytes: 32 << 20,
            leaf_rows: 1_000,
            memory_bytes: 64 << 20,
            details: 1_000,
            statement_timeout: Duration::from_secs(3600),
            rules: None,
            review: ReviewOptions::default(),
        }
    }
}

impl VerifyOptions {
    /// The same with so many connections to each side, at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// The same with digests of at most so many rows.
    #[must_use]
    pub fn with_range_rows(mut self, rows: u64) -> Self {
        self.range_rows = rows.max(1);
        self
    }

    /// The same with digests of at most so many bytes.
    #[must_use]
    pub fn with_range_bytes(mut self, bytes: u64) -> Self {
        self.range_bytes = bytes.max(1);
        self
    }

    /// The same with rows read where so many or fewer differ.
    #[must_use]
    pub fn with_leaf_rows(mut self, rows: u64) -> Self {
        self.leaf_rows = rows.max(1);
        self
    }

    /// The same with another bound for what is held of rows that seem to differ.
    #[must_use]
    pub fn with_memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The same with at most so many differences of a table told one by one.
    #[must_use]
    pub fn with_details(mut self, details: usize) -> Self {
        self.details = details;
        self
    }

    /// The same with another bound for one statement.
    #[must_use]
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// The same with just these rules, none for strict comparison.
    #[must_use]
    pub fn with_rules(mut self, rules: impl IntoIterator<Item = NormalizeRule>) -> Self {
        self.rules = Some(rules.into_iter().collect());
        self
    }

    /// The same with differences looked at again like this.
    #[must_use]
    pub fn with_review(mut self, review: ReviewOptions) -> Self {
        self.review = review;
        self
    }
}

/// How differences are looked at again while writes go on.
///
/// A row that differs is read again on both sides every `interval`. It is equal once both sides agree; it is really
/// different once neither side has changed for `settle_rounds` rounds; it is unsettled if neither has happened after
/// `max_rounds` rounds. `interval` times `settle_rounds` must be longer than the target may lag behind the source, or
/// a change that is still on its way is taken for a difference. Where nothing differs, nothing is waited for.
///
/// A table without a key is read again whole in each round, as its rows cannot be asked for one by one.
///
/// # Examples
///
/// ```
/// use oms_check::ReviewOptions;
/// // Nobody writes: what differs once, differs.
/// assert_eq!(ReviewOptions::none().max_rounds, 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReviewOptions {
    /// Time between two rounds.
    pub interval: Duration,
    /// Rounds without a change on either side that make a difference real.
    pub settle_rounds: u32,
    /// Rounds after which a row that still changes is given up as unsettled; with zero nothing is read again.
    pub max_rounds: u32,
}

impl Default for ReviewOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(1), settle_rounds: 5, max_rounds: 60 }
    }
}

impl ReviewOptions {
    /// No second look: for databases that nobody writes to.
    pub fn none() -> Self {
        Self { interval: Duration::ZERO, settle_rounds: 0, max_rounds: 0 }
    }

    /// The same with another time between two rounds.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The same with so many rounds without a change that make a difference real.
    #[must_use]
    pub fn with_settle_rounds(mut self, rounds: u32) -> Self {
        self.settle_rounds = rounds;
        self
    }

    /// The same with at most so many rounds.
    #[must_use]
    pub fn with_max_rounds(mut self, rounds: u32) -> Self {
        self.max_rounds = rounds;
        self
    }
}
