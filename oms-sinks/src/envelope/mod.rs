//! Message formats for queues: how changes of rows, schema changes and heartbeats become keys and bodies.

mod cell;
mod clock;
pub mod json;

pub use cell::{CellWriter, Form, ZeroDates};
