//! Avro schemas as Confluent's converter makes them of Debezium's.

use oms_core::schema::{Column, ColumnType, IntWidth};
use oms_core::{At, Error, Result, TableName};

use crate::envelope::debezium::semantic_name;
use crate::envelope::json::{ObjectWriter, write_escaped, write_string};
use crate::envelope::{BinaryHandling, DebeziumOptions, Form, RowWriter};

/// The names of a table's records.
pub(super) struct RecordNames {
    namespace: String,
    table: TableName,
}

impl RecordNames {
    pub(super) fn new(source: &str, table: &TableName) -> Self {
        let parts = [source, table.database(), table.table()].map(avro_name);
        Self { namespace: parts.join("."), table: table.clone() }
    }

    /// The full name of a record.
    pub(super) fn full(&self, record: &str) -> String {
        format!("{}.{record}", self.namespace)
    }

    /// The schema of keys.
    pub(super) fn key_schema(&self, writer: &RowWriter, options: &DebeziumOptions) -> Result<String> {
        let mut out = Vec::new();
        let mut record = self.begin("Key", &mut out);
        let columns: Vec<_> = writer.key_columns().collect();
        self.write_fields(&columns, options, record.value("fields"))?;
        record.string("connect.name", &self.full("Key"));
        record.end();
        text(out)
    }

    /// The schema of bodies.
    pub(super) fn envelope_schema(&self, writer: &RowWriter, options: &DebeziumOptions) -> Result<String> {
        let mut out = Vec::new();
        let mut envelope = self.begin("Envelope", &mut out);
        let fields = envelope.value("fields");
        fields.extend_from_slice(b"[{\"name\":\"before\",\"type\":[\"null\",");
        let mut value = ObjectWriter::begin(fields);
        value.string("type", "record").string("name", "Value");
        let columns: Vec<_> = writer.columns().collect();
        self.write_fields(&columns, options, value.value("fields"))?;
        value.string("connect.name", &self.full("Value"));
        value.end();
        fields.extend_from_slice(
            b"],\"default\":null},{\"name\":\"after\",\"type\":[\"null\",\"Value\"],\"default\":null},",
        );
        fields.extend_from_slice(SOURCE.as_bytes());
        fields.extend_from_slice(TAIL.as_bytes());
        envelope.number("connect.version", 2_u8).string("connect.name", &self.full("Envelope"));
        envelope.end();
        text(out)
    }

    fn begin<'a>(&self, name: &str, out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        let mut record = ObjectWriter::begin(out);
        record.string("type", "record").string("name", name).string("namespace", &self.namespace);
        record
    }

    fn write_fields(
        &self,
        columns: &[(&Column, Form)],
        options: &DebeziumOptions,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut names: Vec<String> = Vec::with_capacity(columns.len());
        let mut knows_geometry = false;
        out.push(b'[');
        for (i, (column, form)) in columns.iter().enumerate() {
            let name = avro_name(column.name());
            if names.contains(&name) {
                let at = At::table(&self.table).column(&**column.name());
                return Err(Error::refused(at, "another column has the same name once it is one of Avro"));
            }
            if i > 0 {
                out.push(b',');
            }
            let mut field = ObjectWriter::begin(out);
            field.string("name", &name);
            let kind = field.value("type");
            if column.is_nullable() {
                kind.extend_from_slice(b"[\"null\",");
            }
            write_type(column, *form, options, &mut knows_geometry, kind);
            if column.is_nullable() {
                kind.push(b']');
                field.null("default");
            }
            field.end();
            names.push(name);
        }
        out.push(b']');
        Ok(())
    }
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::unsupported("the Avro envelope", "names that are not UTF-8"))
}

/// The name with `_` for what names of Avro may not have, as Debezium adjusts them.
fn avro_name(name: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let mut adjusted: String =
        name.chars().map(|c| if is_letter(c) || c.is_ascii_digit() { c } else { '_' }).collect();
    if !adjusted.starts_with(is_letter) {
        adjusted.insert(0, '_');
    }
    adjusted
}

fn write_type(
    column: &Column,
    form: Form,
    options: &DebeziumOptions,
    knows_geometry: &mut bool,
    out: &mut Vec<u8>,
) {
    if form == Form::Geometry && std::mem::replace(knows_geometry, true) {
        // A record is told once and then called by its name.
        return write_string("io.debezium.data.geometry.Geometry", out);
    }
    let kind = primitive(column, form, options);
    let name = semantic_name(column, form, options);
    let is_short = form == Form::Number && matches!(kind, "int") && is_int16(column);
    if name.is_none() && !is_short {
        return write_string(kind, out);
    }
    let mut object = ObjectWriter::begin(out);
    match form {
        Form::Geometry => {
            object.string("type", "record").string("name", "Geometry");
            object.string("namespace", "io.debezium.data.geometry");
            object.raw(
                "fields",
                br#"[{"name":"wkb","type":"bytes"},{"name":"srid","type":["null","int"],"default":null}]"#,
            );
        }
        Form::Floats => drop(object.string("type", "array").string("items", "float")),
        _ => drop(object.string("type", kind)),
    }
    if is_short {
        object.string("connect.type", "int16");
    }
    match (form, column.column_type()) {
        (Form::ConnectDecimal, column_type) => {
            let (precision, scale) = match column_type {
                ColumnType::Decimal { precision, scale, .. } => (*precision, *scale),
                _ => (20, 0),
            };
            object.number("scale", scale).number("precision", precision).string("logicalType", "decimal");
        }
        (Form::Text, ColumnType::Enum(members) | ColumnType::Set(members)) => {
            let parameters = object.value("connect.parameters");
            parameters.extend_from_slice(b"{\"allowed\":\"");
            for (i, member) in members.iter().enumerate() {
                if i > 0 {
                    parameters.push(b',');
                }
                write_escaped(member, parameters);
            }
            parameters.extend_from_slice(b"\"}");
        }
        (Form::LittleEndianBits, ColumnType::Bit { width }) => {
            let mut parameters = ObjectWriter::begin(object.value("connect.parameters"));
            parameters.number_text("length", *width);
            parameters.end();
        }
        _ => {}
    }
    if let Some(name) = name {
        object.number("connect.version", 1_u8).string("connect.name", name);
    }
    object.end();
}

