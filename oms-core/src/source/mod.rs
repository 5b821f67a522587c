//! [`Source`]: where changes come from.

mod channel;
mod memory;
mod table_reader;

use async_trait::async_trait;

pub use channel::{ChannelSource, ChannelSourceSender, channel};
pub use memory::MemorySource;
pub use table_reader::{KeyBound, KeyRange, TableReader};

use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::event::EventBatch;
use crate::position::Position;

/// Where changes come from: a log, a scan, or both.
///
/// A source is pulled. It can be driven by hand, and back-pressure is simply not calling.
///
/// # Contract
///
/// * `open(None)` MUST start where the source's own options say, `open(Some(checkpoint))` exactly behind
///   `checkpoint.position`: nothing is left out, nothing that a batch before that position held is given again.
/// * A batch MUST NOT have a position unless a restart there is right: behind a commit, never inside a transaction.
/// * Reading the same part again MUST give the same [`TransactionId`](crate::event::TransactionId)s.
/// * `next_batch` returns `None` at the end of a finite source; a log waits instead, and says
///   [`Heartbeat`](crate::event::Event::Heartbeat) every few seconds while it has nothing else to say: without it
///   nobody can tell an idle source from a stalled one.
/// * After an error only `close` may follow, and the runner MAY `open` again afterwards.
/// * The runner drops a pending `next_batch` only when it stops, and then calls only `close`: state may be held
///   across awaits.
/// * `confirm` says that everything up to a position is durable at the sink, and that the checkpoint for it is saved:
///   what lies before will not be asked for again. Positions come in order, some may be left out.
///
/// # Examples
///
/// A source of one batch:
///
/// ```
/// use async_trait::async_trait;
/// use oms_core::checkpoint::Checkpoint;
/// use oms_core::event::{Event, EventBatch};
/// use oms_core::source::Source;
/// use oms_core::{Position, Result};
///
/// struct Tick {
///     done: bool,
/// }
///
/// #[async_trait]
/// impl Source for Tick {
///     fn name(&self) -> &str {
///         "tick"
///     }
///     async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
///         self.done = from.is_some();
///         Ok(())
///     }
///     async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
///         if std::mem::replace(&mut self.done, true) {
///             return Ok(None);
///         }
///         let mut batch = EventBatch::new();
///         batch.push(Event::Heartbeat(std::time::SystemTime::now()));
///         Ok(Some(batch.with_position(Position::new("tick", "1"))))
///     }
///     async fn confirm(&mut self, _durable: &Position) -> Result<()> {
///         Ok(())
///     }
///     async fn close(&mut self) -> Result<()> {
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Source: Send {
    /// A short name for logs and errors.
    fn name(&self) -> &str;

    /// Connects and gets ready to give what follows `from`.
    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()>;

    /// Waits for the next events.
    async fn next_batch(&mut self) -> Result<Option<EventBatch>>;

    /// Everything up to `durable` is durable at the sink.
    async fn confirm(&mut self, durable: &Position) -> Result<()>;

    /// Gives back connections and other means; may be called at any time.
    async fn close(&mut self) -> Result<()>;
}

const _: fn(Box<dyn Source>) = |_| {};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Source for Box<dyn Source> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        (**self).open(from).await
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        (**self).next_batch().await
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        (**self).confirm(durable).await
    }

    async fn close(&mut self) -> Result<()> {
        (**self).close().await
    }
}
