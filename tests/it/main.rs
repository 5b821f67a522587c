//! The one integration test binary.

mod conformance;
mod crash;
mod ddl;
mod faults;
mod handover;
mod scan;
mod session;
mod sink;
mod stream;
mod support;
mod wire;
