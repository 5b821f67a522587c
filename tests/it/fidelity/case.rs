//! [`Case`]: one table with values that are easily lost, and what must become of it.

use super::lane::Target;
use super::paths::Path;

/// One table, made anew for each path.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its number in the catalogue of cases, with a letter where it has several tables.
    pub(crate) id: &'static str,
    /// What is at stake.
    pub(crate) title: &'static str,
    /// Name of the table, without quotes.
    pub(crate) table: &'static str,
    /// Makes the table. `{t}` stands for its name.
    pub(crate) create: String,
    /// Fills the table. `{t}` stands for its name.
    pub(crate) rows: String,
    /// How its rows are changed while streaming.
    pub(crate) changes: Changes,
    /// The rows are made once and copied to the other paths, as making them takes long.
    pub(crate) made_once: bool,
    /// It says something of a table without a key, too.
    pub(crate) keyless: bool,
    /// What the target cannot hold, by words of the refusal, before anything is made there.
    pub(crate) refused: Vec<(Target, &'static str)>,
    /// What ends the pipeline on a path, by words of the error.
    pub(crate) stops: Vec<(Target, Path, &'static str)>,
}

/// How the rows of a case are changed while streaming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Each row takes the values of the next one, the last one NULL and then those of the first; the first one is deleted
    /// and inserted again.
    Rotate,
    /// These statements. `{t}` stands for the table's name.
    Statements(&'static str),
}

impl Case {
    pub(crate) fn new(
        id: &'static str,
        title: &'static str,
        table: &'static str,
        create: impl Into<String>,
        rows: impl Into<String>,
    ) -> Self {
        Self {
            id,
            title,
            table,
            create: create.into(),
            rows: rows.into(),
            changes: Changes::Rotate,
            made_once: false,
            keyless: true,
            refused: Vec::new(),
            stops: Vec::new(),
        }
    }

    /// The same with changes of its own.
    pub(crate) fn changed_by(mut self, statements: &'static str) -> Self {
        self.changes = Changes::Statements(statements);
        self
    }

    /// The same, whose rows take long to make.
    pub(crate) fn made_once(mut self) -> Self {
        self.made_once = true;
        self
    }

    /// The same, for tables with a key only.
    pub(crate) fn keyed_only(mut self) -> Self {
        self.keyless = false;
        self
    }

    /// The same, which ends the pipeline on some paths.
    pub(crate) fn stops_at(mut self, target: Target, paths: &[Path], words: &'static str) -> Self {
        self.stops.extend(paths.iter().map(|path| (target, *path, words)));
        self
    }

    /// The same, which a target cannot hold.
    pub(crate) fn refused_by(mut self, target: Target, words: &'static str) -> Self {
        self.refused.push((target, words));
        self
    }
}
