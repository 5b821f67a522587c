//! [`Statements`]: what the statements in the log do to the captured tables.

use std::sync::Arc;

use oms_core::ddl::{Applied, DdlContext, Dialect, SqlMode, Statement as DdlStatement, StatementKind};
use oms_core::event::{Event, SchemaChange, SchemaChangeKind};
use oms_core::mysql::Session;
use oms_core::schema::Collation;
use oms_core::{At, Error, Result, TableName};

use super::decoder::{Statement, logged_as_statement};
use super::tables::Tables;

/// What the statements in the log do to the captured tables.
#[derive(Debug)]
pub(super) struct Statements {
    context: DdlContext,
}

impl Statements {
    /// As this server reads statements.
    ///
    /// # Errors
    ///
    /// As for a query.
    pub(super) async fn of(session: &mut Session) -> Result<Self> {
        let mut context =
            DdlContext::new(Dialect::of(session.server())).with_name_case(session.server().name_case());
        let rows = session.query("SELECT @@global.collation_server").await?;
        if let Some(row) = rows.first() {
            context = context.with_server_collation(Collation::new(row.text(0)?));
        }
        Ok(Self { context })
    }

    /// Brings the schemas behind a statement, and tells what it does to captured tables.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a change that was not logged as rows, or that makes a table captured whose rows are not
    /// known; [`Error::Unsupported`] for a statement about a captured table that cannot be modelled, or one that nobody
    /// knows.
    pub(super) fn apply(&self, statement: &Statement, tables: &mut Tables) -> Result<Vec<Event>> {
        let mut context = self
            .context
            .clone()
            .with_sql_mode(SqlMode::from_bits(statement.sql_mode))
            .with_default_database(statement.database.as_str());
        if let Some(explicit) = statement.explicit_defaults_for_timestamp {
            context = context.with_explicit_defaults_for_timestamp(explicit);
        }
        let ddl = DdlStatement::parse(&statement.text, &context)?;
        match ddl.kind() {
            StatementKind::Dml => return Err(logged_as_statement()),
            StatementKind::Unknown => {
                return Err(Error::unsupported(
                    "the binlog reader",
                    "a statement of a kind that is not known",
                ));
            }
            kind if !kind.changes_tables() => return Ok(Vec::new()),
            _ => {}
        }
        if ddl.database().is_none() && !ddl.tables().iter().any(|table| tables.is_wanted(table)) {
            return Ok(Vec::new());
        }
        let applied = ddl.apply(tables.schemas())?;
        for note in &applied.notes {
            tracing::warn!(note, "a schema change that cannot be known for certain");
        }
        require_known(&applied, tables)?;
        let mut schemas = (**tables.schemas()).clone();
        applied.update(&mut schemas);
        let wanted: Vec<TableName> = schemas
            .iter()
            .map(|schema| schema.name().clone())
            .filter(|table| !tables.is_wanted(table))
            .collect();
        for table in &wanted {
            schemas.remove(table);
        }
        tables.set_schemas(Arc::new(schemas));
        let concerns = |change: &SchemaChange| {
            let new_name = match &change.kind {
                SchemaChangeKind::Rename { to } => Some(to),
                _ => None,
            };
            tables.is_wanted(&change.table) || new_name.is_some_and(|to| tables.is_wanted(to))
        };
        Ok(applied
            .changes
            .into_iter()
            .filter(concerns)
            .map(|change| Event::Schema(Arc::new(change)))
            .collect())
    }
}

/// A table must not become captured with rows that nobody has copied.
fn require_known(applied: &Applied, tables: &Tables) -> Result<()> {
    let refuse = |table: &TableName| {
        let reason =
            "a table with rows that were not captured gets this name, which is selected: copy it anew";
        Err(Error::refused(At::table(table), reason))
    };
    for (before, after) in &applied.unknown {
        if let Some(table) = [after, before].into_iter().find(|table| tables.is_wanted(table)) {
            return refuse(table);
        }
    }
    for change in &applied.changes {
        if let SchemaChangeKind::Rename { to } = &change.kind
            && tables.is_wanted(to)
            && !tables.is_wanted(&change.table)
        {
            return refuse(to);
        }
    }
    Ok(())
}
