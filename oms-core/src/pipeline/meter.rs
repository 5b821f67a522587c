//! [`Meter`]: what is on its way to the sink, and the counts of what has arrived.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use metrics::Counter;
use tokio::time::Instant;

use super::budget::Load;
use super::progress::{RowCounts, TableProgress};
use super::shared::{Board, Shared};
use crate::checkpoint::Checkpoint;
use crate::event::{ChangeKind, Event, EventBatch};
use crate::name::TableName;
use crate::observe::{field, metric};
use crate::schema::TableSchema;

/// Counts batches when they are written, and moves their counts to the board when they are durable.
///
/// The work is per change, never per row, and allocates nothing once a table is known.
#[derive(Debug)]
pub(super) struct Meter {
    shared: Arc<Shared>,
    tables: Vec<TableMeter>,
    by_name: HashMap<TableName, usize>,
    /// The schema of the last change and its table: changes of one table come in rows.
    last: Option<(Arc<TableSchema>, usize)>,
    flights: VecDeque<Flight>,
    /// True if the last written batch ends inside of a transaction.
    in_transaction: bool,
    /// The counts of a transaction that is unfinished, and so not durable, whatever its batches are.
    unfinished: Vec<Delta>,
    /// Emptied lists, kept for their capacity.
    spare: Vec<Vec<Delta>>,
    batches: Counter,
}

struct TableMeter {
    name: TableName,
    /// Its place on the board, once it has one.
    row: Option<usize>,
    rows: [Option<Counter>; 4],
    bytes: Counter,
}

/// A written batch that is not known to be durable.
#[derive(Debug)]
struct Flight {
    sequence: u64,
    written_at: Instant,
    ends_in_transaction: bool,
    deltas: Vec<Delta>,
    /// The source's clock at its end, where it says.
    clock: Option<SystemTime>,
    /// Goes back to the budget when this is dropped.
    _load: Load,
}

#[derive(Clone, Copy, Debug)]
enum Delta {
    Rows { table: usize, kind: ChangeKind, rows: u64, bytes: u64 },
    Done { table: usize },
}