fn is_int16(column: &Column) -> bool {
    matches!(
        column.column_type(),
        ColumnType::Int { width: IntWidth::I8, .. }
            | ColumnType::Int { width: IntWidth::I16, unsigned: false, .. }
    )
}

/// The type of Avro behind a form.
fn primitive(column: &Column, form: Form, options: &DebeziumOptions) -> &'static str {
    match form {
        Form::Number => match column.column_type() {
            ColumnType::Int { width: IntWidth::I64, .. }
            | ColumnType::Int { width: IntWidth::I32, unsigned: true, .. } => "long",
            ColumnType::Int { .. } | ColumnType::Year => "int",
            ColumnType::Float { digits: None, .. } => "float",
            _ => "double",
        },
        Form::Long | Form::Millis { .. } | Form::Micros | Form::Nanos => "long",
        Form::Days | Form::MillisOfDay => "int",
        Form::Boolean => "boolean",
        Form::ConnectDecimal | Form::LittleEndianBits => "bytes",
        Form::Base64 if options.binary_handling != Some(BinaryHandling::Base64) => "bytes",
        _ => "string",
    }
}

/// A record of fields of one type each, for heartbeats and keys that are no rows.
pub(super) fn simple_schema(namespace: &str, name: &str, fields: &[(&str, &str)]) -> Result<String> {
    let mut out = Vec::new();
    let mut record = ObjectWriter::begin(&mut out);
    record.string("type", "record").string("name", name).string("namespace", namespace);
    let list = record.value("fields");
    list.push(b'[');
    for (i, (field, kind)) in fields.iter().enumerate() {
        if i > 0 {
            list.push(b',');
        }
        let mut object = ObjectWriter::begin(list);
        object.string("name", field).string("type", kind);
        object.end();
    }
    list.push(b']');
    record.string("connect.name", &format!("{namespace}.{name}"));
    record.end();
    text(out)
}

/// The schema of a schema change: what Debezium's has, but for the columns, which the schemas of rows tell.
pub(super) fn schema_change_schema() -> Result<String> {
    let mut out = Vec::new();
    let mut record = ObjectWriter::begin(&mut out);
    record.string("type", "record").string("name", "SchemaChangeValue");
    record.string("namespace", "io.debezium.connector.mysql");
    let fields = record.value("fields");
    fields.push(b'[');
    fields.extend_from_slice(SOURCE.as_bytes());
    fields.extend_from_slice(
        concat!(
            r#",{"name":"ts_ms","type":"long"},{"name":"databaseName","type":["null","string"],"default":null},"#,
            r#"{"name":"schemaName","type":["null","string"],"default":null},"#,
            r#"{"name":"ddl","type":["null","string"],"default":null},"#,
            r#"{"name":"table","type":["null","string"],"default":null}]"#,
        )
        .as_bytes(),
    );
    record.end();
    text(out)
}

/// `source` of Debezium's MySQL connector.
const SOURCE: &str = concat!(
    r#"{"name":"source","type":{"type":"record","name":"Source","namespace":"io.debezium.connector.mysql","fields":["#,
    r#"{"name":"version","type":"string"},{"name":"connector","type":"string"},{"name":"name","type":"string"},"#,
    r#"{"name":"ts_ms","type":"long"},{"name":"snapshot","type":[{"type":"string","connect.version":1,"#,
    r#""connect.parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},"#,
    r#""connect.default":"false","connect.name":"io.debezium.data.Enum"},"null"],"default":"false"},"#,
    r#"{"name":"db","type":"string"},{"name":"sequence","type":["null","string"],"default":null},"#,
    r#"{"name":"ts_us","type":["null","long"],"default":null},{"name":"ts_ns","type":["null","long"],"default":null},"#,
    r#"{"name":"table","type":["null","string"],"default":null},{"name":"server_id","type":"long"},"#,
    r#"{"name":"gtid","type":["null","string"],"default":null},{"name":"file","type":"string"},"#,
    r#"{"name":"pos","type":"long"},{"name":"row","type":"int"},{"name":"thread","type":["null","long"],"default":null},"#,
    r#"{"name":"query","type":["null","string"],"default":null}],"#,
    r#""connect.version":1,"connect.name":"io.debezium.connector.mysql.Source"}}"#,
);

/// What stands behind `source`.
const TAIL: &str = concat!(
    r#",{"name":"transaction","type":["null",{"type":"record","name":"block","namespace":"event","fields":["#,
    r#"{"name":"id","type":"string"},{"name":"total_order","type":"long"},"#,
    r#"{"name":"data_collection_order","type":"long"}],"connect.version":1,"connect.name":"event.block"}],"default":null},"#,
    r#"{"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"],"default":null},"#,
    r#"{"name":"ts_us","type":["null","long"],"default":null},{"name":"ts_ns","type":["null","long"],"default":null}]"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_avro() {
        for (name, adjusted) in [("a-b", "a_b"), ("1st", "_1st"), ("日本", "__"), ("ok_1", "ok_1"), ("", "_")]
        {
            assert_eq!(avro_name(name), adjusted);
        }
    }
}
