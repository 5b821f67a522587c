//! What authors of connectors test with: the contracts as suites, faults, sample data, strategies.
//!
//! A connector is tested in three steps. First the conformance suite of its trait ([`source_suite`], [`sink_suite`],
//! [`store_suite`]): it runs against the real system and checks every MUST of the contract, choosing by what the sink
//! says it can do. Then its own tests of types and limits, with rows from [`strategies`]. Last a run in a pipeline
//! whose calls go wrong by a [`FaultPlan`], compared with what a [`Workload`] says must be there in the end.

mod fault;
mod lagging_sink;
mod report;
pub mod sample;
mod sink_suite;
mod source_suite;
mod store_suite;
pub mod strategies;
#[cfg(test)]
mod tests;
mod transaction_source;
mod workload;

use std::time::Duration;

pub use fault::{Fault, FaultPlan, FaultSink, FaultSource, FaultStore, Step};
pub use lagging_sink::LaggingSink;
pub use report::{SuiteReport, Violation};
pub use sink_suite::{SinkFixture, sink_suite};
pub use source_suite::{SourceFixture, source_suite};
pub use store_suite::{StoreFixture, store_suite};
pub use transaction_source::TransactionSource;
pub use workload::Workload;

/// How long a suite waits for one call.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long it looks whether a call goes on waiting.
const GLANCE: Duration = Duration::from_millis(200);
