//! [`Note`] and [`Problem`]: what a conversion changes, and what it refuses, each by a rule with its reason.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{At, Error};
use crate::name::TableName;

/// The rules of conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// The target does not have a collation of a column or a table.
    Collation,
    /// The target does not have a character set of a column or a table.
    CharacterSet,
    /// Text of a unique index or a foreign key takes the binary collation.
    UniqueText,
    /// Labels that the target's collation would take for one.
    Labels,
    /// A TEXT column grows to hold as many characters in another character set.
    TextSize,
    /// A length that the target's type does not have.
    Length,
    /// The target's largest values are smaller.
    LobLimit,
    /// The SRID attribute of a geometry column.
    Srid,
    /// VECTOR columns.
    Vector,
    /// A DEFAULT that the target does not take.
    Default,
    /// An invisible column where there are none.
    InvisibleColumn,
    /// An expression with a character set or collation that the target does not have.
    Expression,
    /// The name of a column is too long.
    ColumnName,
    /// Descending parts of an index.
    DescendingKey,
    /// Expressions as parts of an index.
    FunctionalKey,
    /// Indexes over the elements of JSON arrays.
    MultiValuedKey,
    /// The parser of a FULLTEXT index.
    FulltextParser,
    /// A FULLTEXT index over columns of several collations.
    FulltextCollations,
    /// A primary key over the beginning of a column.
    PrimaryKeyPrefix,
    /// The comment of a primary key.
    KeyComment,
    /// An invisible index where there are none.
    InvisibleKey,
    /// CHECK constraints where there are none.
    Check,
    /// A referential action that the target does not have.
    ReferentialAction,
    /// A foreign key to a table that is not carried.
    ReferencedTable,
    /// The storage engine.
    Engine,
    /// How the source stores a table.
    StorageOption,
    /// PARTITION BY in a form that the target does not have.
    Partitioning,
    /// The target stores names in lower case.
    TableName,
}

impl Rule {
    /// Why the rule exists.
    pub fn reason(self) -> &'static str {
        match self {
            Rule::Collation => {
                "the target does not have this collation; the nearest one may compare accents, rare characters and \
                 spaces at the end otherwise"
            }
            Rule::CharacterSet => {
                "the target does not have this character set; all its characters exist in utf8mb4"
            }
            Rule::UniqueText => {
                "the target's collation without regard to case takes keys for equal that are different at the source; \
                 under the binary one no two rows can collide but by spaces at the end"
            }
            Rule::Labels => "the target's collation without regard to case takes two labels for one",
            Rule::TextSize => "its size is bytes, and characters take more of them in utf8mb4",
            Rule::Length => "the target's type ends earlier",
            Rule::LobLimit => {
                "a value of the target has at most 536870910 bytes; a longer one is refused when it is written"
            }
            Rule::Srid => "the target knows no spatial reference systems",
            Rule::Vector => "the target has no such type",
            Rule::Default => "the target does not take this default; rows that are copied do not need it",
            Rule::InvisibleColumn => "the target has no invisible columns; SELECT * shows it there",
            Rule::Expression => "the target does not have a character set or collation in the expression",
            Rule::ColumnName => "a column's name has at most 128 bytes at the target",
            Rule::DescendingKey => {
                "the target stores index parts in ascending order only, and reads them both ways"
            }
            Rule::FunctionalKey => "the target has no expressions in indexes",
            Rule::MultiValuedKey => {
                "the target cannot add such an index, and stores another expression in its place"
            }
            Rule::FulltextParser => "the target does not have this parser; its own cuts words at spaces",
            Rule::FulltextCollations => {
                "the target takes columns of one collation only into a FULLTEXT index"
            }
            Rule::PrimaryKeyPrefix => "the target takes whole columns only into a primary key",
            Rule::KeyComment => "the target keeps no comment of a primary key",
            Rule::InvisibleKey => "the target has no invisible indexes",
            Rule::Check => "the target does not enforce CHECK constraints",
            Rule::ReferentialAction => "the target does not have this referential action",
            Rule::ReferencedTable => "the table that it refers to is not carried",
            Rule::Engine => "the target has one storage engine for tables that oms writes",
            Rule::StorageOption => "how a table is stored is the target's own affair",
            Rule::Partitioning => "the target does not partition in this way",
            Rule::TableName => "the target stores the names of tables and databases in lower case",
        }
    }
}

/// What of a table a note or a problem is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Object {
    /// The table itself.
    Table,
    /// A column.
    Column(Arc<str>),
    /// An index.
    Key(Arc<str>),
    /// A CHECK constraint or a foreign key.
    Constraint(Arc<str>),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Table => f.write_str("table"),
            Object::Column(name) => write!(f, "column {name}"),
            Object::Key(name) => write!(f, "index {name}"),
            Object::Constraint(name) => write!(f, "constraint {name}"),
        }
    }
}

/// What a change means to those who use the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Effect {
    /// Values may compare, and so be found and sorted, otherwise.
    pub compares: bool,
    /// Something of the source is not there: a constraint, an index, a default.
    pub loses: bool,
}

impl Effect {
    /// Nothing that a statement could see.
    pub(super) const NONE: Effect = Effect { compares: false, loses: false };
    pub(super) const COMPARES: Effect = Effect { compares: true, loses: false };
    pub(crate) const LOSES: Effect = Effect { compares: false, loses: true };
}

/// Something that is different at the target.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The table, by its name at the source.
    pub table: TableName,
    /// What of it.
    pub object: Object,
    /// By which rule.
    pub rule: Rule,
    /// What it is at the source.
    pub from: Box<str>,
    /// What it is at the target; empty if it is left out.
    pub to: Box<str>,
    /// What that means.
    pub effect: Effect,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: ", self.table, self.object)?;
        match self.to.is_empty() {
            true => write!(f, "{} is left out", self.from)?,
            false => write!(f, "{} becomes {}", self.from, self.to)?,
        }
        write!(f, ", because {}", self.rule.reason())
    }
}

/// Something that the target cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Problem {
    /// What of the table.
    pub object: Object,
    /// By which rule.
    pub rule: Rule,
    /// What it is, and what to do.
    pub reason: Box<str>,
}

/// Everything that stands against bringing a table over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusals {
    /// The table, by its name at the source.
    pub table: TableName,
    /// What stands against it.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {} cannot be brought over: ", self.table)?;
        f.write_str(&self.list())
    }
}

impl std::error::Error for Refusals {}

impl Refusals {
    fn list(&self) -> String {
        let problem = |problem: &Problem| format!("{}: {}", problem.object, problem.reason);
        self.problems.iter().map(problem).collect::<Vec<_>>().join("; ")
    }
}

impl From<Refusals> for Error {
    fn from(refusals: Refusals) -> Self {
        Error::refused(At::table(&refusals.table), refusals.list())
    }
}
