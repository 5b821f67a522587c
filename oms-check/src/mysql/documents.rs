//! Rows without a key whose documents are equal only by a rule: one of the source for one of the target.

use std::collections::HashMap;

use oms_core::mysql::TextRow;

use crate::error::{Error, Result, Side};
use crate::normalize::{NormalizeRule, equal_json};
use crate::rule::ColumnRule;

use super::bag::Counts;
use super::pool::Pair;
use super::run::TableRun;

/// With more rows than this on a side they are not paired: each would be read for each.
const MAX_ROWS: u64 = 2_000;
/// About how many bytes of them are read from a side.
const MAX_BYTES: u64 = 16 << 20;

/// A row with documents.
struct Row {
    hash: Box<str>,
    /// The SHA2 of its other columns.
    rest: Box<str>,
    documents: Vec<Option<Box<[u8]>>>,
}

impl TableRun<'_> {
    /// Takes rows out of the counts that are equal by a rule, as many of the source as of the target.
    pub(crate) async fn pair_documents(&self, pair: &mut Pair<'_>, counts: &mut Counts) -> Result<()> {
        let has_documents = self.plan.columns.iter().any(|column| column.rule == ColumnRule::Json);
        if !has_documents || self.rules.is_empty() {
            return Ok(());
        }
        let more = |side: Side| -> Vec<&str> {
            let is_more = |[source, target]: &[u64; 2]| match side {
                Side::Source => source > target,
                Side::Target => target > source,
            };
            counts.iter().filter(|(_, counts)| is_more(counts)).map(|(hash, _)| &**hash).collect()
        };
        let (source, target) = (more(Side::Source), more(Side::Target));
        let limit = (MAX_BYTES / self.row_bytes.unwrap_or(1 << 10).max(1)).clamp(1, MAX_ROWS) as usize;
        if source.is_empty() || target.is_empty() || source.len() > limit || target.len() > limit {
            return Ok(());
        }
        let action = "reading documents that differ";
        let (source, target) = (self.source.documents(&source), self.target.documents(&target));
        let [source, target] = pair.both(action, &source, &target).await?;
        let read = |side, rows: &[TextRow]| {
            let wrong = |source| Error::Server { side, action, source };
            rows.iter().map(|row| row_of(row).map_err(wrong)).collect::<Result<Vec<Row>>>()
        };
        let mut by_rest: HashMap<Box<str>, Vec<Row>> = HashMap::new();
        for row in read(Side::Target, &target)? {
            by_rest.entry(row.rest.clone()).or_default().push(row);
        }
        for row in read(Side::Source, &source)? {
            for other in by_rest.get(&row.rest).into_iter().flatten() {
                if let Some(rules) = self.equal_documents(&row, other) {
                    self.take_out(counts, &row.hash, &other.hash, &rules);
                }
            }
        }
        counts.retain(|_, [source, target]| source != target);
        Ok(())
    }

    fn equal_documents(&self, a: &Row, b: &Row) -> Option<Vec<NormalizeRule>> {
        let mut used = Vec::new();
        for (a, b) in a.documents.iter().zip(&b.documents) {
            match (a, b) {
                (None, None) => {}
                (Some(a), Some(b)) => used.extend(equal_json(a, b, self.rules)?),
                _ => return None,
            }
        }
        used.sort_unstable();
        used.dedup();
        Some(used)
    }

    /// Takes as many of two rows out as both sides have left.
    fn take_out(&self, counts: &mut Counts, at_source: &str, at_target: &str, rules: &[NormalizeRule]) {
        let left = |counts: &Counts, hash: &str| counts.get(hash).map_or(0, |[a, b]| a.abs_diff(*b));
        let count = left(counts, at_source).min(left(counts, at_target));
        if let Some([source, _]) = counts.get_mut(at_source) {
            *source -= count;
        }
        if let Some([_, target]) = counts.get_mut(at_target) {
            *target -= count;
        }
        let mut state = self.state();
        for rule in rules.iter().filter(|_| count > 0) {
            *state.report.by_rule.entry(*rule).or_default() += count;
        }
    }
}

fn row_of(row: &TextRow) -> oms_core::Result<Row> {
    let documents =
        (2..row.len()).map(|at| Ok(row.bytes(at)?.map(Box::from))).collect::<oms_core::Result<_>>()?;
    Ok(Row { hash: row.text(0)?.to_lowercase().into(), rest: row.text(1)?.into(), documents })
}
