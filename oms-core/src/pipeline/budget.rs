//! [`ByteBudget`]: how many bytes may be on their way, in one pipeline or in all of a process.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of one unit; small batches count as a whole one, which covers their bookkeeping.
const UNIT: usize = 1024;

/// Bounds the bytes that are on their way between sources and sinks. Clones share the bound.
///
/// A batch takes its bytes before it is handed on and gives them back when it is durable at the sink. Whoever asks
/// first is served first, so that pipelines of one budget do not starve each other.
///
/// # Units
///
/// Bytes, in steps of 1 KiB. A batch larger than the budget passes alone, and a pipeline that has nothing on its way may
/// always send one batch: one whose target stalls cannot bring the others to a halt. So the memory in use is at most
/// the budget, one batch for each pipeline, and the batch that each source has in hand.
///
/// # Examples
///
/// ```
/// use oms_core::pipeline::{ByteBudget, PipelineOptions};
/// let budget = ByteBudget::new(64 << 20);
/// let (orders, users) = (
///     PipelineOptions::default().with_budget(budget.clone()),
///     PipelineOptions::default().with_budget(budget.clone()),
/// );
/// assert_eq!(budget.in_use_bytes(), 0);
/// ```
#[derive(Clone)]
pub struct ByteBudget {
    units: Arc<Semaphore>,
    capacity: u32,
}

impl ByteBudget {
    /// A budget of so many bytes, at least 1 KiB.
    pub fn new(bytes: usize) -> Self {
        let most = u32::MAX as usize >> 3;
        let capacity = (bytes / UNIT).clamp(1, most);
        Self { units: Arc::new(Semaphore::new(capacity)), capacity: capacity as u32 }
    }

    /// Bytes that may be on their way.
    pub fn capacity_bytes(&self) -> usize {
        self.capacity as usize * UNIT
    }

    /// Bytes that are on their way.
    pub fn in_use_bytes(&self) -> usize {
        self.capacity_bytes() - self.units.available_permits() * UNIT
    }

    /// Waits until so many bytes are free, and takes them.
    pub async fn reserve(&self, bytes: usize) -> ReservedBytes {
        let units = bytes.div_ceil(UNIT).clamp(1, self.capacity as usize) as u32;
        // The semaphore is never closed, so there is always an answer.
        let permit = Arc::clone(&self.units).acquire_many_owned(units).await.ok();
        ReservedBytes(permit)
    }
}

impl fmt::Debug for ByteBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByteBudget({} of {} bytes in use)", self.in_use_bytes(), self.capacity_bytes())
    }
}

/// Bytes taken from a [`ByteBudget`]; they go back when it is dropped.
#[derive(Debug, Default)]
#[must_use = "the bytes go back at once when this is dropped"]
pub struct ReservedBytes(Option<OwnedSemaphorePermit>);

/// Batches that one pipeline may have on its way, which memory ends long before.
const MOST_BATCHES: u32 = 1 << 28;

/// One pipeline's part in a budget.
#[derive(Debug)]
pub(super) struct BudgetShare {
    budget: ByteBudget,
    /// One for each batch on its way; all of them for one that has not waited for the budget.
    own: Arc<Semaphore>,
}

/// What a batch holds while it is on its way.
#[derive(Debug, Default)]
pub(super) struct Load {
    bytes: ReservedBytes,
    own: Option<OwnedSemaphorePermit>,
}

impl BudgetShare {
    pub(super) fn new(budget: ByteBudget) -> Self {
        Self { budget, own: Arc::new(Semaphore::new(MOST_BATCHES as usize)) }
    }

    /// Waits until so many bytes are free, or until nothing of this pipeline is on its way.
    pub(super) async fn reserve(&self, bytes: usize) -> Load {
        let bytes = {
            let shared = pin!(self.budget.reserve(bytes));
            let alone = pin!(self.own(MOST_BATCHES));
            match select(shared, alone).await {
                Either::Left((bytes, _)) => bytes,
                Either::Right((own, _)) => {
                    return Load { bytes: ReservedBytes::default(), own };
                }
            }
        };
        // The wait for all of them has ended with the block above, else it would stand in the way of this one.
        let own = self.own(1).await;
        Load { bytes, own }
    }

    async fn own(&self, count: u32) -> Option<OwnedSemaphorePermit> {
        // Never closed, as above.
        Arc::clone(&self.own).acquire_many_owned(count).await.ok()
    }
}

impl Load {
    /// Holds that batch's part together with this one's; both are of the same pipeline.
    pub(super) fn merge(&mut self, other: Load) {
        merge(&mut self.bytes.0, other.bytes.0);
        merge(&mut self.own, other.own);
    }
}

fn merge(ours: &mut Option<OwnedSemaphorePermit>, theirs: Option<OwnedSemaphorePermit>) {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.merge(theirs),
        (ours @ None, theirs) => *ours = theirs,
        (Some(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_batch_beyond_the_budget_passes_alone() {
        let budget = ByteBudget::new(4 * UNIT);
        let small = budget.reserve(1).await;
        assert_eq!(budget.in_use_bytes(), UNIT);
        assert!(budget.reserve(100 * UNIT).now_or_never().is_none());
        drop(small);
        let large = budget.reserve(100 * UNIT).now_or_never().expect("the budget is free");
        assert_eq!(budget.in_use_bytes(), 4 * UNIT);
        assert!(budget.reserve(1).now_or_never().is_none());
        drop(large);
        assert_eq!(budget.in_use_bytes(), 0);
    }

    #[tokio::test]
    async fn merged_loads_go_back_together() {
        let budget = ByteBudget::new(4 * UNIT);
        let share = BudgetShare::new(budget.clone());
        let mut load = share.reserve(UNIT).await;
        load.merge(share.reserve(2 * UNIT).await);
        assert_eq!(budget.in_use_bytes(), 3 * UNIT);
        drop(load);
        assert_eq!(budget.in_use_bytes(), 0);
        assert_eq!(share.own.available_permits(), MOST_BATCHES as usize);
    }

    #[tokio::test]
    async fn each_pipeline_may_always_have_one_batch_on_its_way() {
        let budget = ByteBudget::new(4 * UNIT);
        let (stalled, other) = (BudgetShare::new(budget.clone()), BudgetShare::new(budget.clone()));
        let held = stalled.reserve(4 * UNIT).await;
        assert!(stalled.reserve(UNIT).now_or_never().is_none());
        for _ in 0..3 {
            let first = other.reserve(UNIT).now_or_never().expect("nothing of it is on its way");
            assert!(other.reserve(UNIT).now_or_never().is_none());
            drop(first);
        }
        drop(held);
        let both = (other.reserve(UNIT).await, other.reserve(UNIT).await);
        assert_eq!(budget.in_use_bytes(), 2 * UNIT);
        drop(both);
    }

    #[tokio::test]
    async fn who_asks_first_is_served_first() {
        let budget = ByteBudget::new(4 * UNIT);
        let held = budget.reserve(2 * UNIT).await;
        let mut large = Box::pin(budget.reserve(4 * UNIT));
        assert!(large.as_mut().now_or_never().is_none());
        let mut small = Box::pin(budget.reserve(UNIT));
        assert!(small.as_mut().now_or_never().is_none(), "it does not overtake");
        drop(held);
        let large = large.now_or_never().expect("its turn");
        assert!(small.as_mut().now_or_never().is_none());
        drop(large);
        assert!(small.now_or_never().is_some());
    }
}
