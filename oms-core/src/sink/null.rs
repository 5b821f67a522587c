//! [`NullSink`]: takes everything and keeps nothing.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Progress, Sink, SinkCapabilities};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::event::EventBatch;

/// Takes everything, says that it is durable, and keeps nothing: for measuring sources.
///
/// # Examples
///
/// ```
/// use oms_core::pipeline::Pipeline;
/// use oms_core::sink::NullSink;
/// use oms_core::source::MemorySource;
/// let pipeline = Pipeline::new("how fast is the source", MemorySource::new([]), NullSink::new());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl NullSink {
    /// A sink that keeps nothing.
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Sink for NullSink {
    fn name(&self) -> &str {
        "null"
    }

    fn capabilities(&self) -> SinkCapabilities {
        SinkCapabilities::default().with_schema(true).with_replay(true)
    }

    async fn open(&mut self, _pipeline: &str) -> Result<Option<Checkpoint>> {
        Ok(None)
    }

    async fn write(&mut self, _batch: Arc<EventBatch>) -> Result<Progress> {
        Ok(Progress::Durable)
    }

    async fn flush(&mut self) -> Result<Progress> {
        Ok(Progress::Durable)
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
