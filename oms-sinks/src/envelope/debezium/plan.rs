//! [`DebeziumEnvelope`]: messages of Debezium.

use std::time::SystemTime;

use oms_core::Result;
use oms_core::event::{ChangeKind, SchemaChange};

use super::connect_schema::{SchemaNames, flat_head, key_head, oms_head, strict_head};
use super::forms::form;
use super::options::DebeziumOptions;
use super::payload::{write_oms_source, write_strict_source, write_times};
use super::table_change;
use crate::envelope::json::ObjectWriter;
use crate::envelope::{
    ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo, clock,
};

/// How much of Debezium's envelope a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DebeziumShape {
    /// All of it: the payload, and the schema where it is wanted.
    Enveloped,
    /// The members of the payload at the top; no schema.
    Flatten,
    /// The row and `__deleted`, as Debezium's transform of new records leaves it.
    Smt,
}

/// Messages of Debezium, in OMS's shape or in Debezium's own.
///
/// # Shape
///
/// In OMS's shape scanned rows are creations (`c`), images that are not there are left out, and an update of the key is
/// one message; in Debezium's own scanned rows are reads (`r`), images that are not there are null, and an update of the
/// key is a delete, a tombstone and a creation. A schema change is a message of Debezium's schema change topic in both.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{DebeziumEnvelope, DebeziumOptions, DebeziumShape, Envelope};
/// let strict = DebeziumOptions::default().with_strict(true).with_schema(true);
/// let envelope = DebeziumEnvelope::new(DebeziumShape::Enveloped).with_options(strict);
/// assert!(envelope.rules().splits_key_changes);
/// ```
///
/// # Sources
///
/// Debezium 3.2: reference of the MySQL connector, "Data change events"; the converter `JsonConverter` of Kafka Connect.
#[derive(Clone, Debug)]
pub struct DebeziumEnvelope {
    shape: DebeziumShape,
    options: DebeziumOptions,
}

impl DebeziumEnvelope {
    /// The format as OMS writes it.
    pub fn new(shape: DebeziumShape) -> Self {
        Self { shape, options: DebeziumOptions::default() }
    }

    /// The same format with these options.
    #[must_use]
    pub fn with_options(mut self, options: DebeziumOptions) -> Self {
        self.options = options;
        self
    }
}

impl Envelope for DebeziumEnvelope {
    fn name(&self) -> &str {
        match self.shape {
            DebeziumShape::Enveloped => "debezium",
            DebeziumShape::Flatten => "debezium_flatten",
            DebeziumShape::Smt => "debezium_smt",
        }
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
            .with_tombstones(self.options.strict && self.options.tombstones)
            .with_splits_key_changes(self.options.strict)
    }

