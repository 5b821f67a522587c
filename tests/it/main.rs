//! The one integration test binary.

mod ddl;
mod fidelity;
mod session;
mod support;
mod wire;
