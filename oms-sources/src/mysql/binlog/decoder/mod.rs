//! [`Decoder`]: events in, transactions out. It does no input or output of its own.

mod xa;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use oms_core::event::{Event, EventBatch, Transaction, TransactionId};
use oms_core::row::Span;
use oms_core::{At, Error, Position, Result};

use super::event::{GtidEvent, format_checksum, header_time, kind, rotate};
use super::gtid::GtidText;
use super::header::{Checksum, EventHeader};
use super::payload::Payload;
use super::query::{Control, Query};
use super::rows::decode_rows;
use super::table_map::table_id;
use super::tables::Tables;
use super::{BinlogPosition, Gtid, GtidSet};
use xa::Prepared;

/// Room for so many events is made beforehand at most.
const MAX_RESERVED: usize = 4096;

/// Bounds of what the decoder holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// An open transaction is handed on in parts of about so many bytes.
    pub(super) part_bytes: usize,
    /// XA transactions that are prepared and not decided may hold so many bytes.
    pub(super) prepared_bytes: usize,
    /// The longest event inside a compressed transaction.
    pub(super) event_bytes: usize,
}

/// What an event asks of the caller.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing: go on.
    Continue,
    /// A statement that may change schemas; to be finished by [`Decoder::statement_done`].
    Statement(Box<Statement>),
    /// The server has nothing more at the moment.
    Idle,
}

/// A statement that may change schemas.
#[derive(Debug)]
pub(super) struct Statement {
    /// The session's default database.
    pub(super) database: String,
    /// Its text.
    pub(super) text: String,
    /// The session's `sql_mode`.
    pub(super) sql_mode: u64,
    /// The session's `explicit_defaults_for_timestamp`, where logged.
    pub(super) explicit_defaults_for_timestamp: Option<bool>,
}

/// Assembles events into transactions.
pub(super) struct Decoder {
    tables: Tables,
    checksum: Checksum,
    limits: Limits,
    /// Behind the last whole group of events.
    position: BinlogPosition,
    /// Behind the last event.
    offset: u64,
    group: Group,
    /// What has not been handed on: whole groups, then the beginning of the one that is being read.
    batch: EventBatch,
    /// True if the position moved since the last batch.
    moved: bool,
    schemas_changed: bool,
    prepared: HashMap<Box<[u8]>, Prepared>,
    /// Transactions committed before this time are not wanted, until the first one that is.
    skip_before: Option<SystemTime>,
    /// Groups up to here were handed on before a restart; only XA transactions prepared there are news.
    replay_until: Option<BinlogPosition>,
    gtid_text: GtidText,
    place_text: String,
    /// Kept for its capacity.
    spans: Vec<Span>,
}

/// The group of events that is being read.
#[derive(Debug, Default)]
struct Group {
    gtid: Option<Gtid>,
    committed_at: Option<SystemTime>,
    /// Where it begins in the log.
    start: u64,
    started: bool,
    /// Where its events begin in the batch, and the batch's size there.
    first_event: usize,
    bytes_before: usize,
    /// There once it has captured rows.
    transaction: Option<Arc<Transaction>>,
    /// It has a BEGIN or XA START and no end yet.
    in_transaction: bool,
    /// The identity of the XA transaction that it prepares.
    xa: Option<Box<[u8]>>,
    /// Its beginning has been handed on.
    parted: bool,
}

impl Decoder {
    /// A decoder at `position`, of a stream that begins there, or where its `held` says.
    pub(super) fn new(
        tables: Tables,
        checksum: Checksum,
        mut position: BinlogPosition,
        limits: Limits,
    ) -> Self {
        let mut replay_until = None;
        if let Some((file, offset)) = position.held.take() {
            replay_until = Some(position.clone());
            (position.file, position.offset) = (file, offset);
        }
        Self {
            tables,
            checksum,
            limits,
            offset: position.offset,
            position,
            group: Group::default(),
            batch: EventBatch::new(),
            moved: false,
            schemas_changed: true,
            prepared: HashMap::new(),
            skip_before: None,
            replay_until,
            gtid_text: GtidText::default(),
            place_text: String::new(),
            spans: Vec::new(),
        }
    }

    /// Behind the last whole group of events.
    pub(super) fn position(&self) -> &BinlogPosition {
        &self.position
    }

