//! Messages of schema changes, as Debezium's schema change topic has them.

use oms_core::Result;
use oms_core::event::SchemaChange;
use oms_core::schema::{Column, ColumnType, TableSchema};

use super::connect_schema::SOURCE;
use super::options::DebeziumOptions;
use super::payload::{write_oms_source, write_strict_source};
use crate::envelope::ddl::Verb;
use crate::envelope::json::{ObjectWriter, write_escaped, write_strings};
use crate::envelope::names::canal_jdbc_type;
use crate::envelope::{MessageContext, clock};

/// Appends the message of a schema change; false, and nothing, if there is nothing to tell.
pub(super) fn write_schema_change(
    change: &SchemaChange,
    context: &MessageContext<'_>,
    options: &DebeziumOptions,
    is_enveloped: bool,
    key: &mut Vec<u8>,
    body: &mut Vec<u8>,
) -> Result<bool> {
    let Some(verb) = Verb::of(change)? else { return Ok(false) };
    let has_schema = options.schema && options.strict && is_enveloped;
    if has_schema {
        key.extend_from_slice(KEY_HEAD.as_bytes());
        body.extend_from_slice(b"{\"schema\":{\"type\":\"struct\",\"fields\":[");
        body.extend_from_slice(SOURCE.as_bytes());
        body.extend_from_slice(VALUE_TAIL.as_bytes());
    } else if is_enveloped && !options.strict {
        body.extend_from_slice(b"{\"payload\":");
    }
    let mut object = ObjectWriter::begin(key);
    object.string("databaseName", change.table.database());
    object.end();
    write_payload(change, verb, context, options, body);
    if has_schema {
        key.push(b'}');
        body.push(b'}');
    } else if is_enveloped && !options.strict {
        body.push(b'}');
    }
    Ok(true)
}

fn write_payload(
    change: &SchemaChange,
    verb: Verb,
    context: &MessageContext<'_>,
    options: &DebeziumOptions,
    out: &mut Vec<u8>,
) {
    let mut payload = ObjectWriter::begin(out);
    match options.strict {
        true => write_strict_source(&change.table, false, context, payload.value("source")),
        false => write_oms_source(&change.table, context, options, payload.value("source")),
    }
    payload
        .number("ts_ms", clock::millis(context.written_at))
        .string("databaseName", change.table.database());
    payload.null("schemaName").string("ddl", &change.statement);
    let changes = payload.value("tableChanges");
    changes.push(b'[');
    // What happens to rows alone changes no table.
    if verb != Verb::TruncateTable {
        let kind = match verb {
            Verb::CreateTable => "CREATE",
            Verb::DropTable => "DROP",
            _ => "ALTER",
        };
        let table = change.after.as_ref().or(change.before.as_ref());
        let name = table.map_or(&change.table, |table| table.name());
        let mut object = ObjectWriter::begin(changes);
        object.string("type", kind);
        let id = object.value("id");
        id.extend_from_slice(b"\"\\\"");
        write_escaped(name.database(), id);
        id.extend_from_slice(b"\\\".\\\"");
        write_escaped(name.table(), id);
        id.extend_from_slice(b"\\\"\"");
        match (table, verb) {
            (Some(table), verb) if verb != Verb::DropTable => write_table(table, object.value("table")),
            _ => drop(object.null("table")),
        }
        object.end();
    }
    changes.push(b']');
    payload.end();
}

fn write_table(schema: &TableSchema, out: &mut Vec<u8>) {
    let mut table = ObjectWriter::begin(out);
    let charset = schema.collation().and_then(|collation| collation.charset());
    table.optional_string("defaultCharsetName", charset.map(|charset| charset.name()));
    let key = schema.primary_key().and_then(|key| key.whole_columns()).unwrap_or_default();
    write_strings(key.into_iter().map(|name| &**name), table.value("primaryKeyColumnNames"));
    let columns = table.value("columns");
    columns.push(b'[');
    for (i, column) in schema.columns().iter().enumerate() {
        if i > 0 {
            columns.push(b',');
        }
        write_column(column, i + 1, columns);
    }
    columns.push(b']');
    table.optional_string("comment", schema.comment().map(|comment| &**comment));
    table.end();
}

