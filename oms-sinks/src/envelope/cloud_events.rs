//! [`CloudEventsEnvelope`]: CloudEvents in structured JSON.

use std::time::SystemTime;

use oms_core::event::{ChangeKind, SchemaChange};
use oms_core::{Result, TableName};

use super::ddl::{self, Verb};
use super::json::{ObjectWriter, write_escaped};
use super::{
    ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo, clock,
    default_form,
};

/// CloudEvents 1.0 in structured JSON.
///
/// # Shape
///
/// `type` is `oms.row.insert`, `oms.row.update`, `oms.row.delete`, `oms.row.read` for a scanned row, `oms.schema` or
/// `oms.heartbeat`; `subject` is the table; `id` is the transaction and the number of the row in it, so that a message
/// that is sent again has the same one; `data` has `before` and `after` with values as in OMS's Default.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{CloudEventsEnvelope, Envelope};
/// assert_eq!(CloudEventsEnvelope::new().name(), "cloud_events");
/// ```
///
/// # Sources
///
/// CloudEvents 1.0.2, "Context attributes", and its JSON format.
#[derive(Clone, Debug, Default)]
pub struct CloudEventsEnvelope(());

impl CloudEventsEnvelope {
    /// The format.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Envelope for CloudEventsEnvelope {
    fn name(&self) -> &str {
        "cloud_events"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        Ok(Box::new(Plan { images: Images::new(layouts, default_form)? }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let Some(verb) = Verb::of(change)? else { return Ok(false) };
        ddl::write_message_key(change, key);
        let mut event = ObjectWriter::begin(body);
        let id = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"ddl:");
            write_subject(&change.table, out);
            out.push(b':');
            context.write_identity(out);
        };
        write_attributes(&mut event, "oms.schema", id, context.changed_at(), context.source);
        write_table_subject(&mut event, &change.table);
        let mut data = ObjectWriter::begin(event.value("data"));
        data.string("kind", verb.oms_name()).string("statement", &change.statement);
        data.end();
        event.end();
        Ok(true)
    }

    fn write_heartbeat(
        &self,
        at: SystemTime,
        context: &MessageContext<'_>,
        _: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let mut event = ObjectWriter::begin(body);
        let id = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"heartbeat:");
            out.extend_from_slice(itoa::Buffer::new().format(clock::micros(at)).as_bytes());
        };
        write_attributes(&mut event, "oms.heartbeat", id, at, context.source);
        event.end();
        Ok(true)
    }
}

/// The attributes that every event has.
fn write_attributes(
    event: &mut ObjectWriter<'_>,
    kind: &str,
    id: impl FnOnce(&mut Vec<u8>),
    at: SystemTime,
    source: &SourceInfo,
) {
    event.string("specversion", "1.0");
    let out = event.value("id");
    out.push(b'"');
    id(out);
    out.push(b'"');
    let out = event.value("source");
    out.extend_from_slice(b"\"/oms/");
    write_escaped(&source.name, out);
    out.push(b'"');
    event.string("type", kind);
    let out = event.value("time");
    out.push(b'"');
    clock::write_iso(at, 6, out);
    out.extend_from_slice(b"Z\"");
    event.string("datacontenttype", "application/json");
}

fn write_table_subject(event: &mut ObjectWriter<'_>, table: &TableName) {
    let out = event.value("subject");
    out.push(b'"');
    write_subject(table, out);
    out.push(b'"');
}

fn write_subject(table: &TableName, out: &mut Vec<u8>) {
    write_escaped(table.database(), out);
    out.push(b'.');
    write_escaped(table.table(), out);
}

#[derive(Debug)]
struct Plan {
    images: Images,
}

impl ChangeWriter for Plan {
    fn write(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        self.images.write_message_key(change, key)?;
        let kind = match change.kind() {
            ChangeKind::Read => "oms.row.read",
            ChangeKind::Update => "oms.row.update",
            ChangeKind::Delete => "oms.row.delete",
            _ => "oms.row.insert",
        };
        let mut event = ObjectWriter::begin(body);
        let id = |out: &mut Vec<u8>| context.write_identity(out);
        write_attributes(&mut event, kind, id, context.changed_at(), context.source);
        write_table_subject(&mut event, self.images.table());
        let mut data = ObjectWriter::begin(event.value("data"));
        self.images.write_before(change, data.value("before"))?;
        self.images.write_after(change, data.value("after"))?;
        data.end();
        event.end();
        Ok(())
    }
}
