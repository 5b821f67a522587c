//! The one integration test binary.

mod ddl;
mod support;
