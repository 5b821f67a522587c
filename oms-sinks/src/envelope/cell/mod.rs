//! One cell as JSON: the [`Form`] that an envelope gives a column, and the writer that is chosen for it.

mod avro;
mod binary;
mod document;
mod form;
mod moment;
mod number;
#[cfg(test)]
mod tests;
mod text;
mod wkt;
mod writer;

pub(crate) use avro::{write_bytes, write_long};
pub use form::{Form, ZeroDates};
pub use writer::CellWriter;
