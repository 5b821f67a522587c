//! The catalogue of a server: its databases, its tables, and their schemas read from `information_schema`.

mod column;
mod constraint;
mod key;
mod list;
mod partition;
mod query;
mod schema;
mod shown;

pub use list::{DatabaseInfo, TableInfo, TableKind};
pub use schema::CatalogSchemas;

use super::Session;
use crate::ddl::Dialect;

/// Reads the catalogue of a server through a session.
///
/// # Sources
///
/// `information_schema` of MySQL 5.7.22, 8.0.15 and 9.7.4, MariaDB 10.11 and seekdb 1.4; where that leaves something out
/// (the parser of a FULLTEXT index, binary defaults, indexes of OceanBase over hidden columns), `SHOW CREATE TABLE` of
/// just the tables that have it.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> oms_core::Result<()> {
/// use oms_core::mysql::{Catalog, ConnectOptions, Session, SessionOptions};
/// let options = ConnectOptions::new("127.0.0.1", 3306);
/// let mut session = Session::connect(&options, &SessionOptions::default()).await?;
/// let mut catalog = Catalog::new(&mut session);
/// let tables = catalog.tables(&["shop"]).await?;
/// let names: Vec<_> = tables.into_iter().map(|table| table.name).collect();
/// let read = catalog.schemas(&names).await?;
/// for refused in &read.refused {
///     eprintln!("{refused}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Catalog<'a> {
    session: &'a mut Session,
    dialect: Dialect,
}

impl<'a> Catalog<'a> {
    /// The catalogue of the server behind a session.
    pub fn new(session: &'a mut Session) -> Self {
        let dialect = Dialect::of(session.server());
        Self { session, dialect }
    }

    /// The DDL of the server.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}
