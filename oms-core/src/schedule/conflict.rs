//! [`Conflicts`]: which worker may get a transaction.

use std::collections::HashMap;

use crate::name::TableName;

/// How a transaction uses a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableUse {
    /// It writes the rows of a scanned range, which no other range holds.
    Read,
    /// It changes rows that its keys name.
    Keys,
    /// It may touch any row: no key, or a key that may equal any other.
    Whole,
}

impl TableUse {
    const COUNT: usize = 3;

    /// True if two transactions that use a table in these ways may run side by side (but for equal keys).
    fn agrees_with(self, other: TableUse) -> bool {
        matches!((self, other), (TableUse::Read, TableUse::Read) | (TableUse::Keys, TableUse::Keys))
    }

    fn all() -> [TableUse; Self::COUNT] {
        [TableUse::Read, TableUse::Keys, TableUse::Whole]
    }
}

/// What a transaction touches.
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    tables: Vec<(TableName, TableUse)>,
    keys: Vec<u64>,
}

impl Footprint {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the use of a table.
    pub fn add_table(&mut self, table: &TableName, table_use: TableUse) {
        if !self.tables.iter().any(|(name, other)| name == table && *other == table_use) {
            self.tables.push((table.clone(), table_use));
        }
    }

    /// Notes a key, by a hash that is equal for equal keys of one index and has the table and index mixed in.
    pub fn add_key(&mut self, hash: u64) {
        self.keys.push(hash);
    }

    /// Forgets everything, keeping the room.
    pub fn clear(&mut self) {
        self.tables.clear();
        self.keys.clear();
    }

    /// Keys noted so far.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }
}

/// Keeps the keys in flight, each with the one worker that has it.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::schedule::{Conflicts, Footprint, TableUse};
///
/// let mut conflicts = Conflicts::new(2);
/// let mut first = Footprint::new();
/// first.add_table(&TableName::new("shop", "orders"), TableUse::Keys);
/// first.add_key(7);
/// let worker = conflicts.place(&first, 0).unwrap();
/// conflicts.assign(&first, worker);
/// // The same key goes to the same worker, whoever else is free.
/// assert_eq!(conflicts.place(&first, 1 - worker), Some(worker));
/// conflicts.completed(worker, 1);
/// assert_eq!(conflicts.place(&first, 1 - worker), Some(1 - worker));
/// ```
#[derive(Debug)]
pub struct Conflicts {
    /// Transactions given to each worker, and completed by it.
    given: Box<[u64]>,
    completed: Box<[u64]>,
    keys: HashMap<u64, Holder, std::hash::BuildHasherDefault<HashOfHash>>,
    tables: HashMap<TableName, Box<[u64]>>,
    sweep_at: usize,
}

/// A worker and which of its transactions used a key last.
#[derive(Clone, Copy, Debug)]
struct Holder {
    worker: u32,
    transaction: u64,
}

/// Keys that are no longer in flight are swept out when so many have gathered.
const SWEEP_AT: usize = 1 << 16;

impl Conflicts {
    /// For so many workers, at least one and at most 64.
    pub fn new(workers: usize) -> Self {
        let workers = workers.clamp(1, 64);
        Self {
            given: vec![0; workers].into(),
            completed: vec![0; workers].into(),
            keys: HashMap::default(),
            tables: HashMap::new(),
            sweep_at: SWEEP_AT,
        }
    }

    /// The worker that may get this transaction: the one that has something of it in flight, else `preferred`. `None`
    /// if several have: then one has to complete something first.
    pub fn place(&self, footprint: &Footprint, preferred: usize) -> Option<usize> {
        let mut holders = 0_u64;
        for (table, table_use) in &footprint.tables {
            holders |= self.table_holders(table, *table_use);
        }
        for key in &footprint.keys {
            if let Some(holder) = self.keys.get(key)
                && holder.transaction > self.completed[holder.worker as usize]
            {
                holders |= 1 << holder.worker;
            }
        }
        match holders.count_ones() {
            0 => Some(preferred.min(self.given.len() - 1)),
            1 => Some(holders.trailing_zeros() as usize),
            _ => None,
        }
    }

    /// Workers that use the table in a way that does not agree with `table_use`, as bits.
    fn table_holders(&self, table: &TableName, table_use: TableUse) -> u64 {
        let Some(last) = self.tables.get(table) else {
            return 0;
        };
        let mut holders = 0;
        for other in TableUse::all() {
            if table_use.agrees_with(other) {
                continue;
            }
            for (worker, completed) in self.completed.iter().enumerate() {
                if last[other as usize * self.completed.len() + worker] > *completed {
                    holders |= 1 << worker;
                }
            }
        }
        holders
    }