impl Meter {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let batches = metrics::counter!(metric::BATCHES, field::PIPELINE => shared.id.to_string());
        Self {
            shared,
            tables: Vec::new(),
            by_name: HashMap::new(),
            last: None,
            flights: VecDeque::new(),
            in_transaction: false,
            unfinished: Vec::new(),
            spare: Vec::new(),
            batches,
        }
    }

    /// Forgets what was on its way, as the sink does when it is opened anew.
    pub(super) fn reset(&mut self) {
        self.flights.clear();
        self.unfinished.clear();
        self.in_transaction = false;
        self.shared.forget_rows_in_flight();
    }

    /// Notes a batch that the sink has taken.
    pub(super) fn written(&mut self, batch: &EventBatch, load: Load) {
        let mut deltas = self.spare.pop().unwrap_or_default();
        let mut clock = None;
        for event in batch.events() {
            match event {
                Event::Change(change) => {
                    let table = self.table(change.schema());
                    let (kind, rows) = (change.kind(), change.row_count() as u64);
                    let size = change.byte_size() as u64;
                    add(&mut deltas, Delta::Rows { table, kind, rows, bytes: size });
                }
                Event::Begin(_) => self.in_transaction = true,
                Event::Commit(transaction) => {
                    self.in_transaction = false;
                    clock = Some(transaction.committed_at);
                }
                Event::Heartbeat(time) => clock = Some(*time),
                Event::TableDone(name) => {
                    let table = self.table_named(name);
                    deltas.push(Delta::Done { table });
                }
                Event::Schema(_) => {}
            }
        }
        self.batches.increment(1);
        self.flights.push_back(Flight {
            sequence: batch.sequence(),
            written_at: Instant::now(),
            ends_in_transaction: self.in_transaction,
            deltas,
            clock,
            _load: load,
        });
    }

    /// Since when the oldest written batch waits to be durable.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.flights.front().map(|flight| flight.written_at)
    }

    /// Moves what is durable to the board, and gives its bytes back to the budget.
    pub(super) fn durable_through(&mut self, sequence: u64, checkpoint: Option<&Checkpoint>) {
        let Self { shared, tables, flights, unfinished, spare, .. } = self;
        let mut board = shared.board();
        while let Some(mut flight) = flights.pop_front_if(|flight| flight.sequence <= sequence) {
            flight.deltas.drain(..).for_each(|delta| add(unfinished, delta));
            spare.push(std::mem::take(&mut flight.deltas));
            board.clock = flight.clock.or(board.clock);
            if !flight.ends_in_transaction {
                for delta in unfinished.drain(..) {
                    let (Delta::Rows { table, .. } | Delta::Done { table }) = delta;
                    tables[table].count(delta, &mut board, shared);
                }
            }
        }
        if let Some(checkpoint) = checkpoint {
            board.tally = checkpoint.tally;
            board.position = Some(checkpoint.position.clone());
        }
    }

    fn table(&mut self, schema: &Arc<TableSchema>) -> usize {
        match &self.last {
            Some((last, table)) if Arc::ptr_eq(last, schema) => *table,
            _ => {
                let table = self.table_named(schema.name());
                self.last = Some((Arc::clone(schema), table));
                table
            }
        }
    }

    fn table_named(&mut self, name: &TableName) -> usize {
        if let Some(table) = self.by_name.get(name) {
            return *table;
        }
        let bytes = metrics::counter!(
            metric::BYTES, field::PIPELINE => self.shared.id.to_string(), field::TABLE => name.to_string()
        );
        self.tables.push(TableMeter { name: name.clone(), row: None, rows: [const { None }; 4], bytes });
        let table = self.tables.len() - 1;
        self.by_name.insert(name.clone(), table);
        table
    }
}

/// Adds to the last entry where it is of the same table and kind.
fn add(deltas: &mut Vec<Delta>, delta: Delta) {
    if let (
        Some(Delta::Rows { table, kind, rows, bytes }),
        Delta::Rows { table: same_table, kind: same_kind, rows: more_rows, bytes: more_bytes },
    ) = (deltas.last_mut(), delta)
        && (*table, *kind) == (same_table, same_kind)
    {
        *rows += more_rows;
        *bytes += more_bytes;
        return;
    }
    deltas.push(delta);
}

impl TableMeter {
    fn count(&mut self, delta: Delta, board: &mut Board, shared: &Shared) {
        let row = *self.row.get_or_insert_with(|| {
            board.tables.push(TableProgress {
                table: self.name.clone(),
                rows: RowCounts::default(),
                bytes: 0,
                done: false,
            });
            board.tables.len() - 1
        });
        let row = &mut board.tables[row];
        match delta {
            Delta::Rows { kind, rows, bytes, .. } => {
                *row.rows.of(kind) += rows;
                row.bytes += bytes;
                shared.rows_arrived(rows);
                self.rows_of(kind, &shared.id).increment(rows);
                self.bytes.increment(bytes);
            }
            Delta::Done { .. } => row.done = true,
        }
    }

    fn rows_of(&mut self, kind: ChangeKind, pipeline: &str) -> &Counter {
        let (place, kind) = match kind {
            ChangeKind::Read => (0, "read"),
            ChangeKind::Insert => (1, "insert"),
            ChangeKind::Update => (2, "update"),
            ChangeKind::Delete => (3, "delete"),
        };
        self.rows[place].get_or_insert_with(|| {
            metrics::counter!(
                metric::ROWS,
                field::PIPELINE => pipeline.to_owned(),
                field::TABLE => self.name.to_string(),
                field::KIND => kind
            )
        })
    }
}

impl std::fmt::Debug for TableMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TableMeter({})", self.name)
    }
}
