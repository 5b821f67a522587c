//! Changes to render, and their messages as text.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use oms_core::dialect::{Dialect, Product};
use oms_core::event::{Change, SchemaChange, SchemaChangeKind, Transaction, TransactionId};
use oms_core::row::{CellFormat, LayoutColumn, RowBatch, RowBatchBuilder, RowLayout, Span};
use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
use oms_core::value::Value;
use oms_core::{Result, TableName};

use crate::envelope::{Envelope, MessageContext, Renderer, SourceInfo};

pub(super) const INT: ColumnType = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };

pub(super) fn at(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

pub(super) fn source() -> SourceInfo {
    SourceInfo::new(Product::OceanBase)
        .with_name("shop")
        .with_tenant("t1")
        .with_version("4.3.5")
        .with_server_id(7)
        .with_cluster_id(3)
        .with_connector_version("1.2.3")
}

/// A table of these columns, with a key over the first `key` of them.
pub(super) fn table(columns: Vec<Column>, key: usize) -> Arc<TableSchema> {
    let columns: Vec<Column> =
        columns.into_iter().enumerate().map(|(i, column)| column.with_nullable(i >= key)).collect();
    let names: Vec<Arc<str>> = columns[..key].iter().map(|column| Arc::clone(column.name())).collect();
    let keys = match key {
        0 => Vec::new(),
        _ => vec![Key::unique("PRIMARY", KeyKind::Primary, names.iter().map(|name| &**name))],
    };
    Arc::new(TableSchema::new(TableName::new("d", "orders"), columns).with_keys(keys))
}

pub(super) fn orders(key: usize) -> Arc<TableSchema> {
    let columns = vec![
        Column::new("id", INT),
        Column::new("shop", ColumnType::VarChar { length: 20 }),
        Column::new("note", ColumnType::VarChar { length: 80 }),
        Column::new(
            "total",
            ColumnType::Decimal { precision: 12, scale: 2, unsigned: false, zerofill: false },
        ),
    ];
    table(columns, key)
}

pub(super) fn rows(schema: &Arc<TableSchema>, row: impl IntoIterator<Item = Value>) -> RowBatch {
    let mut rows = RowBatchBuilder::canonical(Arc::clone(schema));
    rows.push(row).unwrap();
    rows.finish()
}

pub(super) fn order(schema: &Arc<TableSchema>, id: i64, note: Option<&str>, total: &str) -> RowBatch {
    rows(schema, [Value::Int(id), Value::from("main"), Value::from(note), Value::Decimal(total.into())])
}

/// One row of one cell each, in this form.
pub(super) fn raw_rows(schema: &Arc<TableSchema>, cells: &[(CellFormat, Vec<u8>)]) -> RowBatch {
    let columns =
        cells.iter().enumerate().map(|(column, (format, _))| LayoutColumn { column, format: *format });
    let layout = Arc::new(RowLayout::new(Arc::clone(schema), columns));
    let (mut data, mut spans) = (Vec::new(), Vec::new());
    for (_, bytes) in cells {
        spans.push(Span::new(data.len() as u32, bytes.len() as u32));
        data.extend_from_slice(bytes);
    }
    RowBatch::new(layout, Bytes::from(data), Bytes::new(), spans)
}

pub(super) fn transaction() -> Transaction {
    Transaction::new(TransactionId::new("3e11fa47-71ca-11e1-9e33-c80aa9429562:23"), at(1_700_000_000.123_456))
}

/// What the envelope makes of a change, as text: a line for each key and body.
pub(super) fn rendered(envelope: &Arc<dyn Envelope>, change: &Change) -> Result<String> {
    let source = source();
    let transaction = transaction();
    let mut context = MessageContext::new(&source, at(1_700_000_001.5)).with_sequence(42);
    if change.kind() != oms_core::event::ChangeKind::Read {
        context = context.in_transaction(&transaction, 0).with_last(true);
    }
    let mut out = String::new();
    let mut renderer = Renderer::shared(Arc::clone(envelope), source.clone());
    renderer.render_change(change, context, &mut |message| {
        push(&mut out, message.key, message.body);
        Ok(())
    })?;
    Ok(out)
}

pub(super) fn rendered_schema_change(envelope: &Arc<dyn Envelope>, change: &SchemaChange) -> Result<String> {
    let source = source();
    let transaction = transaction();
    let context = MessageContext::new(&source, at(1_700_000_001.5)).in_transaction(&transaction, 0);
    let mut out = String::new();
    let mut renderer = Renderer::shared(Arc::clone(envelope), source.clone());
    let is_told = renderer.render_schema_change(change, context, &mut |message| {
        push(&mut out, message.key, message.body);
        Ok(())
    })?;
    assert_eq!(is_told, !out.is_empty());
    Ok(out)
}

pub(super) fn rendered_heartbeat(envelope: &Arc<dyn Envelope>) -> Result<String> {
    let source = source();
    let context = MessageContext::new(&source, at(1_700_000_001.5));
    let mut out = String::new();
    let mut renderer = Renderer::shared(Arc::clone(envelope), source.clone());
    let is_told = renderer.render_heartbeat(at(1_700_000_000.0), context, &mut |message| {
        push(&mut out, message.key, message.body);
        Ok(())
    })?;
    assert_eq!(is_told, !out.is_empty());
    Ok(out)
}

fn push(out: &mut String, key: Option<&[u8]>, body: Option<&[u8]>) {
    for (name, text) in [("key ", key), ("body", body)] {
        let text = text.map(|text| std::str::from_utf8(text).expect("UTF-8"));
        if let Some(text) = text {
            serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
        let _ = writeln!(out, "{name} {}", text.unwrap_or("none"));
    }
}

/// A schema change of the orders table.
pub(super) fn schema_change(kind: SchemaChangeKind, statement: &str) -> SchemaChange {
    let schema = orders(1);
    let is_gone = kind == SchemaChangeKind::Drop;
    let is_new = kind == SchemaChangeKind::Create;
    SchemaChange {
        kind,
        table: schema.name().clone(),
        before: (!is_new).then(|| Arc::clone(&schema)),
        after: (!is_gone).then(|| Arc::clone(&schema)),
        statement: statement.into(),
        dialect: Dialect::mysql(8, 4, 0),
    }
}
