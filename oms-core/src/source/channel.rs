//! [`channel`]: a source that is pushed into.

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};

use super::Source;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::EventBatch;
use crate::position::Position;

/// A source for whoever would rather push than be pulled, with room for `capacity` batches.
///
/// The source ends when its sender is dropped. It cannot go back: a pipeline over it fails where another one would
/// reopen, and a run that begins with a checkpoint is the sender's to honour.
///
/// # Examples
///
/// ```
/// let (sender, source) = oms_core::source::channel(16);
/// ```
pub fn channel(capacity: usize) -> (ChannelSourceSender, ChannelSource) {
    let (sender, batches) = mpsc::channel(capacity.max(1));
    let (confirmed, durable) = watch::channel(None);
    (ChannelSourceSender { sender, durable }, ChannelSource { batches, confirmed, opened: false })
}

/// The pushing end of [`channel`].
#[derive(Clone, Debug)]
pub struct ChannelSourceSender {
    sender: mpsc::Sender<EventBatch>,
    durable: watch::Receiver<Option<Position>>,
}

impl ChannelSourceSender {
    /// Waits for room and gives a batch to the pipeline.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the pipeline is gone.
    pub async fn send(&self, batch: EventBatch) -> Result<()> {
        self.sender.send(batch).await.map_err(|_| Error::Stopped { what: "the pipeline" })
    }

    /// The last position up to which everything is durable at the sink.
    pub fn durable(&self) -> Option<Position> {
        self.durable.borrow().clone()
    }
}

/// The pulled end of [`channel`].
#[derive(Debug)]
pub struct ChannelSource {
    batches: mpsc::Receiver<EventBatch>,
    confirmed: watch::Sender<Option<Position>>,
    opened: bool,
}

#[async_trait]
impl Source for ChannelSource {
    fn name(&self) -> &str {
        "channel"
    }

    async fn open(&mut self, _from: Option<&Checkpoint>) -> Result<()> {
        if std::mem::replace(&mut self.opened, true) {
            return Err(Error::unsupported("the channel source", "going back to an earlier position"));
        }
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        Ok(self.batches.recv().await)
    }

    async fn confirm(&mut self, durable: &Position) -> Result<()> {
        self.confirmed.send_replace(Some(durable.clone()));
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
