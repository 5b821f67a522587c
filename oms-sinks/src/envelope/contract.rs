//! [`Envelope`] and [`ChangeWriter`]: what a message format is.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use oms_core::Result;
use oms_core::event::{Change, ChangeKind, SchemaChange};
use oms_core::row::{RowLayout, RowRef};

use super::{MessageContext, SourceInfo};

/// A message format: how changes of rows become the keys and bodies of messages.
///
/// An envelope plans once for each layout of rows; the plan then writes message after message into buffers that are
/// used again. A format of one's own is one file: see `examples/custom_envelope.rs`.
///
/// # Shape
///
/// Every method appends to `key` and `body`, which are empty. An empty key means a message without a key.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use oms_core::Result;
/// use oms_core::event::{ChangeKind, SchemaChange};
/// use oms_sinks::envelope::json::ObjectWriter;
/// use oms_sinks::envelope::{
///     ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo, default_form,
/// };
///
/// /// `{"gone":false,"row":{…}}`.
/// #[derive(Debug)]
/// struct Tiny;
///
/// #[derive(Debug)]
/// struct TinyPlan(Images);
///
/// impl Envelope for Tiny {
///     fn name(&self) -> &str {
///         "tiny"
///     }
///     fn rules(&self) -> MessageRules {
///         MessageRules::default()
///     }
///     fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
///         Ok(Box::new(TinyPlan(Images::new(layouts, default_form)?)))
///     }
///     fn write_schema_change(
///         &self,
///         _: &SchemaChange,
///         _: &MessageContext<'_>,
///         _: &mut Vec<u8>,
///         _: &mut Vec<u8>,
///     ) -> Result<bool> {
///         Ok(false)
///     }
///     fn write_heartbeat(
///         &self,
///         _: SystemTime,
///         _: &MessageContext<'_>,
///         _: &mut Vec<u8>,
///         _: &mut Vec<u8>,
///     ) -> Result<bool> {
///         Ok(false)
///     }
/// }
///
/// impl ChangeWriter for TinyPlan {
///     fn write(
///         &self,
///         change: RowChange<'_>,
///         _: &MessageContext<'_>,
///         key: &mut Vec<u8>,
///         body: &mut Vec<u8>,
///     ) -> Result<()> {
///         self.0.write_message_key(change, key)?;
///         let mut message = ObjectWriter::begin(body);
///         message.boolean("gone", change.kind() == ChangeKind::Delete);
///         self.0.write_row(change, message.value("row"))?;
///         message.end();
///         Ok(())
///     }
/// }
/// ```
pub trait Envelope: fmt::Debug + Send + Sync {
    /// The name by which options choose it, such as `canal`.
    fn name(&self) -> &str;

    /// How its messages relate to changes.
    fn rules(&self) -> MessageRules;

