//! [`MaxwellEnvelope`]: messages of Maxwell, in OMS's shape or Maxwell's own.

use std::time::SystemTime;

use oms_core::Result;
use oms_core::dialect::Product;
use oms_core::event::{ChangeKind, SchemaChange};
use oms_core::schema::{Column, ColumnType, TableSchema};

use super::ddl::Verb;
use super::json::{ObjectWriter, write_string, write_strings};
use super::transaction::Origin;
use super::{
    ChangeWriter, Envelope, Form, ImageLayouts, Images, MessageContext, MessageRules, RowChange, SourceInfo,
    clock, default_form,
};

/// What OMS gives as the time of scanned rows.
const SCAN_SECONDS: u64 = 1_600_000_000;

/// Messages of Maxwell.
///
/// # Shape
///
/// OMS's shape has all fields in every message, null where they say nothing, and the whole old row in `old`. Maxwell's
/// own leaves them out, has only changed columns in `old`, `bootstrap-insert` for scanned rows, JSON documents as they
/// are, geometries as well-known text, and `xoffset` in all rows of a transaction but the last. Neither has a heartbeat.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{Envelope, MaxwellEnvelope};
/// assert_eq!(MaxwellEnvelope::new().with_changed_only(true).name(), "maxwell");
/// ```
///
/// # Sources
///
/// Maxwell 1.40: the class `RowMap` and those of its column types; its reference on the data format.
#[derive(Clone, Debug, Default)]
pub struct MaxwellEnvelope {
    strict: bool,
    changed_only: bool,
    mesh: Option<Box<str>>,
}

impl MaxwellEnvelope {
    /// The format as OMS writes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format in Maxwell's own shape, or OMS's.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The same format with only the changed columns in `old`, or, in OMS's shape, all of them.
    #[must_use]
    pub fn with_changed_only(mut self, changed_only: bool) -> Self {
        self.changed_only = changed_only;
        self
    }

    /// The same format with this text as `mesh`, which OMS's shape has for its grey releases.
    #[must_use]
    pub fn with_mesh(mut self, mesh: impl Into<Box<str>>) -> Self {
        self.mesh = Some(mesh.into());
        self
    }
}

fn oms_form(column: &Column) -> Form {
    match column.column_type() {
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => Form::MicrosText,
        ColumnType::Set(_) => Form::Labels,
        _ => default_form(column),
    }
}

fn strict_form(column: &Column) -> Form {
    match column.column_type() {
        ColumnType::Time { .. } | ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => Form::Text,
        ColumnType::Bit { .. } => Form::Number,
        ColumnType::Json => Form::Document,
        ColumnType::Set(_) => Form::Labels,
        ColumnType::Geometry { .. } => Form::WellKnownText,
        _ => default_form(column),
    }
}

