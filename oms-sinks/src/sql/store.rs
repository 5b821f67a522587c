//! [`CheckpointTable`]: checkpoints in the target, written in one transaction with the data; one writer at a time.
//!
//! ```text
//!   pipeline  part        fence  sequence  content
//!   shop      main          3       41     {"position": …, "tally": …, "applied": []}
//!   shop      schemas       3       12     [ … ]
//!   shop      worker-00     3       43     {"position": …, "tally": …, "applied": ["9f…"]}
//!   shop      worker-01     3       42     …
//! ```
//!
//! Each worker writes only its own row, so commits do not wait for each other. The row with the highest sequence has the
//! newest position; the transactions that any row lists are applied too. Whoever opens the pipeline holds its lease, or
//! else holds it for as long as its session lives (see `hold`), and raises the fence: rows are only ever written by their fence, so a process that
//! was thought dead cannot commit anything any more.

use std::collections::HashSet;
use std::sync::Arc;

use oms_core::checkpoint::Checkpoint;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions, TextRow, quote_ident, quote_text};
use oms_core::schema::SchemaSet;
use oms_core::{At, Error, ErrorClass, Position, Result, TableName};

use super::ddl::BegunChanges;
use super::hold::{self, Opener};
use super::ledger::{AppliedId, Progress};

/// The rows of one pipeline in the checkpoint table.
#[derive(Debug)]
pub(crate) struct CheckpointTable {
    /// `` `database`.`checkpoint` ``
    pub(super) table: String,
    pub(super) database: String,
    pub(super) pipeline: String,
    pub(super) fence: u64,
    /// Name of the server's lock of the pipeline; names of locks are short and global to the server.
    pub(super) lock: String,
}

/// What was found when a pipeline was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) progress: Progress,
    pub(crate) sequence: u64,
    /// Transactions behind the checkpoint that are applied already.
    pub(crate) applied: HashSet<AppliedId>,
    /// Schema changes behind the checkpoint that were begun.
    pub(crate) begun: BegunChanges,
}

const MAIN: &str = "main";
const SCHEMAS: &str = "schemas";
const BEGUN: &str = "begun";
pub(super) const HOLDER: &str = "holder";
/// The session of the holder, and with a number behind it those of its workers, where the server's named locks outlive their sessions.
pub(super) const SESSION: &str = "session";

