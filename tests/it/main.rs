//! The one integration test binary.

mod catalog;
mod ddl;
mod fidelity;
mod session;
mod structure;
mod support;
mod wire;
