//! Many at once, and yet one number.
//!
//! One connection that applies one transaction after the other is slower than a source on which hundreds write. So
//! transactions run side by side, on two conditions: those that touch the same row keep their order, and progress never
//! claims what is not done.
//!
//! ```text
//!   in the order of the log    T1 {a}   T2 {b}   T3 {a,c}   T4 {d}   T5 {b}
//!
//!   worker 1                   T1 ──────► T3 ──────►                        T3 waits for T1: both touch a
//!   worker 2                   T2 ► T4 ► T5 ►                               T5 comes behind T2 on its worker
//!
//!   done                       T2, T4, T5          T1                T3
//!   watermark                  0                   2                 5
//! ```
//!
//! # Conflicts
//!
//! [`Conflicts`](crate::schedule::Conflicts) knows the hashes of the keys that are being written:
//! of every unique key of the *target*, old value and new. Two values that a collation calls equal have one hash; where
//! that is not known for certain, more values share a hash than need to. Too coarse costs speed only, too fine would
//! let two writers of one row overtake each other.
//!
//! # The watermark
//!
//! [`Watermark`](crate::schedule::Watermark) takes completions in any order and gives the highest number through which
//! all are complete. The checkpoint follows that number, never the newest completion. What lies above it and is done is
//! listed with the checkpoint, so that after a crash those transactions are passed over and not applied again.
//!
//! # Barriers
//!
//! A change of a table's shape waits until everything before it is done, and everything behind it waits for the change.
//! A transaction that is too large to be held is a barrier, too.
