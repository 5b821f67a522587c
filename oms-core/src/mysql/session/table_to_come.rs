//! Reading a table that somebody else may be making at this moment.

use std::time::{Duration, Instant};

use super::{Session, TextRow};
use crate::error::Result;
use crate::mysql::{ServerError, quote_text};
use crate::name::TableName;

/// How long a table may be listed before every session can read it.
const PATIENCE: Duration = Duration::from_secs(10);

const ER_BAD_DB: u16 = 1049;
const ER_NO_SUCH_TABLE: u16 = 1146;

impl Session {
    /// Runs a query of `table`; no rows while there is no such table.
    ///
    /// OceanBase lists a table that another session has just made before this one can read it; the query is repeated
    /// until it can.
    ///
    /// # Errors
    ///
    /// As for [`Self::query`].
    ///
    /// # Sources
    ///
    /// seekdb 1.4: two sessions make a table and two look for it in `information_schema`; about one reader in twenty
    /// was then told 1146.
    pub async fn query_if_there(&mut self, table: &TableName, sql: &str) -> Result<Vec<TextRow>> {
        let listed = format!(
            "SELECT 1 FROM information_schema.tables WHERE table_schema={} AND table_name={}",
            quote_text(table.database()),
            quote_text(table.table())
        );
        let begun = Instant::now();
        loop {
            if self.query(&listed).await?.is_empty() {
                return Ok(Vec::new());
            }
            match self.query(sql).await {
                Err(error) if is_absent(&error) && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                result => return result,
            }
        }
    }
}

fn is_absent(error: &crate::Error) -> bool {
    ServerError::of(error).is_some_and(|server| matches!(server.code, ER_BAD_DB | ER_NO_SUCH_TABLE))
}
