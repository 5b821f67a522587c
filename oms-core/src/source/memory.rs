//! [`MemorySource`]: gives prepared batches; for tests and for measuring sinks.

use async_trait::async_trait;

use super::Source;
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::EventBatch;
use crate::position::Position;

/// The position scheme of [`MemorySource`]: how many batches have been given.
const SCHEME: &str = "memory";

/// Gives prepared batches in order and then ends; opens again at any of its positions.
///
/// # Examples
///
/// ```
/// use oms_core::event::EventBatch;
/// use oms_core::source::MemorySource;
/// let source = MemorySource::new([EventBatch::new()]);
/// ```
#[derive(Debug)]
pub struct MemorySource {
    batches: Vec<EventBatch>,
    next: usize,
}

impl MemorySource {
    /// A source of these batches; each ends at a position.
    pub fn new(batches: impl IntoIterator<Item = EventBatch>) -> Self {
        Self { batches: batches.into_iter().collect(), next: 0 }
    }
}

#[async_trait]
impl Source for MemorySource {
    fn name(&self) -> &str {
        "memory"
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.next = match from {
            None => 0,
            Some(checkpoint) => {
                let token = checkpoint.position.token_of(SCHEME)?;
                token
                    .parse()
                    .map_err(|_| Error::decode("a memory position", "it is not a count of batches"))?
            }
        };
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        let Some(batch) = self.batches.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        Ok(Some(batch.clone().with_position(Position::new(SCHEME, self.next.to_string()))))
    }

    async fn confirm(&mut self, _durable: &Position) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
