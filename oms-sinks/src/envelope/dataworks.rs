//! [`DataWorksEnvelope`]: the DataWorks 2.0 format.

use std::time::SystemTime;

use oms_core::Result;
use oms_core::event::SchemaChange;
use oms_core::schema::{Column, ColumnType};

use super::ddl::{self, Verb};
use super::default::{record_type, sequence_number};
use super::json::{ObjectWriter, write_string, write_strings};
use super::names::{oms_product, oms_type};
use super::{
    ChangeWriter, Envelope, Form, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo,
    clock, default_form,
};

/// The DataWorks 2.0 format.
///
/// # Shape
///
/// ```text
/// {"version":"2.0","schema":{"source":{…},"column":[…],"pk":[…]},"payload":{"before":…,"after":…,"op":…,…},"extend":{}}
/// ```
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{DataWorksEnvelope, Envelope};
/// assert_eq!(DataWorksEnvelope::new().with_business_system("42").name(), "dataworks");
/// ```
#[derive(Clone, Debug, Default)]
pub struct DataWorksEnvelope {
    business_system: Option<Box<str>>,
    millisecond_timestamps: bool,
}

impl DataWorksEnvelope {
    /// The format as OMS writes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format with this identity of a business system as `extend.load_fm`.
    #[must_use]
    pub fn with_business_system(mut self, id: impl Into<Box<str>>) -> Self {
        self.business_system = Some(id.into());
        self
    }

    /// The same format with TIMESTAMP as 13 digits of milliseconds and a fraction, as the description of the format says;
    /// else as seconds and a fraction, as that of its values does.
    #[must_use]
    pub fn with_millisecond_timestamps(mut self, millisecond_timestamps: bool) -> Self {
        self.millisecond_timestamps = millisecond_timestamps;
        self
    }

    fn form(&self, column: &Column) -> Form {
        match column.column_type() {
            ColumnType::Timestamp { .. } if self.millisecond_timestamps => Form::MillisText,
            _ => default_form(column),
        }
    }

    fn write_extend(&self, message: &mut ObjectWriter<'_>) {
        let mut extend = ObjectWriter::begin(message.value("extend"));
        if let Some(id) = &self.business_system {
            extend.string("load_fm", id);
        }
        extend.end();
    }
}

impl Envelope for DataWorksEnvelope {
    fn name(&self) -> &str {
        "dataworks"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, source: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let images = Images::new(layouts, |column| self.form(column))?;
        let writer = images.writer()?;
        let mut schema = Vec::new();
        let mut object = ObjectWriter::begin(&mut schema);
        write_source(images.table().database(), images.table().table(), source, &mut object);
        let columns = object.value("column");
        columns.push(b'[');
        for (i, (column, _)) in writer.columns().enumerate() {
            columns.extend_from_slice(if i > 0 { b",{\"name\":" } else { b"{\"name\":" });
            write_string(column.name(), columns);
            columns.extend_from_slice(b",\"type\":\"");
            columns.extend_from_slice(oms_type(column).as_bytes());
            columns.extend_from_slice(b"\"}");
        }
        columns.push(b']');
        write_strings(writer.key_columns().map(|(column, _)| &**column.name()), object.value("pk"));
        object.end();
        Ok(Box::new(Plan { images, schema: schema.into(), envelope: self.clone() }))
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
        let mut message = ObjectWriter::begin(body);
        message.string("version", "2.0");
        let mut schema = ObjectWriter::begin(message.value("schema"));
        write_source(change.table.database(), change.table.table(), context.source, &mut schema);
        schema.null("column").null("pk");
        schema.end();
        let mut payload = ObjectWriter::begin(message.value("payload"));
        payload.null("before").null("after").string("op", verb.canal_name());
        write_times(&mut payload, context);
        let mut text = ObjectWriter::begin(payload.value("ddl"));
        text.string("text", &change.statement);
        text.end();
        payload.null("scn");
        payload.end();
        self.write_extend(&mut message);
        message.end();
        Ok(true)
    }

    fn write_heartbeat(
        &self,
        at: SystemTime,
        _: &MessageContext<'_>,
        _: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let mut message = ObjectWriter::begin(body);
        message.string("version", "2.0");
        let mut payload = ObjectWriter::begin(message.value("payload"));
        payload.string("op", "HEARTBEAT");
        let mut times = ObjectWriter::begin(payload.value("timestamp"));
        times.number("eventTime", clock::millis(at));
        times.end();
        payload.end();
        message.end();
        Ok(true)
    }
}

fn write_source(database: &str, table: &str, source: &SourceInfo, schema: &mut ObjectWriter<'_>) {
    let product = oms_product(source.product).to_ascii_lowercase();
    let mut object = ObjectWriter::begin(schema.value("source"));
    object.string("dbType", &product).optional_string("dbVersion", source.version.as_deref());
    object.string("dbName", database).null("schema").string("table", table);
    object.end();
}

fn write_times(payload: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
    let changed_at = context.changed_at();
    let mut times = ObjectWriter::begin(payload.value("timestamp"));
    times
        .number("eventTime", clock::millis(changed_at))
        .number("systemTime", clock::millis(context.written_at));
    times.number("checkpointTime", clock::seconds(changed_at));
    times.end();
}

#[derive(Debug)]
struct Plan {
    images: Images,
    schema: Box<[u8]>,
    envelope: DataWorksEnvelope,
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
        let mut message = ObjectWriter::begin(body);
        message.string("version", "2.0").raw("schema", &self.schema);
        let mut payload = ObjectWriter::begin(message.value("payload"));
        for (name, row) in [("before", change.before()), ("after", change.after())] {
            if row.is_none() {
                payload.null(name);
                continue;
            }
            let mut image = ObjectWriter::begin(payload.value(name));
            match name {
                "before" => self.images.write_before(change, image.value("data"))?,
                _ => self.images.write_after(change, image.value("data"))?,
            }
            image.end();
        }
        payload.string("op", record_type(change.kind()));
        write_times(&mut payload, context);
        payload.null("ddl");
        match change.is_scanned() {
            true => payload.null("scn"),
            false => payload.number_text("scn", sequence_number(context)),
        };
        payload.end();
        self.envelope.write_extend(&mut message);
        message.end();
        Ok(())
    }
}
