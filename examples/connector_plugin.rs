//! A connector as a crate of its own would hold it: a sink, `register`, and a run of the conformance suite.
//!
//! `cargo run --example connector_plugin`

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::event::{Change, Event, EventBatch};
use oms_core::pipeline::Ledger;
use oms_core::registry::{ConnectorOptions, Registry};
use oms_core::row::{CellRef, RowBatch};
use oms_core::schema::TableSchema;
use oms_core::sink::{Progress, Sink, SinkCapabilities};
use oms_core::testing::{SinkFixture, sink_suite};
use oms_core::value::Value;
use oms_core::{Error, Result, TableName};
use tokio::sync::Mutex;

type Row = Vec<Value>;

/// The database that the connector is for: rows and checkpoints under one lock, which is its transaction.
#[derive(Default)]
struct ToyState {
    tables: HashMap<TableName, Vec<Row>>,
    checkpoints: HashMap<String, Checkpoint>,
}

type ToyDb = Arc<Mutex<ToyState>>;

struct ToySink {
    db: ToyDb,
    /// Name of the pipeline, and the books that make its checkpoints.
    session: Option<(String, Ledger)>,
    /// Changes that wait for their commit, in a transaction.
    open: Option<Vec<Change>>,
}

impl ToyState {
    fn apply(&mut self, change: &Change) -> Result<()> {
        let rows = self.tables.entry(change.schema().name().clone()).or_default();
        let key = change.schema().identity().key_columns();
        let is_same = |a: &Row, b: &Row| key.map_or(a == b, |key| key.iter().all(|at| a[*at] == b[*at]));
        let value = |cell: CellRef<'_>| cell.decode()?.to_value();
        let values = |rows: &RowBatch, i| rows.row(i).cells().map(value).collect::<Result<Row>>();
        for i in 0..change.row_count() {
            let old = match (change.before(), change.after()) {
                (Some(before), _) => Some(values(before, i)?),
                // A scanned row takes the place of an older version, where there is a key to tell.
                (None, Some(after)) if key.is_some() => Some(values(after, i)?),
                _ => None,
            };
            if let Some(at) = old.and_then(|old| rows.iter().position(|row| is_same(row, &old))) {
                rows.swap_remove(at);
            }
            if let Some(after) = change.after() {
                rows.push(values(after, i)?);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Sink for ToySink {
    fn name(&self) -> &str {
        "toy"
    }
    fn capabilities(&self) -> SinkCapabilities {
        SinkCapabilities::default().with_checkpoint(true)
    }
    async fn open(&mut self, pipeline: &str) -> Result<Option<Checkpoint>> {
        let checkpoint = self.db.lock().await.checkpoints.get(pipeline).cloned();
        self.session = Some((pipeline.to_owned(), Ledger::resume(checkpoint.as_ref())?));
        self.open = None;
        Ok(checkpoint)
    }
    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        let closed = Error::Stopped { what: "the toy sink" };
        let (pipeline, ledger) = self.session.as_mut().ok_or(closed)?;
        ledger.accept(&batch)?;
        let mut db = self.db.lock().await;
        for event in batch.events() {
            match (event, &mut self.open) {
                (Event::Begin(_), open) => *open = Some(Vec::new()),
                (Event::Change(change), Some(open)) => open.push(change.clone()),
                (Event::Change(change), None) => db.apply(change)?,
                (Event::Commit(_), open) => {
                    for change in open.take().unwrap_or_default() {
                        db.apply(&change)?;
                    }
                }
                (Event::Schema(_), _) => return Err(Error::unsupported("the toy sink", "schema changes")),
                _ => {}
            }
        }
        // The rows and the checkpoint become visible together, when the lock is given back.
        if let Some(checkpoint) = ledger.durable_through(batch.sequence())? {
            db.checkpoints.insert(pipeline.clone(), checkpoint);
        }
        Ok(Progress::Durable)
    }
    async fn flush(&mut self) -> Result<Progress> {
        Ok(Progress::Durable)
    }
    async fn close(&mut self) -> Result<()> {
        self.session = None;
        Ok(())
    }
}

/// What the crate offers: the host program calls it with its registry. Nothing registers itself.
fn register(registry: &mut Registry, db: ToyDb) -> Result<()> {
    registry.add_sink("toy", move |options: &ConnectorOptions| {
        options.deny_unknown(&[])?;
        let (db, session, open) = (Arc::clone(&db), None, None);
        Ok(Box::new(ToySink { db, session, open }))
    })
}

/// How the suite gets at the connector: through the registry, as a host program would.
struct Fixture(Registry, ToyDb);

#[async_trait]
impl SinkFixture for Fixture {
    async fn sink(&mut self) -> Result<Box<dyn Sink>> {
        self.0.sink(&ConnectorOptions::new("toy://local"))
    }
    async fn reset(&mut self, _tables: &[Arc<TableSchema>]) -> Result<()> {
        *self.1.lock().await = ToyState::default();
        Ok(())
    }
    async fn rows(&mut self, table: &TableName) -> Result<Option<Vec<Row>>> {
        let rows = self.1.lock().await.tables.get(table).cloned();
        Ok(Some(rows.unwrap_or_default()))
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn StdError>> {
    let (mut registry, db) = (Registry::new(), ToyDb::default());
    register(&mut registry, Arc::clone(&db))?;
    let report = sink_suite(&mut Fixture(registry, db)).await?;
    let rules = report.checked.len();
    println!("the toy connector keeps {rules} rules of the contract");
    Ok(())
}
