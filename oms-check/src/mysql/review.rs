//! Rows that differ are looked at again until they are equal, or stay as they are.

use crate::error::Result;
use crate::progress::Phase;

use super::lookup::Seen;
use super::run::{Suspect, TableRun, count_rules};

impl TableRun<'_> {
    /// Looks at all suspects again, round by round, and reports what is left of them.
    pub(crate) async fn review(&self) -> Result<()> {
        let review = &self.options.review;
        let mut suspects = std::mem::take(&mut self.state().suspects);
        for round in 1..=review.max_rounds {
            if suspects.is_empty() {
                break;
            }
            // What is on its way needs this time to arrive; see `ReviewOptions`.
            tokio::time::sleep(review.interval).await;
            self.tell(Phase::Reviewing { round });
            suspects = Box::pin(self.look_again(suspects)).await?;
        }
        let mut state = self.state();
        for suspect in suspects {
            self.budget.give(suspect.bytes());
            let difference = self.difference(&suspect.key, &suspect.look, true);
            state.report.push(difference, self.options.details);
        }
        Ok(())
    }

    /// One round; gives those back that need another.
    async fn look_again(&self, suspects: Vec<Suspect>) -> Result<Vec<Suspect>> {
        let mut left = Vec::with_capacity(suspects.len());
        let mut pair = self.pool.take().await;
        let mut suspects = suspects.into_iter();
        loop {
            let batch: Vec<Suspect> = suspects.by_ref().take(self.keys_at_once()).collect();
            if batch.is_empty() {
                return Ok(left);
            }
            let keys: Vec<_> = batch.iter().map(|suspect| &suspect.key).collect();
            let seen = Box::pin(self.look(&mut pair, &keys)).await?;
            let mut state = self.state();
            for (mut suspect, seen) in batch.into_iter().zip(seen) {
                self.budget.give(suspect.bytes());
                let look = match seen {
                    Seen::Equal(rules) => {
                        state.report.settled += 1;
                        count_rules(&mut state.report, rules);
                        continue;
                    }
                    Seen::Differs(look) => look,
                };
                suspect.rounds = if look == suspect.look { suspect.rounds + 1 } else { 0 };
                suspect.look = look;
                if suspect.rounds >= self.options.review.settle_rounds {
                    let difference = self.difference(&suspect.key, &suspect.look, false);
                    state.report.push(difference, self.options.details);
                } else if self.budget.take(suspect.bytes()) {
                    left.push(suspect);
                } else {
                    state.report.not_examined += 1;
                }
            }
        }
    }
}
