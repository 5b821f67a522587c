//! [`Watermark`]: what is complete although work finishes out of order.

use std::collections::VecDeque;

/// Numbers pieces of work as they begin, and tells up to which all are complete.
///
/// # Examples
///
/// ```
/// let mut watermark = oms_core::schedule::Watermark::new();
/// let (a, b) = (watermark.begin(), watermark.begin());
/// watermark.complete(b);
/// assert_eq!(watermark.low(), 0);
/// watermark.complete(a);
/// assert_eq!(watermark.low(), b);
/// ```
#[derive(Debug, Default)]
pub struct Watermark {
    low: u64,
    /// Whether each piece behind `low` is complete.
    pending: VecDeque<bool>,
}

impl Watermark {
    /// Nothing begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a piece of work; numbers start at 1.
    pub fn begin(&mut self) -> u64 {
        self.pending.push_back(false);
        self.high()
    }

    /// Completes a piece of work; a second time changes nothing.
    pub fn complete(&mut self, number: u64) {
        if let Some(done) =
            number.checked_sub(self.low + 1).and_then(|place| self.pending.get_mut(place as usize))
        {
            *done = true;
        }
        while self.pending.front() == Some(&true) {
            self.pending.pop_front();
            self.low += 1;
        }
    }

    /// Everything up to this number is complete.
    pub fn low(&self) -> u64 {
        self.low
    }

    /// Up to which number everything would be complete if these were too.
    pub fn low_with(&self, finishing: impl IntoIterator<Item = u64>) -> u64 {
        let mut finishing: Vec<u64> = finishing.into_iter().collect();
        finishing.sort_unstable();
        let open = self.pending.iter().zip(self.low + 1..);
        open.take_while(|(done, number)| **done || finishing.binary_search(number).is_ok())
            .last()
            .map_or(self.low, |(_, number)| number)
    }

    /// The last number begun.
    pub fn high(&self) -> u64 {
        self.low + self.pending.len() as u64
    }

    /// Pieces from the first incomplete one on.
    pub fn open(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_only_over_complete_work() {
        let mut watermark = Watermark::new();
        let numbers: Vec<u64> = (0..4).map(|_| watermark.begin()).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        for (number, low) in [(3, 0), (1, 1), (1, 1), (4, 1), (2, 4)] {
            watermark.complete(number);
            assert_eq!(watermark.low(), low);
        }
        watermark.complete(99);
        assert_eq!((watermark.low(), watermark.high(), watermark.open()), (4, 4, 0));
    }
}
