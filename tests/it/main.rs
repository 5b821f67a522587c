//! The one integration test binary.

mod session;
mod support;
mod wire;
