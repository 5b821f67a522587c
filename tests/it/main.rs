//! The one integration test binary.

mod architecture;
mod catalog;
mod ddl;
mod public_api;
mod session;
mod support;
mod wire;
