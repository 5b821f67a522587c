//! [`Runner`]: opens both ends, runs them until they end or fail, and opens them again where that may help.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::{Either, select};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::batcher::Batcher;
use super::budget::BudgetShare;
use super::deliver::Delivery;
use super::meter::Meter;
use super::options::LONGEST;
use super::progress::{EndReason, Summary, lag};
use super::pull::{PullEnd, Pulled, Puller, confirm};
use super::retry::Retry;
use super::shared::{Phase, Shared};
use super::{Ledger, PipelineOptions};
use crate::checkpoint::{Checkpoint, CheckpointStore};
use crate::error::{self, Error, Result};
use crate::observe::{field, metric};
use crate::position::Position;
use crate::sink::Sink;
use crate::source::Source;
use crate::task::OwnedTask;
use crate::transform::Chain;

/// How often the lag is published.
const LAG_INTERVAL: Duration = Duration::from_secs(1);

/// A pipeline that runs.
pub(super) struct Runner {
    /// Away while its task runs, and for good if that panics.
    source: Option<(Box<dyn Source>, Chain)>,
    sink: Box<dyn Sink>,
    store: Box<dyn CheckpointStore>,
    options: PipelineOptions,
    budget: Arc<BudgetShare>,
    meter: Meter,
    retry: Retry,
    attempt: Attempt,
    shared: Arc<Shared>,
}

/// What one attempt leaves behind for the decision about the next.
#[derive(Debug, Default)]
struct Attempt {
    opened_at: Option<Instant>,
    /// The newest durable position of all attempts.
    position: Option<Position>,
    progress: bool,
}

/// Says that the pipeline has ended, however it does.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.set_phase(Phase::Ended);
    }
}

