//! Small tables, and transactions that read well in a test.

use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Change, Event, EventBatch, Transaction, TransactionId};
use crate::name::TableName;
use crate::position::Position;
use crate::row::{RowBatch, RowBatchBuilder};
use crate::schema::{Collation, Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
use crate::value::Value;

/// The database of all sample tables.
pub const DATABASE: &str = "oms_sample";

/// BIGINT, as a sample column's type.
pub fn bigint() -> ColumnType {
    ColumnType::Int { width: IntWidth::I64, unsigned: false, zerofill: None }
}

fn number(name: &str) -> Column {
    Column::new(name, bigint()).with_nullable(false)
}

fn text(name: &str, length: u32) -> Column {
    Column::new(name, ColumnType::VarChar { length }).with_collation(Some(Collation::new("utf8mb4_bin")))
}

fn table(name: &str, columns: Vec<Column>, key: &[&str]) -> Arc<TableSchema> {
    let schema = TableSchema::new(TableName::new(DATABASE, name), columns);
    Arc::new(match key {
        [] => schema,
        key => schema.with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, key.iter().copied())]),
    })
}

/// `accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL, owner VARCHAR(40))`.
pub fn accounts() -> Arc<TableSchema> {
    table("accounts", vec![number("id"), number("balance"), text("owner", 40)], &["id"])
}

/// `lines (code VARCHAR(20), line BIGINT, quantity BIGINT NOT NULL, PRIMARY KEY (code, line))`.
pub fn lines() -> Arc<TableSchema> {
    let code = text("code", 20).with_nullable(false);
    table("lines", vec![code, number("line"), number("quantity")], &["code", "line"])
}

/// `journal (entry BIGINT NOT NULL, remark VARCHAR(40))`, without any key.
pub fn journal() -> Arc<TableSchema> {
    table("journal", vec![number("entry"), text("remark", 40)], &[])
}

/// Rows of a table in the canonical form.
///
/// # Panics
///
/// If a row has not as many values as the table has columns.
pub fn rows<R>(schema: &Arc<TableSchema>, rows: impl IntoIterator<Item = R>) -> RowBatch
where
    R: IntoIterator<Item = Value>,
{
    let mut builder = RowBatchBuilder::canonical(Arc::clone(schema));
    for row in rows {
        builder.push(row).expect("a sample row has a value for each column");
    }
    builder.finish()
}

/// A transaction under construction.
///
/// # Examples
///
/// ```
/// use oms_core::Position;
/// use oms_core::testing::sample::{self, SampleTransaction};
/// let accounts = sample::accounts();
/// let row = |balance: i64| [[1_i64.into(), balance.into(), "Ann".into()]];
/// let batch = SampleTransaction::new("t1")
///     .insert(&accounts, row(10))
///     .update(&accounts, row(10), row(20))
///     .into_batch(Position::new("sample", "1"));
/// assert_eq!(batch.row_count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct SampleTransaction {
    transaction: Arc<Transaction>,
    changes: Vec<Change>,
}

impl SampleTransaction {
    /// A transaction without changes, committed now.
    pub fn new(id: &str) -> Self {
        Self::at(id, SystemTime::now())
    }

    /// A transaction without changes, committed at this time.
    pub fn at(id: &str, committed_at: SystemTime) -> Self {
        Self {
            transaction: Arc::new(Transaction::new(TransactionId::new(id), committed_at)),
            changes: Vec::new(),
        }
    }

    /// The same, with one more change.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// The same, with new rows.
    ///
    /// # Panics
    ///
    /// As [`rows`].
    #[must_use]
    pub fn insert<R>(self, schema: &Arc<TableSchema>, new: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = Value>,
    {
        self.change(Change::insert(rows(schema, new)))
    }

    /// The same, with changed rows.
    ///
    /// # Panics
    ///
    /// As [`rows`], or if there are not as many rows before as after.
    #[must_use]
    pub fn update<R, S>(
        self,
        schema: &Arc<TableSchema>,
        before: impl IntoIterator<Item = R>,
        after: impl IntoIterator<Item = S>,
    ) -> Self
    where
        R: IntoIterator<Item = Value>,
        S: IntoIterator<Item = Value>,
    {
        self.change(Change::update(rows(schema, before), rows(schema, after)))
    }

    /// The same, with deleted rows.
    ///
    /// # Panics
    ///
    /// As [`rows`].
    #[must_use]
    pub fn delete<R>(self, schema: &Arc<TableSchema>, gone: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoIterator<Item = Value>,
    {
        self.change(Change::delete(rows(schema, gone)))
    }

    /// Its identity.
    pub fn id(&self) -> &TransactionId {
        &self.transaction.id
    }

    /// Its changes between a begin and a commit.
    pub fn into_events(self) -> Vec<Event> {
        let mut events = Vec::with_capacity(self.changes.len() + 2);
        events.push(Event::Begin(Arc::clone(&self.transaction)));
        events.extend(self.changes.into_iter().map(Event::Change));
        events.push(Event::Commit(self.transaction));
        events
    }

    /// A batch of nothing but this transaction.
    pub fn into_batch(self, position: Position) -> EventBatch {
        batch(self.into_events()).with_position(position)
    }
}

/// A batch of these events, without a position.
pub fn batch(events: impl IntoIterator<Item = Event>) -> EventBatch {
    let mut batch = EventBatch::new();
    events.into_iter().for_each(|event| batch.push(event));
    batch
}
