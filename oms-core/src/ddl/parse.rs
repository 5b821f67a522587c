//! [`Statement`]: a text, told apart and, if it changes tables, read.

use std::sync::Arc;

use super::DdlContext;
use super::apply::{self, Applied};
use super::classify::{StatementKind, classify};
use super::cursor::{Cursor, TableRef};
use super::parse_table;
use super::statement::{AlterAction, Definition};
use crate::error::{Error, Result};
use crate::name::TableName;
use crate::schema::SchemaSet;

/// A statement: which one it is, which tables it touches, and what it makes of them.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use oms_core::TableName;
/// use oms_core::ddl::{DdlContext, Dialect, Statement, StatementKind};
/// use oms_core::schema::{Collation, SchemaSet};
///
/// let context = DdlContext::new(Dialect::mysql(9, 7, 4)).with_default_database("shop");
/// let mut schemas = SchemaSet::new();
/// schemas.set_database_collation("shop", Some(Collation::new("utf8mb4_0900_ai_ci")));
///
/// let create = Statement::parse("CREATE TABLE orders (id INT PRIMARY KEY, total DECIMAL(12,2))", &context)?;
/// assert_eq!(create.kind(), StatementKind::CreateTable);
/// create.apply(&schemas)?.update(&mut schemas);
///
/// let alter = Statement::parse("ALTER TABLE orders ADD note TEXT AFTER id", &context)?;
/// alter.apply(&schemas)?.update(&mut schemas);
/// let orders = schemas.get(&TableName::new("shop", "orders")).unwrap();
/// assert_eq!(orders.columns()[1].name().as_ref(), "note");
/// # Ok::<(), oms_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Statement {
    sql: Arc<str>,
    kind: StatementKind,
    tables: Vec<TableName>,
    database: Option<Arc<str>>,
    definition: Option<Definition>,
    /// Why it cannot be carried over, for a statement that changes tables but is not understood.
    unsupported: Option<Error>,
    context: DdlContext,
}

impl Statement {
    /// Tells which statement a text is, and reads it if it changes tables or databases.
    ///
    /// A statement that changes tables in a way that cannot be modelled is no error here but in [`Statement::apply`], so
    /// that [`Statement::tables`] can tell whether it matters.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the text is no statement, or changes tables whose names cannot be found in it.
    pub fn parse(sql: &str, context: &DdlContext) -> Result<Self> {
        let kind = classify(sql, context.dialect, context.sql_mode)?;
        let mut statement = Self {
            sql: sql.into(),
            kind,
            tables: Vec::new(),
            database: None,
            definition: None,
            unsupported: None,
            context: context.clone(),
        };
        if !kind.changes_tables() {
            return Ok(statement);
        }
        let mut cursor = Cursor::new(sql, context.dialect, context.sql_mode)?;
        match parse_table::definition(&mut cursor) {
            Ok(definition) => {
                statement.note_objects(&definition)?;
                statement.definition = Some(definition);
            }
            Err(error) => {
                let mut cursor = Cursor::new(sql, context.dialect, context.sql_mode)?;
                statement.tables = named_tables(&mut cursor, kind)?
                    .iter()
                    .map(|table| context.table(table))
                    .collect::<Result<_>>()?;
                if statement.tables.is_empty() {
                    return Err(error);
                }
                statement.unsupported = Some(error);
            }
        }
        Ok(statement)
    }

    /// Which statement it is.
    pub fn kind(&self) -> StatementKind {
        self.kind
    }

    /// The tables that it makes, changes, renames or removes, by all their names before and after; none for a statement
    /// of another kind.
    pub fn tables(&self) -> &[TableName] {
        &self.tables
    }

    /// The database that it makes, changes or removes as a whole.
    pub fn database(&self) -> Option<&Arc<str>> {
        self.database.as_ref()
    }

    /// What it does to the tables that are known before it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if it does something that cannot be modelled, [`Error::Refused`] if it does not fit the
    /// schemas, [`Error::Decode`] if it cannot be read. A statement of another kind than those that
    /// [change tables](StatementKind::changes_tables) does nothing.
    pub fn apply(&self, schemas: &SchemaSet) -> Result<Applied> {
        if let Some(error) = &self.unsupported {
            return Err(again(error));
        }
        match &self.definition {
            Some(definition) => apply::apply(definition, &self.sql, schemas, &self.context),
            None => Ok(Applied::default()),
        }
    }

    fn note_objects(&mut self, definition: &Definition) -> Result<()> {
        let mut tables: Vec<&TableRef> = Vec::new();
        match definition {
            Definition::CreateTable(create) => tables.push(&create.table),
            Definition::CreateTableLike { table, .. } | Definition::TruncateTable(table) => {
                tables.push(table)
            }
            Definition::AlterTable { table, actions } => {
                tables.push(table);
                tables.extend(actions.iter().filter_map(|action| match action {
                    AlterAction::RenameTo(to) => Some(to),
                    _ => None,
                }));
            }
            Definition::DropTables { tables: dropped } => tables.extend(dropped),
            Definition::RenameTables(pairs) => tables.extend(pairs.iter().flat_map(|(from, to)| [from, to])),
            Definition::CreateDatabase { database, .. } | Definition::DropDatabase(database) => {
                self.database = Some(self.context.database(database));
            }
            Definition::AlterDatabase { database, .. } => {
                let database = database.as_ref().or(self.context.default_database.as_ref());
                self.database = database.map(|database| self.context.database(database));
            }
        }
        self.tables = tables.into_iter().map(|table| self.context.table(table)).collect::<Result<_>>()?;
        Ok(())
    }
}

/// The same error once more; only these two kinds come from reading.
fn again(error: &Error) -> Error {
    match error {
        Error::Unsupported { component, feature } => Error::unsupported(component, feature.clone()),
        Error::Decode { what, reason, .. } => Error::decode(what, reason.clone()),
        other => Error::decode("a DDL statement", other.to_string()),
    }
}

/// The tables of a statement that is not understood: the one behind its first words, and those behind RENAME.
fn named_tables(cursor: &mut Cursor<'_>, kind: StatementKind) -> Result<Vec<TableRef>> {
    let words: &[&str] = match kind {
        StatementKind::CreateIndex | StatementKind::DropIndex => &["ON"],
        _ => &["TABLE", "TABLES"],
    };
    while !cursor.is_at_end() && !cursor.eat_any_word(words) {
        cursor.advance();
    }
    if cursor.is_at_end() {
        return Ok(Vec::new());
    }
    parse_table::if_not_exists(cursor)?;
    parse_table::if_exists(cursor)?;
    let mut tables = vec![cursor.table_ref()?];
    if kind == StatementKind::AlterTable {
        while cursor.advance().is_some() {
            if cursor.eat_word("RENAME") && !cursor.is_any_word(&["COLUMN", "INDEX", "KEY"]) {
                let _ = cursor.eat_any_word(&["TO", "AS"]) || cursor.eat_symbol("=");
                tables.push(cursor.table_ref()?);
            }
        }
    }
    Ok(tables)
}
