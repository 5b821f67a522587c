//! The one integration test binary.

mod conformance;
mod crash;
mod ddl;
mod handover;
mod session;
mod sink;
mod support;
mod wire;
