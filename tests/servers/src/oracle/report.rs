//! What the oracle found.

use std::fmt;

/// The result of a comparison.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Report {
    pub(super) tables: Vec<TableReport>,
    pub(super) problems: Vec<String>,
}

/// The result for one table.
#[derive(Debug, Clone, Default)]
pub struct TableReport {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) source_rows: u64,
    pub(super) target_rows: u64,
    pub(super) only_in_source: u64,
    pub(super) only_in_target: u64,
    pub(super) problems: Vec<String>,
    pub(super) examples: Vec<String>,
}

impl Report {
    /// Says whether everything is equal.
    pub fn is_equal(&self) -> bool {
        self.problems.is_empty() && self.tables.iter().all(TableReport::is_equal)
    }

    /// Returns the result of each table, in the order in which they were given.
    pub fn tables(&self) -> &[TableReport] {
        &self.tables
    }

    /// Returns what is wrong with the lists of tables.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Fails the test with the whole report unless everything is equal.
    ///
    /// # Panics
    /// When something differs.
    #[track_caller]
    pub fn assert_equal(&self) {
        assert!(self.is_equal(), "source and target differ\n{self}");
    }
}

impl TableReport {
    /// Returns the table's name at the source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the table's name at the target.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns how many rows the source has.
    pub fn source_rows(&self) -> u64 {
        self.source_rows
    }

    /// Returns how many rows the target has.
    pub fn target_rows(&self) -> u64 {
        self.target_rows
    }

    /// Returns how many rows of the source the target has not; a changed row counts on both sides.
    pub fn only_in_source(&self) -> u64 {
        self.only_in_source
    }

    /// Returns how many rows of the target the source has not; a changed row counts on both sides.
    pub fn only_in_target(&self) -> u64 {
        self.only_in_target
    }

    /// Returns what kept rows from being compared: a missing table, other columns, other types.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Returns the first rows that differ, in words and with their values.
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// Says whether the table is equal.
    pub fn is_equal(&self) -> bool {
        self.problems.is_empty()
            && self.source_rows == self.target_rows
            && self.only_in_source == 0
            && self.only_in_target == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        for table in &self.tables {
            write!(f, "{table}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TableReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_equal() { "equal" } else { "DIFFERENT" };
        writeln!(
            f,
            "{} -> {}: {verdict}, {} -> {} rows, {} only in source, {} only in target",
            self.source,
            self.target,
            self.source_rows,
            self.target_rows,
            self.only_in_source,
            self.only_in_target
        )?;
        for line in self.problems.iter().chain(&self.examples) {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}
