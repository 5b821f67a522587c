//! What the account may do: proven by doing it where that changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_core::mysql::{Flavour, Grants, ServerError, Session, TableInfo, quote_table};
use oms_core::project::CheckReport;
use oms_core::schema::{RowIdentity, TableSchema};
use oms_core::{Error, Result};

/// All rights that are missing, in one finding.
pub(super) async fn check(
    session: &mut Session,
    selected: &[TableInfo],
    schemas: &[Arc<TableSchema>],
    with_log: bool,
    report: &mut CheckReport,
) -> Result<()> {
    let mut missing: Vec<String> = Vec::new();
    if with_log && session.server().flavour() == Flavour::MySql {
        let replicas =
            if session.server().has_replica_statements() { "SHOW REPLICAS" } else { "SHOW SLAVE HOSTS" };
        let status = session.server().binlog_status_statement().unwrap_or("SHOW MASTER STATUS");
        for (statement, privilege) in [(replicas, "REPLICATION SLAVE"), (status, "REPLICATION CLIENT")] {
            if is_denied(session.query(statement).await)? {
                missing.push(format!("{privilege} ON *.*"));
            }
        }
    }
    for table in selected {
        let name = quote_table(&table.name);
        if is_denied(session.query(format!("SELECT * FROM {name} LIMIT 0")).await)? {
            missing.push(format!("SELECT ON {name}"));
        }
    }
    let grants = Grants::read(session).await?;
    let databases: BTreeSet<&str> = selected.iter().map(|table| table.name.database()).collect();
    let keyless = schemas.iter().filter(|schema| *schema.identity() == RowIdentity::WholeRow);
    let locked: BTreeSet<&str> = keyless.map(|schema| schema.name().database()).collect();
    if with_log {
        // Tables without a key are locked for the moment in which their view is opened.
        let unlockable = locked.iter().filter(|database| !grants.has("LOCK TABLES", Some(database)));
        missing.extend(unlockable.map(|database| format!("LOCK TABLES ON `{database}`.*")));
    }
    if !missing.is_empty() {
        let rows = session.query("SELECT CURRENT_USER()").await?;
        let user = rows.first().and_then(|row| row.text(0).ok()).unwrap_or("the account").to_owned();
        let account = match user.rsplit_once('@') {
            Some((name, host)) => format!("'{name}'@'{host}'"),
            None => user.clone(),
        };
        let statements: Vec<String> =
            missing.iter().map(|right| format!("GRANT {right} TO {account}")).collect();
        let problem = format!("the account {user} lacks {}", missing.join(", "));
        report.error("grants", "source", problem, statements.join("; "));
    }
    for database in databases.iter().filter(|database| !grants.has("SELECT", Some(database))) {
        let problem = format!("the account has no right on database {database} as a whole");
        let advice = "tables that it has no right on cannot be seen, and would be left out without a word: \
                      grant SELECT on the database, or make sure that it may see all";
        report.warning("hidden_tables", database, problem, advice);
    }
    Ok(())
}

/// True if the server says that the account lacks a right.
fn is_denied<T>(result: Result<T, Error>) -> Result<bool> {
    match result {
        Ok(_) => Ok(false),
        Err(error) => match ServerError::of(&error).map(|error| error.code) {
            // Access denied: database, user, table, column, specific right.
            Some(1044 | 1045 | 1142 | 1143 | 1227) => Ok(true),
            _ => Err(error),
        },
    }
}
