//! The one integration test binary.

mod catalog;
mod ddl;
mod support;
