//! Copying while others write: nothing lost, nothing doubled, nothing older than before.

mod alone;
mod bank;
