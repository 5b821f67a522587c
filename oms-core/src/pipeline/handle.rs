//! [`PipelineHandle`] and [`PipelineControl`]: how to steer and watch a pipeline that runs.

use std::fmt;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::progress::{PipelineProgress, Summary};
use super::shared::{Control, Shared};
use crate::error::{Error, Result};
use crate::task::OwnedTask;

/// Steers and watches a pipeline; clones are for the same one, and dropping them changes nothing.
///
/// # Examples
///
/// ```
/// use oms_core::pipeline::Pipeline;
/// use oms_core::sink::NullSink;
/// use oms_core::source::MemorySource;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> oms_core::Result<()> {
/// let pipeline = Pipeline::new("demo", MemorySource::new([]), NullSink::new());
/// let control = pipeline.control();
/// pipeline.run().await?;
/// assert_eq!(control.progress().rows(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PipelineControl {
    shared: Arc<Shared>,
}

impl PipelineControl {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Name of the pipeline.
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// Asks it to end: nothing more is read, what has been read is made durable, a last checkpoint is saved.
    pub fn stop(&self) {
        self.shared.tell(Control::Stop);
    }

    /// Asks it to read nothing more until [`Self::resume`]; connections stay open.
    pub fn pause(&self) {
        self.shared.tell(Control::Pause);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.shared.tell(Control::Run);
    }

    /// How far it is.
    pub fn progress(&self) -> PipelineProgress {
        self.shared.progress()
    }
}

impl fmt::Debug for PipelineControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PipelineControl({}, {:?})", self.id(), self.progress().state)
    }
}

/// A pipeline that runs in a task of its own. Dropping the handle ends it at once, without draining: the next run
/// goes on at the last checkpoint.
///
/// # Examples
///
/// ```
/// use oms_core::pipeline::{EndReason, Pipeline};
/// use oms_core::sink::NullSink;
/// use oms_core::source::channel;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> oms_core::Result<()> {
/// let (_sender, source) = channel(1);
/// let handle = Pipeline::new("demo", source, NullSink::new()).start()?;
/// handle.stop();
/// assert_eq!(handle.join().await?.end, EndReason::Stopped);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PipelineHandle {
    control: PipelineControl,
    task: OwnedTask<Result<Summary>>,
}

impl PipelineHandle {
    pub(super) fn new(control: PipelineControl, task: JoinHandle<Result<Summary>>) -> Self {
        Self { control, task: OwnedTask(task) }
    }

    /// Name of the pipeline.
    pub fn id(&self) -> &str {
        self.control.id()
    }

    /// As [`PipelineControl::stop`].
    pub fn stop(&self) {
        self.control.stop();
    }

    /// As [`PipelineControl::pause`].
    pub fn pause(&self) {
        self.control.pause();
    }

    /// As [`PipelineControl::resume`].
    pub fn resume(&self) {
        self.control.resume();
    }

    /// How far it is.
    pub fn progress(&self) -> PipelineProgress {
        self.control.progress()
    }

    /// Something to steer and watch it with that may be shared, and does not end it when dropped.
    pub fn control(&self) -> PipelineControl {
        self.control.clone()
    }

    /// True if it has ended, well or not.
    pub fn is_ended(&self) -> bool {
        self.task.0.is_finished()
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    ///
    /// What ended it, or [`Error::Stopped`] if it panicked.
    pub async fn join(self) -> Result<Summary> {
        let Self { task, .. } = self;
        task.await.unwrap_or(Err(Error::Stopped { what: "the pipeline's task" }))
    }
}
