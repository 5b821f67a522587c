//! The one integration test binary.

mod catalog;
mod ddl;
mod session;
mod support;
mod wire;
