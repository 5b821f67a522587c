//! The one integration test binary.

mod catalog;
mod conformance;
mod crash;
mod ddl;
mod fidelity;
mod handover;
mod session;
mod sink;
mod structure;
mod support;
mod wire;
