//! The one integration test binary.

mod ddl;
mod session;
mod structure;
mod support;
mod wire;
