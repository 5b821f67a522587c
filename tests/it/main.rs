//! The one integration test binary.

mod architecture;
mod catalog;
mod conformance;
mod crash;
mod ddl;
mod envelope;
mod faults;
mod fidelity;
mod handover;
mod precheck;
mod public_api;
mod scan;
mod session;
mod sink;
mod stream;
mod structure;
mod support;
mod wire;
