//! A message format of one's own: lines of tab-separated values, with a mark in front, keyed by the table's key.
//!
//! `cargo run --example custom_envelope`

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use oms_core::dialect::Product;
use oms_core::event::{Change, ChangeKind, SchemaChange, Transaction, TransactionId};
use oms_core::row::RowBatchBuilder;
use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
use oms_core::value::Value;
use oms_core::{Result, TableName};
use oms_sinks::envelope::{
    CellWriter, ChangeWriter, Envelope, ImageLayouts, Images, MessageContext, MessageRules, Renderer,
    RowChange, SourceInfo, default_form,
};

/// `+`, `~` or `-`, the table, and the values of the row, as JSON values between tabs.
#[derive(Debug)]
struct Lines;

/// What of it depends on the layout of rows: made once, used for each row.
#[derive(Debug)]
struct LinesPlan {
    /// `\tshop.orders`.
    table: Vec<u8>,
    cells: Vec<CellWriter>,
    /// Knows the columns of the key.
    images: Images,
}

impl Envelope for Lines {
    fn name(&self) -> &str {
        "lines"
    }

    fn rules(&self) -> MessageRules {
        // A consumer that compacts by key wants the old key to be gone.
        MessageRules::default().with_tombstones(true).with_splits_key_changes(true)
    }

    fn plan(&self, layouts: ImageLayouts<'_>, _: &SourceInfo) -> Result<Box<dyn ChangeWriter>> {
        let layout = layouts.row();
        let table = layout.schema().name();
        // Here the form of each column is chosen: whatever it is, a cell looks the same from a scan and from a log.
        let cells = layout.columns().iter().enumerate().map(|(position, cell)| {
            let column = layout.column(position);
            CellWriter::new(table, column, cell.format, default_form(column))
        });
        Ok(Box::new(LinesPlan {
            table: format!("\t{table}").into_bytes(),
            cells: cells.collect::<Result<_>>()?,
            images: Images::new(layouts, default_form)?,
        }))
    }

    fn write_schema_change(
        &self,
        change: &SchemaChange,
        _: &MessageContext<'_>,
        _: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<bool> {
        body.extend_from_slice(format!("!\t{}\t{}", change.table, change.statement).as_bytes());
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

impl ChangeWriter for LinesPlan {
    fn write(
        &self,
        change: RowChange<'_>,
        _: &MessageContext<'_>,
        key: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Result<()> {
        self.images.write_message_key(change, key)?;
        body.push(match change.kind() {
            ChangeKind::Update => b'~',
            ChangeKind::Delete => b'-',
            _ => b'+',
        });
        body.extend_from_slice(&self.table);
        for (cell, writer) in change.row().cells().zip(&self.cells) {
            body.push(b'\t');
            writer.write(cell, body)?;
        }
        Ok(())
    }
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let id = ColumnType::Int { width: IntWidth::I64, unsigned: false, zerofill: None };
    let columns = vec![
        Column::new("id", id).with_nullable(false),
        Column::new("note", ColumnType::VarChar { length: 80 }),
        Column::new("paid", ColumnType::DateTime { fsp: 3 }),
    ];
    let schema = TableSchema::new(TableName::new("shop", "orders"), columns).with_keys(vec![Key::unique(
        "PRIMARY",
        KeyKind::Primary,
        ["id"],
    )]);
    let schema = Arc::new(schema);
    let row = |id: i64, note: Option<&str>| {
        let mut rows = RowBatchBuilder::canonical(Arc::clone(&schema));
        rows.push([Value::from(id), Value::from(note), Value::Null]).map(|()| rows.finish())
    };

    // A sink would do this for each batch; the renderer keeps the plans.
    let source = SourceInfo::new(Product::MySql).with_name("shop");
    let transaction = Transaction::new(TransactionId::new("binlog.000004:157"), SystemTime::now());
    let context = MessageContext::new(&source, SystemTime::now()).in_transaction(&transaction, 0);
    let mut renderer = Renderer::new(Lines, source.clone());
    let changes = [
        Change::insert(row(1, Some("two\twords"))?),
        // The key changes, so this is a delete, a tombstone and an insert.
        Change::update(row(1, Some("two\twords"))?, row(2, None)?),
    ];
    let mut messages = Vec::new();
    for change in &changes {
        renderer.render_change(change, context, &mut |message| {
            let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            messages.push((text(message.key), text(message.body)));
            Ok(())
        })?;
    }
    assert_eq!(messages[0].1.as_deref(), Some("+\tshop.orders\t1\t\"two\\twords\"\tnull"));
    assert_eq!(messages[2], (Some("[\"shop\",\"orders\",1]".to_owned()), None));
    println!("{} messages, the last one {:?}", messages.len(), messages[messages.len() - 1]);
    Ok(())
}
