//! [`Tee`]: the same changes to several sinks.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;

use super::{Progress, Sink, SinkCapabilities};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::event::EventBatch;

/// Gives the same changes to several sinks; the slowest one decides what is durable.
///
/// The sinks may hold checkpoints of their own at different places, and a core that cannot compare positions cannot
/// tell which is behind. So a tee has none: the pipeline's store decides where to go on, and every sink has to bear
/// being given again what it had already. Each sink is opened under a name of its own, `PIPELINE#1` and so on, and a
/// checkpoint that it keeps under that name is not used.
///
/// # Examples
///
/// ```
/// use oms_core::sink::{MemorySink, NullSink, Tee};
/// let both = Tee::new().with(MemorySink::new()).with(NullSink::new());
/// ```
#[derive(Default)]
pub struct Tee {
    branches: Vec<Branch>,
    written: u64,
}

struct Branch {
    sink: Box<dyn Sink>,
    /// The last batch that is durable there.
    durable: u64,
}

impl Tee {
    /// A tee without sinks, which everything is durable at.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with one more sink.
    #[must_use]
    pub fn with(mut self, sink: impl Sink + 'static) -> Self {
        self.branches.push(Branch { sink: Box::new(sink), durable: 0 });
        self
    }
}

impl fmt::Debug for Tee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.branches.iter().map(|branch| branch.sink.name());
        f.debug_list().entries(names).finish()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for Tee {
    fn name(&self) -> &str {
        "tee"
    }

    fn capabilities(&self) -> SinkCapabilities {
        let all = |can: fn(SinkCapabilities) -> bool| {
            self.branches.iter().all(|branch| can(branch.sink.capabilities()))
        };
        SinkCapabilities::default()
            .with_schema(all(|can| can.applies_schema))
            .with_replay(all(|can| can.replay_safe))
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.written = 0;
        let branches = self.branches.iter_mut().enumerate();
        try_join_all(branches.map(|(i, branch)| async move {
            branch.durable = 0;
            branch.sink.open(&format!("{pipeline}#{}", i + 1)).await
        }))
        .await?;
        Ok(None)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        self.written = batch.sequence();
        let writes = self.branches.iter_mut().map(|branch| {
            let batch = Arc::clone(&batch);
            async move {
                let sequence = batch.sequence();
                match branch.sink.write(batch).await? {
                    Progress::Accepted => {}
                    Progress::Durable => branch.durable = sequence,
                    Progress::DurableThrough(sequence) => branch.durable = branch.durable.max(sequence),
                }
                Ok::<_, crate::Error>(())
            }
        });
        try_join_all(writes).await?;
        let slowest = self.branches.iter().map(|branch| branch.durable).min();
        Ok(match slowest {
            Some(0) => Progress::Accepted,
            Some(slowest) if slowest < self.written => Progress::DurableThrough(slowest),
            Some(_) | None => Progress::Durable,
        })
    }

    async fn flush(&mut self) -> Result<()> {
        let written = self.written;
        let flushes = self.branches.iter_mut().map(|branch| async move {
            branch.sink.flush().await?;
            branch.durable = written;
            Ok::<_, crate::Error>(())
        });
        try_join_all(flushes).await?;
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let mut result = Ok(());
        for branch in &mut self.branches {
            result = result.and(branch.sink.close().await);
        }
        result
    }
}
