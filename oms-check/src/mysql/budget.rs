//! [`Budget`]: how much may be held of rows that seem to differ.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be held of rows that seem to differ, for a whole verification.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes) }
    }

    /// Takes so many bytes, or nothing if there are fewer.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Gives bytes back.
    pub(crate) fn give(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }

    /// True once nothing more fits that is worth reading for.
    pub(crate) fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) < 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_beyond_it() {
        let budget = Budget::new(1000);
        assert!(budget.take(600) && !budget.take(600));
        assert!(!budget.is_spent());
        assert!(budget.take(200) && budget.is_spent());
        budget.give(800);
        assert!(budget.take(900));
    }
}
