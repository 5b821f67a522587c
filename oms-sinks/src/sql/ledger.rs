//! [`Ledger`]: which units of work are committed, and up to which position everything is.

use std::collections::VecDeque;
use std::sync::Arc;

use oms_core::event::Tally;
use oms_core::schedule::Watermark;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// The identity of a transaction, shortened: 128 bits, so that two of the few thousand in flight never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AppliedId(u128);

impl AppliedId {
    pub(crate) fn of(id: &str) -> Self {
        Self(xxh3_128(id.as_bytes()))
    }
}

impl Serialize for AppliedId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for AppliedId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        u128::from_str_radix(text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What a checkpoint row says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Everything up to here is applied; `None` if nothing is.
    pub(crate) position: Option<Arc<str>>,
    /// What became of the rows up to there.
    #[serde(default)]
    pub(crate) tally: Tally,
    /// Transactions behind it that are applied too.
    #[serde(default)]
    pub(crate) applied: Vec<AppliedId>,
}

/// A unit of work that a worker commits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    /// Its number, given by [`Ledger::begin`].
    pub(crate) unit: u64,
    /// Its transaction; `None` for a scanned range, which may be applied again.
    pub(crate) id: Option<AppliedId>,
}

/// The end of a batch.
#[derive(Clone, Debug)]
struct Mark {
    /// The last unit before it.
    unit: u64,
    /// The batch.
    batch: u64,
    /// Where the source can go on, and what became of the rows up to there.
    position: Option<(Arc<str>, Tally)>,
}

/// Which units of work are committed, and up to which position everything is.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    watermark: Watermark,
    marks: VecDeque<Mark>,
    /// The last batch that is complete.
    durable_batch: u64,
    /// The last position before which everything is complete: its unit, text and tally.
    durable: (u64, Option<Arc<str>>, Tally),
    /// Counts positions over all runs, so that the newest of several rows is known.
    sequence: u64,
    /// The highest sequence that a row has.
    saved: u64,
    /// For each worker, what it committed behind the durable position.
    applied: Vec<VecDeque<(u64, AppliedId)>>,
}

impl Ledger {
    /// For so many workers, going on behind `progress`, which was saved as number `sequence`.
    pub(crate) fn new(workers: usize, progress: &Progress, sequence: u64) -> Self {
        Self {
            durable: (0, progress.position.clone(), progress.tally),
            sequence,
            saved: sequence,
            applied: vec![VecDeque::new(); workers],
            ..Self::default()
        }
    }

    /// Begins a unit of work.
    pub(crate) fn begin(&mut self) -> u64 {
        self.watermark.begin()
    }

    /// Units that are begun and not known to be complete together with all before them.
    pub(crate) fn open(&self) -> usize {
        self.watermark.open()
    }

    /// Notes the end of a batch behind the units begun so far.
    pub(crate) fn mark(&mut self, batch: u64, position: Option<(Arc<str>, Tally)>) {
        self.marks.push_back(Mark { unit: self.watermark.high(), batch, position });
        self.settle();
    }

    /// The last batch that is complete.
    pub(crate) fn durable_batch(&self) -> u64 {
        self.durable_batch
    }

    /// What a worker's row says if it commits `finishing` now, and the row's sequence number.
    pub(crate) fn preview(&self, worker: usize, finishing: &[Committed]) -> (u64, Progress) {
        let low = self.watermark.low_with(finishing.iter().map(|committed| committed.unit));
        let (mut sequence, mut durable) = (self.sequence, self.durable.clone());
        for mark in self.marks.iter().take_while(|mark| mark.unit <= low) {
            if let Some((position, tally)) = &mark.position {
                sequence += 1;
                durable = (mark.unit, Some(Arc::clone(position)), *tally);
            }
        }
        let (unit, position, tally) = durable;
        let new = finishing.iter().filter_map(|committed| committed.id.map(|id| (committed.unit, id)));
        let applied = self.applied[worker].iter().copied().chain(new);
        let applied = applied.filter(|(applied, _)| *applied > unit).map(|(_, id)| id).collect();
        (sequence, Progress { position, tally, applied })
    }

