//! [`Pipeline`]: moves everything that a source gives through transforms into a sink, and knows how far it is.
//!
//! ```text
//!   task of its own                                    the caller's task
//!  ┌──────────────────────────┐    channel, bounded   ┌──────────────────────────────────────────┐
//!  │ source ── transforms ────┼──► by bytes in     ──►│ batcher ── ledger ── sink                │
//!  │   ▲                      │    flight             │              │ durable through batch n   │
//!  │   └── confirm(position) ◄┼───────────────────────┼── saved ◄── checkpoint (position,        │
//!  └──────────────────────────┘                       │             schemas, tally)             │
//!                                                     └──────────────────────────────────────────┘
//! ```
//!
//! # How progress is kept
//!
//! A sink says what is *durable*, always cumulatively. A checkpoint is made only of a batch that is durable and ends
//! where the source can go on; it holds the position, the schemas there, and a tally that must balance. A sink that
//! stores checkpoints itself does so in one transaction with the data; for all others the pipeline saves the newest
//! one to its store at an interval, when it ends and before it opens again. The source is told of a position only
//! after that.
//!
//! # What happens on errors
//!
//! There is one retry loop: after a [`Transient`](crate::ErrorClass::Transient) error both ends are closed and opened
//! again at the last checkpoint, which is what a crash and a new start do, too. All other errors end the pipeline. When
//! the source fails, what it had given before is delivered first.

mod batcher;
mod budget;
mod deliver;
mod handle;
mod ledger;
mod meter;
mod options;
mod progress;
mod pull;
mod retry;
mod runner;
mod shared;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use tracing::Instrument;

pub use budget::{ByteBudget, ReservedBytes};
pub use handle::{PipelineControl, PipelineHandle};
pub use ledger::Ledger;
pub use options::PipelineOptions;
pub use progress::{EndReason, PipelineProgress, PipelineState, RowCounts, Summary, TableProgress};
pub use retry::RetryPolicy;

use crate::checkpoint::{CheckpointStore, MemoryCheckpointStore};
use crate::error::{Error, Result};
use crate::observe::field;
use crate::sink::Sink;
use crate::source::Source;
use crate::transform::{Chain, Transform};
use runner::Runner;
use shared::Shared;

/// A source, transforms, and a sink, ready to run.
///
/// It needs a tokio runtime with timers. Dropping the future of a run, or the handle, at any moment leaves no task
/// and no connection behind; the next run goes on at the last checkpoint.
///
/// # Examples
///
/// ```
/// use oms_core::Position;
/// use oms_core::checkpoint::MemoryCheckpointStore;
/// use oms_core::event::EventBatch;
/// use oms_core::pipeline::{EndReason, Pipeline};
/// use oms_core::sink::MemorySink;
/// use oms_core::source::MemorySource;
/// use oms_core::transform::Mapping;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> oms_core::Result<()> {
/// let source = MemorySource::new([EventBatch::new()]);
/// let summary = Pipeline::new("orders", source, MemorySink::new())
///     .transform(Mapping::new().database("shop", "shop_new"))
///     .checkpoints(MemoryCheckpointStore::new())
///     .run()
///     .await?;
/// assert_eq!(summary.end, EndReason::SourceEnded);
/// # Ok(())
/// # }
/// ```
pub struct Pipeline {
    source: Box<dyn Source>,
    transforms: Chain,
    sink: Box<dyn Sink>,
    store: Box<dyn CheckpointStore>,
    options: PipelineOptions,
    shared: Arc<Shared>,
}

impl Pipeline {
    /// A pipeline of this name, which its checkpoint is kept under.
    pub fn new(id: impl Into<Box<str>>, source: impl Source + 'static, sink: impl Sink + 'static) -> Self {
        Self {
            source: Box::new(source),
            transforms: Chain::new(),
            sink: Box::new(sink),
            store: Box::new(MemoryCheckpointStore::new()),
            options: PipelineOptions::default(),
            shared: Arc::new(Shared::new(id.into())),
        }
    }

    /// The same, with one more transform behind those that are there.
    #[must_use]
    pub fn transform(mut self, next: impl Transform + 'static) -> Self {
        self.transforms = self.transforms.then(next);
        self
    }

    /// The same, with checkpoints kept here unless the sink keeps them itself. Without it they are kept in memory, and
    /// each start begins anew.
    #[must_use]
    pub fn checkpoints(mut self, store: impl CheckpointStore + 'static) -> Self {
        self.store = Box::new(store);
        self
    }

    /// The same, with these options.
    #[must_use]
    pub fn options(mut self, options: PipelineOptions) -> Self {
        self.options = options;
        self
    }

    /// Something to steer and watch it with while [`Self::run`] runs.
    pub fn control(&self) -> PipelineControl {
        PipelineControl::new(Arc::clone(&self.shared))
    }

    /// Runs until the source has no more, or [`PipelineControl::stop`] is called.
    ///
    /// # Errors
    ///
    /// The first error that is not transient, or the last one when the [`RetryPolicy`] gives up; [`Error::Ledger`] if
    /// rows are unaccounted for; [`Error::Config`] outside of a tokio runtime.
    pub async fn run(self) -> Result<Summary> {
        tokio::runtime::Handle::try_current().map_err(|_| {
            Error::config("runtime", "a pipeline runs inside a tokio runtime, and there is none here")
        })?;
        let span = tracing::info_span!("pipeline", { field::PIPELINE } = &*self.shared.id);
        let Self { source, transforms, sink, store, options, shared } = self;
        let runner = Runner::new(source, transforms, sink, store, options, shared);
        runner.run().instrument(span).await
    }

    /// As [`Self::run`], and also ends, after draining, when `stop` is ready.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> Result<Summary> {
        let control = self.control();
        let run = pin!(self.run());
        match select(run, pin!(stop)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), run)) => {
                control.stop();
                run.await
            }
        }
    }

    /// Runs in a task of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] outside of a tokio runtime.
    pub fn start(self) -> Result<PipelineHandle> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| {
            Error::config("runtime", "a pipeline runs inside a tokio runtime, and there is none here")
        })?;
        let control = self.control();
        Ok(PipelineHandle::new(control, runtime.spawn(self.run())))
    }
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pipeline({}, {} -> {})", self.shared.id, self.source.name(), self.sink.name())
    }
}
