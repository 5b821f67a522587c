//! MySQL as a target.

mod options;
mod precheck;

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::event::EventBatch;
use oms_core::mysql::ConnectOptions;
use oms_core::sink::{Progress, Sink, SinkCapabilities};
use oms_core::{Error, Result};

pub use options::MySqlSinkOptions;
pub use precheck::MySqlTargetPrecheck;

pub use crate::sql::SqlLeaseStore;
use crate::sql::conflict::ConflictReport;
pub use crate::sql::conflict::{Conflict, ConflictKind, ConflictPolicy, TargetRow};
use crate::sql::{self, SqlSink};

/// Writes into a MySQL server: in parallel, in order per key, exactly once in effect.
///
/// The checkpoint is a row in the target, in the same transaction as the data. Transactions whose keys differ run side
/// by side; those that share a value of any unique key of the target keep their order. Rows of a scan are written by
/// multi-row INSERT, and by an upsert on the row's own key where they are there already. A collision on another unique
/// key, an update or delete that does not find its row, a value that would be cut: each is an error, nothing is
/// overwritten, unless [`ConflictPolicy::Overwrite`] is chosen.
///
/// # Examples
///
/// ```no_run
/// # use oms_core::mysql::ConnectOptions;
/// # fn main() -> oms_core::Result<()> {
/// use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
/// let target = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?.with_password("secret");
/// let sink = MySqlSink::new(target).with_options(MySqlSinkOptions::default().with_workers(8));
/// # Ok(())
/// # }
/// ```
pub struct MySqlSink {
    connect: ConnectOptions,
    options: MySqlSinkOptions,
    report: Option<ConflictReport>,
    /// The session that held the pipeline last.
    previous: Option<u64>,
    opened: Option<Box<SqlSink>>,
}

impl MySqlSink {
    /// A sink into this server.
    pub fn new(connect: ConnectOptions) -> Self {
        Self { connect, options: MySqlSinkOptions::default(), report: None, previous: None, opened: None }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: MySqlSinkOptions) -> Self {
        self.options = options;
        self
    }

    /// The same, with `report` called for each conflict: at once where it ends the pipeline, and behind the commit where
    /// it was resolved.
    #[must_use]
    pub fn with_conflict_report(mut self, report: impl Fn(&Conflict) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    fn opened(&mut self) -> Result<&mut SqlSink> {
        self.opened.as_deref_mut().ok_or(Error::Stopped { what: "a sink that is not open" })
    }
}

impl std::fmt::Debug for MySqlSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySqlSink").field("connect", &self.connect).finish_non_exhaustive()
    }
}

#[async_trait]
impl Sink for MySqlSink {
    fn name(&self) -> &str {
        "mysql"
    }

    fn capabilities(&self) -> SinkCapabilities {
        // Not replay-safe: a row that is there already is a conflict, and the checkpoint in the target sees to it that
        // nothing comes twice.
        SinkCapabilities::default().with_checkpoint(true).with_schema(true)
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.opened = None;
        let options = self.options.to_sql(&self.connect, self.report.clone());
        let (sink, checkpoint) = SqlSink::open(options, pipeline, self.previous).await?;
        self.previous = sink.control_id();
        self.opened = Some(Box::new(sink));
        Ok(checkpoint)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        self.opened()?.write(&batch).await
    }

    async fn flush(&mut self) -> Result<Progress> {
        self.opened()?.flush().await
    }

    async fn close(&mut self) -> Result<()> {
        match self.opened.take() {
            Some(sink) => sink.close().await,
            None => Ok(()),
        }
    }
}

/// Reads the checkpoints that a [`MySqlSink`] keeps in its target, for programs that want to know how far it is.
///
/// # Examples
///
/// ```no_run
/// # async fn demo(target: oms_core::mysql::ConnectOptions) -> oms_core::Result<()> {
/// use oms_sinks::mysql::TargetCheckpoints;
/// let checkpoint = TargetCheckpoints::new(target).load("shop").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TargetCheckpoints {
    connect: ConnectOptions,
    database: String,
}

impl TargetCheckpoints {
    /// Of the sinks into this server that use the default checkpoint database.
    pub fn new(connect: ConnectOptions) -> Self {
        Self { connect, database: MySqlSinkOptions::default().checkpoint_database }
    }

    /// Of the sinks that use another checkpoint database.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = database.into();
        self
    }

    /// The last checkpoint of a pipeline, without disturbing whoever runs it.
    ///
    /// # Errors
    ///
    /// As for a query.
    pub async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        sql::peek(&self.connect, &self.database, pipeline).await
    }
}
