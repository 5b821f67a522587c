//! Tables without a key that names a row on both sides: equal rows are counted.

use std::collections::HashMap;

use oms_core::mysql::TextRow;

use crate::error::{Error, Result, Side};
use crate::progress::Phase;
use crate::report::{Difference, DifferenceKind, KeyPart};

use super::hashes::rows_of;
use super::run::TableRun;
use super::sql::SideSql;

/// What a row of the map below takes in memory.
const ENTRY_BYTES: usize = 256;

/// How often rows with one SHA2 are on both sides, where that differs.
type Counts = HashMap<Box<str>, [u64; 2]>;

/// Rows with one SHA2 over the rounds.
struct Watched {
    counts: [u64; 2],
    /// Rounds in which they were as before.
    rounds: u32,
}

impl TableRun<'_> {
    /// Compares the counts of equal rows, and all of it again while they differ, until nothing changes any more.
    pub(crate) async fn compare_bag(&self) -> Result<()> {
        let review = &self.options.review;
        let mut watched: HashMap<Box<str>, Watched> = HashMap::new();
        for round in 0..=review.max_rounds {
            if round > 0 {
                // What is on its way needs this time to arrive; see `ReviewOptions`.
                tokio::time::sleep(review.interval).await;
                self.tell(Phase::Reviewing { round });
            }
            let found = Box::pin(self.differing_counts()).await?;
            self.tell(Phase::Comparing);
            let before = std::mem::take(&mut watched);
            let settled = before.keys().filter(|hash| !found.contains_key(*hash)).count();
            self.state().report.settled += settled as u64;
            for (hash, counts) in found {
                let rounds = match before.get(&hash) {
                    Some(before) if before.counts == counts => before.rounds + 1,
                    _ => 0,
                };
                watched.insert(hash, Watched { counts, rounds });
            }
            self.budget.give(before.len() * ENTRY_BYTES);
            let is_settled = watched.values().all(|watched| watched.rounds >= review.settle_rounds);
            if is_settled && self.state().report.not_examined == 0 {
                break;
            }
        }
        let mut state = self.state();
        for (hash, Watched { counts: [source_count, target_count], rounds }) in watched {
            self.budget.give(ENTRY_BYTES);
            let kind = match source_count > target_count {
                true => DifferenceKind::MissingAtTarget,
                false => DifferenceKind::ExtraAtTarget,
            };
            let is_unsettled = review.max_rounds > 0 && rounds < review.settle_rounds;
            let key = vec![KeyPart { column: "sha2-256 of the row".into(), value: hash }];
            let difference =
                Difference { kind, is_unsettled, key, columns: Vec::new(), source_count, target_count };
            state.report.push(difference, self.options.details);
        }
        Ok(())
    }

    /// The rows of which one side has more than the other.
    async fn differing_counts(&self) -> Result<Counts> {
        let mut pair = self.pool.take().await;
        let groups = self.differing_groups(&mut pair, SideSql::row_groups).await?;
        {
            let report = &mut self.state().report;
            [report.source_rows, report.target_rows] = groups.total;
            report.chunks += groups.digests;
            report.not_examined = 0;
        }
        let mut differing = Counts::new();
        for batch in self.batches(&groups.differing) {
            if self.budget.is_spent() {
                self.state().report.not_examined += rows_of(batch);
                continue;
            }
            let numbers: Vec<u64> = batch.iter().map(|(group, _)| *group).collect();
            let sql = |side| self.sql(side).row_counts(Some((groups.modulus, &numbers)));
            let action = "counting equal rows";
            let [source, target] = pair.both(action, &sql(Side::Source), &sql(Side::Target)).await?;
            let mut counts = Counts::new();
            for (at, (side, rows)) in [(Side::Source, source), (Side::Target, target)].into_iter().enumerate()
            {
                for row in &rows {
                    let wrong = |source| Error::Server { side, action, source };
                    let (hash, count) = count_of(row).map_err(wrong)?;
                    counts.entry(hash).or_default()[at] += count;
                }
            }
            for (hash, [source, target]) in counts {
                if source == target {
                    continue;
                }
                match self.budget.take(ENTRY_BYTES) {
                    true => {
                        differing.insert(hash, [source, target]);
                    }
                    false => self.state().report.not_examined += source.abs_diff(target),
                }
            }
        }
        Ok(differing)
    }
}

fn count_of(row: &TextRow) -> oms_core::Result<(Box<str>, u64)> {
    let Some(hash) = row.text_or_null(0)? else {
        let reason =
            "rows hold a value that is longer than the server computes with: raise its max_allowed_packet";
        return Err(oms_core::Error::refused(oms_core::At::unknown(), reason));
    };
    Ok((hash.to_lowercase().into(), row.number(1)?))
}
