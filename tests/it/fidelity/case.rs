//! [`Case`]: one table with values that are easily lost, and what must become of it.

use super::lane::Target;

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
    /// What the target cannot hold, by words of the refusal, before anything is made there.
    pub(crate) refused: Vec<(Target, &'static str)>,
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
            refused: Vec::new(),
        }
    }

    /// The same with changes of its own.
    pub(crate) fn changed_by(mut self, statements: &'static str) -> Self {
        self.changes = Changes::Statements(statements);
        self
    }

    /// The same, which a target cannot hold.
    pub(crate) fn refused_by(mut self, target: Target, words: &'static str) -> Self {
        self.refused.push((target, words));
        self
    }
}
