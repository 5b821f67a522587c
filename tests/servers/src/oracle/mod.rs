//! The oracle: says whether two servers hold the same rows, by a reading of its own.
//!
//! Tests trust it, so it has nothing in common with what they test: it uses the driver alone and asks the
//! servers for every column in a form that has one text for one value.
//!
//! # Equal
//!
//! | type | is compared as |
//! |---|---|
//! | integers, YEAR, BIT | the number |
//! | DECIMAL | its digits, trailing zeros too |
//! | FLOAT, DOUBLE | its bits |
//! | CHAR, VARCHAR, TEXT of one character set on both sides | the stored bytes, trailing spaces too |
//! | CHAR, VARCHAR, TEXT of two character sets | the bytes in utf8mb4, trailing spaces too |
//! | BINARY, VARBINARY, BLOB | the bytes |
//! | VECTOR | its 32-bit floats, bit by bit |
//! | DATE, TIME, DATETIME | every part, zero parts and microseconds too |
//! | TIMESTAMP | the same, at `+00:00` |
//! | ENUM, SET | index and label |
//! | JSON | the document, keys in the printed order, numbers by kind and text, and `JSON_TYPE` of its scalars |
//! | geometry | SRID and well-known binary |
//!
//! NULL equals NULL alone. Generated and invisible columns take part. Columns are matched by name and must
//! come in the same order; a text column matches a binary one, and MariaDB's JSON (a text) matches JSON as a
//! document without order of keys. Any other change of type is a difference.
//!
//! OceanBase reads a number inside JSON text inexactly, so when one side is OceanBase, doubles inside JSON
//! may differ by 4 units in the last place. `JSON_TYPE` is asked of the first 60 paths of a column; beyond
//! those the printed text counts.
//!
//! A table is compared as a bag of whole rows, in both directions, with a key or without one: sixteen bytes
//! of memory hold a row, and only rows that differ are read again for the report.

mod canonical;
mod class;
mod compare;
mod json;
mod read;
mod report;
mod session;
mod structure;
mod table;

pub use compare::{compare, compare_databases};
pub use report::{Report, TableReport};
pub use structure::structure;
