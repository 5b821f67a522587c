//! [`AvroEnvelope`]: Debezium's messages in Avro.

use std::sync::Arc;
use std::time::SystemTime;

use oms_core::dialect::Product;
use oms_core::event::SchemaChange;
use oms_core::row::RowRef;
use oms_core::{Result, TableName};

use super::registry::{SchemaPart, SchemaRegistry, SchemaRequest};
use super::schema::{RecordNames, schema_change_schema, simple_schema};
use crate::envelope::cell::{write_bytes, write_long};
use crate::envelope::ddl::Verb;
use crate::envelope::debezium::{form, op};
use crate::envelope::transaction::Origin;
use crate::envelope::{
    BinaryHandling, ChangeWriter, DebeziumOptions, Envelope, ImageLayouts, Images, MessageContext,
    MessageRules, RowChange, SourceInfo, clock,
};

const HEARTBEAT: &str = "io.debezium.connector.common";
const SCHEMA_CHANGE: &str = "io.debezium.connector.mysql";

/// Messages of Debezium in Avro, with their schemas in a registry.
///
/// # Shape
///
/// Keys and bodies begin with a zero byte and the number of their schema in four bytes, the highest first, as Confluent
/// frames them. The records are those of Debezium's own shape; names are adjusted to those of Avro. An update of the key
/// is a delete, a tombstone and a creation.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use oms_sinks::envelope::{AvroEnvelope, DebeziumOptions, Envelope, MemorySchemaRegistry};
///
/// let registry = Arc::new(MemorySchemaRegistry::new());
/// let envelope = AvroEnvelope::new(registry).with_options(DebeziumOptions::default().with_tombstones(false));
/// assert!(!envelope.rules().tombstones);
/// ```
///
/// # Sources
///
/// Apache Avro 1.12 specification; Confluent Platform, "Wire format" of the schema registry; Debezium 3.2, "Avro
/// serialization".
#[derive(Clone, Debug)]
pub struct AvroEnvelope {
    registry: Arc<dyn SchemaRegistry>,
    options: DebeziumOptions,
}

impl AvroEnvelope {
    /// The format, with its schemas in this registry.
    pub fn new(registry: Arc<dyn SchemaRegistry>) -> Self {
        Self { registry, options: DebeziumOptions::default().with_strict(true) }
    }

    /// The same format with these options. The shape is always Debezium's own, and decimals are precise or strings.
    #[must_use]
    pub fn with_options(mut self, options: DebeziumOptions) -> Self {
        self.options = options.with_strict(true);
        self
    }

    fn head(
        &self,
        table: Option<&TableName>,
        part: SchemaPart,
        record: &str,
        schema: &str,
    ) -> Result<[u8; 5]> {
        let id = self.registry.register(SchemaRequest { table, part, record, schema })?;
        let [a, b, c, d] = id.to_be_bytes();
        Ok([0, a, b, c, d])
    }
}

impl Envelope for AvroEnvelope {
    fn name(&self) -> &str {
        "avro"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default().with_tombstones(self.options.tombstones).with_splits_key_changes(true)
    }

