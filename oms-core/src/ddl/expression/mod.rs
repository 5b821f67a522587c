//! SQL expressions as far as a schema needs them: does one name a column, and do two say the same.
//!
//! Servers do not keep the text of an expression, they print their own: with parentheses, quotes, character set
//! introducers and other names of functions. A statement of the log holds the text as it was written. So the text of an
//! expression is kept as it comes, either way, and only *comparing* is clever: both texts are read into one form.

mod compare;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use compare::{mentions, same, without_parentheses};
