//! The connectors against the published contracts, on real servers.

mod sinks;
mod sources;
mod stores;