    fn plan(&self, layouts: ImageLayouts<'_>, source: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let options = self.options;
        let base64_text = options.binary_handling == Some(BinaryHandling::Base64);
        let images = Images::new(layouts, |column| form(column, &options))?
            .with_zero_dates(options.zero_dates)
            .for_avro(base64_text)?;
        let writer = images.writer()?;
        let table = images.table();
        let names = RecordNames::new(&source.name, table);
        let key_head = match writer.has_key() {
            true => {
                let schema = names.key_schema(writer, &options)?;
                Some(self.head(Some(table), SchemaPart::Key, &names.full("Key"), &schema)?)
            }
            false => None,
        };
        let schema = names.envelope_schema(writer, &options)?;
        let head = self.head(Some(table), SchemaPart::Value, &names.full("Envelope"), &schema)?;
        Ok(Box::new(Plan { images, key_head, head }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        if Verb::of(change)?.is_none() {
            return Ok(false);
        }
        let table = Some(&change.table);
        let schema = simple_schema(SCHEMA_CHANGE, "SchemaChangeKey", &[("databaseName", "string")])?;
        let record = "io.debezium.connector.mysql.SchemaChangeKey";
        key.extend_from_slice(&self.head(table, SchemaPart::Key, record, &schema)?);
        write_bytes(change.table.database().as_bytes(), key);
        let record = "io.debezium.connector.mysql.SchemaChangeValue";
        body.extend_from_slice(&self.head(table, SchemaPart::Value, record, &schema_change_schema()?)?);
        write_source(&change.table, false, context, body);
        write_long(long(clock::millis(context.written_at)), body);
        write_optional(Some(change.table.database()), body);
        write_optional(None, body);
        write_optional(Some(&change.statement), body);
        write_optional(Some(change.table.table()), body);
        Ok(true)
    }

    fn write_heartbeat(
        &self,
        at: SystemTime,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let schema = simple_schema(HEARTBEAT, "ServerNameKey", &[("serverName", "string")])?;
        let record = "io.debezium.connector.common.ServerNameKey";
        key.extend_from_slice(&self.head(None, SchemaPart::Key, record, &schema)?);
        write_bytes(context.source.name.as_bytes(), key);
        let schema = simple_schema(HEARTBEAT, "Heartbeat", &[("ts_ms", "long")])?;
        let record = "io.debezium.connector.common.Heartbeat";
        body.extend_from_slice(&self.head(None, SchemaPart::Value, record, &schema)?);
        write_long(long(clock::millis(at)), body);
        Ok(true)
    }
}

#[derive(Debug)]
struct Plan {
    images: Images,
    /// `None` for a table without a key.
    key_head: Option<[u8; 5]>,
    head: [u8; 5],
}

impl ChangeWriter for Plan {
    fn write(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(head) = &self.key_head {
            key.extend_from_slice(head);
            self.images.writer()?.write_avro_key(change.row(), key)?;
        }
        body.extend_from_slice(&self.head);
        self.write_image(change.before(), true, body)?;
        self.write_image(change.after(), false, body)?;
        write_source(self.images.table(), change.is_scanned(), context, body);
        // No block of a transaction.
        write_long(0, body);
        write_bytes(op(change.kind(), "r").as_bytes(), body);
        let micros = clock::micros(context.written_at);
        for time in [micros / 1_000, micros, micros.saturating_mul(1_000)] {
            write_long(1, body);
            write_long(long(time), body);
        }
        Ok(())
    }
}

impl Plan {
    fn write_image(&self, row: Option<RowRef<'_>>, is_before: bool, body: &mut Vec<u8>) -> Result<()> {
        let Some(row) = row else {
            write_long(0, body);
            return Ok(());
        };
        write_long(1, body);
        self.images.image_writer(is_before)?.write_avro(row, body)
    }
}

/// Times and positions are below 2^63; what is not is as large as it can be said.
fn long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn write_optional(text: Option<&str>, out: &mut Vec<u8>) {
    match text {
        Some(text) => {
            write_long(1, out);
            write_bytes(text.as_bytes(), out);
        }
        None => write_long(0, out),
    }
}

fn write_source(table: &TableName, is_scanned: bool, context: &MessageContext<'_>, out: &mut Vec<u8>) {
    let micros = clock::micros(context.changed_at());
    let origin = Origin::of(context.transaction);
    let connector = match context.source.product {
        Product::MariaDb => "mariadb",
        _ => "mysql",
    };
    for text in [&*context.source.connector_version, connector, &context.source.name] {
        write_bytes(text.as_bytes(), out);
    }
    write_long(long(micros / 1_000), out);
    // The union of `snapshot` begins with the string.
    write_long(0, out);
    write_bytes(if is_scanned { b"true" } else { b"false" }, out);
    write_bytes(table.database().as_bytes(), out);
    write_optional(None, out);
    for time in [micros, micros.saturating_mul(1_000)] {
        write_long(1, out);
        write_long(long(time), out);
    }
    write_optional(Some(table.table()), out);
    write_long(long(context.source.server_id.unwrap_or(0)), out);
    write_optional(origin.gtid, out);
    write_bytes(origin.file.unwrap_or_default().as_bytes(), out);
    write_long(long(origin.offset.unwrap_or(0)), out);
    write_long(i32::try_from(context.index).unwrap_or(i32::MAX).into(), out);
    write_long(0, out);
    write_optional(None, out);
}