impl CheckpointTable {
    /// Takes the pipeline over: nobody else may run it from here on, for as long as `session` lives.
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`] if somebody else runs it.
    pub(crate) async fn open(
        session: &mut Session,
        database: &str,
        pipeline: &str,
        opener: Opener<'_>,
        workers: usize,
    ) -> Result<(Self, Opened)> {
        let mut table = Self::of(database, pipeline);
        table.create(session, database).await?;
        // Begins the transaction in which the pipeline is taken over.
        hold::take(&table, session, opener).await?;
        let opened = table.take_over(session, opener.holder, workers).await?;
        session.execute("COMMIT").await?;
        Ok((table, opened))
    }

    async fn create(&self, session: &mut Session, database: &str) -> Result<()> {
        session.execute(format!("CREATE DATABASE IF NOT EXISTS {}", quote_ident(database))).await?;
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {} (\
             pipeline VARBINARY(512) NOT NULL, part VARCHAR(32) NOT NULL, fence BIGINT UNSIGNED NOT NULL, \
             sequence BIGINT UNSIGNED NOT NULL, content LONGTEXT NOT NULL, saved_at DATETIME(6) NOT NULL, \
             PRIMARY KEY (pipeline, part)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            self.table
        );
        session.execute(create).await?;
        Ok(())
    }

    fn of(database: &str, pipeline: &str) -> Self {
        let lock = xxhash_rust::xxh3::xxh3_128(format!("{database}\0{pipeline}").as_bytes());
        Self {
            table: format!("{}.`checkpoint`", quote_ident(database)),
            database: database.to_owned(),
            pipeline: pipeline.to_owned(),
            fence: 0,
            lock: format!("'oms:{lock:032x}'"),
        }
    }

    async fn take_over(&mut self, session: &mut Session, holder: &str, workers: usize) -> Result<Opened> {
        let pipeline = quote_text(&self.pipeline);
        let select = format!(
            "SELECT part, fence, sequence, content FROM {} WHERE pipeline={pipeline} ORDER BY sequence FOR UPDATE",
            self.table
        );
        let rows = session.query(select).await?;
        let (mut progress, mut sequence, mut schemas) = (Progress::default(), 0, SchemaSet::new());
        let (mut applied, mut begun) = (HashSet::new(), BegunChanges::default());
        for row in &rows {
            self.fence = self.fence.max(row.number(1)?);
            let content = row.text(3)?;
            match row.text(0)? {
                HOLDER => {}
                part if part.starts_with(SESSION) => {}
                BEGUN => begun = self.parse::<BegunChanges>(BEGUN, content)?.of_earlier_run(),
                SCHEMAS => schemas = self.parse(SCHEMAS, content)?,
                part => {
                    let row_progress: Progress = self.parse(part, content)?;
                    applied.extend(row_progress.applied.iter().copied());
                    sequence = row.number(2)?;
                    if row_progress.position.is_some() {
                        progress = row_progress;
                    }
                }
            }
        }
        self.fence += 1;
        progress.applied = applied.iter().copied().collect();
        self.rewrite(session, holder, workers, sequence, &progress).await?;
        let checkpoint = match &progress.position {
            Some(position) => {
                Some(Checkpoint::new(position.parse::<Position>()?, Arc::new(schemas), progress.tally))
            }
            None => None,
        };
        Ok(Opened { checkpoint, progress, sequence, applied, begun })
    }

    /// Puts all that is known into the main row, and fresh rows for the workers under the new fence.
    async fn rewrite(
        &self,
        session: &mut Session,
        holder: &str,
        workers: usize,
        sequence: u64,
        progress: &Progress,
    ) -> Result<()> {
        let (table, pipeline, fence) = (&self.table, quote_text(&self.pipeline), self.fence);
        session
            .execute(format!(
                "DELETE FROM {table} WHERE pipeline={pipeline} AND part NOT IN ('{SCHEMAS}','{BEGUN}')"
            ))
            .await?;
        session.execute(format!("UPDATE {table} SET fence={fence} WHERE pipeline={pipeline}")).await?;
        let row = |part: &str, sequence: u64, content: &str| {
            format!("({pipeline},'{part}',{fence},{sequence},{},UTC_TIMESTAMP(6))", quote_text(content))
        };
        let identity = hold::identity(session).await?;
        let mut values = vec![
            row(HOLDER, 0, holder),
            row(SESSION, 0, &identity),
            row(MAIN, sequence, &to_text(progress)?),
        ];
        for worker in 0..workers {
            values.push(row(&worker_part(worker), 0, "{\"position\":null}"));
        }
        let insert = format!(
            "INSERT INTO {table} (pipeline,part,fence,sequence,content,saved_at) VALUES {}",
            values.join(",")
        );
        session.execute(insert).await?;
        Ok(())
    }

    fn parse<T: serde::de::DeserializeOwned>(&self, part: &str, content: &str) -> Result<T> {
        serde_json::from_str(content).map_err(|error| Error::Connector {
            connector: "checkpoint table",
            action: format!("reading row {part} of pipeline {} in {}", self.pipeline, self.table).into(),
            class: ErrorClass::Fatal,
            at: Box::new(At::unknown()),
            source: Box::new(error),
        })
    }

    /// The statement that saves a worker's progress; it must match one row.
    pub(crate) fn save_worker(&self, worker: usize, sequence: u64, progress: &Progress) -> Result<Vec<u8>> {
        self.save(&worker_part(worker), sequence, &to_text(progress)?)
    }

    /// The statement that saves what is durable when nothing is in flight.
    pub(crate) fn save_main(&self, sequence: u64, progress: &Progress) -> Result<Vec<u8>> {
        self.save(MAIN, sequence, &to_text(progress)?)
    }

    fn save(&self, part: &str, sequence: u64, content: &str) -> Result<Vec<u8>> {
        let Self { table, pipeline, fence, .. } = self;
        let sql = format!(
            "UPDATE {table} SET sequence={sequence},content={},saved_at=UTC_TIMESTAMP(6) \
             WHERE pipeline={} AND part='{part}' AND fence={fence}",
            quote_text(content),
            quote_text(pipeline)
        );
        Ok(sql.into_bytes())
    }

    /// Notes that a schema change is about to be made.
    pub(crate) async fn begin_change(&self, session: &mut Session, begun: &BegunChanges) -> Result<()> {
        let (table, pipeline, fence) = (&self.table, quote_text(&self.pipeline), self.fence);
        let content = quote_text(&to_text(begun)?);
        // Only whoever holds the main row may write.
        let save = format!(
            "INSERT INTO {table} (pipeline,part,fence,sequence,content,saved_at) \
             SELECT pipeline,'{BEGUN}',fence,0,{content},UTC_TIMESTAMP(6) FROM {table} AS held \
             WHERE pipeline={pipeline} AND part='{MAIN}' AND fence={fence} \
             ON DUPLICATE KEY UPDATE content={content}"
        );
        match session.execute(save).await?.affected_rows {
            0 => Err(self.fenced()),
            _ => Ok(()),
        }
    }

    /// Saves the position behind schema changes, and schemas that begin to hold there; nothing is in flight.
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`] if somebody else has taken over.
    pub(crate) async fn save_schemas(
        &self,
        session: &mut Session,
        sequence: u64,
        progress: &Progress,
        schemas: Option<&SchemaSet>,
    ) -> Result<()> {
        let (table, pipeline, fence) = (&self.table, quote_text(&self.pipeline), self.fence);
        session.execute("BEGIN").await?;
        let saved = session.execute(self.save_main(sequence, progress)?).await?;
        if saved.affected_rows != 1 {
            session.execute("ROLLBACK").await?;
            return Err(self.fenced());
        }
        // The position is behind all changes that were begun; left there, they would pass for made when they come again.
        let forget = format!("DELETE FROM {table} WHERE pipeline={pipeline} AND part='{BEGUN}'");
        session.execute(forget).await?;
        if let Some(schemas) = schemas {
            let content = quote_text(&to_text(schemas)?);
            let replace = format!(
                "INSERT INTO {table} (pipeline,part,fence,sequence,content,saved_at) \
                 VALUES ({pipeline},'{SCHEMAS}',{fence},0,{content},UTC_TIMESTAMP(6)) \
                 ON DUPLICATE KEY UPDATE fence={fence},content={content},saved_at=UTC_TIMESTAMP(6)"
            );
            session.execute(replace).await?;
        }
        session.execute("COMMIT").await?;
        Ok(())
    }

    /// Somebody else has taken the pipeline over.
    pub(crate) fn fenced(&self) -> Error {
        Error::Fenced {
            pipeline: self.pipeline.as_str().into(),
            holder: "a process that opened it later".into(),
        }
    }
}

