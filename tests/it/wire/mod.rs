//! The client for hot reads against real servers, compared with sessions where both can say.

mod dump;
mod encoded_gtids;
mod loss;
mod rows;
mod sign_in;
mod tls;

use std::sync::Arc;

use oms_core::TableName;
use oms_core::error::Chain;
use oms_core::mysql::SessionOptions;
use oms_core::mysql::wire::Connection;
use oms_core::row::{CellFormat, RowBatch, RowLayout};
use oms_core::schema::{Column, ColumnType, TableSchema};
use oms_test_servers::Server;

use crate::support::options;

/// A connection with the usual options.
async fn dial(server: &Server) -> Connection {
    match Box::pin(Connection::connect(&options(server), &SessionOptions::default())).await {
        Ok(connection) => connection,
        Err(error) => panic!("{}: {}", server.kind(), Chain(&error)),
    }
}

/// A layout for a result of so many columns.
fn layout(width: usize) -> Arc<RowLayout> {
    let text = ColumnType::VarChar { length: 9 };
    let columns = (0..width).map(|n| Column::new(format!("c{n}"), text.clone())).collect();
    let schema = TableSchema::new(TableName::new("it", "rows"), columns);
    Arc::new(RowLayout::whole(Arc::new(schema), CellFormat::MysqlText))
}

/// The cells of a batch, row by row.
fn cells(batch: &RowBatch) -> impl Iterator<Item = Vec<Option<&[u8]>>> {
    batch.rows().map(|row| row.cells().map(|cell| cell.raw()).collect())
}
