//! MySQL: table scan, binary log, and the hand-over from one to the other.

pub mod binlog;
pub mod handover;
mod precheck;
pub mod scan;

use std::sync::Arc;

use oms_core::Result;
use oms_core::mysql::{Catalog, Session, TableKind};
use oms_core::schema::SchemaSet;

use binlog::Wanted;
pub use handover::MySqlSource;
pub use precheck::{MySqlFindings, MySqlPrecheck};

/// The schemas of all tables that `wanted` names, and the default collations of their databases.
///
/// # Errors
///
/// The first table that cannot be modelled; [`Error::Connector`](oms_core::Error::Connector) if the server cannot be
/// asked.
pub(crate) async fn selected_schemas(session: &mut Session, wanted: &Wanted) -> Result<Arc<SchemaSet>> {
    let mut catalog = Catalog::new(session);
    let databases = catalog.databases().await?;
    let names: Vec<&str> = databases.iter().map(|database| &*database.name).collect();
    let tables = catalog.tables(&names).await?;
    let selected: Vec<_> = tables
        .into_iter()
        .filter(|table| table.kind == TableKind::Table && wanted(&table.name))
        .map(|table| table.name)
        .collect();
    let read = catalog.schemas(&selected).await?;
    if let Some(refused) = read.refused.into_iter().next() {
        return Err(refused);
    }
    let mut schemas: SchemaSet = read.tables.into_iter().collect();
    for database in databases {
        schemas.set_database_collation(database.name, Some(database.collation));
    }
    Ok(Arc::new(schemas))
}