/// Reads a pipeline's checkpoint without taking it over, as another process may.
///
/// # Errors
///
/// As for a query; `None` if the pipeline has never run.
pub(crate) async fn peek(
    options: &ConnectOptions,
    database: &str,
    pipeline: &str,
) -> Result<Option<Checkpoint>> {
    let mut session = Session::connect(options, &SessionOptions::default()).await?;
    let table = CheckpointTable::of(database, pipeline);
    let select = format!(
        "SELECT part, sequence, content FROM {} WHERE pipeline={} AND part NOT IN ('{HOLDER}','{BEGUN}') AND part NOT LIKE '{SESSION}%' ORDER BY sequence",
        table.table,
        quote_text(pipeline)
    );
    let (mut newest, mut schemas) = (None, SchemaSet::new());
    for row in session.query_if_there(&TableName::new(database, "checkpoint"), &select).await? {
        match row.text(0)? {
            SCHEMAS => schemas = table.parse(SCHEMAS, row.text(2)?)?,
            part => {
                let progress: Progress = table.parse(part, row.text(2)?)?;
                if progress.position.is_some() {
                    newest = Some(progress);
                }
            }
        }
    }
    session.close().await?;
    let Some(Progress { position: Some(position), tally, .. }) = newest else { return Ok(None) };
    Ok(Some(Checkpoint::new(position.parse()?, Arc::new(schemas), tally)))
}

pub(super) fn first_text(rows: &[TextRow]) -> Option<&str> {
    rows.first().and_then(|row| row.text_or_null(0).ok().flatten())
}

fn worker_part(worker: usize) -> String {
    format!("worker-{worker:02}")
}

fn to_text<T: serde::Serialize>(content: &T) -> Result<String> {
    serde_json::to_string(content).map_err(|error| Error::decode("a checkpoint", error.to_string()))
}
