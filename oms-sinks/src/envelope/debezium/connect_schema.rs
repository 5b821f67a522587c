//! Schemas of Kafka Connect, as its JSON converter writes them in front of a payload.

use oms_core::TableName;
use oms_core::schema::{Column, ColumnType, IntWidth};

use super::options::{BinaryHandling, DebeziumOptions, TimePrecision};
use crate::envelope::json::{ObjectWriter, write_escaped, write_string};
use crate::envelope::{Form, RowWriter};

/// The names that a message's schemas have: `source.database.table.Envelope` and the like.
pub(super) struct SchemaNames {
    prefix: String,
}

impl SchemaNames {
    pub(super) fn new(source: &str, table: &TableName) -> Self {
        Self { prefix: format!("{source}.{}.{}", table.database(), table.table()) }
    }

    fn name(&self, part: &str) -> String {
        format!("{}.{part}", self.prefix)
    }
}

/// The head of a key: `{"schema":…,"payload":`.
pub(super) fn key_head(writer: &RowWriter, names: &SchemaNames, options: &DebeziumOptions) -> Vec<u8> {
    let mut out = b"{\"schema\":{\"type\":\"struct\",\"fields\":[".to_vec();
    for (i, (column, form)) in writer.key_columns().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_field(column, form, options, &mut out);
    }
    out.extend_from_slice(b"],\"optional\":false,\"name\":");
    write_string(&names.name("Key"), &mut out);
    out.extend_from_slice(b"},\"payload\":");
    out
}

/// The head of a body in Debezium's own shape.
pub(super) fn strict_head(writer: &RowWriter, names: &SchemaNames, options: &DebeziumOptions) -> Vec<u8> {
    let mut row = Vec::new();
    write_row(writer, options, &mut row);
    let mut out = b"{\"schema\":{\"type\":\"struct\",\"fields\":[".to_vec();
    for image in ["before", "after"] {
        out.extend_from_slice(b"{\"type\":\"struct\",\"fields\":[");
        out.extend_from_slice(&row);
        out.extend_from_slice(b"],\"optional\":true,\"name\":");
        write_string(&names.name("Value"), &mut out);
        out.extend_from_slice(b",\"field\":\"");
        out.extend_from_slice(image.as_bytes());
        out.extend_from_slice(b"\"},");
    }
    out.extend_from_slice(SOURCE.as_bytes());
    out.push(b',');
    out.extend_from_slice(TRANSACTION.as_bytes());
    out.extend_from_slice(b",{\"type\":\"string\",\"optional\":false,\"field\":\"op\"}");
    for field in ["ts_ms", "ts_us", "ts_ns"] {
        out.extend_from_slice(b",{\"type\":\"int64\",\"optional\":true,\"field\":\"");
        out.extend_from_slice(field.as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"],\"optional\":false,\"name\":");
    write_string(&names.name("Envelope"), &mut out);
    out.extend_from_slice(b",\"version\":2},\"payload\":");
    out
}

/// The head of a body that is a row and `__deleted`, as Debezium's transform of new records leaves it.
pub(super) fn flat_head(writer: &RowWriter, names: &SchemaNames, options: &DebeziumOptions) -> Vec<u8> {
    let mut out = b"{\"schema\":{\"type\":\"struct\",\"fields\":[".to_vec();
    write_row(writer, options, &mut out);
    out.extend_from_slice(
        b",{\"type\":\"string\",\"optional\":true,\"field\":\"__deleted\"}],\"optional\":false,\"name\":",
    );
    write_string(&names.name("Value"), &mut out);
    out.extend_from_slice(b"},\"payload\":");
    out
}

/// The head of a body in OMS's shape, where nothing is optional.
pub(super) fn oms_head(writer: &RowWriter, options: &DebeziumOptions) -> Vec<u8> {
    let mut row = Vec::new();
    write_row(writer, options, &mut row);
    let mut out = b"{\"schema\":{\"type\":\"struct\",\"optional\":false,\"fields\":[".to_vec();
    for image in ["before", "after"] {
        out.extend_from_slice(b"{\"type\":\"struct\",\"optional\":false,\"field\":\"");
        out.extend_from_slice(image.as_bytes());
        out.extend_from_slice(b"\",\"fields\":[");
        out.extend_from_slice(&row);
        out.extend_from_slice(b"]},");
    }
    out.extend_from_slice(b"{\"type\":\"struct\",\"optional\":false,\"field\":\"source\",\"fields\":[");
    let mut fields =
        vec![("string", "version"), ("string", "connector"), ("string", "name"), ("int64", "ts_ms")];
    fields.extend([("string", "db"), ("string", "table"), ("string", "pos")]);
    if options.server_id {
        fields.push(("int64", "server_id"));
    }
    for (i, (kind, name)) in fields.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_oms_field(kind, name, &mut out);
    }
    out.extend_from_slice(b"]},");
    write_oms_field("string", "op", &mut out);
    out.push(b',');
    write_oms_field("int64", "ts_ms", &mut out);
    out.extend_from_slice(b"]},\"payload\":");
    out
}

