//! [`Dice`]: numbers by chance that a printed seed gives again.

use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers by chance that a printed seed gives again.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Numbers of a new seed, which is printed; a failing test shows it.
    pub(crate) fn cast(test: &str) -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(7, |time| time.as_nanos() as u64);
        println!("{test}: seed {seed}");
        Self(seed)
    }

    /// Other numbers, for another task.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn next(&mut self) -> u64 {
        // SplitMix64: each seed gives a full period, and neighbours have nothing in common.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
