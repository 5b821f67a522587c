//! The selection, and the tables that are in it.

use std::sync::Arc;

use oms_core::Result;
use oms_core::error::Chain;
use oms_core::mysql::{Catalog, Session, TableInfo, TableKind};
use oms_core::project::CheckReport;
use oms_core::schema::{ColumnType, ReferentialAction, RowIdentity, TableSchema};
use oms_core::select::Selection;

/// Everything that bears a table's name.
pub(super) async fn list(session: &mut Session) -> Result<Vec<TableInfo>> {
    let mut catalog = Catalog::new(session);
    let databases = catalog.databases().await?;
    let names: Vec<&str> = databases.iter().map(|database| &*database.name).collect();
    catalog.tables(&names).await
}

/// What the patterns make of the tables that there are.
pub(super) fn selection(selection: &Selection, infos: &[TableInfo], report: &mut CheckReport) {
    let tables = infos.iter().filter(|info| info.kind == TableKind::Table);
    let preview = selection.preview(tables.map(|info| &info.name));
    for text in &preview.unused {
        let is_wild = text.contains(['*', '?']) || text.contains(" = ");
        let problem = "it stands for no table that the account can see";
        let advice = "look for a slip of the pen; names are compared as the source does";
        match is_wild {
            true => report.warning("unused_pattern", text, problem, advice),
            false => report.error("unknown_table", text, problem, advice),
        }
    }
    if preview.selected.is_empty() {
        let advice = "look at the patterns, and at what the account may see";
        report.error("no_tables", "source", "no table is selected", advice);
    }
    for (target, sources) in &preview.merged {
        let names: Vec<String> = sources.iter().map(ToString::to_string).collect();
        let problem = format!("{} become one table", names.join(", "));
        let advice = "that works if their columns are the same, and they share no value of a key";
        report.warning("merged_tables", target, problem, advice);
    }
}

/// Rows that InnoDB changes itself for a foreign key are not in its log: the target would keep them as they were.
pub(super) async fn cascades(
    session: &mut Session,
    schemas: &[Arc<TableSchema>],
    report: &mut CheckReport,
) -> Result<()> {
    let rows = session.query("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'").await?;
    // From MySQL 9.6 on the server does it, and logs it, unless it is told not to.
    if rows.first().map(|row| row.text(1)).transpose()?.is_some_and(|value| value == "OFF") {
        return Ok(());
    }
    let acts = |action| !matches!(action, ReferentialAction::NoAction | ReferentialAction::Restrict);
    for schema in schemas {
        for key in schema.foreign_keys().iter().filter(|key| acts(key.on_delete) || acts(key.on_update)) {
            let problem = format!(
                "foreign key {} changes rows when {} changes, and this server does not write that to its log",
                key.name, key.referenced_table
            );
            let advice = "make the foreign key RESTRICT for the time of the migration and change the rows by statements, \
                          make sure that no row is deleted or renumbered there, or use MySQL 9.6 or later as the source";
            report.error("cascade", schema.name(), problem, advice);
        }
    }
    Ok(())
}

/// The selected tables one by one; gives the schemas of those that can be carried.
pub(super) async fn check(
    session: &mut Session,
    selected: &[TableInfo],
    report: &mut CheckReport,
) -> Result<Vec<Arc<TableSchema>>> {
    for info in selected {
        let Some(engine) = info.engine.as_deref().filter(|engine| !engine.eq_ignore_ascii_case("InnoDB"))
        else {
            continue;
        };
        let problem = format!("its engine is {engine}, which has no transactions and no consistent reads");
        report.warning("engine", &info.name, problem, "ALTER TABLE … ENGINE=InnoDB at the source");
    }
    let names: Vec<_> = selected.iter().map(|info| info.name.clone()).collect();
    let read = Catalog::new(session).schemas(&names).await?;
    for error in &read.refused {
        let subject = error.table().map_or_else(|| "source".to_owned(), ToString::to_string);
        let advice = "change the table at the source, or exclude it";
        report.error("refused_table", subject, Chain(error).to_string(), advice);
    }
    for schema in read.tables.iter().filter(|schema| *schema.identity() == RowIdentity::WholeRow) {
        let advice = "give it a primary key, or a unique index over NOT NULL columns: without one it is locked for a moment, \
                      copied by one reader, and each change looks through the whole table at the target";
        report.warning("no_key", schema.name(), "no key names its rows", advice);
    }
    if !session.server().has_json_table() {
        documents(&read.tables, report);
    }
    Ok(read.tables)
}

/// Documents that are scanned as their text alone.
fn documents(schemas: &[Arc<TableSchema>], report: &mut CheckReport) {
    for schema in schemas {
        let mut columns = schema.columns().iter();
        let Some(column) = columns.find(|column| *column.column_type() == ColumnType::Json) else { continue };
        let problem = format!(
            "column {} has documents, and this server cannot tell which of their values are decimals, dates or bytes",
            column.name()
        );
        let advice = "nothing to do if they were written as JSON text; else a decimal becomes a DOUBLE where it is copied, \
                      and a date a string: use MySQL 8.0.4 or later as the source";
        report.warning("json_kinds", schema.name(), problem, advice);
    }
}
