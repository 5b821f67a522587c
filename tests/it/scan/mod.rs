//! Reading tables in ranges: every kind of key, while rows come and go, over restarts, without a lock.

mod ends;
mod keys;
mod ranges;
mod unlocked;
