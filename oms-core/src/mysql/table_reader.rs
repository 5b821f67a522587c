//! [`MySqlTableReader`]: reads one table over one connection.

use std::sync::Arc;

use async_trait::async_trait;

use super::ident::{write_ident, write_table};
use super::key_range::{bound_of, write_key_columns, write_range};
use super::select_list::{write_select, write_select_list};
use super::wire::Connection;
use crate::error::{At, Error, Result};
use crate::row::{CellFormat, LayoutColumn, RowBatch, RowLayout};
use crate::schema::{RowIdentity, TableSchema};
use crate::source::{KeyBound, KeyRange, TableReader};

/// Reads one table range by range, in key order by the index of its row identity.
///
/// # Examples
///
/// ```no_run
/// # async fn demo(orders: std::sync::Arc<oms_core::schema::TableSchema>) -> oms_core::Result<()> {
/// use oms_core::mysql::{ConnectOptions, MySqlTableReader, wire};
/// use oms_core::source::{KeyRange, TableReader};
/// let options = ConnectOptions::new("127.0.0.1", 3306);
/// let connection = wire::Connection::connect(&options, &MySqlTableReader::session_options()).await?;
/// let mut reader = MySqlTableReader::new(connection, orders)?;
/// reader.start(&KeyRange::all(), None).await?;
/// while let Some(rows) = reader.next_batch().await? {
///     println!("{} rows", rows.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MySqlTableReader {
    connection: Connection,
    layout: Arc<RowLayout>,
    key_layout: Option<Arc<RowLayout>>,
    /// `SELECT … FROM … FORCE INDEX (…) WHERE `
    select: Vec<u8>,
    batch_bytes: usize,
    locking: bool,
}

impl MySqlTableReader {
    /// A reader of this table over a connection with [`Self::session_options`].
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a column whose character set oms does not know.
    pub fn new(connection: Connection, schema: Arc<TableSchema>) -> Result<Self> {
        for column in schema.columns() {
            if column.charset().is_none() {
                let collation = column.collation().map_or("", |collation| collation.name());
                let feature =
                    format!("the collation {collation} of {}, column {}", schema.name(), column.name());
                return Err(Error::unsupported("the table scan", feature));
            }
        }
        let mut select = b"SELECT ".to_vec();
        let layout = write_select_list(&schema, connection.server(), &mut select);
        write_from(&schema, &mut select);
        let key_layout = schema.identity().key_columns().map(|columns| {
            let format = CellFormat::MysqlText;
            let cells = columns.iter().map(|column| LayoutColumn { column: *column, format });
            Arc::new(RowLayout::new(Arc::clone(&schema), cells))
        });
        Ok(Self {
            connection,
            layout: Arc::new(layout),
            key_layout,
            select,
            batch_bytes: 1 << 20,
            locking: false,
        })
    }

    /// What a connection has to pin: text comes unconverted, in the character set of its column.
    pub fn session_options() -> super::SessionOptions {
        super::SessionOptions::default().with_sql_mode("").with_results_unconverted(true)
    }

    /// The same reader with batches of about so many bytes.
    #[must_use]
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes.max(1);
        self
    }

    /// The same reader, which waits for transactions that have changed its rows and are not committed yet.
    ///
    /// Rows are locked against changes while a range is read, and the server reads all of a range before it gives the
    /// first row: such a read has no view that is fixed once it begins, so only its end says what it may show.
    #[must_use]
    pub fn with_locking(mut self, locking: bool) -> Self {
        const BUFFERED: &[u8] = b"SELECT SQL_BUFFER_RESULT ";
        let head = if self.locking { BUFFERED.len() } else { b"SELECT ".len() };
        let new = if locking { BUFFERED } else { b"SELECT " };
        self.select.splice(..head, new.iter().copied()).for_each(drop);
        self.locking = locking;
        self
    }

    /// The layout of the rows.
    pub fn layout(&self) -> &Arc<RowLayout> {
        &self.layout
    }

    /// The connection, for statements between ranges.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Gives the connection back, to read another table.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

/// `FROM table FORCE INDEX (key) WHERE `: a planner that sorts would hold the whole table first.
fn write_from(schema: &TableSchema, out: &mut Vec<u8>) {
    out.extend_from_slice(b" FROM ");
    write_table(schema.name(), out);
    if let RowIdentity::Key { index, .. } = schema.identity() {
        out.extend_from_slice(b" FORCE INDEX (");
        write_ident(index, out);
        out.push(b')');
    }
    out.extend_from_slice(b" WHERE ");
}

#[async_trait]
impl TableReader for MySqlTableReader {
    fn schema(&self) -> &Arc<TableSchema> {
        self.layout.schema()
    }

    async fn bound(&mut self, after: Option<&KeyBound>, rows: u64) -> Result<Option<KeyBound>> {
        let Some(layout) = self.key_layout.clone() else { return Ok(None) };
        let schema = Arc::clone(layout.schema());
        let mut sql = b"SELECT ".to_vec();
        for position in 0..layout.width() {
            if position > 0 {
                sql.extend_from_slice(b", ");
            }
            write_select(layout.column(position), &mut sql);
        }
        write_from(&schema, &mut sql);
        write_range(&schema, &KeyRange { after: after.cloned(), through: None }, &mut sql)?;
        sql.extend_from_slice(b" ORDER BY ");
        write_key_columns(&schema, &mut sql)?;
        sql.extend_from_slice(format!(" LIMIT 1 OFFSET {}", rows.saturating_sub(1)).as_bytes());
        self.connection.query(&sql).await?;
        let mut bound = None;
        while let Some(batch) = self.connection.next_rows(&layout, self.batch_bytes).await? {
            for row in batch.rows() {
                bound = Some(bound_of(row)?);
            }
        }
        Ok(bound)
    }

    async fn start(&mut self, range: &KeyRange, limit: Option<u64>) -> Result<()> {
        let schema = Arc::clone(self.layout.schema());
        if *range != KeyRange::all() && schema.identity().key_columns().is_none() {
            return Err(Error::refused(At::table(schema.name()), "the table has no key to divide it by"));
        }
        let mut sql = self.select.clone();
        write_range(&schema, range, &mut sql)?;
        if schema.identity().key_columns().is_some() {
            sql.extend_from_slice(b" ORDER BY ");
            write_key_columns(&schema, &mut sql)?;
        }
        if let Some(limit) = limit {
            sql.extend_from_slice(format!(" LIMIT {limit}").as_bytes());
        }
        if self.locking {
            sql.extend_from_slice(b" ");
            sql.extend_from_slice(self.connection.server().share_lock_clause().as_bytes());
        }
        self.connection.query(&sql).await.map_err(|error| error.at_place(&At::table(schema.name())))
    }

    async fn next_batch(&mut self) -> Result<Option<RowBatch>> {
        let layout = Arc::clone(&self.layout);
        let rows = self.connection.next_rows(&layout, self.batch_bytes).await;
        rows.map_err(|error| error.at_place(&At::table(layout.schema().name())))
    }
}
