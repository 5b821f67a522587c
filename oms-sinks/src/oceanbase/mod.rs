//! OceanBase (MySQL mode) as a target: a [`MySqlSink`] whose defaults are OceanBase's.

mod precheck;

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::Result;
use oms_core::checkpoint::Checkpoint;
use oms_core::event::EventBatch;
use oms_core::mysql::ConnectOptions;
use oms_core::sink::{Progress, Sink, SinkCapabilities};

pub use precheck::OceanBasePrecheck;

use crate::mysql::{Conflict, MySqlSink, MySqlSinkOptions};

/// Writes into an OceanBase tenant of MySQL mode, or seekdb.
///
/// What differs from MySQL is found out at the server itself: time limits of statements and transactions, error 4012
/// told apart by its SQLSTATE, write throttling answered by backing off. Statements hold 1,000 rows, which is where
/// seekdb is fastest.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_sinks::oceanbase::OceanBaseSink;
/// let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?;
/// let sink = OceanBaseSink::new(target);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OceanBaseSink(MySqlSink);

impl OceanBaseSink {
    /// A sink into this server, with [`Self::default_options`].
    pub fn new(connect: ConnectOptions) -> Self {
        Self(MySqlSink::new(connect).with_options(Self::default_options()))
    }

    /// What suits OceanBase.
    pub fn default_options() -> MySqlSinkOptions {
        MySqlSinkOptions::default().with_statement(1000, 2 << 20)
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(self, options: MySqlSinkOptions) -> Self {
        Self(self.0.with_options(options))
    }

    /// The same, with `report` called for each conflict, see [`MySqlSink::with_conflict_report`].
    #[must_use]
    pub fn with_conflict_report(self, report: impl Fn(&Conflict) + Send + Sync + 'static) -> Self {
        Self(self.0.with_conflict_report(report))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for OceanBaseSink {
    fn name(&self) -> &str {
        "oceanbase"
    }

    fn capabilities(&self) -> SinkCapabilities {
        self.0.capabilities()
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.0.open(pipeline).await
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        self.0.write(batch).await
    }

    async fn flush(&mut self) -> Result<Progress> {
        self.0.flush().await
    }

    async fn close(&mut self) -> Result<()> {
        self.0.close().await
    }
}
