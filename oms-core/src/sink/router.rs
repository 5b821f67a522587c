//! [`Router`]: each table to its own sink.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::{select_all, try_join_all};

use super::{Progress, Sink, SinkCapabilities};
use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::event::{Event, EventBatch, SchemaChangeKind, Transaction};
use crate::name::TableName;

/// Whether a table goes to a sink.
type Rule = Box<dyn Fn(&TableName) -> bool + Send>;

/// Sends each table to one of several sinks; the position advances with the slowest.
///
/// Of several sinks that want a table the first gets it; a table that no sink wants is an error. A transaction that
/// touches several sinks begins and commits at each of them, and so is atomic only within each. Heartbeats go to all.
/// Checkpoints are the pipeline's, for the reasons that [`Tee`](super::Tee) gives.
///
/// # Examples
///
/// ```
/// use oms_core::sink::{MemorySink, NullSink, Router};
/// let router = Router::new()
///     .route(|table| table.database() == "shop", MemorySink::new())
///     .otherwise(NullSink::new());
/// ```
#[derive(Default)]
pub struct Router {
    routes: Vec<Route>,
    /// The transaction that is open, and which sinks have been told of it.
    open: Option<(Arc<Transaction>, Vec<bool>)>,
}

struct Route {
    wants: Rule,
    sink: Box<dyn Sink>,
    /// Batches given to the sink.
    sent: u64,
    /// Of the batches that are not durable there: its number at the sink, and ours.
    in_flight: VecDeque<(u64, u64)>,
}

impl Route {
    fn note(&mut self, progress: Progress) {
        match progress {
            Progress::Accepted => {}
            Progress::Durable => self.in_flight.clear(),
            Progress::DurableThrough(sequence) => {
                while self.in_flight.pop_front_if(|(sent, _)| *sent <= sequence).is_some() {}
            }
        }
    }

    async fn write(&mut self, mut part: EventBatch, sequence: u64) -> Result<()> {
        self.sent += 1;
        part.set_sequence(self.sent);
        self.in_flight.push_back((self.sent, sequence));
        let progress = self.sink.write(Arc::new(part)).await?;
        self.note(progress);
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let progress = self.sink.flush().await?;
        self.note(progress);
        Ok(())
    }
}

impl Router {
    /// A router that no table has a place at.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a sink for the tables that `wants` accepts and no earlier rule does.
    #[must_use]
    pub fn route(
        mut self,
        wants: impl Fn(&TableName) -> bool + Send + 'static,
        sink: impl Sink + 'static,
    ) -> Self {
        self.routes.push(Route {
            wants: Box::new(wants),
            sink: Box::new(sink),
            sent: 0,
            in_flight: VecDeque::new(),
        });
        self
    }

    /// The same, with a sink for all tables that no earlier rule accepts.
    #[must_use]
    pub fn otherwise(self, sink: impl Sink + 'static) -> Self {
        self.route(|_| true, sink)
    }

    fn route_of(&self, table: &TableName) -> Result<usize> {
        let route = self.routes.iter().position(|route| (route.wants)(table));
        route
            .ok_or_else(|| Error::config("routes", format!("no sink takes table {table}; add one that does")))
    }

    /// The part of a batch that each sink gets.
    fn split(&mut self, batch: &EventBatch) -> Result<Vec<EventBatch>> {
        let mut parts: Vec<EventBatch> = vec![EventBatch::new(); self.routes.len()];
        for event in batch.events() {
            match event {
                Event::Begin(transaction) => {
                    self.open = Some((Arc::clone(transaction), vec![false; self.routes.len()]));
                }
                Event::Change(change) => {
                    let route = self.route_of(change.schema().name())?;
                    if let Some((transaction, told)) = &mut self.open
                        && !std::mem::replace(&mut told[route], true)
                    {
                        parts[route].push(Event::Begin(Arc::clone(transaction)));
                    }
                    parts[route].push(event.clone());
                }
                Event::Commit(_) => {
                    let told = self.open.take().map(|(_, told)| told).unwrap_or_default();
                    for (part, _) in parts.iter_mut().zip(told).filter(|(_, told)| *told) {
                        part.push(event.clone());
                    }
                }
                Event::Schema(change) => {
                    let route = self.route_of(&change.table)?;
                    if let SchemaChangeKind::Rename { to } = &change.kind
                        && self.route_of(to)? != route
                    {
                        let what =
                            format!("renaming table {} to {to}, which goes to another sink", change.table);
                        return Err(Error::unsupported("the router", what));
                    }
                    parts[route].push(event.clone());
                }
                Event::TableDone(table) => parts[self.route_of(table)?].push(event.clone()),
                Event::Heartbeat(_) => parts.iter_mut().for_each(|part| part.push(event.clone())),
            }
        }
        Ok(parts)
    }

    /// The oldest batch that some sink still holds; everything before it is durable.
    fn oldest(&self) -> Option<u64> {
        let oldest = self.routes.iter().filter_map(|route| route.in_flight.front());
        oldest.map(|(_, ours)| *ours).min()
    }

    fn progress(&self) -> Progress {
        match self.oldest() {
            None => Progress::Durable,
            Some(1) => Progress::Accepted,
            Some(oldest) => Progress::DurableThrough(oldest - 1),
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.routes.iter().map(|route| route.sink.name());
        f.debug_list().entries(names).finish()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sink for Router {
    fn name(&self) -> &str {
        "router"
    }

    fn capabilities(&self) -> SinkCapabilities {
        let all = |can: fn(SinkCapabilities) -> bool| {
            self.routes.iter().all(|route| can(route.sink.capabilities()))
        };
        SinkCapabilities::default()
            .with_schema(all(|can| can.applies_schema))
            .with_replay(all(|can| can.replay_safe))
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        self.open = None;
        let routes = self.routes.iter_mut().enumerate();
        try_join_all(routes.map(|(i, route)| async move {
            route.sent = 0;
            route.in_flight.clear();
            route.sink.open(&format!("{pipeline}#{}", i + 1)).await
        }))
        .await?;
        Ok(None)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        let parts = self.split(&batch)?;
        let writes = self.routes.iter_mut().zip(parts).map(|(route, mut part)| {
            let batch = &batch;
            async move {
                if part.events().is_empty() {
                    return Ok(());
                }
                if let Some(position) = batch.position() {
                    part = part.with_position(position.clone());
                }
                if let Some(schemas) = batch.schemas() {
                    part = part.with_schemas(Arc::clone(schemas));
                }
                route.write(part, batch.sequence()).await
            }
        });
        try_join_all(writes).await?;
        Ok(self.progress())
    }

    async fn flush(&mut self) -> Result<Progress> {
        let before = self.oldest();
        while self.oldest().is_some() {
            let behind = self.routes.iter_mut().filter(|route| !route.in_flight.is_empty());
            // Those that are not the first to answer are dropped and asked again, which loses nothing.
            select_all(behind.map(|route| route.flush().boxed())).await.0?;
            if self.oldest() > before {
                break;
            }
        }
        Ok(self.progress())
    }

    async fn close(&mut self) -> Result<()> {
        let mut result = Ok(());
        for route in &mut self.routes {
            result = result.and(route.sink.close().await);
        }
        result
    }
}
