//! The binary log: our own replication client and decoder.
//!
//! ```text
//!   server ─ packets ─ Decoder ─ rows located, not decoded ─► transactions ─► EventBatch + position
//!                        │
//!                        └ TABLE_MAP against the schema at this position; statements move the schema on
//! ```
//!
//! The schema of an event is what the event itself says, checked against the schema that the checkpoint holds for its
//! position; a mismatch stops, it never shifts columns.

mod cells;
mod cursor;
mod decoder;
mod event;
mod gtid;
mod header;
mod log_state;
mod options;
mod payload;
mod position;
mod query;
mod reader;
mod rows;
mod start;
mod statements;
mod table_map;
mod tables;

use std::sync::Arc;

use async_trait::async_trait;
use oms_core::checkpoint::Checkpoint;
use oms_core::event::EventBatch;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::source::Source;
use oms_core::{Error, Position, Result, TableName};

pub use gtid::{Gtid, GtidSet};
pub(crate) use log_state::LogState;
pub use options::{BinlogOptions, StartPosition};
pub use position::BinlogPosition;
pub(crate) use reader::BinlogReader;
pub(crate) use tables::Wanted;

/// Follows the changes of selected tables in the binary log of a MySQL server.
///
/// Positions are those of [`BinlogPosition`]. Statements that change the shape of a selected table come as
/// [`Event::Schema`](oms_core::event::Event::Schema), tables that are made under a selected name are followed from
/// their first row on.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_sources::mysql::binlog::BinlogSource;
/// let source = ConnectOptions::from_url("mysql://replica@127.0.0.1:3306")?;
/// let changes = BinlogSource::new(source, |table| table.database() == "shop");
/// # Ok(())
/// # }
/// ```
pub struct BinlogSource {
    connect: ConnectOptions,
    wanted: Wanted,
    options: BinlogOptions,
    reader: Option<Box<BinlogReader>>,
}

impl BinlogSource {
    /// Follows the tables that `wanted` names.
    pub fn new(connect: ConnectOptions, wanted: impl Fn(&TableName) -> bool + Send + Sync + 'static) -> Self {
        Self { connect, wanted: Arc::new(wanted), options: BinlogOptions::default(), reader: None }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: BinlogOptions) -> Self {
        self.options = options;
        self
    }
}

impl std::fmt::Debug for BinlogSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BinlogSource").field("connect", &self.connect).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for BinlogSource {
    fn name(&self) -> &str {
        "mysql-binlog"
    }

    async fn open(&mut self, from: Option<&Checkpoint>) -> Result<()> {
        self.reader = None;
        let (position, schemas, skip_before) = match from {
            Some(checkpoint) => {
                (BinlogPosition::try_from(&checkpoint.position)?, Arc::clone(&checkpoint.schemas), None)
            }
            None => {
                let mut session = Session::connect(&self.connect, &SessionOptions::default()).await?;
                // The schemas are read first: a change in between is in the log then.
                let start = start::resolve(&self.connect, &mut session, &self.options).await?;
                let schemas = super::selected_schemas(&mut session, &self.wanted).await?;
                session.close().await?;
                (start.position, schemas, start.skip_before)
            }
        };
        let mut reader =
            BinlogReader::open(&self.connect, &self.options, Arc::clone(&self.wanted), schemas, position)
                .await?;
        reader.skip_before(skip_before);
        self.reader = Some(Box::new(reader));
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Option<EventBatch>> {
        match &mut self.reader {
            Some(reader) => reader.next_batch().await.map(Some),
            None => Err(Error::Stopped { what: "a source that is not open" }),
        }
    }

    async fn confirm(&mut self, _durable: &Position) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.reader = None;
        Ok(())
    }
}
