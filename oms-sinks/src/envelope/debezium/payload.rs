//! `source` of Debezium's messages.

use oms_core::TableName;
use oms_core::dialect::Product;

use super::options::{DebeziumOptions, PositionForm};
use crate::envelope::json::{ObjectWriter, write_escaped};
use crate::envelope::names::oms_product;
use crate::envelope::transaction::Origin;
use crate::envelope::{MessageContext, clock};

/// Appends `source` as Debezium's MySQL connector has it.
pub(super) fn write_strict_source(
    table: &TableName,
    is_scanned: bool,
    context: &MessageContext<'_>,
    out: &mut Vec<u8>,
) {
    let micros = clock::micros(context.changed_at());
    let origin = Origin::of(context.transaction);
    let connector = match context.source.product {
        Product::MariaDb => "mariadb",
        _ => "mysql",
    };
    let mut source = ObjectWriter::begin(out);
    source
        .string("version", &context.source.connector_version)
        .string("connector", connector)
        .string("name", &context.source.name);
    source.number("ts_ms", micros / 1_000).string("snapshot", if is_scanned { "true" } else { "false" });
    source.string("db", table.database()).null("sequence");
    source
        .number("ts_us", micros)
        .number("ts_ns", micros.saturating_mul(1_000))
        .string("table", table.table());
    source.number("server_id", context.source.server_id.unwrap_or(0)).optional_string("gtid", origin.gtid);
    source.string("file", origin.file.unwrap_or_default()).number("pos", origin.offset.unwrap_or(0));
    source.number("row", context.index).null("thread").null("query");
    source.end();
}

/// Appends `source` as OMS has it.
pub(super) fn write_oms_source(
    table: &TableName,
    context: &MessageContext<'_>,
    options: &DebeziumOptions,
    out: &mut Vec<u8>,
) {
    let micros = clock::micros(context.changed_at());
    let origin = Origin::of(context.transaction);
    let mut source = ObjectWriter::begin(out);
    source
        .string("version", &context.source.connector_version)
        .string("connector", oms_product(context.source.product));
    source.string("name", &context.source.name);
    source.number("ts_ms", if options.source_seconds { micros / 1_000_000 } else { micros / 1_000 });
    source.string("db", table.database()).string("table", table.table());
    let pos = source.value("pos");
    pos.push(b'"');
    let push =
        |number: u64, out: &mut Vec<u8>| out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    match options.position {
        PositionForm::OffsetAtSeconds => {
            push(origin.number.unwrap_or(0), pos);
            pos.push(b'@');
            push(micros / 1_000_000, pos);
        }
        PositionForm::FileAtOffset => {
            write_escaped(origin.file.or(origin.gtid).unwrap_or_default(), pos);
            pos.push(b'@');
            push(origin.offset.unwrap_or(0), pos);
        }
    }
    pos.push(b'"');
    if options.server_id {
        source.number("server_id", context.source.server_id.unwrap_or(0));
    }
    source.end();
}

/// Appends the members `ts_ms`, `ts_us` and `ts_ns`.
pub(super) fn write_times(message: &mut ObjectWriter<'_>, context: &MessageContext<'_>) {
    let micros = clock::micros(context.written_at);
    message.number("ts_ms", micros / 1_000).number("ts_us", micros);
    message.number("ts_ns", micros.saturating_mul(1_000));
}
