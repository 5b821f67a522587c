//! [`Renderer`]: changes to messages, with plans that are made once per layout and buffers that are used again.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use oms_core::event::{Change, ChangeKind, SchemaChange};
use oms_core::row::{RowLayout, RowRef};
use oms_core::{Result, TableName};

use super::{
    ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo,
    default_form,
};

/// Plans that are kept for one table: an insert, an update and a delete, from a scan and from a log, and old ones.
const MOST_PLANS: usize = 12;

/// A message as it goes to a queue.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Message<'a> {
    /// What it tells.
    pub kind: MessageKind,
    /// The table that it is about.
    pub table: Option<&'a TableName>,
    /// The row that decides where it goes: the new one, for a delete the old one.
    pub row: Option<RowRef<'a>>,
    /// Its key, where it has one.
    pub key: Option<&'a [u8]>,
    /// Its body; a tombstone has none.
    pub body: Option<&'a [u8]>,
}

/// Prints kind, table and lengths, never a value.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("table", &self.table)
            .field("key_bytes", &self.key.map(<[u8]>::len))
            .field("body_bytes", &self.body.map(<[u8]>::len))
            .finish()
    }
}

/// What a [`Message`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageKind {
    /// A row changed.
    Row(ChangeKind),
    /// A row is gone, for compaction.
    Tombstone,
    /// A table changed its shape.
    SchemaChange,
    /// Nothing happened.
    Heartbeat,
}

/// Takes messages.
pub type SendMessage<'s> = dyn FnMut(Message<'_>) -> Result<()> + 's;

/// Renders changes as the messages of an envelope.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::time::{Duration, UNIX_EPOCH};
/// use oms_core::TableName;
/// use oms_core::dialect::Product;
/// use oms_core::event::Change;
/// use oms_core::row::RowBatchBuilder;
/// use oms_core::schema::{Column, ColumnType, TableSchema};
/// use oms_sinks::envelope::{DebeziumEnvelope, DebeziumShape, MessageContext, Renderer, SourceInfo};
///
/// let tag = Column::new("tag", ColumnType::VarChar { length: 10 });
/// let mut rows = RowBatchBuilder::canonical(Arc::new(TableSchema::new(TableName::new("shop", "tags"), vec![tag])));
/// rows.push([oms_core::value::Value::from("new")])?;
///
/// let source = SourceInfo::new(Product::MySql);
/// let mut renderer = Renderer::new(DebeziumEnvelope::new(DebeziumShape::Smt), source.clone());
/// let context = MessageContext::new(&source, UNIX_EPOCH + Duration::from_secs(1));
/// renderer.render_change(&Change::insert(rows.finish()), context, &mut |message| {
///     assert_eq!(message.body, Some(&br#"{"tag":"new","__deleted":"false"}"#[..]));
///     Ok(())
/// })?;
/// # Ok::<(), oms_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Renderer {
    envelope: Arc<dyn Envelope>,
    rules: MessageRules,
    source: SourceInfo,
    plans: HashMap<TableName, Vec<Plan>>,
    key: Vec<u8>,
    body: Vec<u8>,
}

/// A plan with the layouts that it was made for.
#[derive(Clone, Debug)]
struct Plan {
    before: Option<Arc<RowLayout>>,
    after: Option<Arc<RowLayout>>,
    writer: Arc<dyn ChangeWriter>,
    /// Tells an update that changes the key, where the format wants to know.
    keys: Option<Arc<Images>>,
}

impl Renderer {
    /// Renders changes of this source by an envelope.
    pub fn new(envelope: impl Envelope + 'static, source: SourceInfo) -> Self {
        Self::shared(Arc::new(envelope), source)
    }

    /// As [`Self::new`], with an envelope that others use as well.
    pub fn shared(envelope: Arc<dyn Envelope>, source: SourceInfo) -> Self {
        let rules = envelope.rules();
        Self { envelope, rules, source, plans: HashMap::new(), key: Vec::new(), body: Vec::new() }
    }

    /// The envelope.
    pub fn envelope(&self) -> &dyn Envelope {
        &*self.envelope
    }

    /// Renders each row of a change, in order, and hands the messages to `send`.
    ///
    /// `context` is that of the first row; the numbers of the others follow.
    ///
    /// # Errors
    ///
    /// As [`Envelope::plan`] and [`ChangeWriter::write`], and those of `send`; messages of rows before it are sent then.
    pub fn render_change(
        &mut self,
        change: &Change,
        context: MessageContext<'_>,
        send: &mut SendMessage<'_>,
    ) -> Result<()> {
        let plan = self.plan(ImageLayouts::of(change))?;
        let rows = change.row_count();
        let mut context = context;
        let is_last_change = context.is_last;
        for number in 0..rows {
            context.is_last = is_last_change && number + 1 == rows;
            let row = RowChange::of(change, number);
            self.key.clear();
            let splits = match &plan.keys {
                Some(keys) => keys.key_differs(row, &mut self.key)?,
                None => false,
            };
            match (splits, row.before(), row.after()) {
                (true, Some(before), Some(after)) => {
                    let gone = self.plan(ImageLayouts::before_only(before.batch().layout()))?;
                    let last = std::mem::replace(&mut context.is_last, false);
                    self.render_row(&gone, RowChange::delete(before), context, send)?;
                    let new = self.plan(ImageLayouts::after_only(after.batch().layout()))?;
                    context.is_last = last;
                    self.render_row(&new, RowChange::insert(after), context, send)?;
                }
                _ => self.render_row(&plan, row, context, send)?,
            }
            context.index += 1;
            context.sequence += 1;
        }
        Ok(())
    }

