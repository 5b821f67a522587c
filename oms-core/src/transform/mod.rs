//! [`Transform`]: what happens to changes on their way.

mod chain;
mod filter;
mod identifiers;
mod identity_cache;
mod mapping;
mod project;
mod rename;
#[cfg(test)]
mod tests;

pub use chain::Chain;
pub use filter::Filter;
pub use mapping::Mapping;
pub use project::Project;

use crate::error::Result;
use crate::event::EventBatch;

/// What happens to changes on their way from source to sink.
///
/// # Contract
///
/// * Position and schemas of the batch MUST stay; [`EventBatch::try_map`] sees to that and to the tally. The schemas
///   are the source's own: they go into the checkpoint, and the source gets them back when it opens again.
/// * It MUST NOT keep rows from one batch to the next: after a restart they would be gone, or stale.
/// * A change of names or columns applies to rows and to schema changes alike.
/// * It is synchronous: one virtual call a batch, no waiting.
///
/// # Examples
///
/// ```
/// use oms_core::Result;
/// use oms_core::event::{Event, EventBatch};
/// use oms_core::transform::Transform;
///
/// struct DropHeartbeats;
///
/// impl Transform for DropHeartbeats {
///     fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
///         batch.try_map(|event| Ok(if matches!(event, Event::Heartbeat(_)) { None } else { Some(event) }))
///     }
/// }
/// ```
pub trait Transform: Send {
    /// The batch as the next stage sees it.
    ///
    /// # Errors
    ///
    /// Whatever makes it impossible to go on; the pipeline stops or reopens by its class.
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch>;
}

const _: fn(Box<dyn Transform>) = |_| {};

impl Transform for Box<dyn Transform> {
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        (**self).apply(batch)
    }
}
