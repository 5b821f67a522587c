//! [`MemorySink`]: tables in memory, for tests and examples.

mod table;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::table::Table;
use super::{Progress, Sink, SinkCapabilities};
use crate::checkpoint::Checkpoint;
use crate::error::{At, Error, Result};
use crate::event::{Change, ChangeKind, Event, EventBatch, SchemaChange, SchemaChangeKind, Transaction};
use crate::name::TableName;
use crate::pipeline::Ledger;
use crate::schema::TableSchema;
use crate::value::Value;

/// Folds changes into tables in memory: rows by their key, rows of keyless tables by their count.
///
/// Clones share the tables, so that one can be read after another has gone into a pipeline. A transaction takes effect
/// at its commit. A table is made when its first row comes.
///
/// It converges when transactions are given again, but for keyless tables, where nothing short of storing the
/// checkpoint with the rows can tell a second time from a second row. Keys are compared by their values' bytes, not by
/// collation.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::sink::MemorySink;
/// let sink = MemorySink::new();
/// let reader = sink.clone();
/// assert!(reader.rows(&TableName::new("shop", "orders")).is_empty());
/// ```
#[derive(Default)]
pub struct MemorySink {
    state: Arc<Mutex<State>>,
    strict: bool,
    stores_checkpoint: bool,
    session: Option<Session>,
}

/// What clones share, and what outlives being closed.
#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<TableName, Table>,
    transactions: Vec<Arc<Transaction>>,
    checkpoints: HashMap<String, Checkpoint>,
}

/// What is forgotten when the sink is closed.
#[derive(Debug)]
struct Session {
    pipeline: String,
    ledger: Ledger,
    /// The changes of the transaction that has begun and not ended.
    open: Option<Vec<Change>>,
}

impl MemorySink {
    /// A sink without tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, refusing changes that do not meet the row that they expect: an insert of a key that is there, an
    /// update or delete of a row that is not. It then is not replay-safe.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The same, keeping the checkpoint together with the rows: exactly once in effect.
    #[must_use]
    pub fn with_checkpoint(mut self, stores_checkpoint: bool) -> Self {
        self.stores_checkpoint = stores_checkpoint;
        self
    }

    /// The rows of a table, by the bytes of their keys; none if there is no such table.
    pub fn rows(&self, table: &TableName) -> Vec<Vec<Value>> {
        self.state().tables.get(table).map(Table::rows).unwrap_or_default()
    }

    /// How many rows a table has.
    pub fn row_count(&self, table: &TableName) -> u64 {
        self.state().tables.get(table).map_or(0, Table::row_count)
    }

    /// The schemas of all tables, in name order.
    pub fn schemas(&self) -> Vec<Arc<TableSchema>> {
        let schema = |table: &Table| Arc::clone(table.schema());
        self.state().tables.values().map(schema).collect()
    }

    /// Every transaction that was committed, in that order; twice if it was given twice.
    pub fn transactions(&self) -> Vec<Arc<Transaction>> {
        self.state().transactions.clone()
    }

    /// The checkpoint that is kept for a pipeline.
    pub fn checkpoint(&self, pipeline: &str) -> Option<Checkpoint> {
        self.state().checkpoints.get(pipeline).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another one onto the same tables, not open.
impl Clone for MemorySink {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            strict: self.strict,
            stores_checkpoint: self.stores_checkpoint,
            session: None,
        }
    }
}

/// Prints the tables' sizes.
impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let sizes = state.tables.iter().map(|(name, table)| (name, table.row_count()));
        f.debug_map().entries(sizes).finish()
    }
}

impl State {
    fn apply(&mut self, change: &Change, strict: bool) -> Result<()> {
        let schema = change.schema();
        self.tables
            .entry(schema.name().clone())
            .or_insert_with(|| Table::new(Arc::clone(schema)))
            .apply(change, strict)
    }