    fn plan(&self, layouts: ImageLayouts<'_>, source: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let options = self.options;
        let images =
            Images::new(layouts, |column| form(column, &options))?.with_zero_dates(options.zero_dates);
        let writer = images.writer()?;
        let names = SchemaNames::new(&source.name, images.table());
        let head = match (self.shape, options.schema, options.strict) {
            (DebeziumShape::Enveloped, true, true) => strict_head(writer, &names, &options),
            (DebeziumShape::Enveloped, true, false) => oms_head(writer, &options),
            (DebeziumShape::Enveloped, false, false) => b"{\"payload\":".to_vec(),
            (DebeziumShape::Smt, true, _) => flat_head(writer, &names, &options),
            _ => Vec::new(),
        };
        let has_key_schema = options.schema && options.strict && self.shape != DebeziumShape::Flatten;
        let key_head = if has_key_schema { key_head(writer, &names, &options) } else { Vec::new() };
        Ok(Box::new(Plan {
            images,
            head: head.into(),
            key_head: key_head.into(),
            shape: self.shape,
            options,
        }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let is_enveloped = self.shape == DebeziumShape::Enveloped;
        table_change::write_schema_change(change, context, &self.options, is_enveloped, key, body)
    }

    fn write_heartbeat(
        &self,
        at: SystemTime,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let is_enveloped = self.shape == DebeziumShape::Enveloped;
        let ts_ms = clock::millis(at);
        if self.options.strict {
            let has_schema = self.options.schema && is_enveloped;
            if has_schema {
                key.extend_from_slice(HEARTBEAT_KEY_HEAD.as_bytes());
                body.extend_from_slice(HEARTBEAT_HEAD.as_bytes());
            }
            let mut object = ObjectWriter::begin(key);
            object.string("serverName", &context.source.name);
            object.end();
            let mut object = ObjectWriter::begin(body);
            object.number("ts_ms", ts_ms);
            object.end();
            if has_schema {
                key.push(b'}');
                body.push(b'}');
            }
            return Ok(true);
        }
        // A row and its `__deleted` have no place for it.
        if self.shape == DebeziumShape::Smt {
            return Ok(false);
        }
        if is_enveloped {
            body.extend_from_slice(b"{\"payload\":");
        }
        let mut payload = ObjectWriter::begin(body);
        payload.string("op", "HEARTBEAT").number("ts_ms", ts_ms);
        payload.end();
        if is_enveloped {
            body.push(b'}');
        }
        Ok(true)
    }
}

const HEARTBEAT_KEY_HEAD: &str = concat!(
    r#"{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"serverName"}],"#,
    r#""optional":false,"name":"io.debezium.connector.common.ServerNameKey"},"payload":"#,
);

const HEARTBEAT_HEAD: &str = concat!(
    r#"{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"ts_ms"}],"#,
    r#""optional":false,"name":"io.debezium.connector.common.Heartbeat"},"payload":"#,
);

#[derive(Debug)]
struct Plan {
    images: Images,
    /// What stands before the payload; empty if nothing does, and then nothing is closed behind it.
    head: Box<[u8]>,
    key_head: Box<[u8]>,
    shape: DebeziumShape,
    options: DebeziumOptions,
}

impl ChangeWriter for Plan {
    fn write(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        self.write_key(change, key)?;
        body.extend_from_slice(&self.head);
        match (self.shape, self.options.strict) {
            (DebeziumShape::Smt, _) => {
                self.images.write_row(change, body)?;
                // A row has at least one column, so there is a member before this one.
                body.pop();
                body.extend_from_slice(match change.kind() {
                    ChangeKind::Delete => b",\"__deleted\":\"true\"}".as_slice(),
                    _ => b",\"__deleted\":\"false\"}",
                });
            }
            (_, true) => self.write_strict(change, context, body)?,
            (_, false) => self.write_oms(change, context, body)?,
        }
        if !self.head.is_empty() {
            body.push(b'}');
        }
        Ok(())
    }
}

impl Plan {
    /// `{"id":1}`, behind its schema where that is wanted; nothing for a table without a key.
    fn write_key(&self, change: RowChange<'_>, key: &mut Vec<u8>) -> Result<()> {
        let writer = self.images.writer()?;
        if !writer.has_key() {
            return Ok(());
        }
        key.extend_from_slice(&self.key_head);
        key.push(b'{');
        writer.write_key_members(change.row(), key)?;
        key.push(b'}');
        if !self.key_head.is_empty() {
            key.push(b'}');
        }
        Ok(())
    }

    fn write_strict(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        let mut payload = ObjectWriter::begin(body);
        self.images.write_before(change, payload.value("before"))?;
        self.images.write_after(change, payload.value("after"))?;
        write_strict_source(self.images.table(), change.is_scanned(), context, payload.value("source"));
        payload.null("transaction").string("op", op(change.kind(), "r"));
        write_times(&mut payload, context);
        payload.end();
        Ok(())
    }

    fn write_oms(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        let mut payload = ObjectWriter::begin(body);
        payload.string("op", op(change.kind(), "c"));
        write_oms_source(self.images.table(), context, &self.options, payload.value("source"));
        if change.before().is_some() {
            self.images.write_before(change, payload.value("before"))?;
        }
        if change.after().is_some() {
            self.images.write_after(change, payload.value("after"))?;
        }
        payload.number("ts_ms", clock::millis(context.written_at));
        payload.end();
        Ok(())
    }
}

/// Debezium's letter for a kind of change; `scanned` is that of rows that a scan found.
pub(in crate::envelope) fn op(kind: ChangeKind, scanned: &'static str) -> &'static str {
    match kind {
        ChangeKind::Read => scanned,
        ChangeKind::Update => "u",
        ChangeKind::Delete => "d",
        _ => "c",
    }
}
