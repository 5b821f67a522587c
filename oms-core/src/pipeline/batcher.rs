//! [`Batcher`]: merges the batches that are waiting already, and makes nobody wait for more unless told to.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

use super::PipelineOptions;
use super::budget::Load;
use super::options::LONGEST;
use crate::event::EventBatch;

/// A batch with what it has taken from the budget.
#[derive(Debug, Default)]
pub(super) struct Parcel {
    pub(super) batch: EventBatch,
    pub(super) load: Load,
}

/// The receiving end of the channel between source and sink.
#[derive(Debug)]
pub(super) struct Batcher {
    parcels: UnboundedReceiver<Parcel>,
    max_rows: u64,
    max_bytes: usize,
    delay: Duration,
    /// What has been merged so far, and until when more is waited for. It stays here, not in the future of `next`,
    /// so that dropping that loses nothing.
    merged: Option<(Parcel, Instant)>,
    /// The first one that did not fit.
    held: Option<Parcel>,
}

impl Batcher {
    pub(super) fn new(parcels: UnboundedReceiver<Parcel>, options: &PipelineOptions) -> Self {
        Self {
            parcels,
            max_rows: options.batch_rows,
            max_bytes: options.batch_bytes,
            delay: options.batch_delay.min(LONGEST),
            merged: None,
            held: None,
        }
    }

    /// The next batch for the sink; `None` when the source has ended. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Option<Parcel> {
        if self.merged.is_none() {
            let first = match self.held.take() {
                Some(parcel) => parcel,
                None => self.parcels.recv().await?,
            };
            self.merged = Some((first, Instant::now() + self.delay));
        }
        while self.held.is_none() && self.has_room() {
            let parcel = match self.parcels.try_recv() {
                Ok(parcel) => parcel,
                Err(_) if self.delay.is_zero() => break,
                Err(_) => match self.wait().await {
                    Some(parcel) => parcel,
                    None => break,
                },
            };
            self.merge(parcel);
        }
        self.merged.take().map(|(parcel, _)| parcel)
    }

    /// The next parcel within the delay.
    async fn wait(&mut self) -> Option<Parcel> {
        let (_, until) = self.merged.as_ref()?;
        timeout_at(*until, self.parcels.recv()).await.ok().flatten()
    }

    fn has_room(&self) -> bool {
        self.merged.as_ref().is_some_and(|(merged, _)| {
            merged.batch.row_count() < self.max_rows
                && merged.batch.byte_size() < self.max_bytes
                // What comes behind a schema change needs a checkpoint in between: a change that is given again must not
                // meet rows that were written behind it.
                && merged.batch.schemas().is_none()
        })
    }

    fn merge(&mut self, parcel: Parcel) {
        let Some((merged, _)) = &mut self.merged else {
            self.held = Some(parcel);
            return;
        };
        let (first, next) = (&merged.batch, &parcel.batch);
        let fits = first.row_count() + next.row_count() <= self.max_rows
            && first.byte_size() + next.byte_size() <= self.max_bytes
            // The first could be a checkpoint and the whole could not.
            && (first.position().is_none() || next.position().is_some());
        if fits {
            merged.batch.append(parcel.batch);
            merged.load.merge(parcel.load);
        } else {
            self.held = Some(parcel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;
    use crate::event::Event;
    use futures::FutureExt;
    use std::sync::Arc;
    use std::time::SystemTime;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    fn parcel(events: usize, position: Option<&str>) -> Parcel {
        let mut batch = EventBatch::new();
        (0..events).for_each(|_| batch.push(Event::Heartbeat(SystemTime::UNIX_EPOCH)));
        if let Some(token) = position {
            batch = batch.with_position(Position::new("test", token));
        }
        Parcel { batch, load: Load::default() }
    }

    fn batcher(options: &PipelineOptions) -> (UnboundedSender<Parcel>, Batcher) {
        let (sender, receiver) = unbounded_channel();
        (sender, Batcher::new(receiver, options))
    }

    #[tokio::test]
    async fn what_waits_is_merged_up_to_the_limit() {
        let event = size_of::<Event>();
        let options = PipelineOptions::default().with_batch_bytes(3 * event);
        let (sender, mut batcher) = batcher(&options);
        for events in [1, 1, 1, 2, 5, 1] {
            sender.send(parcel(events, Some("x"))).unwrap();
        }
        drop(sender);
        let mut sizes = Vec::new();
        while let Some(parcel) = batcher.next().await {
            sizes.push(parcel.batch.events().len());
        }
        assert_eq!(sizes, [3, 2, 5, 1]);
    }

    #[tokio::test]
    async fn a_place_to_restart_is_not_merged_away() {
        let (sender, mut batcher) = batcher(&PipelineOptions::default());
        for position in [None, Some("a"), Some("b"), None, None, Some("c")] {
            sender.send(parcel(1, position)).unwrap();
        }
        drop(sender);
        let mut positions = Vec::new();
        while let Some(parcel) = batcher.next().await {
            positions.push(parcel.batch.position().map(|p| p.token().to_owned()));
        }
        assert_eq!(positions, [Some("b".to_owned()), Some("c".to_owned())]);
    }

    #[tokio::test]
    async fn nothing_is_merged_behind_a_schema_change() {
        let (sender, mut batcher) = batcher(&PipelineOptions::default());
        for (position, changes) in [("a", false), ("b", true), ("c", false), ("d", true), ("e", false)] {
            let mut parcel = parcel(1, Some(position));
            if changes {
                parcel.batch = parcel.batch.with_schemas(Arc::default());
            }
            sender.send(parcel).unwrap();
        }
        drop(sender);
        let mut positions = Vec::new();
        while let Some(parcel) = batcher.next().await {
            positions.push(parcel.batch.position().map(|p| p.token().to_owned()).unwrap());
        }
        assert_eq!(positions, ["b", "d", "e"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lone_batch_waits_only_if_told_to() {
        let (sender, mut lone) = batcher(&PipelineOptions::default());
        sender.send(parcel(1, None)).unwrap();
        assert!(lone.next().now_or_never().flatten().is_some());

        let options = PipelineOptions::default().with_batch_delay(Duration::from_millis(5));
        let (sender, mut batcher) = batcher(&options);
        sender.send(parcel(1, None)).unwrap();
        assert!(batcher.next().now_or_never().is_none(), "and dropping that loses nothing");
        sender.send(parcel(1, None)).unwrap();
        let start = Instant::now();
        assert_eq!(batcher.next().await.unwrap().batch.events().len(), 2);
        assert_eq!(start.elapsed().as_millis(), 5);
    }
}