impl Runner {
    pub(super) fn new(
        source: Box<dyn Source>,
        transforms: Chain,
        sink: Box<dyn Sink>,
        store: Box<dyn CheckpointStore>,
        options: PipelineOptions,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            source: Some((source, transforms)),
            sink,
            store,
            budget: Arc::new(BudgetShare::new(options.budget.clone())),
            meter: Meter::new(Arc::clone(&shared)),
            retry: Retry::new(options.retry.clone()),
            options,
            attempt: Attempt::default(),
            shared,
        }
    }

    /// Runs to the end, publishing the lag meanwhile.
    pub(super) async fn run(mut self) -> Result<Summary> {
        let shared = Arc::clone(&self.shared);
        let _ending = Ending(Arc::clone(&shared));
        let work = pin!(self.run_and_retry());
        match select(work, pin!(publish_lag(&shared))).await {
            Either::Left((result, _)) => result,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn run_and_retry(&mut self) -> Result<Summary> {
        let start = Instant::now();
        loop {
            let error = match self.run_once().await {
                Ok(end) => return Ok(self.summary(end, start.elapsed())),
                Err(error) => error,
            };
            let now = Instant::now();
            let opened_at = self.attempt.opened_at.take();
            // A transaction that fails again and again after a long while is not idleness.
            let idle_since = opened_at.filter(|_| self.shared.rows_in_flight() == 0);
            let idle_for = idle_since.map_or(Duration::ZERO, |at| now - at);
            let progress = std::mem::take(&mut self.attempt.progress);
            // A drain that fails is an error, not another attempt: whoever stops wants to see the end.
            if !error.is_retryable() || self.source.is_none() || self.shared.is_stopping() {
                return Err(error);
            }
            let Some(pause) = self.retry.next(now, progress, idle_for) else {
                return Err(error);
            };
            self.announce_retry(&error, pause);
            let stopped = pin!(self.shared.stopped());
            if let Either::Left(_) = select(stopped, pin!(sleep(pause))).await {
                return Ok(self.summary(EndReason::Stopped, start.elapsed()));
            }
        }
    }

    fn announce_retry(&self, error: &Error, pause: Duration) {
        let text = error::Chain(error).to_string();
        tracing::warn!(
            { field::ERROR } = %text,
            { field::ATTEMPT } = self.retry.attempt(),
            { field::PAUSE_MS } = pause.as_millis() as u64,
            "pipeline opens again from its last checkpoint"
        );
        metrics::counter!(metric::RETRIES, field::PIPELINE => self.shared.id.to_string()).increment(1);
        let mut board = self.shared.board();
        board.retries += 1;
        board.phase = Phase::Retrying { error: text.into(), attempt: self.retry.attempt() };
    }

    /// Opens both ends, runs, and closes both, whatever comes of it.
    async fn run_once(&mut self) -> Result<EndReason> {
        self.shared.set_phase(Phase::Opening);
        self.meter.reset();
        let result = match self.open().await {
            Ok(Some(checkpoint)) => self.move_rows(checkpoint).await,
            Ok(None) => Ok(EndReason::Stopped),
            Err(error) => Err(error),
        };
        self.close().await;
        result
    }

    /// Opens the sink, then the source at the sink's checkpoint or else the store's; `None` if told to stop meanwhile.
    async fn open(&mut self) -> Result<Option<Option<Checkpoint>>> {
        let shared = Arc::clone(&self.shared);
        let open = pin!(self.open_both());
        match select(open, pin!(shared.stopped())).await {
            Either::Left((checkpoint, _)) => Ok(Some(checkpoint?)),
            Either::Right(_) => Ok(None),
        }
    }

    async fn open_both(&mut self) -> Result<Option<Checkpoint>> {
        let checkpoint = match self.sink.open(&self.shared.id).await? {
            Some(checkpoint) => Some(checkpoint),
            None => self.store.load(&self.shared.id).await?,
        };
        let Some((source, _)) = &mut self.source else {
            return Err(Error::Stopped { what: "the source" });
        };
        source.open(checkpoint.as_ref()).await?;
        let position = checkpoint.as_ref().map(|checkpoint| &checkpoint.position);
        tracing::info!(
            { field::SOURCE } = source.name(),
            { field::SINK } = self.sink.name(),
            { field::POSITION } = position.map(tracing::field::display),
            "pipeline is open"
        );
        Ok(checkpoint)
    }

    /// Runs the source in a task of its own and the sink here.
    async fn move_rows(&mut self, checkpoint: Option<Checkpoint>) -> Result<EndReason> {
        let ledger = Ledger::resume(checkpoint.as_ref())?;
        let Some((source, transforms)) = self.source.take() else {
            return Err(Error::Stopped { what: "the source" });
        };
        self.attempt.opened_at = Some(Instant::now());
        {
            let mut board = self.shared.board();
            board.phase = Phase::Running;
            board.tally = ledger.tally();
            board.position = checkpoint.map(|checkpoint| checkpoint.position);
        }
        let (durable, confirmations) = watch::channel(None);
        let (sender, parcels) = mpsc::unbounded_channel();
        let puller = Puller {
            source,
            transforms,
            parcels: sender,
            budget: Arc::clone(&self.budget),
            control: self.shared.control(),
            shared: Arc::clone(&self.shared),
            durable: confirmations,
        };
        let task = OwnedTask(tokio::spawn(puller.run().in_current_span()));
        let keeps_checkpoint = self.sink.capabilities().stores_checkpoint;
        let mut delivery = Delivery {
            pipeline: &self.shared.id,
            sink: &mut *self.sink,
            store: (!keeps_checkpoint).then_some(&*self.store),
            interval: self.options.checkpoint_interval.min(LONGEST),
            batcher: Batcher::new(parcels, &self.options),
            ledger,
            meter: &mut self.meter,
            durable: &durable,
            unsaved: None,
            saved_at: Instant::now(),
            flushed_at: Instant::now(),
        };
        let delivered = delivery.run().await;
        if delivered.is_err() {
            delivery.salvage().await;
        }
        // Without its receiver the source's task ends as well.
        drop(delivery);
        let Some(end) = task.await else {
            return Err(delivered.err().unwrap_or(Error::Stopped { what: "the source's task" }));
        };
        let PullEnd { source, transforms, result: pulled, unconfirmed } = end;
        let (source, _) = self.source.insert((source, transforms));
        let position = durable.borrow().clone();
        if position.is_some() && position != self.attempt.position {
            self.attempt.progress = true;
            self.attempt.position = position;
        }
        match (delivered, pulled) {
            (Ok(()), Ok(pulled)) => {
                if let Some(mut durable) = unconfirmed {
                    confirm(&mut **source, &mut durable).await?;
                }
                match pulled {
                    Pulled::Ended => Ok(EndReason::SourceEnded),
                    Pulled::Stopped => Ok(EndReason::Stopped),
                    // It says so only after the sink's side has gone, and that came to its end first.
                    Pulled::Abandoned => Err(Error::Stopped { what: "the channel between source and sink" }),
                }
            }
            // Where both failed, the one that is final counts.
            (Err(error), Err(other)) if error.is_retryable() && !other.is_retryable() => Err(other),
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        }
    }

    /// Closes both ends. What is not durable by now is not made so by closing, so an error here changes nothing.
    async fn close(&mut self) {
        if let Some((source, _)) = &mut self.source
            && let Err(error) = source.close().await
        {
            let error = error::Chain(&error);
            tracing::warn!({ field::SOURCE } = source.name(), { field::ERROR } = %error, "closing failed");
        }
        if let Err(error) = self.sink.close().await {
            let error = error::Chain(&error);
            tracing::warn!({ field::SINK } = self.sink.name(), { field::ERROR } = %error, "closing failed");
        }
        tracing::info!("pipeline is closed");
    }

    fn summary(&self, end: EndReason, elapsed: Duration) -> Summary {
        let board = self.shared.board();
        Summary {
            end,
            tally: board.tally,
            tables: board.tables.clone(),
            position: board.position.clone(),
            retries: board.retries,
            elapsed,
        }
    }
}

/// Publishes the lag for as long as it is polled, also while a sink keeps everybody waiting.
async fn publish_lag(shared: &Shared) -> Infallible {
    let gauge = metrics::gauge!(metric::LAG, field::PIPELINE => shared.id.to_string());
    loop {
        sleep(LAG_INTERVAL).await;
        let clock = shared.board().clock;
        if let Some(lag) = lag(clock, SystemTime::now()) {
            gauge.set(lag.as_secs_f64());
        }
    }
}
