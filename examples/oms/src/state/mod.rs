//! [`StateStore`]: which steps are done, and who runs them; in the target, or in a folder.
//!
//! The checkpoint of the rows is not here: the sink keeps it in the target, in one transaction with them.

mod folder;
mod target;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use oms_core::Result;
use oms_core::lease::{FileLeaseStore, LeaseHolder, LeaseKeeper, LeaseStore};
use oms_core::mysql::ConnectOptions;
use oms_sinks::mysql::SqlLeaseStore;
use serde::{Deserialize, Serialize};

/// How long a process that has died keeps others out.
const LEASE: Duration = Duration::from_secs(10);

/// Where state is kept.
#[derive(Clone, Debug)]
pub(crate) enum StateStore {
    Target { connect: ConnectOptions, database: String },
    Folder(PathBuf),
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StepState {
    Running,
    Stopped,
    Failed,
    Done,
}

/// A step's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StepRecord {
    pub(crate) state: StepState,
    /// Seconds since 1970, when this was written.
    pub(crate) at: u64,
    /// Rows of the newest run.
    #[serde(default)]
    pub(crate) rows: u64,
    /// How far behind the source, in milliseconds, at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lag_ms: Option<u64>,
    /// A word for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

impl StepRecord {
    /// A record of now.
    pub(crate) fn now(state: StepState) -> Self {
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { state, at, rows: 0, lag_ms: None, note: String::new() }
    }
}

/// The records of a pipeline's steps, by the step's name.
pub(crate) type Steps = BTreeMap<String, StepRecord>;

impl StateStore {
    /// The records of all steps.
    pub(crate) async fn steps(&self, pipeline: &str) -> Result<Steps> {
        match self {
            StateStore::Target { connect, database } => target::load(connect, database, pipeline).await,
            StateStore::Folder(folder) => folder::load(folder, pipeline),
        }
    }

    /// Replaces the record of one step.
    pub(crate) async fn save(&self, pipeline: &str, step: &str, record: &StepRecord) -> Result<()> {
        match self {
            StateStore::Target { connect, database } => {
                target::save(connect, database, pipeline, step, record).await
            }
            StateStore::Folder(folder) => folder::save(folder, pipeline, step, record),
        }
    }

    fn leases(&self) -> Arc<dyn LeaseStore> {
        match self {
            StateStore::Target { connect, database } => {
                Arc::new(SqlLeaseStore::new(connect.clone()).with_database(database.as_str()))
            }
            StateStore::Folder(folder) => Arc::new(FileLeaseStore::new(folder)),
        }
    }

    /// Makes this process the one that runs the pipeline.
    pub(crate) async fn acquire(&self, pipeline: &str) -> Result<LeaseKeeper> {
        LeaseKeeper::acquire(self.leases(), pipeline, &owner(), LEASE).await
    }

    /// Who runs the pipeline.
    pub(crate) async fn holder(&self, pipeline: &str) -> Result<Option<LeaseHolder>> {
        self.leases().holder(pipeline).await
    }

    /// True if the sink can check the lease's token: it has to be in the target.
    pub(crate) fn is_in_target(&self) -> bool {
        matches!(self, StateStore::Target { .. })
    }
}

/// This process, for whoever finds the pipeline taken.
pub(crate) fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => format!("process {}", std::process::id()),
        host => format!("process {} on host {host}", std::process::id()),
    }
}
