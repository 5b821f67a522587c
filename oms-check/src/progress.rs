//! [`Progress`]: how far a verification has come.

use oms_core::TableName;

use crate::report::Verdict;

/// How far a verification has come with one table, told after each of its steps.
///
/// # Units
///
/// Rows are those of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The table, by its name at the source.
    pub table: TableName,
    /// What is being done with it.
    pub phase: Phase,
    /// Rows compared so far.
    pub rows: u64,
    /// How many rows it may have, where the server tells.
    pub row_estimate: Option<u64>,
    /// Rows that seem to differ so far.
    pub suspects: u64,
    /// Tables that are done.
    pub tables_done: usize,
    /// Tables in all.
    pub tables: usize,
}

/// What is being done with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Its rows are being compared.
    Comparing,
    /// Rows that differed are being looked at again.
    Reviewing {
        /// Which time, from one.
        round: u32,
    },
    /// It is done.
    Done(Verdict),
}
