//! A source of one's own: the lines of a text, which can be left at any line and taken up again.
//!
//! ```text
//! cargo run --example custom_source [FILE]
//! ```

use std::error::Error as StdError;
use std::sync::Arc;

use async_trait::async_trait;
use oms_core::checkpoint::{Checkpoint, MemoryCheckpointStore};
use oms_core::event::{Change, Event, EventBatch};
use oms_core::pipeline::Pipeline;
use oms_core::row::RowBatchBuilder;
use oms_core::schema::{Column, ColumnType, LobSize, TableSchema};
use oms_core::sink::MemorySink;
use oms_core::source::Source;
use oms_core::value::Value;
use oms_core::{Error, Position, Result, TableName};

/// The kind of position that this source makes: how many lines have been given.
const SCHEME: &str = "lines";
/// Rows travel in batches: one hop for many rows.
const LINES_PER_BATCH: usize = 2;

struct LineSource {
    lines: Vec<String>,
    schema: Arc<TableSchema>,
    next: usize,
}

impl LineSource {
    fn new(text: &str) -> Self {
        let line = Column::new("line", ColumnType::Text(LobSize::Normal));
        Self {
            lines: text.lines().map(str::to_owned).collect(),
            schema: Arc::new(TableSchema::new(TableName::new("files", "lines"), vec![line])),
            next: 0,
        }
    }
}

#[async_trait]
impl Source for LineSource {
    fn name(&self) -> &str {
        "lines"
    }

    /// The whole promise of a source: `None` begins at the start, a checkpoint goes on exactly behind its position.
    /// It is the same call after a new start, a crash and a lost connection.
    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.next = match from {
            None => 0,
            Some(checkpoint) => {
                // Refuses a checkpoint that another kind of source has made.
                let token = checkpoint.position.token_of(SCHEME)?;
                let wrong = |_| Error::decode("a position", "it is not a count of lines");
                token.parse().map_err(wrong)?
            }
        };
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        let end = self.lines.len().min(self.next + LINES_PER_BATCH);
        let mut batch = EventBatch::new();
        if self.next >= end {
            return Ok(None);
        }
        let mut rows = RowBatchBuilder::canonical(Arc::clone(&self.schema));
        for line in &self.lines[self.next..end] {
            rows.push([Value::from(line.as_str())])?;
        }
        self.next = end;
        // `Read` says that these rows are there, like the rows of a scan. A log would give inserts, updates and deletes
        // between a begin and a commit.
        batch.push(Event::Change(Change::read(rows.finish())));
        if end == self.lines.len() {
            batch.push(Event::TableDone(self.schema.name().clone()));
        }
        // A batch has a position only where a restart would be right.
        Ok(Some(batch.with_position(Position::new(SCHEME, end.to_string()))))
    }

    /// Everything up to here is safe at the sink; a log could now be cut off.
    async fn confirm(&mut self, _durable: &Position) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn StdError>> {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?,
        None => "one\ntwo\nthree\nfour\nfive\n".to_owned(),
    };
    let (store, sink) = (MemoryCheckpointStore::new(), MemorySink::new());
    // The second run finds the first one's checkpoint and has nothing left to do.
    let mut rows = Vec::new();
    for _ in 0..2 {
        let summary = Pipeline::new("lines", LineSource::new(&text), sink.clone())
            .checkpoints(store.clone())
            .run()
            .await?;
        rows.push(summary.rows());
    }
    let table = TableName::new("files", "lines");
    println!("first run {} lines, second run {}; {} are there", rows[0], rows[1], sink.row_count(&table));
    Ok(())
}
