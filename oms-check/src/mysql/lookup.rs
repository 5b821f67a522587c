//! Rows by their keys, compared column by column.

use std::collections::HashMap;

use oms_core::mysql::TextRow;
use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result, Side};
use crate::normalize::{NormalizeRule, equal_json};
use crate::rule::ColumnRule;

use super::literal::{Key, key_of};
use super::pool::Pair;
use super::run::TableRun;

/// How a row looked on both sides at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// A hash of its columns at the source, if it is there.
    pub(crate) source: Option<u128>,
    /// The same at the target.
    pub(crate) target: Option<u128>,
    /// Positions of the columns that differ, if it is on both sides.
    pub(crate) columns: Box<[u16]>,
}

/// What a look at a row on both sides said.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Both have it and it is the same, by these rules if it is not quite so; or none of them has it.
    Equal(Vec<NormalizeRule>),
    /// It is not.
    Differs(Look),
}

/// The most keys of one statement.
const MAX_KEYS: u64 = 200;
/// About how many bytes one statement may give.
const MAX_BYTES: u64 = 4 << 20;

impl TableRun<'_> {
    /// How many keys are looked up at once.
    pub(crate) fn keys_at_once(&self) -> usize {
        let rows = MAX_BYTES / self.row_bytes.unwrap_or(1 << 10).max(1);
        usize::try_from(rows.clamp(1, MAX_KEYS)).unwrap_or(1)
    }

    /// Looks rows up on both sides; not more of them than [`Self::keys_at_once`].
    pub(crate) async fn look(&self, pair: &mut Pair<'_>, keys: &[&Key]) -> Result<Vec<Seen>> {
        let (source, target) = (self.source.lookup(&self.plan, keys), self.target.lookup(&self.plan, keys));
        let [source, target] = pair.both("looking rows up by their keys", &source, &target).await?;
        let source = self.by_key(Side::Source, &source)?;
        let target = self.by_key(Side::Target, &target)?;
        keys.iter()
            .map(|key| {
                let wrong = |source| Error::Server { side: Side::Source, action: "comparing rows", source };
                self.compare(source.get(*key).copied(), target.get(*key).copied()).map_err(wrong)
            })
            .collect()
    }

    /// Rows by the very bytes of their keys: a collation may call more rows equal than were asked for.
    fn by_key<'r>(&self, side: Side, rows: &'r [TextRow]) -> Result<HashMap<Key, &'r TextRow>> {
        let width = self.key_width();
        let wrong = |source| Error::Server { side, action: "reading a key", source };
        rows.iter().map(|row| Ok((key_of(row, width).map_err(wrong)?, row))).collect()
    }

    pub(crate) fn key_width(&self) -> usize {
        self.plan.key.as_ref().map_or(0, |key| key.columns.len())
    }

    fn compare(&self, source: Option<&TextRow>, target: Option<&TextRow>) -> oms_core::Result<Seen> {
        let first = self.key_width();
        let hash = |row: Option<&TextRow>| row.map(|row| hash_of(row, first)).transpose();
        let mut look = Look { source: hash(source)?, target: hash(target)?, columns: Box::default() };
        let (source, target) = match (source, target) {
            (Some(source), Some(target)) => (source, target),
            (None, None) => return Ok(Seen::Equal(Vec::new())),
            _ => return Ok(Seen::Differs(look)),
        };
        let mut used = Vec::new();
        let mut columns = Vec::new();
        for (at, column) in self.plan.columns.iter().enumerate() {
            let (a, b) = (source.bytes(first + at)?, target.bytes(first + at)?);
            if a == b {
                continue;
            }
            let by_rule = match (a, b) {
                (Some(a), Some(b)) if column.rule == ColumnRule::Json => equal_json(a, b, self.rules),
                _ => None,
            };
            match by_rule {
                Some(rules) => used.extend(rules),
                // A table has at most 4,096 columns.
                None => columns.push(u16::try_from(at).unwrap_or(u16::MAX)),
            }
        }
        if columns.is_empty() {
            used.sort_unstable();
            used.dedup();
            return Ok(Seen::Equal(used));
        }
        look.columns = columns.into();
        Ok(Seen::Differs(look))
    }
}

/// A hash of the columns of a row from `first` on.
fn hash_of(row: &TextRow, first: usize) -> oms_core::Result<u128> {
    let mut hash = Xxh3::new();
    for column in first..row.len() {
        match row.bytes(column)? {
            Some(bytes) => {
                hash.update(&(bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
            None => hash.update(&u64::MAX.to_le_bytes()),
        }
    }
    Ok(hash.digest128())
}