    /// Gives the transaction to a worker that [`Self::place`] named.
    pub fn assign(&mut self, footprint: &Footprint, worker: usize) {
        let workers = self.given.len();
        self.given[worker] += 1;
        let transaction = self.given[worker];
        for (table, table_use) in &footprint.tables {
            let place = *table_use as usize * workers + worker;
            if let Some(last) = self.tables.get_mut(table) {
                last[place] = transaction;
            } else {
                let mut last: Box<[u64]> = vec![0; TableUse::COUNT * workers].into();
                last[place] = transaction;
                self.tables.insert(table.clone(), last);
            }
        }
        for key in &footprint.keys {
            self.keys.insert(*key, Holder { worker: worker as u32, transaction });
        }
        if self.keys.len() >= self.sweep_at {
            let completed = &self.completed;
            self.keys.retain(|_, holder| holder.transaction > completed[holder.worker as usize]);
            self.sweep_at = SWEEP_AT.max(2 * self.keys.len());
        }
    }

    /// The worker has completed so many more of its transactions, in the order in which it was given them.
    pub fn completed(&mut self, worker: usize, count: u64) {
        self.completed[worker] = (self.completed[worker] + count).min(self.given[worker]);
    }

    /// Transactions that a worker has and has not completed.
    pub fn in_flight(&self, worker: usize) -> u64 {
        self.given[worker] - self.completed[worker]
    }

    /// True if no worker has anything.
    pub fn is_idle(&self) -> bool {
        self.given == self.completed
    }
}

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct HashOfHash(u64);

impl std::hash::Hasher for HashOfHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TableName {
        TableName::new("s", "t")
    }

    fn keys(keys: &[u64]) -> Footprint {
        let mut footprint = Footprint::new();
        footprint.add_table(&table(), TableUse::Keys);
        keys.iter().for_each(|key| footprint.add_key(*key));
        footprint
    }

    fn whole(table_use: TableUse) -> Footprint {
        let mut footprint = Footprint::new();
        footprint.add_table(&table(), table_use);
        footprint
    }

    #[test]
    fn keys_of_two_workers_wait_for_one_of_them() {
        let mut conflicts = Conflicts::new(2);
        conflicts.assign(&keys(&[1]), 0);
        conflicts.assign(&keys(&[2]), 1);
        assert_eq!(conflicts.place(&keys(&[1, 2]), 0), None);
        assert_eq!(conflicts.place(&keys(&[3]), 1), Some(1));
        conflicts.completed(0, 1);
        assert_eq!(conflicts.place(&keys(&[1, 2]), 0), Some(1));
    }

    #[test]
    fn ranges_run_side_by_side_but_not_with_changes() {
        let mut conflicts = Conflicts::new(3);
        conflicts.assign(&whole(TableUse::Read), 0);
        assert_eq!(conflicts.place(&whole(TableUse::Read), 1), Some(1));
        assert_eq!(conflicts.place(&keys(&[1]), 1), Some(0));
        conflicts.assign(&whole(TableUse::Read), 1);
        assert_eq!(conflicts.place(&keys(&[1]), 2), None);
        conflicts.completed(0, 1);
        conflicts.completed(1, 1);
        conflicts.assign(&keys(&[1]), 2);
        assert_eq!(conflicts.place(&whole(TableUse::Read), 0), Some(2));
    }

    #[test]
    fn a_keyless_table_belongs_to_one_worker() {
        let mut conflicts = Conflicts::new(2);
        conflicts.assign(&whole(TableUse::Whole), 1);
        assert_eq!(conflicts.place(&whole(TableUse::Whole), 0), Some(1));
        assert_eq!(conflicts.place(&keys(&[9]), 0), Some(1));
    }

    /// Any placement keeps the order of each key: replay in random completion order and compare.
    #[test]
    fn order_per_key_is_always_kept() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let workers = 4;
        let mut conflicts = Conflicts::new(workers);
        let mut queues: Vec<Vec<(u64, Footprint)>> = vec![Vec::new(); workers];
        let mut seen: HashMap<u64, u64> = HashMap::new();
        let mut finish =
            |worker: usize, queues: &mut Vec<Vec<(u64, Footprint)>>, conflicts: &mut Conflicts| {
                let (number, footprint) = queues[worker].remove(0);
                for key in &footprint.keys {
                    assert!(
                        seen.insert(*key, number).is_none_or(|before| before <= number),
                        "key {key} went back"
                    );
                }
                conflicts.completed(worker, 1);
            };
        for number in 0..5_000 {
            let footprint = keys(&[next(40), next(40), next(40)]);
            let worker = loop {
                match conflicts.place(&footprint, next(workers as u64) as usize) {
                    Some(worker) => break worker,
                    None => {
                        let busy: Vec<usize> =
                            (0..workers).filter(|worker| !queues[*worker].is_empty()).collect();
                        finish(busy[next(busy.len() as u64) as usize], &mut queues, &mut conflicts);
                    }
                }
            };
            conflicts.assign(&footprint, worker);
            queues[worker].push((number, footprint));
        }
        for worker in 0..workers {
            while !queues[worker].is_empty() {
                finish(worker, &mut queues, &mut conflicts);
            }
        }
        assert!(conflicts.is_idle());
    }
}
