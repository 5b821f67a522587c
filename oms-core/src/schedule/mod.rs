//! Parallel apply: which worker gets which transaction, and what is durable although workers finish out of order.
//!
//! ```text
//!   transactions   1   2   3   4   5 …          in source order
//!                  │   │   │   │   │
//!   Conflicts      a,b  c   b   d  a,c          keys, old and new, of every unique key of the target
//!                  ▼   ▼   ▼   ▼   ▼
//!   worker 0       1 ──── 3 ─────┐ 5 waits until only one worker has keys of it in flight
//!   worker 1           2 ──── 4 ─┘
//!                  ▼
//!   Watermark      everything up to here is committed at the target
//! ```
//!
//! Keys in flight always belong to one worker, and a worker applies in the order in which it was given, so the order
//! per key is kept without any transaction waiting for a particular other one.

mod conflict;
mod watermark;

pub use conflict::{Conflicts, Footprint, TableUse};
pub use watermark::Watermark;
