//! [`Joined`]: scan and log side by side, each row in the newest version that is known.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use oms_core::event::{Change, Event, EventBatch, SchemaChange, SchemaChangeKind};
use oms_core::{At, Error, Result, TableName};
use tokio::sync::mpsc;

use super::position::HandoverPosition;
use super::touched::Touched;
use super::watch::{Begin, Begun, Ticket};
use crate::mysql::binlog::{BinlogPosition, BinlogReader};
use crate::mysql::scan::planner::Planner;
use crate::mysql::scan::readers::{Readers, Reading};

/// Readings that may wait for the log.
const MAX_WAITING: usize = 16;

type ChunkReading = Reading<Arc<Ticket>>;

/// Scan and log side by side.
///
/// At every moment what has been handed on of a scanned table is a part of what the source held where the log is: rows
/// of a chunk are handed on only when the log is behind everything that the chunk shows, and without the rows that the
/// log has changed since the chunk was begun.
#[derive(Debug)]
pub(super) struct Joined {
    planner: Arc<Planner>,
    readers: Option<Readers<Arc<Ticket>>>,
    /// Nobody has been told yet that all is copied.
    is_news: bool,
    begins: mpsc::UnboundedReceiver<Begin>,
    log: Box<BinlogReader>,
    /// Tables under way.
    tables: HashMap<TableName, TableState>,
    /// Readings that wait for the log.
    waiting: VecDeque<ChunkReading>,
    /// Number of the newest chunk.
    newest: u64,
    /// The beginning of a transaction has been handed on, its end has not.
    inside: bool,
    /// The log may be older than what was copied up to here.
    overlap_until: Option<BinlogPosition>,
    positioned_at: Option<Instant>,
    position_interval: std::time::Duration,
    /// An earlier run has begun the copy, and may have written rows that its last checkpoint does not know of.
    pub(super) goes_on: bool,
}

#[derive(Debug, Default)]
struct TableState {
    touched: Touched,
    /// Chunks that have begun and are not handed on.
    chunks: Vec<Arc<Ticket>>,
}

impl Joined {
    pub(super) fn new(
        planner: Arc<Planner>,
        readers: Option<Readers<Arc<Ticket>>>,
        begins: mpsc::UnboundedReceiver<Begin>,
        log: BinlogReader,
        overlap_until: Option<BinlogPosition>,
        position_interval: std::time::Duration,
    ) -> Self {
        Self {
            planner,
            is_news: readers.is_none(),
            readers,
            begins,
            log: Box::new(log),
            tables: HashMap::new(),
            waiting: VecDeque::new(),
            newest: 0,
            inside: false,
            overlap_until,
            positioned_at: None,
            position_interval,
            goes_on: false,
        }
    }

    /// The next batch, of the scan or of the log.
    pub(super) async fn next_batch(&mut self) -> Result<EventBatch> {
        loop {
            if let Some(batch) = self.release()? {
                return Ok(batch);
            }
            let Some(readers) = &mut self.readers else {
                // A quiet log has no position to say it with for a long while.
                if !self.inside && std::mem::take(&mut self.is_news) {
                    return Ok(EventBatch::new().with_position(self.position()?.to_position()?));
                }
                let batch = self.log.next_batch().await?;
                return self.take_log(batch);
            };
            tokio::select! {
                Some(begin) = self.begins.recv() => self.begin(begin),
                reading = readers.next(), if self.waiting.len() < MAX_WAITING => match reading {
                    Some(Reading::Failed(error)) => return Err(error),
                    Some(reading) => self.waiting.push_back(reading),
                    // Readers end when all is handed on.
                    None => (self.readers, self.is_news) = (None, true),
                },
                batch = self.log.next_batch() => return self.take_log(batch?),
            }
        }
    }

    /// A reader begins a chunk, of what is left of its range under the schema that holds here.
    fn begin(&mut self, Begin { job, previous, reply }: Begin) {
        let table = job.schema.name().clone();
        let begun = self.planner.job(&table, job.id).map(|mut current| {
            // What the reader has sent is on its way to be handed on, unless it was void.
            if previous.is_some_and(|ticket| !ticket.is_void()) {
                current.range.after = job.range.after;
            }
            self.newest += 1;
            let begun = Begun::new(current, self.newest, self.log.position().clone());
            self.tables.entry(table).or_default().chunks.push(Arc::clone(&begun.ticket));
            begun
        });
        // A reader that is gone needs no answer.
        let _ = reply.send(begun);
    }

    /// Hands on the first reading that the log has passed.
    fn release(&mut self) -> Result<Option<EventBatch>> {
        if self.inside {
            return Ok(None);
        }
        let mut place = 0;
        while let Some(reading) = self.waiting.get(place) {
            let ticket = match reading {
                Reading::Rows { ticket, .. } | Reading::End { ticket, .. } => ticket,
                Reading::Failed(_) => break,
            };
            if ticket.is_void() {
                // Its reader knows, unless it thinks that it is through.
                if let Some(Reading::End { table, id, .. }) = self.waiting.remove(place) {
                    self.planner.give_back(&table, id);
                }
                continue;
            }
            if ticket.mark().is_some_and(|mark| self.log.has_passed(mark)) {
                let Some(reading) = self.waiting.remove(place) else { break };
                return self.hand_on(reading).map(Some);
            }
            place += 1;
        }
        Ok(None)
    }

