//! [`DefaultEnvelope`]: the Default format of OMS, and its variant with column types.

use std::time::SystemTime;

use oms_core::dialect::Product;
use oms_core::event::{ChangeKind, SchemaChange};
use oms_core::{Result, TableName};

use super::json::{ObjectWriter, write_escaped, write_string};
use super::names::{oms_product, oms_type};
use super::{
    ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, RowWriter,
    SourceInfo, clock, ddl, default_form,
};

/// The Default format of OMS.
///
/// # Shape
///
/// ```text
/// {"prevStruct":{…},"postStruct":{…},"allMetaData":{…},"recordType":"UPDATE"}
/// ```
///
/// with `INSERT` for scanned rows as well. `docs/envelopes.md` tells what stands in it field by field.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{DefaultEnvelope, Envelope};
/// assert_eq!(DefaultEnvelope::new().with_column_types(true).name(), "default_extend_column_type");
/// ```
#[derive(Clone, Debug)]
pub struct DefaultEnvelope {
    column_types: bool,
    sequence: bool,
    tenant_in_ddl: bool,
}

impl Default for DefaultEnvelope {
    fn default() -> Self {
        Self { column_types: false, sequence: true, tenant_in_ddl: false }
    }
}

impl DefaultEnvelope {
    /// The format as OMS writes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format with or without `__light_type`, which makes it DefaultExtendColumnType.
    #[must_use]
    pub fn with_column_types(mut self, column_types: bool) -> Self {
        self.column_types = column_types;
        self
    }

    /// The same format with or without `storeDataSequence`, which is null then.
    #[must_use]
    pub fn with_sequence(mut self, sequence: bool) -> Self {
        self.sequence = sequence;
        self
    }

    /// The same format with the tenant in `db` of DDL messages, or not, as in the samples of OMS.
    #[must_use]
    pub fn with_tenant_in_ddl(mut self, tenant_in_ddl: bool) -> Self {
        self.tenant_in_ddl = tenant_in_ddl;
        self
    }
}

