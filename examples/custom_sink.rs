//! A sink of one's own: a file with one line for each change, durable when it is synced.
//!
//! ```text
//! cargo run --example custom_sink
//! ```

use std::error::Error as StdError;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::event::{Change, Event, EventBatch, Transaction, TransactionId};
use oms_core::pipeline::Pipeline;
use oms_core::row::RowBatchBuilder;
use oms_core::schema::{Column, ColumnType, TableSchema};
use oms_core::sink::{Progress, Sink, SinkCapabilities};
use oms_core::source::MemorySource;
use oms_core::value::Value;
use oms_core::{At, Error, ErrorClass, Result, TableName};

#[derive(Default)]
struct LineFile {
    path: PathBuf,
    file: Option<File>,
    /// Lines of the transaction that has begun: they go into the file when it commits, and not before.
    pending: Vec<u8>,
    in_transaction: bool,
}

/// An error of this sink. The class says what the pipeline is to do: a full disk needs a person.
fn failed(action: &'static str, error: std::io::Error) -> Error {
    Error::Connector {
        connector: "line file",
        action: action.into(),
        class: ErrorClass::Fatal,
        at: Box::new(At::unknown()),
        source: Box::new(error),
    }
}

impl LineFile {
    fn push(&mut self, change: &Change) {
        for row in change.rows().rows() {
            let (kind, table, cells) = (change.kind(), change.schema().name(), row.width());
            let line = format!("{kind:?} {table} of {cells} cells\n");
            self.pending.extend_from_slice(line.as_bytes());
        }
    }

    fn commit(&mut self) -> Result<()> {
        let lines = std::mem::take(&mut self.pending);
        let Some(file) = &mut self.file else {
            return Err(Error::Stopped { what: "the line file" });
        };
        file.write_all(&lines).map_err(|error| failed("writing", error))
    }
}

#[async_trait]
impl Sink for LineFile {
    fn name(&self) -> &str {
        "line file"
    }

    /// Nothing is promised that a plain file cannot keep: no checkpoint with the data, and a transaction that is given
    /// again leaves its lines again.
    fn capabilities(&self) -> SinkCapabilities {
        SinkCapabilities::default()
    }

    async fn open(&mut self, _pipeline: &str) -> Result<Option<Checkpoint>> {
        (self.pending, self.in_transaction) = (Vec::new(), false);
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        self.file = Some(file.map_err(|error| failed("opening", error))?);
        Ok(None)
    }

    async fn write(&mut self, batch: Arc<EventBatch>) -> Result<Progress> {
        for event in batch.events() {
            match event {
                Event::Begin(_) => self.in_transaction = true,
                Event::Change(change) => self.push(change),
                Event::Commit(_) => self.in_transaction = false,
                // Passing over a schema change would be a silent loss.
                Event::Schema(change) => {
                    return Err(Error::unsupported(
                        "the line file",
                        format!("DDL on table {}", change.table),
                    ));
                }
                _ => {}
            }
            // The rows of a scan stand outside of transactions.
            if !self.in_transaction {
                self.commit()?;
            }
        }
        // Taken, not durable: the runner calls `flush` as soon as it has nothing more to give.
        Ok(Progress::Accepted)
    }

    /// Without an await nothing can be dropped half-way. A sink that waits keeps what it waits for in itself.
    async fn flush(&mut self) -> Result<Progress> {
        if let Some(file) = &self.file {
            file.sync_data().map_err(|error| failed("syncing", error))?;
        }
        Ok(Progress::Durable)
    }

    async fn close(&mut self) -> Result<()> {
        self.file = None;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn StdError>> {
    let name = Column::new("name", ColumnType::VarChar { length: 20 });
    let users = Arc::new(TableSchema::new(TableName::new("shop", "users"), vec![name]));
    let mut rows = RowBatchBuilder::canonical(users);
    rows.push([Value::from("Ann")])?;
    rows.push([Value::from("Bob")])?;
    let transaction = Arc::new(Transaction::new(TransactionId::new("t1"), SystemTime::now()));
    let mut batch = EventBatch::new();
    batch.push(Event::Begin(Arc::clone(&transaction)));
    batch.push(Event::Change(Change::insert(rows.finish())));
    batch.push(Event::Commit(transaction));

    let path = std::env::temp_dir().join(format!("custom-sink-{}.txt", std::process::id()));
    let sink = LineFile { path: path.clone(), ..LineFile::default() };
    let summary = Pipeline::new("users", MemorySource::new([batch]), sink).run().await?;
    let lines = std::fs::read_to_string(&path)?.lines().count();
    std::fs::remove_file(path)?;
    println!("{} rows moved, {lines} lines in the file", summary.rows());
    Ok(())
}
