//! [`TableReader`]: reads one table range by range; the scan and the verifier share it.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::row::RowBatch;
use crate::schema::TableSchema;
use crate::value::Value;

/// A key value: one value for each column of the table's row identity, in key order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyBound(pub Box<[Value]>);

/// Keys above `after` and up to `through`, by the server's own order.
///
/// Ranges that share a bound neither overlap nor leave a gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyRange {
    /// Exclusive; `None` begins at the first key.
    pub after: Option<KeyBound>,
    /// Inclusive; `None` ends at the last key.
    pub through: Option<KeyBound>,
}

impl KeyRange {
    /// All keys; the only range of a keyless table.
    pub fn all() -> Self {
        Self::default()
    }
}

/// Reads one table range by range.
///
/// # Contract
///
/// * `start` begins a range and forgets what was left of the one before.
/// * `next_batch` MUST give the rows of the range once, in key order by the server's comparison, and then `None`: all of
///   them, or the first `limit`.
/// * `bound` MUST give the key that is `rows` rows behind `after`, or `None` if there are not that many.
#[async_trait]
pub trait TableReader: Send {
    /// The table.
    fn schema(&self) -> &Arc<TableSchema>;

    /// The key that ends a range of `rows` rows behind `after`; `None` if fewer follow.
    async fn bound(&mut self, after: Option<&KeyBound>, rows: u64) -> Result<Option<KeyBound>>;

    /// Begins to read a range, or its first `limit` rows.
    async fn start(&mut self, range: &KeyRange, limit: Option<u64>) -> Result<()>;

    /// The next rows of the range.
    async fn next_batch(&mut self) -> Result<Option<RowBatch>>;
}

const _: fn(Box<dyn TableReader>) = |_| {};