fn write_oms_field(kind: &str, name: &str, out: &mut Vec<u8>) {
    let mut field = ObjectWriter::begin(out);
    field.string("type", kind).boolean("optional", false).string("field", name);
    field.end();
}

fn write_row(writer: &RowWriter, options: &DebeziumOptions, out: &mut Vec<u8>) {
    for (i, (column, form)) in writer.columns().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_field(column, form, options, out);
    }
}

/// A column as a field of a struct.
fn write_field(column: &Column, form: Form, options: &DebeziumOptions, out: &mut Vec<u8>) {
    let mut field = ObjectWriter::begin(out);
    let kind = kind_of(column, form, options);
    field.string("type", kind);
    match form {
        Form::Geometry => {
            field.raw(
                "fields",
                br#"[{"type":"bytes","optional":false,"field":"wkb"},{"type":"int32","optional":true,"field":"srid"}]"#,
            );
        }
        Form::Floats => {
            field.raw("items", br#"{"type":"float","optional":false}"#);
        }
        _ => {}
    }
    field.boolean("optional", options.strict && column.is_nullable());
    // OMS's schema has bare types; without its scale a Decimal could not be read, though.
    let says_meaning = options.strict || form == Form::ConnectDecimal;
    if let Some(name) = semantic_name(column, form, options).filter(|_| says_meaning) {
        field.string("name", name).number("version", 1);
        write_parameters(column, form, &mut field);
    }
    field.string("field", column.name());
    field.end();
}

/// The type by its name in Kafka Connect; OMS calls all floats `float64`.
fn kind_of(column: &Column, form: Form, options: &DebeziumOptions) -> &'static str {
    match form {
        Form::Number => match column.column_type() {
            ColumnType::Int { width, unsigned, .. } => match (width, unsigned) {
                (IntWidth::I8, _) | (IntWidth::I16, false) => "int16",
                (IntWidth::I16, true) | (IntWidth::I24, _) | (IntWidth::I32, false) => "int32",
                _ => "int64",
            },
            ColumnType::Year => "int32",
            ColumnType::Float { digits: None, .. } if options.strict => "float",
            _ if options.strict => "double",
            _ => "float64",
        },
        Form::Long | Form::Millis { .. } | Form::Micros | Form::Nanos => "int64",
        Form::Boolean => "boolean",
        Form::Days | Form::MillisOfDay => "int32",
        Form::ConnectDecimal | Form::LittleEndianBits => "bytes",
        Form::Base64 if !matches!(options.binary_handling, Some(BinaryHandling::Base64)) => "bytes",
        Form::Geometry => "struct",
        Form::Floats => "array",
        _ => "string",
    }
}

