//! What comes before and around a pipeline: what can be found out before anything is written, and the tables at the
//! target.

mod precheck;
#[cfg(feature = "mysql")]
mod structure;

pub use precheck::{CheckReport, Finding, Severity};
#[cfg(feature = "mysql")]
pub use structure::{
    DifferenceKind, LeftOut, LeftOutKind, Structure, StructureReport, StructureStatement, StructureStep,
    TableDifference, TableState, TableStructure,
};
