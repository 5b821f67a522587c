//! The one integration test binary.

mod ddl;
mod precheck;
mod session;
mod structure;
mod support;
mod wire;