/// The name by which Debezium says what a field means.
pub(in crate::envelope) fn semantic_name(
    column: &Column,
    form: Form,
    options: &DebeziumOptions,
) -> Option<&'static str> {
    let is_connect = options.time_precision == Some(TimePrecision::Connect);
    let is_time = matches!(column.column_type(), ColumnType::Time { .. });
    let is_date = matches!(column.column_type(), ColumnType::Date);
    let is_timestamp = matches!(column.column_type(), ColumnType::Timestamp { .. });
    Some(match form {
        Form::ConnectDecimal => "org.apache.kafka.connect.data.Decimal",
        Form::Days if is_connect => "org.apache.kafka.connect.data.Date",
        Form::Days => "io.debezium.time.Date",
        Form::MillisOfDay => "org.apache.kafka.connect.data.Time",
        Form::Millis { .. } if is_connect => "org.apache.kafka.connect.data.Timestamp",
        Form::Millis { .. } => "io.debezium.time.Timestamp",
        Form::Micros if is_time => "io.debezium.time.MicroTime",
        Form::Micros => "io.debezium.time.MicroTimestamp",
        Form::Nanos if is_time => "io.debezium.time.NanoTime",
        Form::Nanos => "io.debezium.time.NanoTimestamp",
        Form::Iso | Form::IsoFull if is_timestamp => "io.debezium.time.ZonedTimestamp",
        Form::Iso if is_date => "io.debezium.time.IsoDate",
        Form::Iso if is_time => "io.debezium.time.IsoTime",
        Form::Iso => "io.debezium.time.IsoTimestamp",
        Form::LittleEndianBits => "io.debezium.data.Bits",
        Form::Geometry => "io.debezium.data.geometry.Geometry",
        Form::Floats => "io.debezium.data.FloatVector",
        Form::Number if *column.column_type() == ColumnType::Year => "io.debezium.time.Year",
        Form::Text => match column.column_type() {
            ColumnType::Json => "io.debezium.data.Json",
            ColumnType::Enum(_) => "io.debezium.data.Enum",
            ColumnType::Set(_) => "io.debezium.data.EnumSet",
            _ => return None,
        },
        _ => return None,
    })
}

fn write_parameters(column: &Column, form: Form, field: &mut ObjectWriter<'_>) {
    match (form, column.column_type()) {
        (Form::ConnectDecimal, ColumnType::Decimal { precision, scale, .. }) => {
            let mut parameters = ObjectWriter::begin(field.value("parameters"));
            parameters.number_text("scale", *scale).number_text("connect.decimal.precision", *precision);
            parameters.end();
        }
        (Form::ConnectDecimal, _) => drop(field.raw("parameters", br#"{"scale":"0"}"#)),
        (Form::LittleEndianBits, ColumnType::Bit { width }) => {
            let mut parameters = ObjectWriter::begin(field.value("parameters"));
            parameters.number_text("length", *width);
            parameters.end();
        }
        (Form::Text, ColumnType::Enum(members) | ColumnType::Set(members)) => {
            let out = field.value("parameters");
            out.extend_from_slice(b"{\"allowed\":\"");
            for (i, member) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_escaped(member, out);
            }
            out.extend_from_slice(b"\"}");
        }
        _ => {}
    }
}

/// `source` in Debezium's own shape; `snapshot` and the fields behind are its own words.
pub(super) const SOURCE: &str = concat!(
    r#"{"type":"struct","fields":[{"type":"string","optional":false,"field":"version"},"#,
    r#"{"type":"string","optional":false,"field":"connector"},{"type":"string","optional":false,"field":"name"},"#,
    r#"{"type":"int64","optional":false,"field":"ts_ms"},{"type":"string","optional":true,"#,
    r#""name":"io.debezium.data.Enum","version":1,"#,
    r#""parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},"#,
    r#""default":"false","field":"snapshot"},{"type":"string","optional":false,"field":"db"},"#,
    r#"{"type":"string","optional":true,"field":"sequence"},{"type":"int64","optional":true,"field":"ts_us"},"#,
    r#"{"type":"int64","optional":true,"field":"ts_ns"},{"type":"string","optional":true,"field":"table"},"#,
    r#"{"type":"int64","optional":false,"field":"server_id"},{"type":"string","optional":true,"field":"gtid"},"#,
    r#"{"type":"string","optional":false,"field":"file"},{"type":"int64","optional":false,"field":"pos"},"#,
    r#"{"type":"int32","optional":false,"field":"row"},{"type":"int64","optional":true,"field":"thread"},"#,
    r#"{"type":"string","optional":true,"field":"query"}],"#,
    r#""optional":false,"name":"io.debezium.connector.mysql.Source","version":1,"field":"source"}"#,
);

const TRANSACTION: &str = concat!(
    r#"{"type":"struct","fields":[{"type":"string","optional":false,"field":"id"},"#,
    r#"{"type":"int64","optional":false,"field":"total_order"},"#,
    r#"{"type":"int64","optional":false,"field":"data_collection_order"}],"#,
    r#""optional":true,"name":"event.block","version":1,"field":"transaction"}"#,
);
