//! [`MySqlPrecheck`]: what stands against reading from a MySQL server, all of it before anything is begun.

mod log;
mod rights;
mod tables;

use std::sync::Arc;

use oms_core::error::Chain;
use oms_core::mysql::{ConnectOptions, Flavour, Session, SessionOptions, TableInfo, TableKind, Version};
use oms_core::project::CheckReport;
use oms_core::schema::TableSchema;
use oms_core::select::Selection;
use oms_core::{Position, Result};

/// Looks at a MySQL source before a migration and collects everything that stands against it.
///
/// # Examples
///
/// ```no_run
/// # async fn example(selection: oms_core::select::Selection) -> oms_core::Result<()> {
/// use oms_core::mysql::ConnectOptions;
/// use oms_sources::mysql::MySqlPrecheck;
/// let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?.with_password("secret");
/// let found = MySqlPrecheck::new(source, selection).run().await;
/// println!("{}", found.report);
/// assert!(found.report.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MySqlPrecheck {
    connect: ConnectOptions,
    selection: Selection,
    with_log: bool,
    position: Option<Position>,
}

/// What a [`MySqlPrecheck`] found.
#[derive(Debug, Default)]
#[must_use]
#[non_exhaustive]
pub struct MySqlFindings {
    /// Everything that it found.
    pub report: CheckReport,
    /// The schemas of the selected tables that can be carried, for the checks of the target.
    pub tables: Vec<Arc<TableSchema>>,
    /// Bytes that a statement or a value may have at the source; zero if it could not be asked.
    pub max_allowed_packet: u64,
}

impl MySqlPrecheck {
    /// Of the selected tables of a server, whose changes are to be followed.
    pub fn new(connect: ConnectOptions, selection: Selection) -> Self {
        Self { connect, selection, with_log: true, position: None }
    }

    /// The same with or without what reading the binary log needs.
    #[must_use]
    pub fn with_log(mut self, with_log: bool) -> Self {
        self.with_log = with_log;
        self
    }

    /// The same for a migration that goes on from this position, which the log has to reach back to.
    #[must_use]
    pub fn with_position(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    /// Asks the server. Whatever cannot be asked is a finding, too.
    pub async fn run(&self) -> MySqlFindings {
        let mut found = MySqlFindings::default();
        let connected = Box::pin(Session::connect(&self.connect, &SessionOptions::default())).await;
        let mut session = match connected {
            Ok(session) => session,
            Err(error) => {
                found.report.not_connected("source", &self.connect, &error);
                return found;
            }
        };
        found.max_allowed_packet = session.server().max_allowed_packet() as u64;
        if let Err(error) = self.ask(&mut session, &mut found).await {
            let advice = "mend the cause, and check again: what comes after it was not looked at";
            found.report.error("not_asked", "source", Chain(&error).to_string(), advice);
        }
        if let Err(error) = session.close().await {
            tracing::debug!(%error, "a session could not be closed");
        }
        found
    }

    async fn ask(&self, session: &mut Session, found: &mut MySqlFindings) -> Result<()> {
        let report = &mut found.report;
        server(session, report);
        if self.with_log {
            log::check(session, report, |database| self.selection.may_select_from(database)).await?;
            if let Some(position) = &self.position {
                log::reaches_back(session, position, report).await;
            }
        }
        let infos = tables::list(session).await?;
        tables::selection(&self.selection, &infos, report);
        let selected: Vec<TableInfo> = infos
            .into_iter()
            .filter(|info| info.kind == TableKind::Table && self.selection.is_selected(&info.name))
            .collect();
        found.tables = tables::check(session, &selected, report).await?;
        if self.with_log {
            tables::cascades(session, &found.tables, report).await?;
        }
        rights::check(session, &selected, &found.tables, self.with_log, report).await
    }
}

/// Which server it is.
fn server(session: &Session, report: &mut CheckReport) {
    let server = session.server();
    report.info("server", "source", format!("{} {}", server.connector(), server.version_text()));
    match server.flavour() {
        Flavour::MySql if server.version() < Version::new(5, 7, 0) => {
            let problem = format!("MySQL {} is older than 5.7", server.version_text());
            report.error(
                "version",
                "source",
                problem,
                "upgrade the source, or replicate it into a newer one",
            );
        }
        Flavour::MySql => {}
        other => {
            let problem = format!("the source is {other:?}, which this source does not read in full");
            report.error("flavour", "source", problem, "use a MySQL server of 5.7 or later as the source");
        }
    }
}