    fn hand_on(&mut self, reading: ChunkReading) -> Result<EventBatch> {
        let mut batch = EventBatch::new();
        let mut due = self.positioned_at.is_none_or(|at| at.elapsed() >= self.position_interval);
        match reading {
            Reading::Rows { table, id, rows, last, ticket } => {
                let state = self.tables.entry(table.clone()).or_default();
                let rows = state.touched.untouched(rows, ticket.chunk)?;
                if !rows.is_empty() {
                    batch.push(Event::Change(Change::read(rows)));
                }
                if let Some(last) = last {
                    self.planner.advance(&table, id, last);
                }
                // A range's chunks are read one after the other, so earlier ones are through.
                state.end_chunks(|other| other.range == id && other.chunk < ticket.chunk);
            }
            Reading::End { table, id, ticket } => {
                due = true;
                if let Some(state) = self.tables.get_mut(&table) {
                    state.end_chunks(|other| other.range == ticket.range);
                }
                if self.planner.finish(&table, id) {
                    self.tables.remove(&table);
                    batch.push(Event::TableDone(table));
                }
            }
            Reading::Failed(error) => return Err(error),
        }
        if due {
            self.positioned_at = Some(Instant::now());
            batch = batch.with_position(self.position()?.to_position()?);
        }
        Ok(batch)
    }

    fn position(&self) -> Result<HandoverPosition> {
        let scan = self.readers.is_some().then(|| self.planner.progress());
        Ok(HandoverPosition::new(self.log.position())
            .with_scan(scan)
            .with_overlap(self.overlap_until.as_ref()))
    }

    /// Hands on a batch of the log: without changes that a later chunk will show, and with marks on those that overlap
    /// with the scan.
    fn take_log(&mut self, batch: EventBatch) -> Result<EventBatch> {
        // The log is behind all of the batch by now, which may have begun before the end of the overlap.
        let is_overlap = self.overlap_until.is_some();
        if self.overlap_until.as_ref().is_some_and(|until| self.log.has_passed(until)) {
            self.overlap_until = None;
        }
        let at_position = batch.position().is_some();
        self.inside = !at_position && (self.inside || has_open_end(&batch));
        let schemas = batch.schemas().cloned();
        if self.readers.is_none() && !is_overlap {
            return match at_position {
                true => Ok(batch.with_position(self.position()?.to_position()?)),
                false => Ok(batch),
            };
        }
        let mut taken = EventBatch::new();
        for event in batch.into_events() {
            match event {
                Event::Change(change) => {
                    if let Some(change) = self.take_change(change, is_overlap)? {
                        taken.push(Event::Change(change));
                    }
                }
                Event::Schema(change) => {
                    self.take_schema(&change)?;
                    taken.push(Event::Schema(change));
                }
                other => taken.push(other),
            }
        }
        if let Some(schemas) = schemas {
            taken = taken.with_schemas(schemas);
        }
        if at_position {
            taken = taken.with_position(self.position()?.to_position()?);
        }
        Ok(taken)
    }

    fn take_change(&mut self, change: Change, is_overlap: bool) -> Result<Option<Change>> {
        let table = change.schema().name();
        let is_waiting = self.planner.is_waiting(table);
        // Every chunk of the table is still to be read, and will show the change. A row that an earlier run wrote behind
        // its checkpoint is another thing: if it was deleted since, no chunk shows it, and only the log takes it away.
        if is_waiting && !self.goes_on {
            return Ok(None);
        }
        if is_waiting || self.planner.is_under_way(table) {
            let state = self.tables.entry(table.clone()).or_default();
            if !state.chunks.is_empty() {
                state.touched.note(&change, self.newest)?;
            }
            return Ok(Some(change.in_overlap()));
        }
        Ok(Some(if is_overlap { change.in_overlap() } else { change }))
    }

    /// A table under way gets another shape: what was read of it under the old one is read again.
    fn take_schema(&mut self, change: &SchemaChange) -> Result<()> {
        let table = &change.table;
        let begun = self.planner.is_under_way(table);
        if !begun && !self.planner.is_waiting(table) {
            return Ok(());
        }
        let refuse = |what: &str| {
            let reason = format!("the table {what} while it is copied: copy it anew under its new shape");
            Err(Error::refused(At::table(table), reason))
        };
        match (&change.kind, &change.after) {
            (SchemaChangeKind::Drop, _) => self.planner.drop_table(table),
            (SchemaChangeKind::Rename { .. }, _) => return refuse("gets another name"),
            (_, Some(after)) => {
                let key = |schema: &oms_core::schema::TableSchema| -> Option<Vec<Arc<str>>> {
                    let columns = schema.identity().key_columns()?.iter();
                    Some(columns.map(|column| Arc::clone(schema.columns()[*column].name())).collect())
                };
                if change.before.as_deref().is_some_and(|before| key(before) != key(after)) {
                    return refuse("gets another key");
                }
                self.planner.set_schema(Arc::clone(after));
            }
            (_, None) => {}
        }
        if let Some(state) = self.tables.get_mut(table) {
            state.chunks.drain(..).for_each(|ticket| ticket.set_void());
            state.touched.forget_before(None);
        }
        Ok(())
    }
}

impl TableState {
    fn end_chunks(&mut self, ended: impl Fn(&Ticket) -> bool) {
        let before = self.chunks.len();
        self.chunks.retain(|ticket| !ended(ticket));
        if self.chunks.len() < before {
            self.touched.forget_before(self.chunks.iter().map(|ticket| ticket.chunk).min());
        }
    }
}

/// True if the batch ends inside a transaction.
fn has_open_end(batch: &EventBatch) -> bool {
    let ends = batch.events().iter().rev().find(|event| matches!(event, Event::Begin(_) | Event::Commit(_)));
    matches!(ends, Some(Event::Begin(_)))
}
