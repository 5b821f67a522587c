//! The target's tables: whether they are there, empty, and able to hold the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_core::mysql::{Catalog, Session, quote_table, quote_text};
use oms_core::project::CheckReport;
use oms_core::schema::{Column, ColumnType, KeyKind, ReferentialAction, TableSchema, misfit};
use oms_core::{NameCase, Result, TableName};

use super::TargetTable;

/// All tables.
pub(super) async fn check(
    session: &mut Session,
    tables: &[(&TableName, &TargetTable)],
    makes_tables: bool,
    allows_rows: bool,
    report: &mut CheckReport,
) -> Result<()> {
    let case = session.server().name_case();
    let stored = |name: &TableName| match case {
        NameCase::Lower => TableName::new(name.database().to_lowercase(), name.table().to_lowercase()),
        NameCase::Sensitive | NameCase::Preserved => name.clone(),
    };
    let names: Vec<TableName> = tables.iter().map(|(name, _)| stored(name)).collect();
    let read = Catalog::new(session).schemas(&names).await?;
    for error in &read.refused {
        let subject = error.table().map_or_else(|| "target".to_owned(), ToString::to_string);
        let problem = oms_core::error::Chain(error).to_string();
        report.error(
            "refused_table",
            subject,
            problem,
            "drop or rename it at the target, or map the table elsewhere",
        );
    }
    let found: BTreeMap<&TableName, &Arc<TableSchema>> =
        read.tables.iter().map(|schema| (schema.name(), schema)).collect();
    for (name, table) in tables {
        match found.get(&stored(name)) {
            Some(there) => {
                columns(&table.schema, there, report);
                keys(&table.schema, there, report);
                if !allows_rows {
                    rows(session, there.name(), report).await?;
                }
            }
            None if makes_tables || read.refused.iter().any(|error| error.table() == Some(&stored(name))) => {
            }
            None => {
                let problem = format!("there is no such table for {}", table.source);
                report.error("missing_table", name, problem, "make it, or let the schema step make it");
            }
        }
    }
    triggers(session, &found, report).await
}

/// Rows that are there already are nobody's, and would be mixed with those that come.
async fn rows(session: &mut Session, name: &TableName, report: &mut CheckReport) -> Result<()> {
    let found = session.query(format!("SELECT 1 FROM {} LIMIT 1", quote_table(name))).await?;
    if !found.is_empty() {
        let advice = "empty the table, map it to another name, or allow rows at the target explicitly";
        report.error(
            "rows_at_target",
            name,
            "the table holds rows, and no checkpoint of this pipeline says that they are its own",
            advice,
        );
    }
    Ok(())
}

/// Whether each column of the source has one that holds its values.
fn columns(source: &TableSchema, target: &TableSchema, report: &mut CheckReport) {
    let subject = |column: &Column| format!("{} column {}", target.name(), column.name());
    for column in source.columns() {
        let Some(position) = target.column_position(column.name()) else {
            let advice = "add it at the target, or leave it out by a projection";
            report.error("missing_column", subject(column), "the target has no such column", advice);
            continue;
        };
        let there = &target.columns()[position];
        let (from, to) = (column.column_type(), there.column_type());
        if let Some(reason) = misfit(from, to) {
            let problem = format!("{} does not hold every {}: {reason}", brief(to), brief(from));
            report.error("column_type", subject(column), problem, "widen the column at the target");
        } else if may_overflow(from, to) {
            let problem = format!("{} holds fewer numbers than {}", brief(to), brief(from));
            let advice = "widen the column at the target, or be sure that no value is outside: it would stop the migration";
            report.warning("column_range", subject(column), problem, advice);
        }
        if column.is_nullable() && !there.is_nullable() && !there.is_generated() {
            let advice = "let the column at the target be NULL";
            report.error("not_null", subject(column), "it is NOT NULL at the target only", advice);
        }
        if there.is_generated() && !column.is_generated() {
            let advice = "make it an ordinary column at the target, or leave it out by a projection";
            report.error("generated_column", subject(column), "it is generated at the target only", advice);
        }
        let charsets = (column.charset(), there.charset());
        if let (Some(from), Some(to)) = charsets
            && from != to
            && to != oms_core::schema::Charset::Utf8mb4
        {
            let problem = format!("its character set is {to}, and {from} at the source");
            let advice =
                "use utf8mb4 at the target: a character that is not in the set would stop the migration";
            report.warning("charset", subject(column), problem, advice);
        }
    }
    for column in target.columns() {
        let fills_itself = column.is_nullable()
            || column.default().is_some()
            || column.is_generated()
            || column.is_auto_increment();
        if source.column_position(column.name()).is_none() && !fills_itself {
            let advice = "give it a default, or let it be NULL";
            let problem = "it is NOT NULL without a default, and the source has no such column";
            report.error("extra_column", subject(column), problem, advice);
        }
    }
}

