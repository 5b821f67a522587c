//! [`Puller`]: the task that drives the source and the transforms.

use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::batcher::Parcel;
use super::budget::BudgetShare;
use super::shared::{Control, Shared};
use crate::error::Result;
use crate::position::Position;
use crate::source::Source;
use crate::transform::{Chain, Transform};

/// Why the source task has ended without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pulled {
    /// The source has no more.
    Ended,
    /// The pipeline was told to stop.
    Stopped,
    /// The sink's side is gone.
    Abandoned,
}

/// Pulls batches, transforms them, takes their bytes from the budget and hands them to the sink's side.
pub(super) struct Puller {
    pub(super) source: Box<dyn Source>,
    pub(super) transforms: Chain,
    pub(super) parcels: UnboundedSender<Parcel>,
    pub(super) budget: Arc<BudgetShare>,
    pub(super) shared: Arc<Shared>,
    pub(super) control: watch::Receiver<Control>,
    /// The last position that is durable and whose checkpoint is saved.
    pub(super) durable: watch::Receiver<Option<Position>>,
}

/// What comes back from the source task.
pub(super) struct PullEnd {
    pub(super) source: Box<dyn Source>,
    pub(super) transforms: Chain,
    pub(super) result: Result<Pulled>,
    /// What is to be confirmed still; `None` if the source may be asked nothing but to close.
    pub(super) unconfirmed: Option<watch::Receiver<Option<Position>>>,
}

/// What came of a wait that the pipeline may cut short.
enum Waited<T> {
    Done(T),
    Cut(Pulled),
}

/// What ends a wait at the gate.
enum Woken {
    Told,
    Durable,
    Alone,
}

impl Puller {
    pub(super) async fn run(mut self) -> PullEnd {
        let mut dropped = false;
        let result = self.pull(&mut dropped).await;
        let may_confirm = !dropped && result.is_ok();
        PullEnd {
            source: self.source,
            transforms: self.transforms,
            result,
            unconfirmed: may_confirm.then_some(self.durable),
        }
    }

    /// `dropped` becomes true if a pending `next_batch` was dropped.
    async fn pull(&mut self, dropped: &mut bool) -> Result<Pulled> {
        loop {
            if let Some(cut) = self.pass_gate().await? {
                return Ok(cut);
            }
            self.confirm().await?;
            *dropped = true;
            let next = self.source.next_batch();
            let waited = cut_short(next, &mut self.control, &self.parcels).await;
            let batch = match waited {
                Waited::Cut(cut) => return Ok(cut),
                Waited::Done(batch) => batch?,
            };
            *dropped = false;
            let Some(batch) = batch else {
                return Ok(Pulled::Ended);
            };
            let batch = self.transforms.apply(batch)?;
            if batch.is_empty() {
                // Nothing below would make way for other tasks.
                tokio::task::yield_now().await;
                continue;
            }
            // A batch that was on its way when a pause began waits here, without a share of the budget.
            if let Some(cut) = self.pass_gate().await? {
                return Ok(cut);
            }
            let reserve = pin!(self.budget.reserve(batch.byte_size()));
            let load = match cut_short(reserve, &mut self.control, &self.parcels).await {
                Waited::Cut(cut) => return Ok(cut),
                Waited::Done(load) => load,
            };
            self.shared.rows_left(batch.row_count());
            if self.parcels.send(Parcel { batch, load }).is_err() {
                return Ok(Pulled::Abandoned);
            }
        }
    }

    /// Waits while the pipeline is paused, confirming what becomes durable meanwhile.
    async fn pass_gate(&mut self) -> Result<Option<Pulled>> {
        loop {
            let told = *self.control.borrow_and_update();
            match told {
                Control::Run => return Ok(None),
                Control::Stop => return Ok(Some(Pulled::Stopped)),
                Control::Pause => {}
            }
            self.confirm().await?;
            let woken = {
                let told = pin!(self.control.changed());
                let durable = pin!(self.durable.changed());
                let gone = pin!(self.parcels.closed());
                match select(told, select(durable, gone)).await {
                    Either::Left(_) => Woken::Told,
                    Either::Right((Either::Left((Ok(()), _)), _)) => Woken::Durable,
                    // Nobody sets the durable position any more, or nobody takes batches.
                    Either::Right(_) => Woken::Alone,
                }
            };
            match woken {
                Woken::Told => {}
                // Being woken counts as having seen it, and it is not confirmed yet.
                Woken::Durable => self.durable.mark_changed(),
                Woken::Alone => return Ok(Some(Pulled::Abandoned)),
            }
        }
    }

    async fn confirm(&mut self) -> Result<()> {
        confirm(&mut *self.source, &mut self.durable).await
    }
}

/// Tells the source what has become durable since it was last told.
pub(super) async fn confirm(
    source: &mut dyn Source,
    durable: &mut watch::Receiver<Option<Position>>,
) -> Result<()> {
    if !durable.has_changed().unwrap_or(true) {
        return Ok(());
    }
    let position = durable.borrow_and_update().clone();
    match position {
        Some(position) => source.confirm(&position).await,
        None => Ok(()),
    }
}

/// Waits for `future`, but no longer than the pipeline goes on; drops it otherwise.
async fn cut_short<F: Future + Unpin>(
    future: F,
    control: &mut watch::Receiver<Control>,
    parcels: &UnboundedSender<Parcel>,
) -> Waited<F::Output> {
    let stop = pin!(control.wait_for(|control| *control == Control::Stop));
    let gone = pin!(parcels.closed());
    match select(future, select(stop, gone)).await {
        Either::Left((output, _)) => Waited::Done(output),
        Either::Right((Either::Left(_), _)) => Waited::Cut(Pulled::Stopped),
        Either::Right((Either::Right(_), _)) => Waited::Cut(Pulled::Abandoned),
    }
}
