//! [`MySqlSinkOptions`].

use std::time::Duration;

use oms_core::mysql::{ConnectOptions, SessionOptions};

use crate::sql::conflict::{ConflictPolicy, ConflictReport, Conflicts};
use crate::sql::{GroupLimits, SqlOptions};

/// How a SQL sink writes.
///
/// # Units
///
/// Sizes are bytes.
///
/// # Examples
///
/// ```
/// let options = oms_sinks::mysql::MySqlSinkOptions::default().with_workers(8);
/// assert_eq!(options.workers, 8);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MySqlSinkOptions {
    /// Sessions that write side by side, 1 to 64.
    pub workers: usize,
    /// Database of the checkpoint table; made if it is missing.
    pub checkpoint_database: String,
    /// Source transactions that may share one transaction at the target.
    pub group_transactions: usize,
    /// Bytes of source rows after which no more transactions are taken into a group.
    pub group_bytes: usize,
    /// Rows of a multi-row statement.
    pub statement_rows: u64,
    /// Bytes after which a multi-row statement ends.
    pub statement_bytes: usize,
    /// Bytes above which a transaction is applied while it comes in, instead of being held as a whole.
    pub large_transaction_bytes: usize,
    /// How long a statement waits for locks of others at the target.
    pub lock_wait_timeout: Duration,
    /// What to do when the target does not hold what a change expects there.
    pub conflicts: ConflictPolicy,
    /// Who runs the pipeline, for whoever finds it taken.
    pub holder: String,
    /// The token of the pipeline's lease in the checkpoint database, where somebody keeps one.
    pub lease: Option<u64>,
}

impl Default for MySqlSinkOptions {
    fn default() -> Self {
        Self {
            workers: 4,
            checkpoint_database: "oms".to_owned(),
            group_transactions: 128,
            group_bytes: 1 << 20,
            statement_rows: 2000,
            statement_bytes: 1 << 20,
            large_transaction_bytes: 16 << 20,
            lock_wait_timeout: Duration::from_secs(50),
            conflicts: ConflictPolicy::Stop,
            holder: format!("process {}", std::process::id()),
            lease: None,
        }
    }
}

impl MySqlSinkOptions {
    /// The same with so many workers, 1 to 64.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.clamp(1, 64);
        self
    }

    /// The same with another checkpoint database.
    #[must_use]
    pub fn with_checkpoint_database(mut self, database: impl Into<String>) -> Self {
        self.checkpoint_database = database.into();
        self
    }

    /// The same with other bounds of a group: transactions and bytes.
    #[must_use]
    pub fn with_group(mut self, transactions: usize, bytes: usize) -> Self {
        (self.group_transactions, self.group_bytes) = (transactions.max(1), bytes);
        self
    }

    /// The same with other bounds of a multi-row statement: rows and bytes.
    #[must_use]
    pub fn with_statement(mut self, rows: u64, bytes: usize) -> Self {
        (self.statement_rows, self.statement_bytes) = (rows.max(1), bytes);
        self
    }

    /// The same with another bound above which a transaction is applied while it comes in.
    #[must_use]
    pub fn with_large_transaction_bytes(mut self, bytes: usize) -> Self {
        self.large_transaction_bytes = bytes;
        self
    }

    /// The same with another bound for waiting for locks.
    #[must_use]
    pub fn with_lock_wait_timeout(mut self, timeout: Duration) -> Self {
        self.lock_wait_timeout = timeout;
        self
    }

    /// The same with another policy about conflicts.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy) -> Self {
        self.conflicts = policy;
        self
    }

    /// The same with another name for who runs the pipeline.
    #[must_use]
    pub fn with_holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// The same under a lease that a [`SqlLeaseStore`](super::SqlLeaseStore) on the same server and database gave out
    /// for the pipeline's name: the pipeline is taken over only while the token is the newest, whatever a holder before
    /// it left behind. Without one, a named lock of the server keeps others out for as long as its session lives.
    #[must_use]
    pub fn with_lease(mut self, token: u64) -> Self {
        self.lease = Some(token);
        self
    }

    pub(crate) fn to_sql(&self, connect: &ConnectOptions, report: Option<ConflictReport>) -> SqlOptions {
        SqlOptions {
            connect: connect.clone(),
            session: SessionOptions::default()
                .with_foreign_key_checks(false)
                .with_found_rows(true)
                .with_lock_wait_timeout(self.lock_wait_timeout),
            checkpoint_database: self.checkpoint_database.clone(),
            workers: self.workers,
            limits: GroupLimits {
                units: self.group_transactions,
                bytes: self.group_bytes,
                statement_rows: self.statement_rows,
                statement_bytes: self.statement_bytes,
                attempts: 20,
            },
            on_conflict: Conflicts { policy: self.conflicts, report, goes_on: false },
            large_bytes: self.large_transaction_bytes,
            holder: self.holder.clone(),
            lease: self.lease,
        }
    }
}