impl Envelope for MaxwellEnvelope {
    fn name(&self) -> &str {
        "maxwell"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let images = Images::new(layouts, if self.strict { strict_form } else { oms_form })?;
        let mut key_columns = Vec::new();
        write_strings(images.writer()?.key_columns().map(|(column, _)| &**column.name()), &mut key_columns);
        let key_heads = images.writer()?.key_columns().map(|(column, _)| {
            let mut head = b",".to_vec();
            write_string(&format!("pk.{}", column.name().to_lowercase()), &mut head);
            head.push(b':');
            head.into()
        });
        let key_heads = key_heads.collect();
        Ok(Box::new(Plan { images, key_columns: key_columns.into(), key_heads, envelope: self.clone() }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        let Some(verb) = Verb::of(change)? else { return Ok(false) };
        let kind = match verb {
            Verb::CreateTable => "table-create",
            Verb::DropTable => "table-drop",
            Verb::TruncateTable => "table-truncate",
            _ => "table-alter",
        };
        let mut object = ObjectWriter::begin(key);
        object.string("database", change.table.database()).string("table", change.table.table());
        object.end();
        let mut message = ObjectWriter::begin(body);
        if self.strict {
            message.string("type", kind).string("database", change.table.database());
            message.string("table", change.table.table());
            if let (Some(before), "table-alter") = (&change.before, kind) {
                write_definition(before, true, message.value("old"));
            }
            if let Some(after) = &change.after {
                write_definition(after, true, message.value("def"));
            }
            message.number("ts", clock::millis(context.changed_at())).string("sql", &change.statement);
        } else {
            message.string("database", change.table.database()).string("table", change.table.table());
            message.string("type", kind).number("ts", clock::seconds(context.changed_at()));
            self.write_transaction(&mut message, context, false);
            message.null("primary_key").null("primary_key_columns").null("data").null("old");
            message.string("sql", &change.statement);
            match &change.after {
                Some(after) => write_definition(after, false, message.value("def")),
                None => drop(message.null("def")),
            }
            self.write_tail(&mut message, context);
        }
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

impl MaxwellEnvelope {
    /// `xid`, `commit` and `position` of OMS's shape.
    fn write_transaction(
        &self,
        message: &mut ObjectWriter<'_>,
        context: &MessageContext<'_>,
        is_scanned: bool,
    ) {
        let at = clock::seconds(context.changed_at());
        match context.source.product {
            Product::OceanBase => {
                message
                    .optional_string("xid", context.transaction.map(|transaction| transaction.id.as_str()));
            }
            _ if is_scanned => drop(message.null("xid")),
            _ => drop(message.number_text("xid", at)),
        }
        message.boolean("commit", true);
        match is_scanned {
            true => message.null("position"),
            false => message.number_text("position", at),
        };
    }

    /// `uuid` and `mesh` of OMS's shape.
    fn write_tail(&self, message: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
        write_uuid("uuid", message, context);
        if let Some(mesh) = &self.mesh {
            message.string("mesh", mesh);
        }
    }
}

fn write_uuid(name: &str, message: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
    let out = message.value(name);
    out.push(b'"');
    context.write_identity(out);
    out.push(b'"');
}

#[derive(Debug)]
struct Plan {
    images: Images,
    key_columns: Box<[u8]>,
    /// `,"pk.name":` of each key column.
    key_heads: Box<[Box<[u8]>]>,
    envelope: MaxwellEnvelope,
}

impl ChangeWriter for Plan {
    fn write(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        self.write_key(change, context, key)?;
        let kind = match change.kind() {
            ChangeKind::Read if self.envelope.strict => "bootstrap-insert",
            ChangeKind::Update => "update",
            ChangeKind::Delete => "delete",
            _ => "insert",
        };
        let table = self.images.table();
        let mut message = ObjectWriter::begin(body);
        message.string("database", table.database()).string("table", table.table()).string("type", kind);
        if self.envelope.strict {
            self.write_strict(change, context, &mut message)?;
        } else {
            self.write_oms(change, context, &mut message)?;
        }
        message.end();
        Ok(())
    }
}

impl Plan {
    fn write_strict(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        message: &mut ObjectWriter<'_>,
    ) -> Result<()> {
        message.number("ts", clock::seconds(context.changed_at()));
        if let Some(xid) = Origin::of(context.transaction).number {
            message.number("xid", xid);
        }
        match context.transaction {
            Some(_) if context.is_last => drop(message.boolean("commit", true)),
            Some(_) => drop(message.number("xoffset", context.index)),
            None => {}
        }
        self.images.write_row(change, message.value("data"))?;
        if change.kind() == ChangeKind::Update {
            self.images.write_changed_before(change, message.value("old"))?;
        }
        Ok(())
    }

    fn write_oms(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        message: &mut ObjectWriter<'_>,
    ) -> Result<()> {
        let is_scanned = change.is_scanned();
        message.number("ts", if is_scanned { SCAN_SECONDS } else { clock::seconds(context.changed_at()) });
        self.envelope.write_transaction(message, context, is_scanned);
        self.images.writer()?.write_key_strings(change.row(), message.value("primary_key"))?;
        message.raw("primary_key_columns", &self.key_columns);
        self.images.write_row(change, message.value("data"))?;
        let old = message.value("old");
        match change.kind() {
            ChangeKind::Update if self.envelope.changed_only => {
                self.images.write_changed_before(change, old)?
            }
            ChangeKind::Update => self.images.write_before(change, old)?,
            _ => old.extend_from_slice(b"null"),
        }
        self.envelope.write_tail(message, context);
        Ok(())
    }

    /// `{"database":…,"table":…,"pk.id":…}`, as Maxwell has it; without a key, in Maxwell's own shape, with an identity
    /// of the message, and in OMS's no key at all.
    fn write_key(
        &self,
        change: RowChange<'_>,
        context: &MessageContext<'_>,
        key: &mut Vec<u8>,
    ) -> Result<()> {
        let writer = self.images.writer()?;
        if !writer.has_key() && !self.envelope.strict {
            return Ok(());
        }
        let table = self.images.table();
        let mut object = ObjectWriter::begin(key);
        object.string("database", table.database()).string("table", table.table());
        if !writer.has_key() {
            write_uuid("_uuid", &mut object, context);
            object.end();
            return Ok(());
        }
        object.end();
        key.pop();
        for (number, head) in self.key_heads.iter().enumerate() {
            key.extend_from_slice(head);
            writer.write_key_value(number, change.row(), key)?;
        }
        key.push(b'}');
        Ok(())
    }
}

/// The definition of a table, as Maxwell has it in messages of schema changes.
fn write_definition(schema: &TableSchema, with_charset: bool, out: &mut Vec<u8>) {
    let mut table = ObjectWriter::begin(out);
    table.string("database", schema.name().database());
    if with_charset {
        let charset = schema.collation().and_then(|collation| collation.charset());
        table.optional_string("charset", charset.map(|charset| charset.name()));
    }
    table.string("table", schema.name().table());
    let columns = table.value("columns");
    columns.push(b'[');
    for (i, column) in schema.columns().iter().enumerate() {
        if i > 0 {
            columns.push(b',');
        }
        write_column(column, columns);
    }
    columns.push(b']');
    let key = schema.primary_key().and_then(|key| key.whole_columns()).unwrap_or_default();
    write_strings(key.into_iter().map(|name| &**name), table.value("primary-key"));
    table.end();
}

fn write_column(column: &Column, out: &mut Vec<u8>) {
    let text = column.column_type().to_string();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let mut object = ObjectWriter::begin(out);
    object.string("type", &text[..end]).string("name", column.name());
    match column.column_type() {
        ColumnType::Int { unsigned, .. } => drop(object.boolean("signed", !unsigned)),
        ColumnType::Time { fsp } | ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp } => {
            object.number("column-length", *fsp);
        }
        ColumnType::Enum(members) | ColumnType::Set(members) => {
            write_strings(members.iter().map(|member| &**member), object.value("enum-values"));
        }
        column_type if column_type.is_text() => {
            object.optional_string("charset", column.charset().map(|charset| charset.name()));
        }
        _ => {}
    }
    object.end();
}
