//! The typed model of the DDL statements that change tables: what is written, before any default is filled in.

use std::sync::Arc;

use super::cursor::TableRef;
use crate::schema::{Charset, Collation, ColumnType, KeyKind, ReferentialAction};

/// A statement that makes, changes or removes tables or databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    CreateTable(Box<CreateTable>),
    CreateTableLike { table: TableRef, like: TableRef, if_not_exists: bool, or_replace: bool },
    AlterTable { table: TableRef, actions: Vec<AlterAction> },
    DropTables { tables: Vec<TableRef> },
    TruncateTable(TableRef),
    RenameTables(Vec<(TableRef, TableRef)>),
    CreateDatabase { database: Arc<str>, if_not_exists: bool, or_replace: bool, charset: CharsetClause },
    AlterDatabase { database: Option<Arc<str>>, charset: CharsetClause },
    DropDatabase(Arc<str>),
}

/// CREATE TABLE with its own columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTable {
    pub(crate) table: TableRef,
    pub(crate) if_not_exists: bool,
    pub(crate) or_replace: bool,
    pub(crate) elements: Vec<TableElement>,
    pub(crate) options: TableOptions,
    pub(crate) partitioning: Option<Partitioning>,
}

/// What stands between the parentheses of CREATE TABLE or behind ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TableElement {
    Column(Box<ColumnDef>),
    Key(KeyDef),
    ForeignKey(ForeignKeyDef),
    Check(CheckDef),
}

/// One column as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnDef {
    pub(crate) name: Arc<str>,
    pub(crate) declared: TypeDef,
    /// `Some(false)` for NOT NULL, `Some(true)` for NULL.
    pub(crate) nullable: Option<bool>,
    pub(crate) default: Option<DefaultDef>,
    pub(crate) on_update_now: bool,
    pub(crate) auto_increment: bool,
    pub(crate) invisible: bool,
    pub(crate) generated: Option<GeneratedDef>,
    pub(crate) comment: Option<String>,
    pub(crate) srid: Option<u32>,
    /// Keys and constraints that the column itself declares, in the order of the text.
    pub(crate) own: Vec<TableElement>,
}

/// A generated column's expression as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GeneratedDef {
    pub(crate) expression: String,
    pub(crate) stored: bool,
}

/// A column type as written: exact, but for a character set that the table may have to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeDef {
    pub(crate) base: ColumnType,
    /// n of TEXT(n) or BLOB(n), which asks for the smallest type that holds so many characters.
    pub(crate) lob_length: Option<u64>,
    pub(crate) charset: CharsetClause,
    /// NCHAR, NATIONAL VARCHAR.
    pub(crate) national: bool,
    /// TINYINT(1), BOOL.
    pub(crate) boolean: bool,
    /// SERIAL.
    pub(crate) serial: bool,
}

impl TypeDef {
    /// A type without attributes.
    pub(crate) fn new(base: ColumnType) -> Self {
        Self {
            base,
            lob_length: None,
            charset: CharsetClause::default(),
            national: false,
            boolean: false,
            serial: false,
        }
    }
}

/// CHARACTER SET and COLLATE as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CharsetClause {
    pub(crate) charset: Option<Charset>,
    pub(crate) collation: Option<Collation>,
    /// BINARY behind a text type: the binary collation of its character set.
    pub(crate) binary: bool,
}

impl CharsetClause {
    pub(crate) fn is_empty(&self) -> bool {
        self.charset.is_none() && self.collation.is_none() && !self.binary
    }
}

/// A DEFAULT as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DefaultDef {
    Null,
    Text(String),
    /// With its sign.
    Number(String),
    Bool(bool),
    /// A hexadecimal literal, or a bit literal.
    Bytes {
        bytes: Vec<u8>,
        bits: bool,
    },
    /// CURRENT_TIMESTAMP and its synonyms.
    Now,
    Expression(String),
}

/// An index as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyDef {
    pub(crate) kind: KeyKind,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) parts: Vec<KeyPartDef>,
    pub(crate) visible: bool,
    pub(crate) comment: Option<String>,
    pub(crate) parser: Option<Arc<str>>,
    pub(crate) if_not_exists: bool,
}

/// A part of an index as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPartDef {
    pub(crate) what: KeyPartTarget,
    pub(crate) descending: bool,
}

/// What a part of an index holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPartTarget {
    Column { column: Arc<str>, prefix: Option<u32> },
    Expression(String),
}

/// A foreign key as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignKeyDef {
    pub(crate) constraint: Option<Arc<str>>,
    /// The name behind FOREIGN KEY.
    pub(crate) index: Option<Arc<str>>,
    pub(crate) columns: Vec<Arc<str>>,
    pub(crate) referenced: TableRef,
    pub(crate) referenced_columns: Vec<Arc<str>>,
    pub(crate) on_delete: ReferentialAction,
    pub(crate) on_update: ReferentialAction,
}

