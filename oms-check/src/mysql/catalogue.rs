//! [`Catalogue`]: what one server tells about the tables before they are compared.

use std::collections::HashMap;

use oms_core::TableName;
use oms_core::mysql::{Catalog, CatalogSchemas, Server, Session};
use oms_core::schema::TableSchema;

use crate::error::{Error, Result, Side, chain};

/// What one server tells about the tables.
#[derive(Debug)]
pub(crate) struct Catalogue {
    side: Side,
    pub(crate) server: Server,
    schemas: CatalogSchemas,
    /// Rows, and bytes of a row, as the server estimates them.
    sizes: HashMap<TableName, (Option<u64>, Option<u64>)>,
}

/// Why there is no schema of a table.
#[derive(Debug)]
pub(crate) enum Absent {
    /// There is no such table.
    Missing(Side),
    /// It cannot be modelled.
    Refused(Box<str>),
}

impl Catalogue {
    /// Reads the schemas of these tables.
    pub(crate) async fn read(session: &mut Session, side: Side, tables: &[TableName]) -> Result<Self> {
        let server = session.server().clone();
        let tables: Vec<TableName> = tables.iter().map(|table| folded(&server, table)).collect();
        let mut databases: Vec<&str> = tables.iter().map(TableName::database).collect();
        databases.sort_unstable();
        databases.dedup();
        let failed = |source| Error::Server { side, action: "reading the catalogue", source };
        let mut catalog = Catalog::new(session);
        let schemas = Box::pin(catalog.schemas(&tables)).await.map_err(failed)?;
        let infos = catalog.tables(&databases).await.map_err(failed)?;
        let sizes = infos.into_iter().map(|info| {
            let bytes = match (info.data_bytes, info.row_estimate) {
                (Some(bytes), Some(rows)) if bytes > 0 && rows > 0 => Some(bytes.div_ceil(rows)),
                _ => None,
            };
            (info.name, (info.row_estimate, bytes))
        });
        let sizes = sizes.filter(|(name, _)| tables.contains(name)).collect();
        Ok(Self { side, server, schemas, sizes })
    }

    /// The schema of a table.
    pub(crate) fn schema(&self, table: &TableName) -> Result<&TableSchema, Absent> {
        let table = folded(&self.server, table);
        if let Some(schema) = self.schemas.tables.iter().find(|schema| *schema.name() == table) {
            return Ok(schema);
        }
        match self.schemas.refused.iter().find(|error| error.table() == Some(&table)) {
            Some(error) => Err(Absent::Refused(format!("{}: {}", self.side, chain(error)).into())),
            None => Err(Absent::Missing(self.side)),
        }
    }

    /// How many rows a table has and how many bytes each, where the server tells.
    pub(crate) fn size(&self, table: &TableName) -> (Option<u64>, Option<u64>) {
        self.sizes.get(&folded(&self.server, table)).copied().unwrap_or_default()
    }
}

/// A name as the server stores it.
fn folded(server: &Server, table: &TableName) -> TableName {
    match server.name_case() {
        oms_core::NameCase::Lower => {
            TableName::new(table.database().to_lowercase(), table.table().to_lowercase())
        }
        oms_core::NameCase::Sensitive | oms_core::NameCase::Preserved => table.clone(),
    }
}
