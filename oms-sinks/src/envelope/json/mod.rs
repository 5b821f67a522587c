//! JSON, appended to a buffer: strings, bytes, objects.

mod object;
mod text;

pub use object::{ObjectWriter, write_strings};
pub(crate) use text::escape_tail;
pub use text::{Base64, HexCase, write_base64, write_escaped, write_hex, write_latin1, write_string};