/// True if a number of the source may be out of range at the target, which the server refuses.
fn may_overflow(source: &ColumnType, target: &ColumnType) -> bool {
    match (source, target) {
        (
            ColumnType::Int { width, unsigned, .. },
            ColumnType::Int { width: to, unsigned: to_unsigned, .. },
        ) => match (unsigned, to_unsigned) {
            (false, true) => true,
            (true, false) => to <= width,
            _ => to < width,
        },
        (
            ColumnType::Decimal { precision, scale, unsigned, .. },
            ColumnType::Decimal { precision: to, scale: to_scale, unsigned: to_unsigned, .. },
        ) => {
            i16::from(*to) - i16::from(*to_scale) < i16::from(*precision) - i16::from(*scale)
                || (!unsigned && *to_unsigned)
        }
        (ColumnType::Int { .. }, ColumnType::Decimal { .. })
        | (ColumnType::Decimal { .. }, ColumnType::Int { .. }) => true,
        _ => false,
    }
}

/// The type without its labels, which may be many.
fn brief(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Enum(members) => format!("enum of {}", members.len()),
        ColumnType::Set(members) => format!("set of {}", members.len()),
        other => other.to_string(),
    }
}

/// Keys that reject rows, or do not name them, and foreign keys that act by themselves.
fn keys(source: &TableSchema, target: &TableSchema, report: &mut CheckReport) {
    let columns = |key: &oms_core::schema::Key| {
        key.whole_columns()
            .map(|columns| columns.iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>())
    };
    let has = |table: &TableSchema, wanted: &oms_core::schema::Key| {
        table.keys().iter().any(|key| key.is_unique() && columns(key) == columns(wanted))
    };
    let is_primary = |key: &&oms_core::schema::Key| key.kind == KeyKind::Primary;
    if let Some(primary) = source.keys().iter().find(is_primary).filter(|primary| !has(target, primary)) {
        let problem = format!("no unique key is over the same columns as {} of the source", primary.name);
        let advice =
            "give the target the primary key of the source: without it changes look through the whole table";
        report.warning("primary_key", target.name(), problem, advice);
    }
    for key in target.keys().iter().filter(|key| key.is_unique() && !has(source, key)) {
        let problem =
            format!("unique key {} is at the target only, and may refuse rows of the source", key.name);
        report.warning("unique_key", target.name(), problem, "drop it, or be sure that the rows keep to it");
    }
    for key in target.foreign_keys() {
        let acts = |action| matches!(action, ReferentialAction::Cascade | ReferentialAction::SetNull);
        if acts(key.on_delete) || acts(key.on_update) {
            let problem = format!("foreign key {} changes rows by itself", key.name);
            let advice = "oms writes without it acting, as the source's own changes come by the log; other writers make it act";
            report.warning("cascade", target.name(), problem, advice);
        }
    }
}

/// Triggers run for the rows that are written, and write a second time what theirs wrote at the source.
async fn triggers(
    session: &mut Session,
    found: &BTreeMap<&TableName, &Arc<TableSchema>>,
    report: &mut CheckReport,
) -> Result<()> {
    let databases: BTreeSet<String> = found.keys().map(|name| quote_text(name.database())).collect();
    if databases.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = databases.into_iter().collect();
    let sql = format!(
        "SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS \
         WHERE EVENT_OBJECT_SCHEMA IN ({})",
        list.join(",")
    );
    for row in session.query(sql).await? {
        let table = TableName::new(row.text(0)?, row.text(1)?);
        if found.contains_key(&table) {
            let problem = format!("trigger {} runs for every row that is written", row.text(2)?);
            let advice =
                "drop it until the migration is over: what triggers wrote at the source comes by the log";
            report.warning("trigger", &table, problem, advice);
        }
    }
    Ok(())
}
