//! What stays at the source: views, triggers, routines and events.

use super::Wanted;
use super::report::{LeftOut, LeftOutKind};
use crate::error::Result;
use crate::mysql::{Catalog, Session, TableKind, quote_text};
use crate::name::TableName;

/// Everything in the selection that is no table, as far as the account may see it: views by their own names, triggers by
/// their tables, routines and events of all databases with a selected table.
pub(super) async fn list(source: &mut Session, wanted: &Wanted) -> Result<Vec<LeftOut>> {
    let mut catalog = Catalog::new(source);
    let databases = catalog.databases().await?;
    let names: Vec<&str> = databases.iter().map(|database| &*database.name).collect();
    let infos = catalog.tables(&names).await?;
    let mut list = Vec::new();
    for info in infos.iter().filter(|info| wanted(&info.name)) {
        let kind = match &info.kind {
            TableKind::Table => continue,
            TableKind::View => LeftOutKind::View,
            TableKind::Other(word) => LeftOutKind::Other(word.to_lowercase().into()),
        };
        list.push(LeftOut { kind, name: info.name.clone(), table: None });
    }
    let is_used =
        |database: &str| infos.iter().any(|info| info.name.database() == database && wanted(&info.name));
    let used: Vec<String> = names.into_iter().filter(|name| is_used(name)).map(quote_text).collect();
    if used.is_empty() {
        return Ok(list);
    }
    let used = used.join(",");
    let triggers = format!(
        "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE \
         FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA IN ({used})"
    );
    for row in source.query(triggers).await? {
        let table = TableName::new(row.text(2)?, row.text(3)?);
        if wanted(&table) {
            let name = TableName::new(row.text(0)?, row.text(1)?);
            list.push(LeftOut { kind: LeftOutKind::Trigger, name, table: Some(table) });
        }
    }
    let routines = format!(
        "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES \
         WHERE ROUTINE_SCHEMA IN ({used})"
    );
    for row in source.query(routines).await? {
        let kind = match row.text(2)? {
            "PROCEDURE" => LeftOutKind::Procedure,
            "FUNCTION" => LeftOutKind::Function,
            other => LeftOutKind::Other(other.to_lowercase().into()),
        };
        list.push(LeftOut { kind, name: TableName::new(row.text(0)?, row.text(1)?), table: None });
    }
    let events = format!(
        "SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA IN ({used})"
    );
    for row in source.query(events).await? {
        let name = TableName::new(row.text(0)?, row.text(1)?);
        list.push(LeftOut { kind: LeftOutKind::Event, name, table: None });
    }
    list.sort();
    Ok(list)
}
