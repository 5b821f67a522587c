//! The one integration test binary.

mod catalog;
mod conformance;
mod crash;
mod ddl;
mod fidelity;
mod handover;
mod precheck;
mod session;
mod sink;
mod structure;
mod support;
mod wire;
