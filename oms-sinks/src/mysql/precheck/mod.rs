//! [`MySqlTargetPrecheck`]: what stands against writing into a server, all of it before anything is written.

mod server;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;

use oms_core::error::Chain;
use oms_core::mysql::{ConnectOptions, ServerError, Session, SessionOptions};
use oms_core::project::CheckReport;
use oms_core::schema::TableSchema;
use oms_core::transform::Mapping;
use oms_core::{Error, Result, TableName};

use super::MySqlSinkOptions;
use crate::sql;

/// Looks at a MySQL or OceanBase target before a migration and collects everything that stands against it.
///
/// # Examples
///
/// ```no_run
/// # async fn example(schemas: Vec<std::sync::Arc<oms_core::schema::TableSchema>>) -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_core::transform::Mapping;
/// use oms_sinks::mysql::MySqlTargetPrecheck;
/// let target = ConnectOptions::from_url("mysql://app@127.0.0.1:3307")?.with_password("secret");
/// let mut mapping = Mapping::new().database("shop", "shop_new");
/// let report = MySqlTargetPrecheck::new(target, "shop").with_tables(&schemas, &mut mapping)?.run().await;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MySqlTargetPrecheck {
    pub(crate) connect: ConnectOptions,
    pipeline: String,
    options: MySqlSinkOptions,
    tables: BTreeMap<TableName, TargetTable>,
    source_packet: u64,
    makes_tables: bool,
    allows_rows: bool,
}

/// A table of the source under its name at the target.
#[derive(Clone, Debug)]
struct TargetTable {
    source: TableName,
    schema: Arc<TableSchema>,
}

impl MySqlTargetPrecheck {
    /// Of a server that the pipeline of this name is to write into, which makes the tables itself.
    pub fn new(connect: ConnectOptions, pipeline: impl Into<String>) -> Self {
        Self {
            connect,
            pipeline: pipeline.into(),
            options: MySqlSinkOptions::default(),
            tables: BTreeMap::new(),
            source_packet: 0,
            makes_tables: true,
            allows_rows: false,
        }
    }

    /// The same for these tables of the source, under the names of the mapping.
    ///
    /// # Errors
    ///
    /// As for [`Mapping::map_schema`].
    pub fn with_tables(mut self, tables: &[Arc<TableSchema>], mapping: &mut Mapping) -> Result<Self> {
        for schema in tables {
            let mapped = mapping.map_schema(schema)?;
            let table = TargetTable { source: schema.name().clone(), schema: Arc::clone(&mapped) };
            self.tables.insert(mapped.name().clone(), table);
        }
        Ok(self)
    }

    /// The same for a sink with these options.
    #[must_use]
    pub fn with_options(mut self, options: MySqlSinkOptions) -> Self {
        self.options = options;
        self
    }

    /// The same with the `max_allowed_packet` of the source, in bytes.
    #[must_use]
    pub fn with_source_packet(mut self, bytes: u64) -> Self {
        self.source_packet = bytes;
        self
    }

    /// The same, where the tables are made before the copy, as it is assumed, or have to be there already.
    #[must_use]
    pub fn with_tables_made(mut self, made: bool) -> Self {
        self.makes_tables = made;
        self
    }

    /// The same, with rows in the target's tables allowed; they are not by default, unless the pipeline has a checkpoint.
    #[must_use]
    pub fn with_rows_allowed(mut self, allowed: bool) -> Self {
        self.allows_rows = allowed;
        self
    }

    /// Asks the server. Whatever cannot be asked is a finding, too.
    pub async fn run(&self) -> CheckReport {
        let mut report = CheckReport::new();
        let connected = Box::pin(Session::connect(&self.connect, &SessionOptions::default())).await;
        let mut session = match connected {
            Ok(session) => session,
            Err(error) => {
                not_connected(&error, &self.connect, &mut report);
                return report;
            }
        };
        if let Err(error) = self.ask(&mut session, &mut report).await {
            let advice = "mend the cause, and check again: what comes after it was not looked at";
            report.error("not_asked", "target", Chain(&error).to_string(), advice);
        }
        if let Err(error) = session.close().await {
            tracing::debug!(%error, "a session could not be closed");
        }
        report
    }

    async fn ask(&self, session: &mut Session, report: &mut CheckReport) -> Result<()> {
        let tables: Vec<(&TableName, &TargetTable)> = self.tables.iter().collect();
        server::check(session, self.source_packet, report).await?;
        let names: Vec<&TableName> = tables.iter().map(|(name, _)| *name).collect();
        server::rights(session, &names, &self.options.checkpoint_database, self.makes_tables, report).await?;
        server::collisions(session, &names, report);
        let has_checkpoint = self.has_checkpoint(session, report).await?;
        let allows_rows = self.allows_rows || has_checkpoint;
        tables::check(session, &tables, self.makes_tables, allows_rows, report).await
    }

    /// True if this pipeline has written here before.
    async fn has_checkpoint(&self, session: &mut Session, report: &mut CheckReport) -> Result<bool> {
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = 'checkpoint'",
            oms_core::mysql::quote_text(&self.options.checkpoint_database)
        );
        let rows = session.query(sql).await?;
        if rows.first().map(|row| row.number::<u64>(0)).transpose()? != Some(1) {
            return Ok(false);
        }
        let checkpoint =
            Box::pin(sql::peek(&self.connect, &self.options.checkpoint_database, &self.pipeline)).await?;
        if let Some(checkpoint) = &checkpoint {
            let fact = format!("pipeline {} goes on from {}", self.pipeline, checkpoint.position);
            report.info("checkpoint", "target", fact);
        }
        Ok(checkpoint.is_some())
    }
}

/// Why there is no connection.
fn not_connected(error: &Error, connect: &ConnectOptions, report: &mut CheckReport) {
    let subject = format!("target {}", connect.endpoint());
    let problem = Chain(error).to_string();
    let is_denied = ServerError::of(error).is_some_and(|error| matches!(error.code, 1044 | 1045 | 1698));
    match is_denied {
        true => {
            let advice = "check user name (for OceanBase user@tenant#cluster) and password, and from which hosts the account may log in";
            report.error("access_denied", subject, problem, advice);
        }
        false => {
            let advice = "check host, port, firewall, and that the server runs";
            report.error("cannot_connect", subject, problem, advice);
        }
    }
}