/// A CHECK constraint as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckDef {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) expression: String,
    pub(crate) enforced: bool,
}

/// Table options as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableOptions {
    pub(crate) charset: CharsetClause,
    pub(crate) comment: Option<String>,
    /// By name in lower case; `None` takes an option back.
    pub(crate) storage: Vec<(Arc<str>, Option<Arc<str>>)>,
}

/// One action of ALTER TABLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AlterAction {
    AddColumn {
        column: Box<ColumnDef>,
        place: Option<Place>,
        if_not_exists: bool,
    },
    /// MODIFY (name unchanged) and CHANGE.
    ChangeColumn {
        from: Arc<str>,
        column: Box<ColumnDef>,
        place: Option<Place>,
        if_exists: bool,
    },
    RenameColumn {
        from: Arc<str>,
        to: Arc<str>,
    },
    DropColumn {
        column: Arc<str>,
        if_exists: bool,
    },
    SetDefault {
        column: Arc<str>,
        default: Option<DefaultDef>,
    },
    SetColumnVisible {
        column: Arc<str>,
        visible: bool,
    },
    Add(TableElement),
    DropPrimaryKey,
    DropKey {
        key: Arc<str>,
        if_exists: bool,
    },
    DropForeignKey {
        name: Arc<str>,
        if_exists: bool,
    },
    DropCheck(Arc<str>),
    /// DROP CONSTRAINT, of whichever kind it is.
    DropConstraint {
        name: Arc<str>,
        if_exists: bool,
    },
    RenameKey {
        from: Arc<str>,
        to: Arc<str>,
    },
    SetKeyVisible {
        key: Arc<str>,
        visible: bool,
    },
    SetCheckEnforced {
        name: Arc<str>,
        enforced: bool,
    },
    RenameTo(TableRef),
    ConvertTo(CharsetClause),
    Options(TableOptions),
    PartitionBy(Partitioning),
    RemovePartitioning,
    AddPartitions(AddPartitions),
    CoalescePartitions(u32),
    ReorganizePartitions {
        partitions: Vec<Arc<str>>,
        into: Vec<PartitionDef>,
    },
    /// Changes nothing that a schema knows: FORCE, ORDER BY, ENABLE KEYS, ALGORITHM, maintenance of partitions.
    Nothing,
}

/// Where a column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    After(Arc<str>),
}

/// ADD PARTITION.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AddPartitions {
    Defined(Vec<PartitionDef>),
    Count(u32),
}

/// A PARTITION BY clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partitioning {
    pub(crate) method: PartitionMethod,
    /// The expression, or the columns of KEY and COLUMNS methods, without parentheses.
    pub(crate) expression: String,
    pub(crate) sub: Option<SubPartitioning>,
    /// Given by count for HASH and KEY, where the server names them p0, p1 and so on.
    pub(crate) count: Option<u32>,
    pub(crate) partitions: Vec<PartitionDef>,
}

/// SUBPARTITION BY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubPartitioning {
    pub(crate) method: PartitionMethod,
    pub(crate) expression: String,
    pub(crate) count: Option<u32>,
}

/// How rows find their partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartitionMethod {
    Range,
    RangeColumns,
    List,
    ListColumns,
    Hash,
    LinearHash,
    Key,
    LinearKey,
}

impl PartitionMethod {
    pub(crate) const ALL: [(PartitionMethod, &'static str); 8] = [
        (PartitionMethod::Range, "RANGE"),
        (PartitionMethod::RangeColumns, "RANGE COLUMNS"),
        (PartitionMethod::List, "LIST"),
        (PartitionMethod::ListColumns, "LIST COLUMNS"),
        (PartitionMethod::Hash, "HASH"),
        (PartitionMethod::LinearHash, "LINEAR HASH"),
        (PartitionMethod::Key, "KEY"),
        (PartitionMethod::LinearKey, "LINEAR KEY"),
    ];

    /// Its name as `information_schema.PARTITIONS` has it.
    pub(crate) fn name(self) -> &'static str {
        let entry = Self::ALL.iter().find(|(method, _)| *method == self);
        entry.map_or("", |(_, name)| name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let entry = Self::ALL.iter().find(|(_, entry)| *entry == name);
        entry.map(|(method, _)| *method)
    }

    /// True if partitions have values of their own.
    pub(crate) fn has_values(self) -> bool {
        use PartitionMethod::{List, ListColumns, Range, RangeColumns};
        matches!(self, Range | RangeColumns | List | ListColumns)
    }
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionDef {
    pub(crate) name: Arc<str>,
    /// What stands between the parentheses of VALUES; `MAXVALUE` or `DEFAULT` alone where there are none.
    pub(crate) values: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) subpartitions: Vec<Arc<str>>,
}
