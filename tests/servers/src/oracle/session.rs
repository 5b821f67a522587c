//! A session that reads the same bytes on every server.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::client;
use crate::error::{Error, Result};

/// A session with everything pinned that changes how values are printed.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) conn: Conn,
    pub(super) is_oceanbase: bool,
    /// The server does not tell names apart by case.
    pub(super) folds_names: bool,
}

impl Session {
    /// Opens it, in a read view that stays the same.
    pub(super) async fn open(url: &str) -> Result<Self> {
        let mut conn = client::connect(url).await?;
        Box::pin(Self::pin(&mut conn)).await.map_err(Error::statement("the oracle", "opening a session")).map(
            |(version, folding)| Self {
                conn,
                is_oceanbase: version.contains("OceanBase"),
                folds_names: folding != 0,
            },
        )
    }

    async fn pin(conn: &mut Conn) -> mysql_async::Result<(String, u8)> {
        conn.query_drop("SET NAMES utf8mb4").await?;
        let about: Option<(String, u8)> =
            conn.query_first("SELECT VERSION(), CAST(@@lower_case_table_names AS SIGNED)").await?;
        let (version, folding) = about.unwrap_or_default();
        // A big table takes longer than some servers allow for a query, and the reader may be slower than the
        // server.
        let patience = if version.contains("OceanBase") {
            "ob_query_timeout=3600000000, ob_trx_timeout=3600000000"
        } else if version.contains("MariaDB") {
            "max_statement_time=0, net_write_timeout=3600"
        } else {
            "max_execution_time=0, net_write_timeout=3600"
        };
        conn.query_drop(format!("SET SESSION time_zone='+00:00', sql_mode='', {patience}")).await?;
        // Rows that differ are read a second time, and must still be there.
        conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
        conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT").await?;
        Ok((version, folding))
    }

    /// Ends it.
    pub(super) async fn close(self) {
        // Everything was read: a bad farewell changes nothing.
        let _ = self.conn.disconnect().await;
    }
}
