//! [`MemoryCheckpointStore`]: for tests and for pipelines that begin anew each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Checkpoint, CheckpointStore};
use crate::error::Result;

/// Keeps checkpoints in memory; clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryCheckpointStore {
    checkpoints: Arc<Mutex<HashMap<String, Checkpoint>>>,
}

impl MemoryCheckpointStore {
    /// A store without checkpoints.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl CheckpointStore for MemoryCheckpointStore {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        let checkpoints = self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(checkpoints.get(pipeline).cloned())
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        let mut checkpoints = self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        checkpoints.insert(pipeline.to_owned(), checkpoint.clone());
        Ok(())
    }
}
