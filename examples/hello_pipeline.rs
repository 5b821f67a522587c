//! A whole pipeline in memory: a source, two transforms, a sink. It needs no server.
//!
//! ```text
//! cargo run --example hello_pipeline
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use oms_core::TableName;
use oms_core::event::{Change, Event, EventBatch, Transaction, TransactionId};
use oms_core::pipeline::Pipeline;
use oms_core::row::{RowBatch, RowBatchBuilder};
use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
use oms_core::sink::MemorySink;
use oms_core::source::MemorySource;
use oms_core::transform::{Filter, Mapping};
use oms_core::value::Value;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let orders = orders();

    // A batch of one transaction. A source over a real log makes these from its events; `Read` changes, the rows of a
    // scan, may stand without a transaction around them.
    let ids = [(1, "EU"), (2, "US"), (3, "EU")];
    let inserted = Change::insert(rows(&orders, &ids)?);
    // Order 2 moves to Europe: its row comes into the filter's selection, and so becomes an insert.
    let moved = Change::update(rows(&orders, &[(2, "US")])?, rows(&orders, &[(2, "EU")])?);
    // Order 1 moves away: for the target it is deleted.
    let left = Change::update(rows(&orders, &[(1, "EU")])?, rows(&orders, &[(1, "US")])?);
    let source = MemorySource::new([transaction("t1", [inserted]), transaction("t2", [moved, left])]);

    // Clones of a memory sink share its tables: one goes into the pipeline, the other is read afterwards.
    let sink = MemorySink::new();
    let summary = Pipeline::new("hello", source, sink.clone())
        .transform(Filter::new().table(orders.name().clone(), |row| {
            let Some(region) = row.get("region") else {
                return Ok(true);
            };
            Ok(region.decode()?.as_str() == Some("EU"))
        }))
        .transform(Mapping::new().database("shop", "shop_eu"))
        .run()
        .await?;

    let target = TableName::new("shop_eu", "orders");
    println!("{target} holds {} rows; {}", sink.row_count(&target), summary.tally);
    Ok(())
}

fn orders() -> Arc<TableSchema> {
    let id = ColumnType::Int { width: IntWidth::I64, unsigned: false, zerofill: None };
    let columns = vec![
        Column::new("id", id).with_nullable(false),
        Column::new("region", ColumnType::VarChar { length: 2 }),
    ];
    let schema = TableSchema::new(TableName::new("shop", "orders"), columns);
    Arc::new(schema.with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, ["id"])]))
}

fn rows(schema: &Arc<TableSchema>, rows: &[(i64, &str)]) -> oms_core::Result<RowBatch> {
    let mut builder = RowBatchBuilder::canonical(Arc::clone(schema));
    for (id, region) in rows {
        builder.push([Value::from(*id), Value::from(*region)])?;
    }
    Ok(builder.finish())
}

fn transaction(id: &str, changes: impl IntoIterator<Item = Change>) -> EventBatch {
    let transaction = Arc::new(Transaction::new(TransactionId::new(id), SystemTime::now()));
    let mut batch = EventBatch::new();
    batch.push(Event::Begin(Arc::clone(&transaction)));
    changes.into_iter().for_each(|change| batch.push(Event::Change(change)));
    batch.push(Event::Commit(transaction));
    batch
}
