//! [`StatementKind`]: which statement a text is, from its first words.

use super::lexer::{Lexer, Token, TokenKind};
use super::{Dialect, SqlMode};
use crate::error::Result;

/// How many tokens are looked at to tell what CREATE or ALTER is about: DEFINER, ALGORITHM and SQL SECURITY come first.
const MAX_HEAD: usize = 32;

/// Which statement a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// Nothing but comments.
    Empty,
    /// CREATE TABLE, also LIKE another.
    CreateTable,
    /// ALTER TABLE.
    AlterTable,
    /// DROP TABLE.
    DropTable,
    /// TRUNCATE TABLE.
    TruncateTable,
    /// RENAME TABLE.
    RenameTable,
    /// CREATE INDEX.
    CreateIndex,
    /// DROP INDEX.
    DropIndex,
    /// CREATE DATABASE.
    CreateDatabase,
    /// ALTER DATABASE.
    AlterDatabase,
    /// DROP DATABASE.
    DropDatabase,
    /// A temporary table, which belongs to one session.
    TemporaryTable,
    /// A view.
    View,
    /// A procedure, function, package or library; its body is not looked at.
    Routine,
    /// A trigger; its body is not looked at.
    Trigger,
    /// An event; its body is not looked at.
    Event,
    /// A sequence.
    Sequence,
    /// A user, a role, or what one may do.
    Account,
    /// A tablespace, a server, a plug-in or another object of the server that holds no rows of tables.
    ServerObject,
    /// Upkeep that changes neither schemas nor rows: ANALYZE, OPTIMIZE, FLUSH and the like.
    Maintenance,
    /// A statement that changes rows. In a log of rows it has no place.
    Dml,
    /// A statement that reads.
    Query,
    /// BEGIN, COMMIT, SAVEPOINT, XA and the like.
    Transaction,
    /// SET, USE, PREPARE and the like.
    Session,
    /// None of these: nobody knows what it does.
    Unknown,
}

impl StatementKind {
    /// True if it makes, changes or removes tables or databases that outlive the session.
    pub fn changes_tables(self) -> bool {
        use StatementKind::{
            AlterDatabase, AlterTable, CreateDatabase, CreateIndex, CreateTable, DropDatabase, DropIndex,
            DropTable, RenameTable, TruncateTable,
        };
        matches!(
            self,
            CreateTable
                | AlterTable
                | DropTable
                | TruncateTable
                | RenameTable
                | CreateIndex
                | DropIndex
                | CreateDatabase
                | AlterDatabase
                | DropDatabase
        )
    }

    /// True if it makes, changes or removes an object of the schema, tables included.
    pub fn is_ddl(self) -> bool {
        use StatementKind::{Event, Routine, Sequence, ServerObject, TemporaryTable, Trigger, View};
        self.changes_tables()
            || matches!(self, TemporaryTable | View | Routine | Trigger | Event | Sequence | ServerObject)
    }
}

/// Tells which statement a text is; only its first tokens are read, so a long statement costs nothing.
///
/// # Errors
///
/// [`crate::Error::Decode`] if the first tokens are none, such as a string without its end.
pub(crate) fn classify(sql: &str, dialect: Dialect, mode: SqlMode) -> Result<StatementKind> {
    let mut head = Head { lexer: Lexer::new(sql, dialect, mode), tokens: Vec::new() };
    let Some(first) = head.word(0)? else {
        let is_empty = head.token(0)?.is_none();
        // A query or a set operation may begin with a parenthesis.
        let in_parentheses = head.token(0)?.is_some_and(|token| token.is_symbol("("));
        return Ok(match (is_empty, in_parentheses) {
            (true, _) => StatementKind::Empty,
            (_, true) => StatementKind::Query,
            _ => StatementKind::Unknown,
        });
    };
    let second = head.word(1)?.unwrap_or_default();
    Ok(match first.as_str() {
        "CREATE" | "ALTER" | "DROP" => object(&first, &mut head)?,
        "TRUNCATE" => StatementKind::TruncateTable,
        "RENAME" => match second.as_str() {
            "TABLE" | "TABLES" => StatementKind::RenameTable,
            "USER" => StatementKind::Account,
            _ => StatementKind::Unknown,
        },
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "CALL" | "DO" | "WITH" | "BINLOG" | "MERGE"
        | "HANDLER" => StatementKind::Dml,
        "SELECT" | "TABLE" | "VALUES" | "SHOW" | "EXPLAIN" | "DESCRIBE" | "DESC" | "HELP" => {
            StatementKind::Query
        }
        "START" | "STOP" if second != "TRANSACTION" => StatementKind::Maintenance,
        "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "XA" => {
            StatementKind::Transaction
        }
        "SET" => match second.as_str() {
            "PASSWORD" | "ROLE" | "DEFAULT" => StatementKind::Account,
            "RESOURCE" => StatementKind::ServerObject,
            _ => StatementKind::Session,
        },
        "USE" | "PREPARE" | "EXECUTE" | "DEALLOCATE" | "LOCK" | "UNLOCK" => StatementKind::Session,
        "GRANT" | "REVOKE" => StatementKind::Account,
        "INSTALL" | "UNINSTALL" => StatementKind::ServerObject,
        "ANALYZE" | "OPTIMIZE" | "REPAIR" | "CHECK" | "CHECKSUM" | "FLUSH" | "RESET" | "PURGE" | "CHANGE"
        | "CACHE" | "KILL" | "RESTART" | "SHUTDOWN" | "CLONE" => StatementKind::Maintenance,
        _ => StatementKind::Unknown,
    })
}

