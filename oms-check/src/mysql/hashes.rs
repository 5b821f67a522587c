//! Comparison of groups of rows by a hash of the key, for keys that the two servers do not sort alike.
//!
//! A range of such keys holds other rows on either side. A hash of the key's text does not, but finds no rows by an
//! index: each statement here reads the whole table, so there are few of them.

use std::collections::HashMap;

use oms_core::mysql::TextRow;

use crate::digest::Digest;
use crate::error::{Error, Result, Side};
use crate::progress::Phase;

use super::pool::Pair;
use super::run::TableRun;
use super::sql::{SideSql, digest_of};

/// The most groups that are asked for at once.
const MAX_GROUPS: u64 = 1 << 16;
/// Where groups stop being divided: their numbers are 32 bits.
const MAX_MODULUS: u64 = 1 << 30;
/// How many times the rows of a leaf are read by one statement.
const LEAVES_AT_ONCE: u64 = 16;

/// A statement for the digests of groups of a modulus, within some groups of another.
pub(crate) type GroupSql = fn(&SideSql, u64, Option<(u64, &[u64])>) -> String;

/// The groups of a modulus in which the sides differ.
#[derive(Debug)]
pub(crate) struct Groups {
    pub(crate) modulus: u64,
    /// Each with the rows that it has at most on one side.
    pub(crate) differing: Vec<(u64, u64)>,
    /// All rows of both sides.
    pub(crate) total: [u64; 2],
    /// Pairs of digests that were compared.
    pub(crate) digests: u64,
}

impl TableRun<'_> {
    /// Compares all rows, group by group.
    pub(crate) async fn compare_hashes(&self) -> Result<()> {
        let mut pair = self.pool.take().await;
        let groups = self.differing_groups(&mut pair, SideSql::key_groups).await?;
        {
            let report = &mut self.state().report;
            [report.source_rows, report.target_rows] = groups.total;
            report.chunks = groups.digests;
        }
        self.tell(Phase::Comparing);
        for batch in self.batches(&groups.differing) {
            if self.is_full() {
                self.state().report.not_examined += rows_of(batch);
                continue;
            }
            let numbers: Vec<u64> = batch.iter().map(|(group, _)| *group).collect();
            let sql = |side| self.sql(side).rows_in_groups(groups.modulus, &numbers);
            self.compare_listed(&mut pair, &sql(Side::Source), &sql(Side::Target)).await?;
            self.tell(Phase::Comparing);
        }
        Ok(())
    }

    /// The groups in which the sides differ, divided until dividing them further would not save reading rows.
    pub(crate) async fn differing_groups(&self, pair: &mut Pair<'_>, sql: GroupSql) -> Result<Groups> {
        let counts = pair.both("counting rows", &self.source.count(), &self.target.count()).await?;
        let mut rows = 0;
        for (side, counts) in [Side::Source, Side::Target].into_iter().zip(&counts) {
            let wrong = |source| Error::Server { side, action: "counting rows", source };
            if let Some(count) = counts.first() {
                rows = rows.max(count.number::<u64>(0).map_err(wrong)?);
            }
        }
        let leaf = self.options.leaf_rows.max(1);
        let modulus = (rows / leaf).next_power_of_two().min(MAX_GROUPS);
        let mut groups = self.groups(pair, sql, modulus, None).await?;
        loop {
            let count = groups.differing.len() as u64;
            let differing = rows_of(&groups.differing);
            // Most differing groups have one differing row: more groups than rows leave only those.
            let factor = (MAX_GROUPS / count.max(1)).next_power_of_two() / 2;
            let is_worth_it = differing > leaf.saturating_mul(LEAVES_AT_ONCE) && differing / count.max(1) > 4;
            if !is_worth_it || factor < 2 || groups.modulus.saturating_mul(factor) > MAX_MODULUS {
                return Ok(groups);
            }
            let within: Vec<u64> = groups.differing.iter().map(|(group, _)| *group).collect();
            let modulus = groups.modulus * factor;
            let finer = self.groups(pair, sql, modulus, Some((groups.modulus, &within))).await?;
            let digests = groups.digests + finer.digests;
            groups = Groups { total: groups.total, digests, ..finer };
        }
    }

    async fn groups(
        &self,
        pair: &mut Pair<'_>,
        sql: GroupSql,
        modulus: u64,
        within: Option<(u64, &[u64])>,
    ) -> Result<Groups> {
        let action = "computing digests of a table";
        let statement = |side| sql(self.sql(side), modulus, within);
        let [source, target] = pair.both(action, &statement(Side::Source), &statement(Side::Target)).await?;
        let read = |side, rows: &[TextRow]| -> Result<HashMap<u64, Digest>> {
            let wrong = |source| Error::Server { side, action, source };
            // The digest first: of rows without one the group is not known either.
            let read = |row: &TextRow| digest_of(row, 1).and_then(|digest| Ok((row.number(0)?, digest)));
            rows.iter().map(|row| read(row).map_err(wrong)).collect()
        };
        let (mut source, target) = (read(Side::Source, &source)?, read(Side::Target, &target)?);
        let total = [&source, &target].map(|groups| groups.values().map(|digest| digest.rows).sum());
        let mut digests = target.len() as u64;
        let mut differing = Vec::new();
        for (group, digest) in target {
            match source.remove(&group) {
                Some(other) if other == digest => {}
                other => differing.push((group, other.map_or(0, |other| other.rows).max(digest.rows))),
            }
        }
        digests += source.len() as u64;
        differing.extend(source.into_iter().map(|(group, digest)| (group, digest.rows)));
        differing.sort_unstable();
        Ok(Groups { modulus, differing, total, digests })
    }

    /// Groups in batches of about as many rows as are read at once.
    pub(crate) fn batches<'g>(
        &self,
        groups: &'g [(u64, u64)],
    ) -> impl Iterator<Item = &'g [(u64, u64)]> + use<'g> {
        let limit = self.options.leaf_rows.saturating_mul(LEAVES_AT_ONCE);
        let mut left = groups;
        std::iter::from_fn(move || {
            let mut rows = 0;
            let fits = left.iter().take_while(|(_, more)| {
                rows += more;
                rows <= limit
            });
            let length = fits.count().max(1).min(left.len());
            let (batch, rest) = left.split_at(length);
            left = rest;
            (!batch.is_empty()).then_some(batch)
        })
    }
}

/// The rows of some groups, on the side that has more.
pub(crate) fn rows_of(groups: &[(u64, u64)]) -> u64 {
    groups.iter().map(|(_, rows)| rows).sum()
}
