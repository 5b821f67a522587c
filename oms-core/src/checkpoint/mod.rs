//! [`Checkpoint`]: the durable record of how far a pipeline is, and where it is kept.

mod file;
mod memory;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use file::FileCheckpointStore;
pub(crate) use file::file_name;
pub use memory::MemoryCheckpointStore;

use crate::error::{Error, Result};
use crate::event::Tally;
use crate::position::Position;
use crate::schema::SchemaSet;

/// How far a pipeline is: a position, the schemas that hold there, and what became of the rows.
///
/// Schemas travel inside, so there is no history topic or schema log that could be lost separately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Where the source goes on.
    pub position: Position,
    /// The schemas of the captured tables there.
    #[serde(default)]
    pub schemas: Arc<SchemaSet>,
    /// What became of the rows up to there, over all runs.
    #[serde(default)]
    pub tally: Tally,
    /// When it was saved, by our clock.
    pub saved_at: SystemTime,
}

impl Checkpoint {
    /// A checkpoint saved now.
    pub fn new(position: Position, schemas: Arc<SchemaSet>, tally: Tally) -> Self {
        Self { position, schemas, tally, saved_at: SystemTime::now() }
    }

    /// Its text form, JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the clock is before 1970.
    pub fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::decode("a checkpoint", error.to_string()))
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if it is not one, with line and column.
    pub fn from_text(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::decode("a checkpoint", error.to_string()))
    }
}

/// Where checkpoints are kept, when the sink does not keep them itself.
///
/// # Contract
///
/// * `save` MUST be durable when it returns, and MUST replace the pipeline's checkpoint as a whole: a crash in the
///   middle leaves the old one or the new one.
/// * `load` MUST give the last saved one, or `None` if there never was one.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> oms_core::Result<()> {
/// use std::sync::Arc;
/// use oms_core::checkpoint::{Checkpoint, CheckpointStore, MemoryCheckpointStore};
/// use oms_core::Position;
/// let store = MemoryCheckpointStore::new();
/// let checkpoint = Checkpoint::new(Position::new("demo", "7"), Arc::default(), Default::default());
/// store.save("orders", &checkpoint).await?;
/// assert_eq!(store.load("orders").await?.unwrap().position.token(), "7");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// The last checkpoint of a pipeline.
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>>;

    /// Replaces the checkpoint of a pipeline, durably.
    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()>;
}

const _: fn(Box<dyn CheckpointStore>) = |_| {};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl CheckpointStore for Box<dyn CheckpointStore> {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        (**self).load(pipeline).await
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        (**self).save(pipeline, checkpoint).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: CheckpointStore + ?Sized> CheckpointStore for Arc<S> {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        (**self).load(pipeline).await
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        (**self).save(pipeline, checkpoint).await
    }
}