    /// True if everything before `other` has been read, be it that an XA transaction is not decided yet.
    pub(super) fn has_passed(&self, other: &BinlogPosition) -> bool {
        match (&self.position.gtids, &other.gtids) {
            (Some(ours), Some(theirs)) => {
                let missing = theirs.minus(ours);
                missing.is_empty() || missing.minus(&self.prepared_gtids()).is_empty()
            }
            _ => self.position.covers(other),
        }
    }

    /// Leaves out transactions committed before this time, up to the first one that was not.
    pub(super) fn skip_before(&mut self, time: Option<SystemTime>) {
        self.skip_before = time;
    }

    /// True if a part of a large transaction is ready to be handed on.
    pub(super) fn has_part(&self) -> bool {
        self.group.parted
    }

    /// The captured tables.
    pub(super) fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }

    /// Takes one event, as it came from the server: a part of `arrived`, which changes go on to share.
    ///
    /// # Errors
    ///
    /// Any defect of the event, with the position where it lies; the decoder is not to be used after it.
    pub(super) fn feed(&mut self, arrived: &Bytes, event: &[u8]) -> Result<Step> {
        self.feed_event(arrived, event).map_err(|error| self.locate(error))
    }

    /// Adds where the decoder is.
    pub(super) fn locate(&self, error: Error) -> Error {
        let position = Position::from(&BinlogPosition::new(self.position.file.clone(), self.offset));
        error.at_place(&At::unknown().position(position))
    }

    fn feed_event(&mut self, arrived: &Bytes, event: &[u8]) -> Result<Step> {
        let header = EventHeader::parse(event)?;
        if header.kind == kind::FORMAT_DESCRIPTION {
            self.checksum = format_checksum(event)?;
        }
        let body = self.checksum.verify(&header, event)?;
        match header.kind {
            kind::HEARTBEAT | kind::HEARTBEAT_V2 => return Ok(Step::Idle),
            // Made up by the server, to tell the file's name.
            kind::ROTATE if header.is_artificial() || header.next_offset == 0 => {
                let (offset, file) = rotate(body)?;
                if self.position.file != file {
                    (self.position.file, self.position.offset) = (file, offset);
                }
                self.offset = offset;
                return Ok(Step::Continue);
            }
            kind::FORMAT_DESCRIPTION | kind::PREVIOUS_GTIDS => {
                self.advance(&header);
                // The head of a file is nobody's transaction: who waits for the log's end does not wait for another one.
                if !self.group.started && header.next_offset != 0 {
                    self.end_group();
                }
                return Ok(Step::Continue);
            }
            _ => {}
        }
        self.advance(&header);
        if !self.group.started {
            // Everything else of it is as after the end of the last one.
            self.group.started = true;
            // A server may leave out events that we have, so count back from this one's end.
            self.group.start = self.offset.saturating_sub(header.length.into());
            self.group.first_event = self.batch.events().len();
            self.group.bytes_before = self.batch.byte_size();
        }
        self.dispatch(&header, arrived, body)
    }

    /// Moves behind an event. Headers hold 32 bits of the offset, files may be longer.
    fn advance(&mut self, header: &EventHeader) {
        if header.next_offset == 0 {
            return;
        }
        let offset = self.offset & !0xffff_ffff | u64::from(header.next_offset);
        self.offset = if offset < self.offset { offset + (1 << 32) } else { offset };
    }

    /// True if the group's changes are not wanted: it was handed on before a restart (and is only looked at for the XA
    /// transaction that it prepares), or is from before the start time.
    fn is_passed_over(&mut self, header: &EventHeader) -> bool {
        if let Some(time) = self.skip_before {
            if self.group.committed_at.unwrap_or_else(|| header_time(header.timestamp)) < time {
                return true;
            }
            self.skip_before = None;
        }
        self.replay_until.is_some() && self.group.xa.is_none()
    }

    fn dispatch(&mut self, header: &EventHeader, arrived: &Bytes, body: &[u8]) -> Result<Step> {
        match header.kind {
            kind::TABLE_MAP if self.is_passed_over(header) => {}
            kind::TABLE_MAP => self.tables.map(body)?,
            kind::WRITE_ROWS_V2
            | kind::UPDATE_ROWS_V2
            | kind::DELETE_ROWS_V2
            | kind::WRITE_ROWS_V1
            | kind::UPDATE_ROWS_V1
            | kind::DELETE_ROWS_V1 => self.rows(header, arrived, body)?,
            kind::GTID | kind::ANONYMOUS_GTID | kind::GTID_TAGGED => {
                let event = GtidEvent::parse(header.kind, body)?;
                self.group.gtid = event.gtid;
                self.group.committed_at = event.committed_at;
            }
            kind::QUERY => return self.query(header, body),
            kind::XID => self.commit(),
            kind::XA_PREPARE => self.xa_prepare(body)?,
            kind::TRANSACTION_PAYLOAD => self.payload(body)?,
            kind::PARTIAL_UPDATE_ROWS => self.partial_update(header, body)?,
            kind::ROTATE => {
                let (offset, file) = rotate(body)?;
                self.end_group();
                (self.position.file, self.position.offset, self.offset) = (file, offset, offset);
            }
            kind::STOP => self.end_group(),
            kind::INCIDENT => {
                let reason =
                    "the source reports that events are missing from its log here: copy the tables anew";
                return Err(Error::decode("an INCIDENT event", reason));
            }
            kind::BEGIN_LOAD_QUERY | kind::EXECUTE_LOAD_QUERY => return Err(logged_as_statement()),
            // Variables of a statement (what matters is the statement that follows), comments, group replication.
            kind::INTVAR | kind::RAND | kind::USER_VAR => {}
            kind::IGNORABLE | kind::ROWS_QUERY | kind::TRANSACTION_CONTEXT | kind::VIEW_CHANGE => {}
            _ if header.is_ignorable() => {}
            unknown => {
                return Err(Error::unsupported("the binlog reader", format!("events of type {unknown}")));
            }
        }
        Ok(Step::Continue)
    }

    fn rows(&mut self, header: &EventHeader, arrived: &Bytes, body: &[u8]) -> Result<()> {
        if self.is_passed_over(header) {
            return Ok(());
        }
        let Some(plan) = self.tables.plan_of(table_id(body)?)? else {
            return Ok(());
        };
        let plan = Arc::clone(plan);
        if self.group.transaction.is_none() {
            let transaction = Arc::new(self.transaction(header));
            self.batch.push(Event::Begin(Arc::clone(&transaction)));
            self.group.transaction = Some(transaction);
        }
        let Self { batch, spans, .. } = self;
        decode_rows(header.kind, arrived, body, &plan, spans, &mut |change| {
            batch.push(Event::Change(change))
        })
        .map_err(|error| error.at_place(&At::table(plan.layout.schema().name())))?;
        let held = self.batch.byte_size() - self.group.bytes_before;
        match self.group.xa {
            // What may be rolled back is never handed on before it is decided.
            Some(_) if held > self.limits.prepared_bytes => Err(self.too_much_prepared()),
            None if held > self.limits.part_bytes => {
                self.group.parted = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn transaction(&mut self, header: &EventHeader) -> Transaction {
        let id = match &self.group.gtid {
            Some(gtid) => TransactionId::new(self.gtid_text.of(gtid)),
            None => {
                self.place_text.clear();
                self.place_text.push_str(&self.position.file);
                self.place_text.push(':');
                self.place_text.push_str(itoa::Buffer::new().format(self.group.start));
                TransactionId::new(&self.place_text)
            }
        };
        let committed_at = self.group.committed_at.unwrap_or_else(|| header_time(header.timestamp));
        Transaction::new(id, committed_at)
    }

    fn query(&mut self, header: &EventHeader, body: &[u8]) -> Result<Step> {
        let query = Query::parse(body)?;
        match query.control() {
            Control::Begin => self.group.in_transaction = true,
            Control::Commit => self.commit(),
            Control::Rollback | Control::RollbackToSavepoint if self.group.transaction.is_some() => {
                return Err(rolled_back());
            }
            Control::Rollback => self.end_group(),
            Control::RollbackToSavepoint | Control::Savepoint | Control::XaEnd => {}
            Control::XaStart(id) => {
                self.group.in_transaction = true;
                self.group.xa = Some(id.into());
            }
            Control::XaCommit(id) => self.xa_decide(id, true),
            Control::XaRollback(id) => self.xa_decide(id, false),
            Control::Statement if self.is_passed_over(header) => self.statement_done(Vec::new()),
            Control::Statement => {
                let session = query.session()?;
                let charset = self.tables.charset(session.client_collation);
                return Ok(Step::Statement(Box::new(Statement {
                    database: query.database()?.to_owned(),
                    text: query.text(charset)?.into_owned(),
                    sql_mode: session.sql_mode,
                    explicit_defaults_for_timestamp: session.explicit_defaults_for_timestamp,
                })));
            }
        }
        Ok(Step::Continue)
    }

    /// Goes on behind a statement, with the events that it led to.
    pub(super) fn statement_done(&mut self, events: Vec<Event>) {
        self.schemas_changed |= !events.is_empty();
        events.into_iter().for_each(|event| self.batch.push(event));
        // CREATE TABLE … SELECT stands inside the transaction that fills the table; any other is a group of its own.
        if !self.group.in_transaction {
            self.end_group();
        }
    }

    fn commit(&mut self) {
        if let Some(transaction) = self.group.transaction.take() {
            self.batch.push(Event::Commit(transaction));
        }
        self.end_group();
    }

    /// Moves the position behind the group.
    fn end_group(&mut self) {
        self.position.offset = self.offset;
        if let (Some(gtids), Some(gtid)) = (&mut self.position.gtids, &self.group.gtid) {
            gtids.insert(gtid);
        }
        self.group = Group::default();
        self.moved = true;
        if self.replay_until.as_ref().is_some_and(|until| self.position.covers(until)) {
            self.replay_until = None;
        }
    }

    fn payload(&mut self, body: &[u8]) -> Result<()> {
        let mut payload = Payload::open(body, self.limits.event_bytes)?;
        while let Some(event) = payload.next_event()? {
            let header = EventHeader::parse(&event)?;
            let body = Checksum::None.verify(&header, &event)?;
            match self.dispatch(&header, &event, body)? {
                Step::Continue => {}
                _ => return Err(Error::decode("a compressed transaction", "it holds a statement")),
            }
        }
        // A payload that ends early must not pass for a smaller transaction.
        if self.group.started {
            return Err(Error::decode("a compressed transaction", "it ends without its commit"));
        }
        Ok(())
    }

    fn partial_update(&mut self, header: &EventHeader, body: &[u8]) -> Result<()> {
        if self.is_passed_over(header) {
            return Ok(());
        }
        let Some(plan) = self.tables.plan_of(table_id(body)?)? else {
            return Ok(());
        };
        let reason = "the log holds only the changed parts of JSON values: \
                      set binlog_row_value_options='' for all sessions of the source, and copy the table anew";
        Err(Error::refused(At::table(plan.layout.schema().name()), reason))
    }

    /// True if a statement has changed schemas, and a batch can end behind it.
    pub(super) fn has_new_schemas(&self) -> bool {
        self.schemas_changed && self.moved && !self.group.started && !self.batch.events().is_empty()
    }

    /// What is ready to be handed on: whole groups with a position, or the next part of a large transaction.
    pub(super) fn take_batch(&mut self) -> Option<EventBatch> {
        if self.group.parted {
            // Also the groups before it; their position comes with the end of this one.
            self.restart_group_at(0);
            let batch = std::mem::take(&mut self.batch);
            return (!batch.events().is_empty()).then_some(batch);
        }
        if !self.moved || self.replay_until.is_some() {
            return None;
        }
        // The next one is likely to be about as long.
        let mut tail = EventBatch::with_capacity(self.batch.events().len().min(MAX_RESERVED));
        if self.group.started {
            tail.append(self.batch.split_off(self.group.first_event));
        }
        let mut batch =
            std::mem::replace(&mut self.batch, tail).with_position(Position::from(&self.position));
        if std::mem::take(&mut self.schemas_changed) {
            batch = batch.with_schemas(Arc::clone(self.tables.schemas()));
        }
        self.moved = false;
        self.restart_group_at(0);
        Some(batch)
    }

    fn restart_group_at(&mut self, first_event: usize) {
        self.group.first_event = first_event;
        self.group.bytes_before = 0;
    }
}

pub(super) fn logged_as_statement() -> Error {
    Error::refused(
        At::unknown(),
        "a change was logged as a statement, not as rows: set binlog_format=ROW for all sessions of the source, \
         and copy the table anew",
    )
}

fn rolled_back() -> Error {
    Error::unsupported(
        "the binlog reader",
        "a rollback inside the log, as happens when a transaction also writes tables without transactions",
    )
}

#[cfg(test)]
mod tests;
