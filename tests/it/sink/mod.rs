//! What the SQL sinks do when the target is not as it should be: they say so, and nothing is lost.

mod conflicts;
mod limits;
mod locks;
mod refusals;
