//! [`EventBatch`]: the unit that travels from source to sink.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Change, SchemaChange, Tally, Transaction};
use crate::name::TableName;
use crate::position::Position;
use crate::schema::SchemaSet;

/// One thing that a source says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A transaction begins; it may span batches.
    Begin(Arc<Transaction>),
    /// Rows changed. Outside a transaction only [`ChangeKind::Read`](super::ChangeKind::Read) may stand.
    Change(Change),
    /// The transaction ends.
    Commit(Arc<Transaction>),
    /// A table changed its shape.
    Schema(Arc<SchemaChange>),
    /// All rows of a table have been scanned.
    TableDone(TableName),
    /// Nothing happened up to this time of the source's clock.
    Heartbeat(SystemTime),
}

const _: () = assert!(size_of::<Event>() <= 56);

impl Event {
    /// Rows of a change, 0 for everything else; an update counts once.
    pub fn row_count(&self) -> usize {
        match self {
            Event::Change(change) => change.row_count(),
            _ => 0,
        }
    }
}

/// Many events, one hop.
///
/// # Shape
///
/// Events in source order. `position` is there only if the batch ends where the source can go on after a restart:
/// behind a commit. A batch without events still travels, so that filtered tables do not freeze progress.
///
/// # Examples
///
/// ```
/// use oms_core::Position;
/// use oms_core::event::{Event, EventBatch};
/// let mut batch = EventBatch::new();
/// batch.push(Event::Heartbeat(std::time::SystemTime::now()));
/// let batch = batch.with_position(Position::new("demo", "1"));
/// assert_eq!(batch.events().len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    events: Vec<Event>,
    position: Option<Position>,
    schemas: Option<Arc<SchemaSet>>,
    tally: Tally,
    bytes: usize,
    rows: u64,
    sequence: u64,
}

impl EventBatch {
    /// A batch without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch without events that has room for so many.
    pub fn with_capacity(events: usize) -> Self {
        Self { events: Vec::with_capacity(events), ..Self::default() }
    }

    /// Adds an event at the end; rows are counted as read.
    #[inline]
    pub fn push(&mut self, event: Event) {
        self.tally.read += self.push_counted(event);
    }

    /// Adds an event whose rows the tally knows already, and says how many they are.
    #[inline]
    fn push_counted(&mut self, event: Event) -> u64 {
        let (rows, bytes) = match &event {
            Event::Change(change) => (change.row_count() as u64, change.byte_size()),
            _ => (0, 0),
        };
        self.rows += rows;
        self.bytes += size_of::<Event>() + bytes;
        self.events.push(event);
        rows
    }

    /// The same batch, ending where the source can go on after a restart.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The same batch, with the schemas that hold at its end.
    #[must_use]
    pub fn with_schemas(mut self, schemas: Arc<SchemaSet>) -> Self {
        self.schemas = Some(schemas);
        self
    }

    /// Its events in order, without the rest.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// Its events in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Where the source can go on, if the batch ends at such a place.
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// The schemas at its end, if they changed since the last batch that said so.
    pub fn schemas(&self) -> Option<&Arc<SchemaSet>> {
        self.schemas.as_ref()
    }

    /// What became of the rows so far: read by the source, filtered by transforms.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The same, for whoever puts rows aside or splits a batch and has to say so.
    pub fn tally_mut(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Rows in it.
    pub fn row_count(&self) -> u64 {
        self.rows
    }

    /// Bytes that it keeps alive, about.
    pub fn byte_size(&self) -> usize {
        self.bytes
    }

    /// Its number since the sink was opened, from 1; given by the runner.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Sets the number since the sink was opened.
    pub fn set_sequence(&mut self, sequence: u64) {
        self.sequence = sequence;
    }

    /// True if it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.position.is_none()
            && self.schemas.is_none()
            && self.tally == Tally::default()
    }

    /// Rewrites the events: `map` gets each one and gives back what takes its place. Rows that it leaves out are
    /// counted as filtered.
    ///
    /// # Errors
    ///
    /// The first error of `map`; the batch is gone then.
    pub fn try_map<E>(self, mut map: impl FnMut(Event) -> Result<Option<Event>, E>) -> Result<Self, E> {
        self.try_flat_map(|event, out| {
            out.extend(map(event)?);
            Ok(())
        })
    }

    /// As [`Self::try_map`], with any number of events in place of one.
    ///
    /// # Errors
    ///
    /// The first error of `map`; the batch is gone then.
    pub fn try_flat_map<E>(
        self,
        mut map: impl FnMut(Event, &mut Vec<Event>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let Self { events, position, schemas, tally, sequence, rows, .. } = self;
        let mut mapped = Vec::with_capacity(events.len());
        for event in events {
            map(event, &mut mapped)?;
        }
        let mut batch = Self { position, schemas, tally, sequence, ..Self::default() };
        for event in mapped {
            batch.push_counted(event);
        }
        // A transform may make two rows of one (an update across a filter's border never does, a fan-out may).
        batch.tally.filtered += rows.saturating_sub(batch.rows);
        batch.tally.read += batch.rows.saturating_sub(rows);
        Ok(batch)
    }

    /// Splits off the events from `at` on, for a source that has read further than it wants to hand on: rows of the
    /// new batch count as read there and no longer here. Position and schemas stay.
    ///
    /// # Panics
    ///
    /// If there are fewer than `at` events, as for a vector.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> EventBatch {
        let mut tail = EventBatch::new();
        self.events.drain(at..).for_each(|event| tail.push(event));
        self.bytes -= tail.bytes;
        self.rows -= tail.rows;
        self.tally.read -= tail.rows;
        tail
    }

    /// Appends a later batch: its position and schemas take the place of ours.
    ///
    /// A position of ours is lost if the later batch has none, as the whole then ends inside a transaction.
    pub fn append(&mut self, later: EventBatch) {
        self.events.extend(later.events);
        self.position = later.position;
        self.schemas = later.schemas.or(self.schemas.take());
        self.tally += later.tally;
        self.bytes += later.bytes;
        self.rows += later.rows;
        self.sequence = later.sequence;
    }
}
