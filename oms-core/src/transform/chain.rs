//! [`Chain`]: transforms one behind the other.

use std::fmt;

use super::Transform;
use crate::error::Result;
use crate::event::EventBatch;

/// Transforms one behind the other; without any it leaves batches as they are.
///
/// # Examples
///
/// ```
/// use oms_core::event::EventBatch;
/// use oms_core::transform::{Chain, Mapping, Transform};
/// let mut chain = Chain::new().then(Mapping::new().database("a", "b")).then(Mapping::new().database("b", "c"));
/// assert!(chain.apply(EventBatch::new()).unwrap().is_empty());
/// ```
#[derive(Default)]
pub struct Chain {
    transforms: Vec<Box<dyn Transform>>,
}

impl Chain {
    /// No transform.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with one more behind it.
    #[must_use]
    pub fn then(mut self, next: impl Transform + 'static) -> Self {
        self.transforms.push(Box::new(next));
        self
    }
}

impl Transform for Chain {
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        self.transforms.iter_mut().try_fold(batch, |batch, transform| transform.apply(batch))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({} transforms)", self.transforms.len())
    }
}
