//! The one integration test binary.

mod ddl;
mod session;
mod support;
mod wire;
