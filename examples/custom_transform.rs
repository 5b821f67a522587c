//! A transform of one's own: masks a column, and leaves everything else as it came.
//!
//! ```text
//! cargo run --example custom_transform
//! ```

use std::error::Error as StdError;
use std::sync::Arc;

use oms_core::event::{Change, Event, EventBatch};
use oms_core::pipeline::Pipeline;
use oms_core::row::{RowBatch, RowBatchBuilder};
use oms_core::schema::{Column, ColumnType, TableSchema};
use oms_core::sink::MemorySink;
use oms_core::source::MemorySource;
use oms_core::transform::Transform;
use oms_core::value::Value;
use oms_core::{Result, TableName};

/// Keeps the first character of a text and hides the rest.
struct Mask {
    table: TableName,
    column: &'static str,
}

impl Mask {
    fn mask_rows(&self, rows: RowBatch) -> Result<RowBatch> {
        let schema = rows.schema();
        if *schema.name() != self.table || schema.column_position(self.column).is_none() {
            return Ok(rows);
        }
        // Values are built anew in the neutral form; the layout keeps the columns that the image has. Whoever only
        // renames or drops columns need not touch the rows at all: see `Mapping` and `Project`.
        let columns = rows.layout().columns().iter().map(|column| oms_core::row::LayoutColumn {
            format: oms_core::row::CellFormat::Canonical,
            ..*column
        });
        let layout = oms_core::row::RowLayout::new(Arc::clone(schema), columns);
        let mut masked = RowBatchBuilder::new(Arc::new(layout));
        for row in rows.rows() {
            let values: Vec<Value> = row
                .cells()
                .map(|cell| {
                    let value = cell.decode()?.to_value()?;
                    Ok(match value {
                        Value::Text(text) if cell.column().name().eq_ignore_ascii_case(self.column) => {
                            let first: String = text.chars().take(1).collect();
                            Value::Text(format!("{first}***").into())
                        }
                        value => value,
                    })
                })
                .collect::<Result<_>>()?;
            masked.push(values)?;
        }
        Ok(masked.finish())
    }
}

impl Transform for Mask {
    /// Synchronous: one call for a batch, no waiting. `try_map` takes care of the position, of the schemas for the
    /// checkpoint, and of the count of rows that are left out.
    fn apply(&mut self, batch: EventBatch) -> Result<EventBatch> {
        batch.try_map(|event| {
            Ok(Some(match event {
                // Both images of an update: the sink finds the row by the old one.
                Event::Change(change) => Event::Change(change.try_map(|rows| self.mask_rows(rows))?),
                event => event,
            }))
        })
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn StdError>> {
    let table = TableName::new("shop", "users");
    let text = ColumnType::VarChar { length: 40 };
    let columns = vec![Column::new("name", text.clone()), Column::new("mail", text)];
    let mut rows = RowBatchBuilder::canonical(Arc::new(TableSchema::new(table.clone(), columns)));
    rows.push([Value::from("Ann"), Value::from("ann@example.com")])?;
    rows.push([Value::from("Bob"), Value::Null])?;
    let mut batch = EventBatch::new();
    batch.push(Event::Change(Change::read(rows.finish())));

    let sink = MemorySink::new();
    let mask = Mask { table: table.clone(), column: "mail" };
    Pipeline::new("masked", MemorySource::new([batch]), sink.clone()).transform(mask).run().await?;

    let masked = sink.rows(&table).into_iter().filter(|row| row[1] == Value::from("a***")).count();
    println!("{} rows arrived, {masked} of them with a masked address", sink.row_count(&table));
    Ok(())
}
