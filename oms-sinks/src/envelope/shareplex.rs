//! [`SharePlexEnvelope`]: the SharePlex format.

use std::time::SystemTime;

use oms_core::event::{ChangeKind, SchemaChange};
use oms_core::{Result, TableName};

use super::ddl::{self, Verb};
use super::default::sequence_number;
use super::json::{ObjectWriter, write_escaped};
use super::{
    ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo, clock,
    default_form,
};

/// The SharePlex format.
///
/// # Shape
///
/// ```text
/// {"meta":{"op":"upd",…},"data":{…},"key":{…}}
/// ```
///
/// `data` has changed columns of an update and all columns else, `key` the whole old row of an update. It has no
/// heartbeat.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{Envelope, SharePlexEnvelope};
/// assert_eq!(SharePlexEnvelope::new().with_transactions(true).name(), "shareplex");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SharePlexEnvelope {
    transactions: bool,
}

impl SharePlexEnvelope {
    /// The format as OMS writes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format with or without `meta.seq`, the number of the row in its transaction.
    #[must_use]
    pub fn with_transactions(mut self, transactions: bool) -> Self {
        self.transactions = transactions;
        self
    }
}

impl Envelope for SharePlexEnvelope {
    fn name(&self) -> &str {
        "shareplex"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let images = Images::new(layouts, default_form)?;
        let table = escaped_table(images.table()).into();
        Ok(Box::new(Plan { images, table, transactions: self.transactions }))
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
        ddl::write_message_key(change, key);
        let table = escaped_table(&change.table);
        let mut message = ObjectWriter::begin(body);
        let mut meta = ObjectWriter::begin(message.value("meta"));
        meta.string("op", "ddl");
        write_times(&mut meta, context);
        write_table(&table, &mut meta);
        let rowid = meta.value("rowid");
        rowid.push(b'"');
        rowid.extend_from_slice(&table);
        rowid.extend_from_slice(b"-\"");
        write_transaction(&mut meta, context);
        meta.null("scn");
        meta.end();
        message.raw("data", b"{}");
        let mut sql = ObjectWriter::begin(message.value("sql"));
        sql.string("ddl", &change.statement);
        sql.end();
        message.end();
        Ok(true)
    }

    fn write_heartbeat(
        &self,
        _: SystemTime,
        _: &MessageContext<'_>,
        _: &mut Vec<u8>,
        _: &mut Vec<u8>,
    ) -> Result<bool> {
        Ok(false)
    }
}

/// `database.table`, escaped.
fn escaped_table(table: &TableName) -> Vec<u8> {
    let mut out = Vec::new();
    write_escaped(table.database(), &mut out);
    out.push(b'.');
    write_escaped(table.table(), &mut out);
    out
}

fn write_times(meta: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
    for (name, at) in [("time", context.changed_at()), ("posttime", context.written_at)] {
        let out = meta.value(name);
        out.push(b'"');
        clock::write_iso(at, 0, out);
        out.push(b'"');
    }
    // The count of rows of a transaction is not known before its end, and OMS calls both fields not valid.
    meta.string("idx", "0/0").number("size", 0_u8);
}

fn write_table(table: &[u8], meta: &mut ObjectWriter<'_>) {
    let out = meta.value("table");
    out.push(b'"');
    out.extend_from_slice(table);
    out.push(b'"');
}

fn write_transaction(meta: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
    meta.optional_string("trans", context.transaction.map(|transaction| transaction.id.as_str()));
}

#[derive(Debug)]
struct Plan {
    images: Images,
    table: Box<[u8]>,
    transactions: bool,
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
        let is_update = change.kind() == ChangeKind::Update;
        let mut message = ObjectWriter::begin(body);
        let mut meta = ObjectWriter::begin(message.value("meta"));
        meta.string(
            "op",
            match change.kind() {
                ChangeKind::Update => "upd",
                ChangeKind::Delete => "del",
                _ => "ins",
            },
        );
        write_times(&mut meta, context);
        if self.transactions {
            meta.number("seq", context.index);
        }
        write_table(&self.table, &mut meta);
        let rowid = meta.value("rowid");
        rowid.push(b'"');
        rowid.extend_from_slice(&self.table);
        rowid.push(b'-');
        self.images.writer()?.write_key_text(change.row(), rowid)?;
        rowid.push(b'"');
        write_transaction(&mut meta, context);
        match change.is_scanned() {
            true => meta.null("scn"),
            false => meta.number("scn", sequence_number(context)),
        };
        meta.end();
        let data = message.value("data");
        if is_update {
            self.images.write_changed_after(change, data)?;
            self.images.write_before(change, message.value("key"))?;
        } else {
            self.images.write_row(change, data)?;
        }
        message.end();
        Ok(())
    }
}
