//! [`Sink`]: where changes go.

mod memory;
mod null;
mod router;
mod tee;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

pub use memory::MemorySink;
pub use null::NullSink;
pub use router::Router;
pub use tee::Tee;

use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::event::EventBatch;

/// How far a sink has got. Always cumulative: what is durable includes everything accepted before it.
///
/// Of a transaction that is still unfinished nothing is durable, whatever the batches say: a checkpoint is only ever
/// made of a batch that has a position, and such a batch ends behind a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The batch is taken; nothing more is known to be durable.
    Accepted,
    /// The batch and everything before it are durable.
    Durable,
    /// The batch is taken; everything up to the batch of this [`EventBatch::sequence`] is durable.
    DurableThrough(u64),
}

/// What a sink can do, for the runner and the conformance suite to act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SinkCapabilities {
    /// It keeps the checkpoint itself, in one transaction with the data: exactly once in effect.
    pub stores_checkpoint: bool,
    /// It carries out [`Event::Schema`](crate::event::Event::Schema).
    pub applies_schema: bool,
    /// Applying a transaction a second time leaves the same rows.
    pub replay_safe: bool,
}

impl SinkCapabilities {
    /// The same, for a sink that keeps the checkpoint itself.
    #[must_use]
    pub fn with_checkpoint(mut self, stores_checkpoint: bool) -> Self {
        self.stores_checkpoint = stores_checkpoint;
        self
    }

    /// The same, for a sink that carries out schema changes.
    #[must_use]
    pub fn with_schema(mut self, applies_schema: bool) -> Self {
        self.applies_schema = applies_schema;
        self
    }

    /// The same, for a sink that may be given a transaction twice.
    #[must_use]
    pub fn with_replay(mut self, replay_safe: bool) -> Self {
        self.replay_safe = replay_safe;
        self
    }
}

/// Where changes go: a database, a queue, a file.
///
/// # Contract
///
/// * `open` MUST be called first. A sink that stores checkpoints returns its last one, and it outranks every other.
///   Batches are then numbered from 1 ([`EventBatch::sequence`]), anew after each `open`.
/// * `write` MAY return before the batch is durable, and MAY work on many batches at once, but
///   [`Progress::Durable`] covers everything accepted before. It MUST NOT wait for a later batch.
/// * Changes of one row MUST take effect in the order in which they came. A transaction MUST take effect as a whole,
///   unless the sink's options say otherwise. A batch may end inside a transaction: its end is not a commit.
/// * `flush` MUST make every transaction that was accepted whole durable, and MUST NOT wait for the rest of an
///   unfinished one: that stays pending until its commit is written, or is given up by `close`. It returns
///   [`Progress::Durable`] when that is done. A sink that works in the background SHOULD return
///   [`Progress::DurableThrough`] as soon as more is durable than it has said before, and is called again: so
///   checkpoints are saved and memory is given back while the rest is on its way. It MUST NOT return
///   [`Progress::Accepted`].
/// * `flush` MAY be dropped at an await and called again later, with or without a `write` in between; dropping it
///   loses nothing. That is how the runner keeps writing while older batches become durable.
/// * The runner drops a pending `open` or `write` only when it gives up, and then calls only `close`.
/// * What was accepted before `close` MUST NOT take effect after the next `open`: its place in the order is gone.
/// * A sink that is `replay_safe` MUST converge when it is given transactions again from an earlier position on.
/// * A sink that does not carry out schema changes MUST fail on one, not pass over it.
/// * After an error only `close` may follow, and the runner MAY `open` again afterwards.
///
/// # Examples
///
/// A sink that counts rows:
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use oms_core::Result;
/// use oms_core::checkpoint::Checkpoint;
/// use oms_core::event::EventBatch;
/// use oms_core::sink::{Progress, Sink, SinkCapabilities};
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// #[async_trait]
/// impl Sink for Counter {
///     fn name(&self) -> &str {
///         "counter"
///     }
///     fn capabilities(&self) -> SinkCapabilities {
///         SinkCapabilities::default()
///     }
///     async fn open(&mut self, _pipeline: &str) -> Result<Option<Checkpoint>> {
///         Ok(None)
///     }
///     async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
///         self.0 += batch.row_count();
///         Ok(Progress::Durable)
///     }
///     async fn flush(&mut self) -> Result<Progress> {
///         Ok(Progress::Durable)
///     }
///     async fn close(&mut self) -> Result<()> {
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Sink: Send {
    /// A short name for logs and errors.
    fn name(&self) -> &str;

    /// What it can do; the same for its whole life.
    fn capabilities(&self) -> SinkCapabilities;

    /// Connects, and gives back the checkpoint that it holds for this pipeline.
    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>>;

    /// Takes a batch.
    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress>;

    /// Waits until every whole transaction that was accepted is durable, or some more of them are; may be dropped and
    /// called again.
    async fn flush(&mut self) -> Result<Progress>;

    /// Gives back connections and other means; what is not durable yet may be lost. May be called at any time.
    async fn close(&mut self) -> Result<()>;
}

const _: fn(Box<dyn Sink>) = |_| {};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for Box<dyn Sink> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn capabilities(&self) -> SinkCapabilities {
        (**self).capabilities()
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        (**self).open(pipeline).await
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        (**self).write(batch).await
    }

    async fn flush(&mut self) -> Result<Progress> {
        (**self).flush().await
    }

    async fn close(&mut self) -> Result<()> {
        (**self).close().await
    }
}