impl Envelope for DefaultEnvelope {
    fn name(&self) -> &str {
        if self.column_types { "default_extend_column_type" } else { "default" }
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, source: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let images = Images::new(layouts, default_form)?;
        let mut key_names = Vec::new();
        images.writer()?.write_key_names(&mut key_names);
        let light_type = if self.column_types { light_type(images.writer()?) } else { Vec::new() };
        Ok(Box::new(Plan {
            db: database(images.table(), source.tenant.as_deref()),
            images,
            key_names: key_names.into(),
            light_type: light_type.into(),
            sequence: self.sequence,
        }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let Some(verb) = ddl::Verb::of(change)? else { return Ok(false) };
        ddl::write_message_key(change, key);
        let tenant = context.source.tenant.as_deref().filter(|_| self.tenant_in_ddl);
        let mut message = ObjectWriter::begin(body);
        message.null("prevStruct");
        let mut post = ObjectWriter::begin(message.value("postStruct"));
        post.string("ddl", &change.statement);
        if self.column_types {
            post.raw("__light_type", br#"{"ddl":{"schemaType":"VAR_STRING"}}"#);
        }
        post.end();
        let mut meta = ObjectWriter::begin(message.value("allMetaData"));
        let at = clock::seconds(context.changed_at());
        meta.number_text("checkpoint", at).null("record_primary_key").null("record_primary_value");
        meta.string("source_identity", &context.source.name);
        meta.string("dbType", oms_product(context.source.product)).null("storeDataSequence");
        meta.string("table_name", change.table.table());
        meta.raw("db", &database(&change.table, tenant)).number_text("timestamp", at);
        write_transaction(&mut meta, context, true);
        meta.string("ddlType", verb.oms_name());
        meta.end();
        message.string("recordType", "DDL");
        message.end();
        Ok(true)
    }

    fn write_heartbeat(
        &self,
        at: SystemTime,
        context: &MessageContext<'_>,
        _: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let mut message = ObjectWriter::begin(body);
        message.null("prevStruct").null("postStruct");
        let mut meta = ObjectWriter::begin(message.value("allMetaData"));
        let at = clock::seconds(at);
        meta.number_text("checkpoint", at).null("record_primary_key").null("record_primary_value");
        meta.string("source_identity", &context.source.name);
        meta.string("dbType", oms_product(context.source.product)).null("storeDataSequence");
        meta.null("table_name").null("db").number_text("timestamp", at);
        meta.null("uniqueId").null("transId").null("clusterId").null("ddlType");
        meta.end();
        message.string("recordType", "HEARTBEAT");
        message.end();
        Ok(true)
    }
}

#[derive(Debug)]
struct Plan {
    images: Images,
    /// The name of the database with its tenant, in quotes.
    db: Box<[u8]>,
    /// Names of the key columns, escaped.
    key_names: Box<[u8]>,
    /// `"__light_type":{…}`, or nothing.
    light_type: Box<[u8]>,
    sequence: bool,
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
        let writer = self.images.writer()?;
        let mut message = ObjectWriter::begin(body);
        let before = message.value("prevStruct");
        self.images.write_before(change, before)?;
        self.add_types(before);
        let after = message.value("postStruct");
        self.images.write_after(change, after)?;
        self.add_types(after);

        let mut meta = ObjectWriter::begin(message.value("allMetaData"));
        let at = clock::seconds(context.changed_at());
        let is_scanned = change.is_scanned();
        let key_text = |name: &str, meta: &mut ObjectWriter<'_>| -> Result<()> {
            if !writer.has_key() {
                meta.null(name);
                return Ok(());
            }
            let out = meta.value(name);
            out.push(b'"');
            writer.write_key_text(change.row(), out)?;
            out.push(b'"');
            Ok(())
        };
        match is_scanned {
            true => key_text("checkpoint", &mut meta)?,
            false => drop(meta.number_text("checkpoint", at)),
        }
        if writer.has_key() {
            let out = meta.value("record_primary_key");
            out.push(b'"');
            out.extend_from_slice(&self.key_names);
            out.push(b'"');
        } else {
            meta.null("record_primary_key");
        }
        key_text("record_primary_value", &mut meta)?;
        meta.string("source_identity", &context.source.name);
        meta.string("dbType", oms_product(context.source.product));
        let sequence = Some(sequence_number(context)).filter(|_| self.sequence && !is_scanned);
        meta.optional_number("storeDataSequence", sequence);
        meta.string("table_name", self.images.table().table()).raw("db", &self.db);
        match is_scanned {
            true => meta.null("timestamp"),
            false => meta.number_text("timestamp", at),
        };
        write_transaction(&mut meta, context, !is_scanned);
        meta.null("ddlType");
        meta.end();
        message.string("recordType", record_type(change.kind()));
        message.end();
        Ok(())
    }
}

impl Plan {
    /// Adds the types of columns to the object that `out` ends with; null stays null.
    fn add_types(&self, out: &mut Vec<u8>) {
        if !self.light_type.is_empty() && out.last() == Some(&b'}') {
            out.pop();
            // A row has at least one column.
            out.push(b',');
            out.extend_from_slice(&self.light_type);
            out.push(b'}');
        }
    }
}

/// `"__light_type":{"column":{"schemaType":"INT"},…}`.
fn light_type(writer: &RowWriter) -> Vec<u8> {
    let mut out = b"\"__light_type\":{".to_vec();
    for (i, (column, _)) in writer.columns().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(column.name(), &mut out);
        out.extend_from_slice(b":{\"schemaType\":\"");
        out.extend_from_slice(oms_type(column).as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.push(b'}');
    out
}

/// The name of a database, behind that of its tenant where there is one, in quotes.
fn database(table: &TableName, tenant: Option<&str>) -> Box<[u8]> {
    let mut out = b"\"".to_vec();
    if let Some(tenant) = tenant {
        write_escaped(tenant, &mut out);
        out.push(b'.');
    }
    write_escaped(table.database(), &mut out);
    out.push(b'"');
    out.into()
}

/// `uniqueId`, `transId` and `clusterId`.
fn write_transaction(meta: &mut ObjectWriter<'_>, context: &MessageContext<'_>, is_streamed: bool) {
    let source = context.source;
    let id = context.transaction.map(|transaction| transaction.id.as_str());
    meta.optional_string("uniqueId", id);
    match source.product {
        Product::OceanBase => meta.optional_string("transId", id),
        _ if is_streamed => meta.number_text("transId", clock::seconds(context.changed_at())),
        _ => meta.null("transId"),
    };
    match source.cluster_id.filter(|_| is_streamed) {
        Some(cluster) => meta.number_text("clusterId", cluster),
        None => meta.null("clusterId"),
    };
}

/// Seconds of the commit followed by five digits of the message's number, for sorting.
pub(crate) fn sequence_number(context: &MessageContext<'_>) -> u64 {
    clock::seconds(context.changed_at()).saturating_mul(100_000).saturating_add(context.sequence % 100_000)
}

/// What OMS calls a kind of change; a scanned row is an insert.
pub(crate) fn record_type(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Update => "UPDATE",
        ChangeKind::Delete => "DELETE",
        _ => "INSERT",
    }
}
