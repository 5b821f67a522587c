//! [`Tee`]: the same changes to several sinks.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{select_all, try_join_all};

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

impl Branch {
    /// Takes note of an answer that was given when batch `written` was the last one.
    fn note(&mut self, progress: Progress, written: u64) {
        match progress {
            Progress::Accepted => {}
            Progress::Durable => self.durable = written,
            Progress::DurableThrough(sequence) => self.durable = self.durable.max(sequence),
        }
    }

    async fn flush(&mut self, written: u64) -> Result<()> {
        let progress = self.sink.flush().await?;
        self.note(progress, written);
        Ok(())
    }
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

    /// The last batch that is durable everywhere.
    fn slowest(&self) -> u64 {
        let slowest = self.branches.iter().map(|branch| branch.durable).min();
        slowest.unwrap_or(self.written)
    }

    fn progress(&self) -> Progress {
        match self.slowest() {
            slowest if slowest >= self.written => Progress::Durable,
            0 => Progress::Accepted,
            slowest => Progress::DurableThrough(slowest),
        }
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
                let progress = branch.sink.write(batch).await?;
                branch.note(progress, sequence);
                Ok::<_, crate::Error>(())
            }
        });
        try_join_all(writes).await?;
        Ok(self.progress())
    }

    async fn flush(&mut self) -> Result<Progress> {
        let (written, before) = (self.written, self.slowest());
        while self.slowest() < written {
            let behind = self.branches.iter_mut().filter(|branch| branch.durable < written);
            // Those that are not the first to answer are dropped and asked again, which loses nothing.
            select_all(behind.map(|branch| branch.flush(written).boxed())).await.0?;
            if self.slowest() > before {
                break;
            }
        }
        Ok(self.progress())
    }

    async fn close(&mut self) -> Result<()> {
        let mut result = Ok(());
        for branch in &mut self.branches {
            result = result.and(branch.sink.close().await);
        }
        result
    }
}
