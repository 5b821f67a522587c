//! [`StructureReport`]: what became of each table, and what was left out.

use std::fmt;

use serde::Serialize;

use crate::ddl::{Note, Object};
use crate::error::{At, Error, Result};
use crate::name::TableName;

/// What a [`Structure`](super::Structure) has done, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct StructureReport {
    /// The selected tables, in the order of their names at the source.
    pub tables: Vec<TableStructure>,
    /// What stays at the source because it is not a table.
    pub left_out: Vec<LeftOut>,
    /// The statements that were executed, or would be, in their order.
    pub statements: Vec<StructureStatement>,
}

/// What became of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableStructure {
    /// Its name at the source.
    pub source: TableName,
    /// Its name at the target.
    pub target: TableName,
    /// What there is at the target.
    pub state: TableState,
    /// What the conversion changed or left out, each with its rule.
    pub notes: Vec<Note>,
    /// What is otherwise at the target than the conversion makes it.
    pub differences: Vec<TableDifference>,
    /// Why it cannot be brought over as it is; nothing is executed while there is any.
    pub problems: Vec<Box<str>>,
}

/// What there is of a table at the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TableState {
    /// It is not there, and would be created.
    Missing,
    /// It was created.
    Created,
    /// It was there, and is the same.
    Same,
    /// It was there with differences that rows do not mind.
    Compatible,
    /// It was there with differences that stand against the copy.
    Differs,
    /// It cannot be brought over.
    Refused,
}

/// Something that is otherwise at the target than it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableDifference {
    /// What of the table.
    pub object: Object,
    /// How it is otherwise.
    pub kind: DifferenceKind,
    /// What was expected and what is there.
    pub detail: Box<str>,
    /// True if rows could not be copied, or not all, or not unchanged.
    pub blocks: bool,
}

/// How something is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DifferenceKind {
    /// It is not at the target.
    Missing,
    /// It is at the target only.
    Extra,
    /// It is there, but not the same.
    Changed,
}

/// Something that is not brought over because it is no table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// What it is.
    pub kind: LeftOutKind,
    /// Its database and name.
    pub name: TableName,
    /// The table of a trigger.
    pub table: Option<TableName>,
}

/// What is not brought over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum LeftOutKind {
    View,
    Trigger,
    Procedure,
    Function,
    Event,
    /// Something else, by the server's word.
    Other(Box<str>),
}

/// A statement at the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StructureStatement {
    /// When it is executed.
    pub step: StructureStep,
    /// Its table at the target; none for a database.
    pub table: Option<TableName>,
    /// The statement.
    pub sql: String,
}

/// What a statement is for, in the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StructureStep {
    /// Makes a database; before the copy.
    Database,
    /// Makes a table with its primary key and unique indexes; before the copy.
    Table,
    /// Makes the other indexes; after the copy.
    Index,
    /// Carries the next AUTO_INCREMENT value; after the copy.
    AutoIncrement,
    /// Makes a foreign key; after the copy and all indexes.
    ForeignKey,
}

impl StructureStep {
    /// True for what comes before the copy.
    pub fn is_before_copy(self) -> bool {
        matches!(self, StructureStep::Database | StructureStep::Table)
    }
}

impl StructureReport {
    /// Notes of all tables.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.tables.iter().flat_map(|table| &table.notes)
    }

    /// Why tables cannot be brought over, each with its table, all at once.
    pub fn problems(&self) -> Vec<String> {
        let of = |table: &TableStructure| {
            let source = table.source.clone();
            let blocking = table.differences.iter().filter(|difference| difference.blocks);
            let differences = blocking.map(|difference| format!("the table at the target: {difference}"));
            let problems = table.problems.iter().map(|problem| problem.to_string());
            let all: Vec<String> = problems.chain(differences).collect();
            all.into_iter().map(move |problem| format!("table {source}: {problem}"))
        };
        self.tables.iter().flat_map(of).collect()
    }

    /// True if all tables can be brought over.
    pub fn is_ok(&self) -> bool {
        let blocks = |table: &TableStructure| table.differences.iter().any(|difference| difference.blocks);
        self.tables.iter().all(|table| table.problems.is_empty() && !blocks(table))
    }

    /// How many views, triggers and the like are left out.
    pub fn left_out_of(&self, kind: &LeftOutKind) -> usize {
        self.left_out.iter().filter(|left_out| left_out.kind == *kind).count()
    }

    /// Its problems as one error, if there are any.
    pub(super) fn require(&self) -> Result<()> {
        if self.is_ok() {
            return Ok(());
        }
        let problems = self.problems();
        let blocked = self.tables.iter().find(|table| {
            !table.problems.is_empty() || table.differences.iter().any(|difference| difference.blocks)
        });
        let at = match (problems.len(), blocked) {
            (1, Some(table)) => At::table(&table.source),
            _ => At::unknown(),
        };
        Err(Error::refused(at, problems.join("; ")))
    }
}

impl fmt::Display for TableDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.object, self.detail)
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        match &self.table {
            Some(table) => write!(f, " of table {table}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LeftOutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeftOutKind::View => "view",
            LeftOutKind::Trigger => "trigger",
            LeftOutKind::Procedure => "procedure",
            LeftOutKind::Function => "function",
            LeftOutKind::Event => "event",
            LeftOutKind::Other(word) => word,
        })
    }
}

impl fmt::Display for TableState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TableState::Missing => "missing",
            TableState::Created => "created",
            TableState::Same => "same",
            TableState::Compatible => "compatible",
            TableState::Differs => "differs",
            TableState::Refused => "refused",
        })
    }
}
