//! [`TableRun`]: the verification of one pair of tables while it goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Result, Side};
use crate::normalize::NormalizeRule;
use crate::options::VerifyOptions;
use crate::plan::TablePlan;
use crate::progress::Phase;
use crate::report::{Difference, DifferenceKind, KeyPart, Method, TableReport};

use super::budget::Budget;
use super::literal::{Key, key_bytes, readable};
use super::lookup::{Look, Seen};
use super::pool::Pool;
use super::sql::SideSql;

/// The verification of one pair of tables while it goes on.
pub(crate) struct TableRun<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) options: &'a VerifyOptions,
    pub(crate) rules: &'a [NormalizeRule],
    pub(crate) budget: &'a Budget,
    pub(crate) plan: TablePlan,
    pub(crate) source: SideSql,
    pub(crate) target: SideSql,
    /// Bytes of a row, as the source estimates them.
    pub(crate) row_bytes: Option<u64>,
    pub(crate) tell: &'a (dyn Fn(Phase, &TableReport, u64) + Send + Sync),
    pub(crate) state: Mutex<State>,
}

/// What is known so far.
pub(crate) struct State {
    pub(crate) report: TableReport,
    pub(crate) suspects: Vec<Suspect>,
}

/// A row that seems to differ.
pub(crate) struct Suspect {
    pub(crate) key: Key,
    pub(crate) look: Look,
    /// Rounds in which it was as before.
    pub(crate) rounds: u32,
}

impl Suspect {
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Suspect>() + key_bytes(&self.key) + size_of_val(&*self.look.columns)
    }
}

impl TableRun<'_> {
    /// Compares the rows, and looks at those that differ until they settle.
    pub(crate) async fn run(&self) -> Result<()> {
        let method = match &self.plan.key {
            Some(key) if key.is_ordered => Method::Ranges,
            Some(_) => Method::Hashes,
            None => Method::Bag,
        };
        self.state().report.method = Some(method);
        match method {
            Method::Ranges => Box::pin(self.compare_ranges()).await?,
            Method::Hashes => Box::pin(self.compare_hashes()).await?,
            Method::Bag => return Box::pin(self.compare_bag()).await,
        }
        Box::pin(self.review()).await
    }

    pub(crate) fn sql(&self, side: Side) -> &SideSql {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how far it is.
    pub(crate) fn tell(&self, phase: Phase) {
        let state = self.state();
        let report = &state.report;
        let found = report.missing + report.extra + report.different + report.not_examined;
        (self.tell)(phase, report, found + state.suspects.len() as u64);
    }

    /// Notes rows that were looked at for the first time.
    pub(crate) fn note(&self, keys: Vec<Key>, seen: Vec<Seen>) {
        let mut state = self.state();
        for (key, seen) in keys.into_iter().zip(seen) {
            match seen {
                Seen::Equal(rules) => count_rules(&mut state.report, rules),
                Seen::Differs(look) if self.options.review.max_rounds == 0 => {
                    let difference = self.difference(&key, &look, false);
                    state.report.push(difference, self.options.details);
                }
                Seen::Differs(look) => {
                    let suspect = Suspect { key, look, rounds: 0 };
                    match self.budget.take(suspect.bytes()) {
                        true => state.suspects.push(suspect),
                        false => state.report.not_examined += 1,
                    }
                }
            }
        }
    }

    /// A difference as it is told.
    pub(crate) fn difference(&self, key: &Key, look: &Look, is_unsettled: bool) -> Difference {
        let (kind, source_count, target_count) = match (look.source, look.target) {
            (Some(_), None) => (DifferenceKind::MissingAtTarget, 1, 0),
            (None, _) => (DifferenceKind::ExtraAtTarget, 0, 1),
            (Some(_), Some(_)) => (DifferenceKind::Different, 1, 1),
        };
        let columns = self.plan.key.iter().flat_map(|key| &key.columns).map(|at| &self.plan.columns[*at]);
        let key = columns
            .zip(key.iter())
            .map(|(column, value)| KeyPart {
                column: Arc::clone(column.source.name()),
                value: readable(&column.source, value),
            })
            .collect();
        let name = |at: &u16| Arc::clone(self.plan.columns[usize::from(*at)].source.name());
        let columns = look.columns.iter().map(name).collect();
        Difference { kind, is_unsettled, key, columns, source_count, target_count }
    }

    /// True if nothing more can be held of rows that seem to differ.
    pub(crate) fn is_full(&self) -> bool {
        self.options.review.max_rounds > 0 && self.budget.is_spent()
    }
}

/// Counts a row that is equal by these rules only.
pub(crate) fn count_rules(report: &mut TableReport, rules: Vec<NormalizeRule>) {
    for rule in rules {
        *report.by_rule.entry(rule).or_default() += 1;
    }
}

impl std::fmt::Debug for TableRun<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableRun").field("plan", &self.plan).finish_non_exhaustive()
    }
}
