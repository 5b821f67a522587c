//! [`CanalEnvelope`]: flat messages of Canal, in OMS's shape or Canal's own.

use std::time::SystemTime;

use oms_core::Result;
use oms_core::event::{ChangeKind, SchemaChange};
use oms_core::schema::{Column, ColumnType};

use super::default::record_type;
use super::json::{ObjectWriter, write_string, write_strings};
use super::names::{canal_jdbc_type, oms_jdbc_type, oms_type};
use super::transaction::Origin;
use super::{
    ChangeWriter, Envelope, Form, ImageLayouts, Images, MessageContext, MessageRules, RowChange, RowWriter,
    SourceInfo, clock, ddl, default_form,
};

/// Flat messages of Canal.
///
/// # Shape
///
/// One row a message, members in alphabetical order. OMS's shape has typed values and no `gtid` and `id`; Canal's own
/// has every value as a string, ENUM and SET by their numbers, bytes as the characters of ISO 8859-1, and the types as
/// the server spells them. Neither has a heartbeat.
///
/// # Examples
///
/// ```
/// use oms_sinks::envelope::{CanalEnvelope, Envelope};
/// assert_eq!(CanalEnvelope::new().with_strict(true).name(), "canal");
/// ```
///
/// # Sources
///
/// Canal 1.1.7: the class `FlatMessage` and its parser of row events.
#[derive(Clone, Debug, Default)]
pub struct CanalEnvelope {
    strict: bool,
}

impl CanalEnvelope {
    /// The format as OMS writes it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format in Canal's own shape, or OMS's.
    #[must_use]
    pub fn with_strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }
}

/// The form in which Canal itself has a column's values.
fn strict_form(column: &Column) -> Form {
    match column.column_type() {
        ColumnType::Enum(_) | ColumnType::Set(_) => Form::IndexText,
        ColumnType::Binary { .. }
        | ColumnType::VarBinary { .. }
        | ColumnType::Blob(_)
        | ColumnType::Geometry { .. }
        | ColumnType::Vector { .. } => Form::Latin1,
        _ => Form::Text,
    }
}

impl Envelope for CanalEnvelope {
    fn name(&self) -> &str {
        "canal"
    }

    fn rules(&self) -> MessageRules {
        MessageRules::default()
    }

    fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let images = Images::new(layouts, if self.strict { strict_form } else { default_form })?;
        let writer = images.writer()?;
        let sql_type = if self.strict { canal_jdbc_type } else { oms_jdbc_type };
        let mysql_type = |column: &Column, out: &mut Vec<u8>| match self.strict {
            true if column.is_boolean() => write_string("tinyint(1)", out),
            true => write_string(&column.column_type().to_string(), out),
            false => write_string(&oms_type(column).to_ascii_lowercase(), out),
        };
        let mut pk_names = Vec::new();
        match writer.has_key() {
            true => write_strings(writer.key_columns().map(|(column, _)| &**column.name()), &mut pk_names),
            false if self.strict => pk_names.extend_from_slice(b"null"),
            false => pk_names.extend_from_slice(b"[]"),
        }
        Ok(Box::new(Plan {
            mysql_type: by_column(writer, mysql_type),
            sql_type: by_column(writer, |column, out| {
                out.extend_from_slice(itoa::Buffer::new().format(sql_type(column)).as_bytes());
            }),
            pk_names: pk_names.into(),
            strict: self.strict,
            images,
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
        let mut message = ObjectWriter::begin(body);
        message.null("data").string("database", change.table.database());
        message.number("es", clock::millis(context.changed_at()));
        write_identity(&mut message, context, self.strict);
        message.boolean("isDdl", true).null("mysqlType").null("old").null("pkNames");
        message.string("sql", &change.statement).null("sqlType").string("table", change.table.table());
        message.number("ts", clock::millis(context.written_at)).string("type", verb.canal_name());
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

/// An object with a value for each column.
fn by_column(writer: &RowWriter, value: impl Fn(&Column, &mut Vec<u8>)) -> Box<[u8]> {
    let mut out = b"{".to_vec();
    for (i, (column, _)) in writer.columns().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(column.name(), &mut out);
        out.push(b':');
        value(column, &mut out);
    }
    out.push(b'}');
    out.into()
}

/// `gtid` and `id`, which OMS leaves out.
fn write_identity(message: &mut ObjectWriter<'_>, context: &MessageContext<'_>, strict: bool) {
    if strict {
        message.string("gtid", Origin::of(context.transaction).gtid.unwrap_or_default());
        message.number("id", context.sequence);
    }
}

#[derive(Debug)]
struct Plan {
    images: Images,
    mysql_type: Box<[u8]>,
    sql_type: Box<[u8]>,
    pk_names: Box<[u8]>,
    strict: bool,
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
        let table = self.images.table();
        let mut message = ObjectWriter::begin(body);
        let data = message.value("data");
        data.push(b'[');
        self.images.write_row(change, data)?;
        data.push(b']');
        message.string("database", table.database()).number("es", clock::millis(context.changed_at()));
        write_identity(&mut message, context, self.strict);
        message.boolean("isDdl", false).raw("mysqlType", &self.mysql_type);
        match change.kind() {
            ChangeKind::Update => {
                let old = message.value("old");
                old.push(b'[');
                self.images.write_changed_before(change, old)?;
                old.push(b']');
            }
            _ => drop(message.null("old")),
        }
        message.raw("pkNames", &self.pk_names).string("sql", "").raw("sqlType", &self.sql_type);
        message.string("table", table.table()).number("ts", clock::millis(context.written_at));
        message.string("type", record_type(change.kind()));
        message.end();
        Ok(())
    }
}