/// What CREATE, ALTER or DROP is about: the first word that names a kind of object.
fn object(verb: &str, head: &mut Head<'_>) -> Result<StatementKind> {
    for at in 1..MAX_HEAD {
        let Some(token) = head.token(at)? else {
            return Ok(StatementKind::Unknown);
        };
        if token.kind != TokenKind::Word {
            continue;
        }
        let kind = match (token.text.to_ascii_uppercase().as_str(), verb) {
            ("TEMPORARY", _) => StatementKind::TemporaryTable,
            ("TABLE" | "TABLES", "CREATE") => StatementKind::CreateTable,
            ("TABLE" | "TABLES", "ALTER") => StatementKind::AlterTable,
            ("TABLE" | "TABLES", _) => StatementKind::DropTable,
            ("INDEX", "CREATE") => StatementKind::CreateIndex,
            ("INDEX", "DROP") => StatementKind::DropIndex,
            ("DATABASE" | "SCHEMA", "CREATE") => StatementKind::CreateDatabase,
            ("DATABASE" | "SCHEMA", "ALTER") => StatementKind::AlterDatabase,
            ("DATABASE" | "SCHEMA", _) => StatementKind::DropDatabase,
            ("VIEW", _) => StatementKind::View,
            ("PROCEDURE" | "FUNCTION" | "PACKAGE" | "LIBRARY", _) => StatementKind::Routine,
            ("TRIGGER", _) => StatementKind::Trigger,
            ("EVENT", _) => StatementKind::Event,
            ("SEQUENCE", _) => StatementKind::Sequence,
            ("USER" | "ROLE", _) => StatementKind::Account,
            (
                "SERVER" | "TABLESPACE" | "LOGFILE" | "RESOURCE" | "REFERENCE" | "INSTANCE" | "UNDO"
                | "PLUGIN" | "SYSTEM" | "OUTLINE" | "TABLEGROUP" | "TENANT",
                _,
            ) => StatementKind::ServerObject,
            ("PREPARE", "DROP") => StatementKind::Session,
            // What may stand before the kind of object.
            (
                "OR" | "REPLACE" | "DEFINER" | "CURRENT_USER" | "CURRENT_ROLE" | "ALGORITHM" | "UNDEFINED"
                | "MERGE" | "TEMPTABLE" | "SQL" | "SECURITY" | "INVOKER" | "UNIQUE" | "FULLTEXT" | "SPATIAL"
                | "ONLINE" | "OFFLINE" | "IGNORE" | "AGGREGATE" | "JSON" | "RELATIONAL" | "DUALITY"
                | "MATERIALIZED",
                _,
            ) => continue,
            // A name behind DEFINER may be any word.
            _ if head.is_behind_definer(at)? => continue,
            _ => StatementKind::Unknown,
        };
        return Ok(kind);
    }
    Ok(StatementKind::Unknown)
}

/// The first tokens of a statement, read as far as they are asked for.
struct Head<'a> {
    lexer: Lexer<'a>,
    tokens: Vec<Token<'a>>,
}

impl<'a> Head<'a> {
    fn token(&mut self, at: usize) -> Result<Option<Token<'a>>> {
        while self.tokens.len() <= at {
            match self.lexer.next() {
                Some(token) => self.tokens.push(token?),
                None => return Ok(None),
            }
        }
        Ok(self.tokens.get(at).copied())
    }

    /// The word here in upper case; `None` for the end or another token.
    fn word(&mut self, at: usize) -> Result<Option<String>> {
        let token = self.token(at)?.filter(|token| token.kind == TokenKind::Word);
        Ok(token.map(|token| token.text.to_ascii_uppercase()))
    }

    /// True for the user or host of `DEFINER = user@host`.
    fn is_behind_definer(&mut self, at: usize) -> Result<bool> {
        let before = self.token(at - 1)?;
        Ok(before.is_some_and(|before| before.is_symbol("=") || before.is_symbol("@")))
    }
}
