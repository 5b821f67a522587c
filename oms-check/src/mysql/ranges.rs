//! Comparison of ranges of the key, divided where they differ until their rows are few enough to be read.

use std::collections::HashMap;

use futures::stream::{self, TryStreamExt};
use oms_core::mysql::TextRow;

use crate::digest::Digest;
use crate::error::{Error, Result, Side};
use crate::progress::Phase;

use super::chunk::Chunk;
use super::literal::{Key, key_of};
use super::pool::Pair;
use super::run::TableRun;
use super::sql::digest_of;

/// Into how many parts a range is divided at most.
const PARTS: u64 = 16;

/// The digest of each row by its key.
type Hashes = HashMap<Key, u128>;

impl TableRun<'_> {
    /// Compares all ranges, several at a time.
    pub(crate) async fn compare_ranges(&self) -> Result<()> {
        let rows = self.chunk_rows();
        // What is inserted behind the last key of now is in the last range, however much it is: a table that grows as
        // fast as it is read has an end all the same.
        let last = {
            let mut pair = self.pool.take().await;
            let found = pair.query(Side::Source, "reading the last key", &self.source.last()).await?;
            self.first_key(Side::Source, &found)?
        };
        let first = last.is_some().then_some(None);
        let chunks = stream::try_unfold((first, last.is_none()), move |(after, is_all)| {
            let last = last.clone();
            async move {
                if is_all {
                    return Ok(Some((Chunk::default(), (None, false))));
                }
                let Some(after): Option<Option<Key>> = after else { return Ok(None) };
                let rest = Chunk { after: after.clone(), through: last };
                let mut pair = self.pool.take().await;
                let bound = self.bound(&mut pair, Side::Source, &rest, rows).await?;
                let chunk = Chunk { after, through: bound.clone() };
                Ok::<_, Error>(Some((chunk, (bound.map(Some), false))))
            }
        });
        let connections = self.options.connections;
        Box::pin(chunks.try_for_each_concurrent(connections, |chunk| Box::pin(self.compare_chunk(chunk))))
            .await
    }

    /// Rows of a range, by rows and by bytes.
    fn chunk_rows(&self) -> u64 {
        let by_bytes = self.row_bytes.map_or(u64::MAX, |bytes| self.options.range_bytes / bytes.max(1));
        self.options.range_rows.min(by_bytes).max(1)
    }

    /// The key that ends the first `rows` rows of a range; `None` if it has fewer.
    async fn bound(&self, pair: &mut Pair<'_>, side: Side, chunk: &Chunk, rows: u64) -> Result<Option<Key>> {
        let sql = self.sql(side).bound(&self.plan, chunk, rows);
        let found = pair.query(side, "dividing a table by its key", &sql).await?;
        let bound = self.first_key(side, &found)?;
        if bound.is_some() && bound == chunk.after {
            let source = oms_core::Error::refused(
                oms_core::At::unknown(),
                "the server finds a key behind itself, so the table cannot be divided by it",
            );
            return Err(Error::Server { side, action: "dividing a table by its key", source });
        }
        Ok(bound)
    }

    fn first_key(&self, side: Side, rows: &[TextRow]) -> Result<Option<Key>> {
        let wrong = |source| Error::Server { side, action: "reading a key", source };
        rows.first().map(|row| key_of(row, self.key_width())).transpose().map_err(wrong)
    }

    async fn compare_chunk(&self, chunk: Chunk) -> Result<()> {
        let mut pair = self.pool.take().await;
        let mut is_whole = true;
        let mut left = vec![chunk];
        while let Some(chunk) = left.pop() {
            let [source, target] = self.digests(&mut pair, &chunk).await?;
            {
                let mut state = self.state();
                state.report.chunks += 1;
                if std::mem::take(&mut is_whole) {
                    state.report.source_rows += source.rows;
                    state.report.target_rows += target.rows;
                }
                let rows = source.rows.max(target.rows);
                if source != target && rows > self.options.leaf_rows && self.is_full() {
                    state.report.not_examined += rows;
                    continue;
                }
            }
            if source == target {
                continue;
            }
            if source.rows.max(target.rows) > self.options.leaf_rows {
                let parts = self.split(&mut pair, chunk, source.rows, target.rows).await?;
                if let [chunk] = &parts[..] {
                    // It has shrunk meanwhile.
                    self.compare_rows(&mut pair, chunk).await?;
                } else {
                    left.extend(parts);
                }
            } else {
                self.compare_rows(&mut pair, &chunk).await?;
            }
        }
        drop(pair);
        self.tell(Phase::Comparing);
        Ok(())
    }

    async fn digests(&self, pair: &mut Pair<'_>, chunk: &Chunk) -> Result<[Digest; 2]> {
        let action = "computing a digest";
        let (source, target) = (self.source.digest(&self.plan, chunk), self.target.digest(&self.plan, chunk));
        let [source, target] = pair.both(action, &source, &target).await?;
        let digest = |side, rows: &[TextRow]| {
            let wrong = |source| Error::Server { side, action, source };
            let row =
                rows.first().ok_or_else(|| wrong(oms_core::Error::decode("a digest", "no row came")))?;
            digest_of(row, 0).map_err(wrong)
        };
        Ok([digest(Side::Source, &source)?, digest(Side::Target, &target)?])
    }

    /// Divides a range by the keys of the side that has more rows in it.
    async fn split(
        &self,
        pair: &mut Pair<'_>,
        chunk: Chunk,
        source_rows: u64,
        target_rows: u64,
    ) -> Result<Vec<Chunk>> {
        let side = if target_rows > source_rows { Side::Target } else { Side::Source };
        let rows = source_rows.max(target_rows);
        let step = rows.div_ceil(PARTS).max(self.options.leaf_rows.div_ceil(2)).max(1);
        let mut bounds = Vec::new();
        let mut rest = chunk.clone();
        while (bounds.len() as u64) < rows / step {
            let Some(bound) = self.bound(pair, side, &rest, step).await? else { break };
            // The last bound may be the end of the range itself.
            if rest.through.as_ref() == Some(&bound) {
                break;
            }
            rest.after = Some(bound.clone());
            bounds.push(bound);
        }
        Ok(chunk.split(bounds))
    }

    async fn compare_rows(&self, pair: &mut Pair<'_>, chunk: &Chunk) -> Result<()> {
        let (source, target) = (self.source.rows(&self.plan, chunk), self.target.rows(&self.plan, chunk));
        self.compare_listed(pair, &source, &target).await
    }

    /// Compares the rows that two statements list with their keys and hashes, and looks up those that differ.
    pub(crate) async fn compare_listed(&self, pair: &mut Pair<'_>, source: &str, target: &str) -> Result<()> {
        let [source, target] = pair.both("reading the rows of a chunk that differs", source, target).await?;
        let mut keys = Vec::new();
        {
            let mut left = self.hashes(Side::Source, &source)?;
            drop(source);
            for (key, hash) in self.hashes(Side::Target, &target)? {
                if left.remove(&key) != Some(hash) {
                    keys.push(key);
                }
            }
            keys.extend(left.into_keys());
        }
        // A row that is listed on one side only may be on the other side of a bound there, or have come meanwhile.
        while !keys.is_empty() {
            let batch: Vec<Key> = keys.split_off(keys.len().saturating_sub(self.keys_at_once()));
            let seen = Box::pin(self.look(pair, &batch.iter().collect::<Vec<_>>())).await?;
            self.note(batch, seen);
        }
        Ok(())
    }

    fn hashes(&self, side: Side, rows: &[TextRow]) -> Result<Hashes> {
        let width = self.key_width();
        let wrong = |source| Error::Server { side, action: "reading the hash of a row", source };
        let read = |row: &TextRow| Ok((key_of(row, width)?, hash_of(row, width)?));
        rows.iter().map(|row| read(row).map_err(wrong)).collect()
    }
}

/// The first half of the SHA2 in a column.
fn hash_of(row: &TextRow, column: usize) -> oms_core::Result<u128> {
    let half = row.text(column)?.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
    half.ok_or_else(|| oms_core::Error::decode("the hash of a row", "it is not hexadecimal"))
}
