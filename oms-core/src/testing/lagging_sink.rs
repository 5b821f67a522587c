//! [`LaggingSink`]: takes batches at once and makes them durable later, as sinks with workers do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::EventBatch;
use crate::sink::{Progress, Sink, SinkCapabilities};
use crate::task::OwnedTask;

/// Takes batches at once and hands them to another sink later, in a task of its own.
///
/// What it has taken and not handed on is lost when it is closed or dropped, as with any sink that works in the
/// background.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oms_core::sink::MemorySink;
/// use oms_core::testing::LaggingSink;
/// let sink = LaggingSink::new(MemorySink::new(), Duration::from_millis(2));
/// ```
pub struct LaggingSink {
    name: String,
    capabilities: SinkCapabilities,
    delay: Duration,
    /// Here while closed.
    inner: Option<Box<dyn Sink>>,
    worker: Option<Worker>,
    accepted: u64,
    /// The last batch that was said to be durable.
    reported: u64,
}

struct Worker {
    batches: mpsc::UnboundedSender<Arc<EventBatch>>,
    durable: watch::Receiver<u64>,
    stop: watch::Sender<bool>,
    task: OwnedTask<(Box<dyn Sink>, Result<()>)>,
}

impl LaggingSink {
    /// Hands each batch on after a delay.
    pub fn new(inner: impl Sink + 'static, delay: Duration) -> Self {
        Self {
            name: format!("lagging {}", inner.name()),
            capabilities: inner.capabilities(),
            delay,
            inner: Some(Box::new(inner)),
            worker: None,
            accepted: 0,
            reported: 0,
        }
    }

    /// Why the worker has ended, which it only does by itself on an error. May be dropped and called again.
    async fn failure(&mut self) -> Error {
        let gone = Error::Stopped { what: "the lagging sink's worker" };
        let Some(worker) = &mut self.worker else {
            return gone;
        };
        let end = (&mut worker.task).await;
        self.worker = None;
        match end {
            Some((inner, result)) => {
                self.inner = Some(inner);
                result.err().unwrap_or(gone)
            }
            None => gone,
        }
    }
}

/// Hands batches on until told to stop.
async fn work(
    mut inner: Box<dyn Sink>,
    delay: Duration,
    mut batches: mpsc::UnboundedReceiver<Arc<EventBatch>>,
    durable: watch::Sender<u64>,
    mut stop: watch::Receiver<bool>,
) -> (Box<dyn Sink>, Result<()>) {
    let result = async {
        while let Some(batch) = batches.recv().await {
            tokio::time::sleep(delay).await;
            if *stop.borrow_and_update() {
                break;
            }
            let sequence = batch.sequence();
            let mut through = match inner.write(batch).await? {
                Progress::Accepted => None,
                Progress::Durable => Some(sequence),
                Progress::DurableThrough(sequence) => Some(sequence),
            };
            if batches.is_empty() {
                inner.flush().await?;
                through = Some(sequence);
            }
            if let Some(through) = through {
                durable.send_replace(through);
            }
        }
        Ok(())
    }
    .await;
    (inner, result)
}

impl fmt::Debug for LaggingSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for LaggingSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> SinkCapabilities {
        self.capabilities
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        let Some(inner) = &mut self.inner else {
            return Err(Error::Stopped { what: "the lagging sink's worker" });
        };
        let checkpoint = inner.open(pipeline).await?;
        let (batches, queue) = mpsc::unbounded_channel();
        let (sender, durable) = watch::channel(0);
        let (stop, stopped) = watch::channel(false);
        if let Some(inner) = self.inner.take() {
            let task = tokio::spawn(work(inner, self.delay, queue, sender, stopped));
            self.worker = Some(Worker { batches, durable, stop, task: OwnedTask(task) });
        }
        (self.accepted, self.reported) = (0, 0);
        Ok(checkpoint)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        let sequence = batch.sequence();
        let durable = match &self.worker {
            Some(worker) if worker.batches.send(batch).is_ok() => *worker.durable.borrow(),
            _ => return Err(self.failure().await),
        };
        (self.accepted, self.reported) = (sequence, durable);
        Ok(match durable {
            0 => Progress::Accepted,
            durable => Progress::DurableThrough(durable),
        })
    }

    async fn flush(&mut self) -> Result<Progress> {
        let (accepted, reported) = (self.accepted, self.reported);
        let durable = match &mut self.worker {
            Some(worker) => {
                let more = worker.durable.wait_for(|durable| *durable >= accepted || *durable > reported);
                more.await.map(|durable| *durable).ok()
            }
            None => None,
        };
        let Some(durable) = durable else {
            return Err(self.failure().await);
        };
        self.reported = durable;
        Ok(match durable < accepted {
            true => Progress::DurableThrough(durable),
            false => Progress::Durable,
        })
    }

    async fn close(&mut self) -> Result<()> {
        if let Some(worker) = self.worker.take() {
            worker.stop.send_replace(true);
            drop(worker.batches);
            // An error that the worker ended with was given where it was waited for, or is of no interest any more.
            self.inner = worker.task.await.map(|(inner, _)| inner);
        }
        match &mut self.inner {
            Some(inner) => inner.close().await,
            None => Ok(()),
        }
    }
}