    /// Takes note that a worker has committed these units, and with them a row of this sequence.
    pub(crate) fn complete(&mut self, worker: usize, finished: &[Committed], sequence: u64) {
        self.saved = self.saved.max(sequence);
        for committed in finished {
            self.watermark.complete(committed.unit);
            if let Some(id) = committed.id {
                self.applied[worker].push_back((committed.unit, id));
            }
        }
        self.settle();
    }

    /// True if a row says all that is durable.
    pub(crate) fn is_saved(&self) -> bool {
        self.saved >= self.sequence
    }

    /// Takes note that a row of this sequence is committed.
    pub(crate) fn saved(&mut self, sequence: u64) {
        self.saved = self.saved.max(sequence);
    }

    fn settle(&mut self) {
        let low = self.watermark.low();
        while let Some(mark) = self.marks.pop_front_if(|mark| mark.unit <= low) {
            self.durable_batch = mark.batch;
            if let Some((position, tally)) = mark.position {
                self.sequence += 1;
                self.durable = (mark.unit, Some(position), tally);
            }
        }
        let unit = self.durable.0;
        for applied in &mut self.applied {
            while applied.front().is_some_and(|(applied, _)| *applied <= unit) {
                applied.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(unit: u64) -> Committed {
        Committed { unit, id: Some(AppliedId(unit.into())) }
    }

    fn position(text: &str, read: u64) -> Option<(Arc<str>, Tally)> {
        Some((text.into(), Tally::read(read)))
    }

    #[test]
    fn a_row_never_says_more_than_is_committed() {
        let mut ledger = Ledger::new(2, &Progress::default(), 7);
        let units: Vec<u64> = (0..4).map(|_| ledger.begin()).collect();
        assert_eq!(units, [1, 2, 3, 4]);
        ledger.mark(1, position("four", 4));
        // Worker 1 commits 2 and 4 while 1 and 3 are open.
        let (sequence, progress) = ledger.preview(1, &[committed(2), committed(4)]);
        assert_eq!((sequence, &progress.position, progress.applied.len()), (7, &None, 2));
        ledger.complete(1, &[committed(2), committed(4)], 0);
        assert_eq!(ledger.durable_batch(), 0);
        // With 1 and 3 everything up to the mark is there, and nothing behind it has to be listed.
        let (sequence, progress) = ledger.preview(0, &[committed(1), committed(3)]);
        assert_eq!((sequence, progress.position.as_deref(), progress.applied.len()), (8, Some("four"), 0));
        ledger.complete(0, &[committed(1), committed(3)], 0);
        assert_eq!((ledger.durable_batch(), ledger.open()), (1, 0));
    }

    #[test]
    fn applied_transactions_are_listed_until_a_position_passes_them() {
        let mut ledger = Ledger::new(1, &Progress::default(), 0);
        for _ in 0..3 {
            ledger.begin();
        }
        ledger.mark(1, None);
        ledger.complete(0, &[committed(2)], 0);
        ledger.complete(0, &[committed(1)], 0);
        let (_, progress) = ledger.preview(0, &[committed(3)]);
        assert_eq!(progress.applied, [AppliedId(2), AppliedId(1), AppliedId(3)]);
        ledger.complete(0, &[committed(3)], 0);
        // A batch without a position is durable, but the rows still have to be listed.
        assert_eq!(ledger.durable_batch(), 1);
        assert_eq!(ledger.preview(0, &[]).1.applied.len(), 3);
        ledger.mark(2, position("end", 3));
        assert_eq!(
            ledger.preview(0, &[]).1,
            Progress { position: Some("end".into()), tally: Tally::read(3), applied: vec![] }
        );
    }

    #[test]
    fn identities_survive_being_stored() {
        let progress = Progress { applied: vec![AppliedId::of("a"), AppliedId(1)], ..Progress::default() };
        let text = serde_json::to_string(&progress).unwrap();
        assert_eq!(serde_json::from_str::<Progress>(&text).unwrap(), progress);
    }
}
