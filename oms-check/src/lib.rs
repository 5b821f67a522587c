//! placeholder
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// Without a system to verify only the report is there; what makes it is not.
#![cfg_attr(not(feature = "mysql"), allow(dead_code))]

mod digest;
mod error;
#[cfg(feature = "mysql")]
mod mysql;
mod normalize;
mod options;
mod plan;
mod progress;
#[cfg(feature = "mysql")]
mod render;
mod report;
mod rule;

pub use digest::Digest;
pub use error::{Error, Result, Side};
#[cfg(feature = "mysql")]
pub use mysql::Verifier;
pub use normalize::NormalizeRule;
pub use options::{ReviewOptions, VerifyOptions};
pub use plan::{ComparedColumn, StructureDifference, TablePair};
pub use progress::{Phase, Progress};
pub use report::{Difference, DifferenceKind, KeyPart, Method, Report, TableReport, Verdict};
pub use rule::ColumnRule;
