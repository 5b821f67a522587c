//! [`Digest`]: what a server says about a set of rows in one line.

use std::ops::AddAssign;

/// The digest of a set of rows: how many they are, and the sums of both halves of the first 128 bits of the SHA2-256 of
/// each.
///
/// Sums do not depend on the order of the rows, and digests of parts add up to the digest of the whole. Unlike an
/// exclusive or, a sum does not lose a row that is there twice. That two different sets of rows have the same digest
/// by chance has a probability of about 2⁻¹²⁸.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// Sums of the first and of the second 64 bits.
    pub sums: [u128; 2],
}

impl AddAssign for Digest {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            // 2⁶⁴ rows of 2⁶⁴ each fit.
            *sum = sum.wrapping_add(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_pairs_do_not_cancel() {
        let row = Digest { rows: 1, sums: [u128::from(u64::MAX), 7] };
        let mut twice = row;
        twice += row;
        assert_eq!(twice, Digest { rows: 2, sums: [2 * u128::from(u64::MAX), 14] });
        assert_ne!(twice, Digest { rows: 2, sums: [0, 0] });
    }
}
