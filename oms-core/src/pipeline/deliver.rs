//! [`Delivery`]: the loop that writes to the sink, and saves checkpoints of what is durable.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, pending, select};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Ledger;
use super::batcher::{Batcher, Parcel};
use super::meter::Meter;
use crate::checkpoint::{Checkpoint, CheckpointStore};
use crate::error::{Chain, Error, Result};
use crate::position::Position;
use crate::sink::{Progress, Sink};

/// One opening of the sink, until the source has ended or something fails.
pub(super) struct Delivery<'a> {
    pub(super) pipeline: &'a str,
    pub(super) sink: &'a mut dyn Sink,
    /// `None` if the sink keeps the checkpoint itself.
    pub(super) store: Option<&'a dyn CheckpointStore>,
    pub(super) interval: Duration,
    pub(super) batcher: Batcher,
    pub(super) ledger: Ledger,
    pub(super) meter: &'a mut Meter,
    /// The last position that is durable and whose checkpoint is saved.
    pub(super) durable: &'a watch::Sender<Option<Position>>,
    /// The newest checkpoint that is not saved yet.
    pub(super) unsaved: Option<Checkpoint>,
    pub(super) saved_at: Instant,
    /// When the sink was last made to flush.
    pub(super) flushed_at: Instant,
}

/// What happens next.
enum Step {
    Batch(Parcel),
    Flushed(Result<Progress>),
    SaveDue,
    Ended,
}

impl Delivery<'_> {
    /// Delivers everything that comes, and saves the last checkpoint.
    pub(super) async fn run(&mut self) -> Result<()> {
        loop {
            if self.is_flush_overdue() {
                self.flush().await?;
                self.flushed_at = Instant::now();
            }
            if self.save_due().is_some_and(|due| due <= Instant::now()) {
                self.save().await?;
            }
            match self.step().await {
                Step::Batch(parcel) => self.write(parcel).await?,
                Step::Flushed(progress) => self.note_flush(progress?).await?,
                Step::SaveDue => self.save().await?,
                Step::Ended => break,
            }
        }
        self.flush().await?;
        while !self.ledger.is_settled() {
            if self.save_due().is_some_and(|due| due <= Instant::now()) {
                self.save().await?;
            }
            self.flush().await?;
        }
        self.save().await
    }

    async fn flush(&mut self) -> Result<()> {
        let progress = self.sink.flush().await?;
        self.note_flush(progress).await
    }

    async fn note_flush(&mut self, progress: Progress) -> Result<()> {
        match progress {
            Progress::Durable => self.settle(self.ledger.accepted()),
            Progress::DurableThrough(sequence) => {
                let before = self.ledger.durable();
                self.settle(sequence)?;
                if self.ledger.durable() == before {
                    // It will be asked again, and may need others to run before it has more to say.
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Progress::Accepted => Err(Error::Ledger {
                reason: format!("the {} sink's flush does not say what is durable", self.sink.name()).into(),
            }),
        }
    }

    /// A waiting batch first; else what is accepted is made durable, until another batch comes.
    async fn step(&mut self) -> Step {
        let due = self.save_due();
        let next = pin!(self.batcher.next());
        let flush = pin!(async {
            match self.ledger.is_settled() {
                true => pending().await,
                false => self.sink.flush().await,
            }
        });
        let save = pin!(async {
            match due {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        });
        match select(next, select(flush, save)).await {
            Either::Left((Some(parcel), _)) => Step::Batch(parcel),
            Either::Left((None, _)) => Step::Ended,
            Either::Right((Either::Left((flushed, _)), _)) => Step::Flushed(flushed),
            Either::Right((Either::Right(_), _)) => Step::SaveDue,
        }
    }

    async fn write(&mut self, parcel: Parcel) -> Result<()> {
        let Parcel { mut batch, load } = parcel;
        batch.set_sequence(self.ledger.accepted() + 1);
        self.ledger.accept(&batch)?;
        self.meter.written(&batch, load);
        match self.sink.write(Arc::new(batch)).await? {
            Progress::Accepted => Ok(()),
            Progress::Durable => self.settle(self.ledger.accepted()),
            Progress::DurableThrough(sequence) => self.settle(sequence),
        }
    }

    /// Every batch up to this one is durable.
    fn settle(&mut self, sequence: u64) -> Result<()> {
        let checkpoint = self.ledger.durable_through(sequence)?;
        self.meter.durable_through(sequence, checkpoint.as_ref());
        if let Some(checkpoint) = checkpoint {
            match self.store {
                Some(_) => self.unsaved = Some(checkpoint),
                // It is as durable as the rows are.
                None => self.announce(checkpoint.position),
            }
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<()> {
        if let (Some(store), Some(checkpoint)) = (self.store, &self.unsaved) {
            store.save(self.pipeline, checkpoint).await?;
        }
        self.saved_at = Instant::now();
        if let Some(checkpoint) = self.unsaved.take() {
            self.announce(checkpoint.position);
        }
        Ok(())
    }

    /// After an error: what is durable all the same need not be done again.
    pub(super) async fn salvage(&mut self) {
        if let Err(error) = self.save().await {
            tracing::warn!(error = %Chain(&error), "the last checkpoint could not be saved");
        }
    }

    fn announce(&self, position: Position) {
        self.durable.send_replace(Some(position));
    }

    fn save_due(&self) -> Option<Instant> {
        self.unsaved.as_ref().map(|_| self.saved_at + self.interval)
    }

    /// True if rows have been accepted for so long that the sink has to make some durable before it is given more.
    fn is_flush_overdue(&self) -> bool {
        let waiting_since = self.meter.waiting_since();
        // Not again at once: a sink may well have more on its way than it makes durable within the interval.
        waiting_since.is_some_and(|since| since.max(self.flushed_at).elapsed() >= self.interval)
    }
}