fn write_column(column: &Column, position: usize, out: &mut Vec<u8>) {
    let text = column.column_type().to_string();
    let end = text.find('(').unwrap_or(text.len());
    let mut type_name = text[..end].to_ascii_uppercase();
    if let Some(unsigned) = text[end..].find(" unsigned") {
        type_name.push_str(&text[end + unsigned..].to_ascii_uppercase());
    }
    let (length, scale) = match column.column_type() {
        ColumnType::Char { length }
        | ColumnType::VarChar { length }
        | ColumnType::Binary { length }
        | ColumnType::VarBinary { length } => (Some(*length), None),
        ColumnType::Decimal { precision, scale, .. } => (Some((*precision).into()), Some(*scale)),
        ColumnType::Bit { width } => (Some((*width).into()), None),
        ColumnType::Time { fsp } | ColumnType::DateTime { fsp } | ColumnType::Timestamp { fsp }
            if *fsp > 0 =>
        {
            (Some((*fsp).into()), None)
        }
        _ => (None, None),
    };
    let mut object = ObjectWriter::begin(out);
    object.string("name", column.name()).number("jdbcType", canal_jdbc_type(column)).null("nativeType");
    object.string("typeName", &type_name).string("typeExpression", &type_name);
    let charset = column.charset().filter(|_| column.column_type().is_text());
    object.optional_string("charsetName", charset.map(|charset| charset.name()));
    object.optional_number("length", length).optional_number("scale", scale).number("position", position);
    object.boolean("optional", column.is_nullable()).boolean("autoIncremented", column.is_auto_increment());
    object.boolean("generated", column.is_generated());
    object.optional_string("comment", column.comment().map(|comment| &**comment));
    match column.column_type() {
        ColumnType::Enum(members) | ColumnType::Set(members) => {
            write_strings(members.iter().map(|member| &**member), object.value("enumValues"));
        }
        _ => drop(object.raw("enumValues", b"[]")),
    }
    object.end();
}

const KEY_HEAD: &str = concat!(
    r#"{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"databaseName"}],"#,
    r#""optional":false,"name":"io.debezium.connector.mysql.SchemaChangeKey","version":1},"payload":"#,
);

/// What stands behind `source` in the schema of a schema change.
const VALUE_TAIL: &str = concat!(
    r#",{"type":"int64","optional":false,"field":"ts_ms"},{"type":"string","optional":true,"field":"databaseName"},"#,
    r#"{"type":"string","optional":true,"field":"schemaName"},{"type":"string","optional":true,"field":"ddl"},"#,
    r#"{"type":"array","items":{"type":"struct","fields":[{"type":"string","optional":false,"field":"type"},"#,
    r#"{"type":"string","optional":false,"field":"id"},{"type":"struct","fields":["#,
    r#"{"type":"string","optional":true,"field":"defaultCharsetName"},"#,
    r#"{"type":"array","items":{"type":"string","optional":false},"optional":true,"field":"primaryKeyColumnNames"},"#,
    r#"{"type":"array","items":{"type":"struct","fields":[{"type":"string","optional":false,"field":"name"},"#,
    r#"{"type":"int32","optional":false,"field":"jdbcType"},{"type":"int32","optional":true,"field":"nativeType"},"#,
    r#"{"type":"string","optional":false,"field":"typeName"},{"type":"string","optional":true,"field":"typeExpression"},"#,
    r#"{"type":"string","optional":true,"field":"charsetName"},{"type":"int32","optional":true,"field":"length"},"#,
    r#"{"type":"int32","optional":true,"field":"scale"},{"type":"int32","optional":false,"field":"position"},"#,
    r#"{"type":"boolean","optional":true,"field":"optional"},{"type":"boolean","optional":true,"field":"autoIncremented"},"#,
    r#"{"type":"boolean","optional":true,"field":"generated"},{"type":"string","optional":true,"field":"comment"},"#,
    r#"{"type":"array","items":{"type":"string","optional":false},"optional":true,"field":"enumValues"}],"#,
    r#""optional":false,"name":"io.debezium.connector.schema.Column","version":1},"optional":false,"field":"columns"},"#,
    r#"{"type":"string","optional":true,"field":"comment"}],"#,
    r#""optional":true,"name":"io.debezium.connector.schema.Table","version":1,"field":"table"}],"#,
    r#""optional":false,"name":"io.debezium.connector.schema.Change","version":1},"optional":false,"field":"tableChanges"}],"#,
    r#""optional":false,"name":"io.debezium.connector.mysql.SchemaChangeValue","version":1},"payload":"#,
);