    fn render_row(
        &mut self,
        plan: &Plan,
        row: RowChange<'_>,
        context: MessageContext<'_>,
        send: &mut SendMessage<'_>,
    ) -> Result<()> {
        self.key.clear();
        self.body.clear();
        plan.writer.write(row, &context, &mut self.key, &mut self.body)?;
        let message = Message {
            kind: MessageKind::Row(row.kind()),
            table: Some(row.row().batch().schema().name()),
            row: Some(row.row()),
            key: (!self.key.is_empty()).then_some(&*self.key),
            body: Some(&self.body),
        };
        send(message)?;
        // Without a key there is nothing to forget.
        if row.kind() == ChangeKind::Delete && self.rules.tombstones && message.key.is_some() {
            send(Message { kind: MessageKind::Tombstone, body: None, ..message })?;
        }
        Ok(())
    }

    /// Renders a schema change; false, and nothing, if the format has no message for it. Plans of its tables are made
    /// anew afterwards.
    ///
    /// # Errors
    ///
    /// As [`Envelope::write_schema_change`], and those of `send`.
    pub fn render_schema_change(
        &mut self,
        change: &SchemaChange,
        context: MessageContext<'_>,
        send: &mut SendMessage<'_>,
    ) -> Result<bool> {
        self.plans.remove(&change.table);
        self.key.clear();
        self.body.clear();
        if !self.envelope.write_schema_change(change, &context, &mut self.key, &mut self.body)? {
            return Ok(false);
        }
        let table = Some(&change.table);
        send(self.message(MessageKind::SchemaChange, table))?;
        Ok(true)
    }

    /// Renders that nothing happened up to `at`; false, and nothing, if the format has no message for it.
    ///
    /// # Errors
    ///
    /// As [`Envelope::write_heartbeat`], and those of `send`.
    pub fn render_heartbeat(
        &mut self,
        at: SystemTime,
        context: MessageContext<'_>,
        send: &mut SendMessage<'_>,
    ) -> Result<bool> {
        self.key.clear();
        self.body.clear();
        if !self.envelope.write_heartbeat(at, &context, &mut self.key, &mut self.body)? {
            return Ok(false);
        }
        send(self.message(MessageKind::Heartbeat, None))?;
        Ok(true)
    }

    fn message<'a>(&'a self, kind: MessageKind, table: Option<&'a TableName>) -> Message<'a> {
        let key = (!self.key.is_empty()).then_some(&*self.key);
        Message { kind, table, row: None, key, body: Some(&self.body) }
    }

    /// The plan for these layouts, made if there is none.
    fn plan(&mut self, layouts: ImageLayouts<'_>) -> Result<Plan> {
        let table = layouts.row().schema().name();
        if !self.plans.contains_key(table) {
            self.plans.insert(table.clone(), Vec::new());
        }
        let Some(plans) = self.plans.get_mut(table) else {
            return make_plan(&*self.envelope, self.rules, layouts, &self.source);
        };
        if let Some(plan) = plans.iter().find(|plan| plan.is_for(layouts)) {
            return Ok(plan.clone());
        }
        let plan = make_plan(&*self.envelope, self.rules, layouts, &self.source)?;
        if plans.len() >= MOST_PLANS {
            plans.remove(0);
        }
        plans.push(plan.clone());
        Ok(plan)
    }
}

fn make_plan(
    envelope: &dyn Envelope,
    rules: MessageRules,
    layouts: ImageLayouts<'_>,
    source: &SourceInfo,
) -> Result<Plan> {
    let is_update = layouts.before().is_some() && layouts.after().is_some();
    let keys = match rules.splits_key_changes && is_update {
        true => Some(Arc::new(Images::new(layouts, default_form)?)),
        false => None,
    };
    Ok(Plan {
        before: layouts.before().cloned(),
        after: layouts.after().cloned(),
        writer: envelope.plan(layouts, source)?.into(),
        keys,
    })
}

impl Plan {
    fn is_for(&self, layouts: ImageLayouts<'_>) -> bool {
        let is_same = |mine: &Option<Arc<RowLayout>>, other: Option<&Arc<RowLayout>>| match (mine, other) {
            (Some(mine), Some(other)) => Arc::ptr_eq(mine, other) || mine == other,
            (None, None) => true,
            _ => false,
        };
        is_same(&self.before, layouts.before()) && is_same(&self.after, layouts.after())
    }
}
