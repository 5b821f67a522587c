//! Verification of MySQL and OceanBase servers, which compute the digests themselves.

mod bag;
mod budget;
mod catalogue;
mod chunk;
mod hashes;
mod literal;
mod lookup;
mod pool;
mod ranges;
mod review;
mod run;
mod self_test;
mod sql;
mod verifier;

pub use verifier::Verifier;