    fn change_schema(&mut self, change: &SchemaChange) -> Result<()> {
        let table = &change.table;
        match (&change.kind, &change.after) {
            (SchemaChangeKind::Create, Some(after)) => {
                self.tables.insert(table.clone(), Table::new(Arc::clone(after)));
            }
            (SchemaChangeKind::Alter { renamed_columns }, Some(after)) => {
                if let Some(table) = self.tables.get_mut(table) {
                    table.reshape(Arc::clone(after), renamed_columns)?;
                }
            }
            (SchemaChangeKind::Rename { to }, Some(after)) => {
                if let Some(mut moved) = self.tables.remove(table) {
                    moved.reshape(Arc::clone(after), &[])?;
                    self.tables.insert(to.clone(), moved);
                }
            }
            (SchemaChangeKind::Drop, _) => {
                self.tables.remove(table);
            }
            (SchemaChangeKind::Truncate, _) => {
                if let Some(table) = self.tables.get_mut(table) {
                    table.truncate();
                }
            }
            (SchemaChangeKind::References, Some(after)) => {
                if let Some(table) = self.tables.get_mut(table) {
                    table.reshape(Arc::clone(after), &[])?;
                }
            }
            (_, None) => {
                let reason = "the schema change does not say what the table looks like afterwards";
                return Err(Error::refused(At::table(table), reason));
            }
        }
        Ok(())
    }
}

impl Session {
    fn take(&mut self, event: &Event, state: &mut State, strict: bool) -> Result<()> {
        match (event, &mut self.open) {
            (Event::Begin(_), open @ None) => *open = Some(Vec::new()),
            (Event::Change(change), Some(open)) => open.push(change.clone()),
            (Event::Change(change), None) if change.kind() == ChangeKind::Read => {
                state.apply(change, strict)?
            }
            (Event::Commit(transaction), open @ Some(_)) => {
                let changes = open.take().unwrap_or_default();
                for change in &changes {
                    state.apply(change, strict)?;
                }
                state.transactions.push(Arc::clone(transaction));
            }
            (Event::Schema(change), None) => state.change_schema(change)?,
            (Event::TableDone(_) | Event::Heartbeat(_), _) => {}
            (Event::Begin(_) | Event::Schema(_), Some(_)) => {
                return Err(misplaced("inside of a transaction"));
            }
            (Event::Change(_) | Event::Commit(_), None) => return Err(misplaced("outside of a transaction")),
        }
        Ok(())
    }
}

fn misplaced(place: &str) -> Error {
    Error::decode("the stream of events", format!("an event stands {place} where it cannot"))
}

#[async_trait]
impl Sink for MemorySink {
    fn name(&self) -> &str {
        "memory"
    }

    fn capabilities(&self) -> SinkCapabilities {
        SinkCapabilities::default()
            .with_checkpoint(self.stores_checkpoint)
            .with_schema(true)
            .with_replay(!self.strict)
    }

    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        let checkpoint = self.state().checkpoints.get(pipeline).cloned();
        self.session = Some(Session {
            pipeline: pipeline.to_owned(),
            ledger: Ledger::resume(checkpoint.as_ref())?,
            open: None,
        });
        Ok(checkpoint)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        let Some(session) = &mut self.session else {
            return Err(Error::Stopped { what: "the memory sink" });
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        session.ledger.accept(&batch)?;
        for event in batch.events() {
            session.take(event, &mut state, self.strict)?;
        }
        let checkpoint = session.ledger.durable_through(batch.sequence())?;
        if let Some(checkpoint) = checkpoint.filter(|_| self.stores_checkpoint) {
            state.checkpoints.insert(session.pipeline.clone(), checkpoint);
        }
        Ok(Progress::Durable)
    }

    async fn flush(&mut self) -> Result<Progress> {
        match &self.session {
            Some(_) => Ok(Progress::Durable),
            None => Err(Error::Stopped { what: "the memory sink" }),
        }
    }

    async fn close(&mut self) -> Result<()> {
        self.session = None;
        Ok(())
    }
}
