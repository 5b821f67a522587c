//! [`Tally`]: counts of rows that must balance.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Rows by what became of them.
///
/// # Shape
///
/// `read = applied + filtered + quarantined` holds at every checkpoint; an update counts as one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Rows that the source gave.
    pub read: u64,
    /// Rows that a transform dropped by rule.
    pub filtered: u64,
    /// Rows put aside because they could not be carried.
    pub quarantined: u64,
    /// Rows that are durable at the sink.
    pub applied: u64,
}

impl Tally {
    /// A tally of rows that were read, and nothing else yet.
    pub fn read(rows: u64) -> Self {
        Self { read: rows, ..Self::default() }
    }

    /// Rows that are still on their way to the sink, `None` if more rows left than were read.
    pub fn pending(&self) -> Option<u64> {
        self.read.checked_sub(self.applied)?.checked_sub(self.filtered)?.checked_sub(self.quarantined)
    }

    /// True if every row that was read is accounted for.
    pub fn balances(&self) -> bool {
        self.pending() == Some(0)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.filtered += other.filtered;
        self.quarantined += other.quarantined;
        self.applied += other.applied;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { read, applied, filtered, quarantined } = self;
        write!(f, "{read} read = {applied} applied + {filtered} filtered + {quarantined} quarantined")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balances_only_when_every_row_is_accounted_for() {
        let mut tally = Tally::read(3);
        assert!(!tally.balances());
        tally += Tally { applied: 2, filtered: 1, ..Tally::default() };
        assert!(tally.balances());
        tally.applied += 1;
        assert_eq!(tally.pending(), None);
    }
}