    /// Works out everything that depends on the layout of rows and not on a row.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](oms_core::Error::Unsupported) for a column that the format cannot say.
    fn plan(&self, layouts: ImageLayouts<'_>, source: &SourceInfo) -> Result<Box<dyn ChangeWriter>>;

    /// Appends the message of a schema change; false, and nothing, if the format has none for it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`](oms_core::Error::Unsupported) for a kind of change that the format does not know.
    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool>;

    /// Appends the message that nothing happened up to `at`; false, and nothing, if the format has none.
    ///
    /// # Errors
    ///
    /// Whatever the format cannot say.
    fn write_heartbeat(
        &self,
        at: SystemTime,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool>;
}

const _: fn(Box<dyn Envelope>) = |_| {};

/// The plan of an [`Envelope`] for rows of one layout: writes a change of one row as a message.
///
/// # Examples
///
/// See [`Envelope`].
pub trait ChangeWriter: fmt::Debug + Send + Sync {
    /// Appends the key and the body of the message.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](oms_core::Error::Decode) for a cell whose bytes are not a value of its column or that the image
    /// does not hold, [`Error::Refused`](oms_core::Error::Refused) for a value that the format cannot say; both name
    /// table and column. The buffers may then hold a part.
    fn write(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()>;
}

const _: fn(Box<dyn ChangeWriter>) = |_| {};

/// How the messages of a format relate to changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRules {
    /// A delete is followed by a message with its key and without a body, so that compaction forgets the key.
    pub tombstones: bool,
    /// An update that changes the key is a delete of the old and an insert of the new one.
    pub splits_key_changes: bool,
}

impl MessageRules {
    /// The same rules, with tombstones or without.
    #[must_use]
    pub fn with_tombstones(mut self, tombstones: bool) -> Self {
        self.tombstones = tombstones;
        self
    }

    /// The same rules, with updates of the key in two or in one.
    #[must_use]
    pub fn with_splits_key_changes(mut self, splits_key_changes: bool) -> Self {
        self.splits_key_changes = splits_key_changes;
        self
    }
}

/// The layouts of the images that a change has; never neither.
#[derive(Clone, Copy, Debug)]
pub struct ImageLayouts<'a> {
    before: Option<&'a Arc<RowLayout>>,
    after: Option<&'a Arc<RowLayout>>,
    row: &'a Arc<RowLayout>,
}

impl<'a> ImageLayouts<'a> {
    /// Those of a change.
    pub fn of(change: &'a Change) -> Self {
        let layout = |rows: Option<&'a oms_core::row::RowBatch>| rows.map(|rows| rows.layout());
        Self { before: layout(change.before()), after: layout(change.after()), row: change.rows().layout() }
    }

    /// Those of a delete.
    pub fn before_only(layout: &'a Arc<RowLayout>) -> Self {
        Self { before: Some(layout), after: None, row: layout }
    }

    /// Those of an insert.
    pub fn after_only(layout: &'a Arc<RowLayout>) -> Self {
        Self { before: None, after: Some(layout), row: layout }
    }

    /// The layout of the rows as they were.
    pub fn before(&self) -> Option<&'a Arc<RowLayout>> {
        self.before
    }

    /// The layout of the rows as they are.
    pub fn after(&self) -> Option<&'a Arc<RowLayout>> {
        self.after
    }

    /// The layout of the rows that there are, the new ones where there are two.
    pub fn row(&self) -> &'a Arc<RowLayout> {
        self.row
    }
}

/// One row of a [`Change`].
#[derive(Clone, Copy, Debug)]
pub struct RowChange<'a> {
    kind: ChangeKind,
    before: Option<RowRef<'a>>,
    after: Option<RowRef<'a>>,
    row: RowRef<'a>,
}

impl<'a> RowChange<'a> {
    /// Row `row` of a change, counted from 0.
    ///
    /// # Panics
    ///
    /// If there are not that many rows, as for a slice.
    pub fn of(change: &'a Change, row: usize) -> Self {
        Self {
            kind: change.kind(),
            before: change.before().map(|rows| rows.row(row)),
            after: change.after().map(|rows| rows.row(row)),
            row: change.rows().row(row),
        }
    }

    /// A row that is gone.
    pub fn delete(before: RowRef<'a>) -> Self {
        Self { kind: ChangeKind::Delete, before: Some(before), after: None, row: before }
    }

    /// A new row.
    pub fn insert(after: RowRef<'a>) -> Self {
        Self { kind: ChangeKind::Insert, before: None, after: Some(after), row: after }
    }

    /// What happened.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// True for a row that a scan found.
    pub fn is_scanned(&self) -> bool {
        self.kind == ChangeKind::Read
    }

    /// The row as it was, for updates and deletes.
    pub fn before(&self) -> Option<RowRef<'a>> {
        self.before
    }

    /// The row as it is, for all but deletes.
    pub fn after(&self) -> Option<RowRef<'a>> {
        self.after
    }

    /// The row that there is, the new one where there are two.
    pub fn row(&self) -> RowRef<'a> {
        self.row
    }
}
