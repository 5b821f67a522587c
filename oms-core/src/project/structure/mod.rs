//! [`Structure`]: the tables of a source, made at the target.

mod compare;
mod left_out;
mod report;
mod statements;
mod survey;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use report::{
    DifferenceKind, LeftOut, LeftOutKind, StructureReport, StructureStatement, StructureStep,
    TableDifference, TableState, TableStructure,
};

use crate::ddl::{Conversion, Dialect, session_statement};
use crate::error::{At, Error, Result};
use crate::mysql::{Catalog, ConnectOptions, Flavour, Session, SessionOptions, Version};
use crate::name::TableName;
use crate::schema::SchemaSet;
use crate::select::Selection;
use crate::transform::Mapping;
use compare::Scope;
use statements::Found;
use survey::Survey;

/// Which tables are selected.
type Wanted = dyn Fn(&TableName) -> bool + Send + Sync;

/// How long making an index of a large table may take without a word from the server.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes the tables of a MySQL source at a MySQL or OceanBase target: before the copy, and what is made after it.
///
/// [`Self::prepare`] makes databases and tables with their primary keys and unique indexes, which the writer needs to
/// notice conflicts. [`Self::finish`] comes after the copy, because it is several times faster then: the other indexes,
/// the next AUTO_INCREMENT values, and foreign keys last. Both look at what is there first, so that doing them again
/// changes nothing, and a run that was cut off is ended by the next.
///
/// A table that is there already is left as it is, and compared. Nothing is dropped or altered. What the target cannot
/// hold as it is, is changed or left out by a rule, with a [`Note`](crate::ddl::Note) in the report; a table that cannot
/// be brought over at all, or whose namesake at the target could not take its rows, is a problem, and nothing is executed
/// while there is any: exclude it, map it to another name, or change it.
///
/// Foreign keys are made without checking the rows, which may be between two transactions of the source at that time;
/// the source has checked them. Only those between selected tables are made; others are noted. Views, triggers, routines
/// and events stay at the source and are listed, as far as the account may see them.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> oms_core::Result<()> {
/// use oms_core::NameCase;
/// use oms_core::mysql::ConnectOptions;
/// use oms_core::project::Structure;
/// use oms_core::select::Selection;
///
/// let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?.with_password("secret");
/// let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?;
/// let selection = Selection::new(NameCase::Sensitive).include("shop.*")?.map("shop", "shop_new")?;
/// let mut structure = Structure::new(source, target, &selection);
/// for statement in structure.plan().await?.statements {
///     println!("{};", statement.sql);
/// }
/// let report = structure.prepare().await?;
/// for note in report.notes() {
///     println!("{note}");
/// }
/// // … copy the rows …
/// let report = structure.finish().await?;
/// println!("{} statements, {} objects stay at the source", report.statements.len(), report.left_out.len());
/// # Ok(())
/// # }
/// ```
pub struct Structure {
    source: ConnectOptions,
    target: ConnectOptions,
    wanted: Arc<Wanted>,
    mapping: Mapping,
}

impl fmt::Debug for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Structure")
            .field("source", &self.source)
            .field("target", &self.target)
            .field("mapping", &self.mapping)
            .finish_non_exhaustive()
    }
}

/// The two ends, connected, and how tables get from one to the other.
struct Ends {
    source: Session,
    target: Session,
    conversion: Conversion,
}

impl Structure {
    /// The selected tables of `source`, under their mapped names, at `target`.
    pub fn new(source: ConnectOptions, target: ConnectOptions, selection: &Selection) -> Self {
        let mapping = selection.mapping();
        let selection = selection.clone();
        Self { source, target, wanted: Arc::new(move |table| selection.is_selected(table)), mapping }
    }

    /// The same with another choice of tables, by their names at the source.
    #[must_use]
    pub fn with_tables(mut self, wanted: impl Fn(&TableName) -> bool + Send + Sync + 'static) -> Self {
        self.wanted = Arc::new(wanted);
        self
    }

    /// The same with other names at the target, which may be those of columns, too.
    #[must_use]
    pub fn with_mapping(mut self, mapping: Mapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Tells what [`Self::prepare`] and [`Self::finish`] would do, and what stands against it, without doing anything.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if nothing is selected; [`Error::Connect`] and [`Error::Connector`] if a server cannot be asked.
    /// What stands against a table is in [`StructureReport::problems`].
    pub async fn plan(&mut self) -> Result<StructureReport> {
        let mut ends = Box::pin(self.connect()).await?;
        let survey = self.survey(&mut ends, None).await?;
        let found = find(&mut ends.target, &survey).await?;
        let mut report = self.report(&mut ends, survey_report(&survey, &found, Scope::BeforeCopy)).await?;
        let to = ends.conversion.to;
        report.statements = statements::before_copy(&survey, &found, to);
        report.statements.extend(statements::after_copy(&survey, &found, to)?);
        ends.close().await;
        Ok(report)
    }

    /// Makes databases and tables that are missing at the target, without what is made after the copy.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with everything that stands against it, before anything is executed; the server's error of a
    /// statement, with its table. As for [`Self::plan`] otherwise.
    pub async fn prepare(&mut self) -> Result<StructureReport> {
        let mut ends = Box::pin(self.connect()).await?;
        let survey = self.survey(&mut ends, None).await?;
        let found = find(&mut ends.target, &survey).await?;
        survey_report(&survey, &found, Scope::BeforeCopy).require()?;
        let statements = statements::before_copy(&survey, &found, ends.conversion.to);
        execute(&mut ends.target, &statements).await?;
        // What a server says that it did and what it did may be two things.
        let after = find(&mut ends.target, &survey).await?;
        let mut report = survey_report(&survey, &after, Scope::BeforeCopy);
        for table in &mut report.tables {
            if !found.tables.contains_key(&table.target) && table.state == TableState::Same {
                table.state = TableState::Created;
            }
        }
        report.statements = statements;
        report.require()?;
        let report = self.report(&mut ends, report).await?;
        ends.close().await;
        Ok(report)
    }

    /// Makes what is left for after the copy: indexes, AUTO_INCREMENT values, foreign keys.
    ///
    /// It goes by the source's tables as they are now. Where the source's schemas change while changes are streamed, use
    /// [`Self::finish_as_of`].
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a table is not there; the server's error of a statement, with its table: mend the cause and
    /// call it again. As for [`Self::plan`] otherwise.
    pub async fn finish(&mut self) -> Result<StructureReport> {
        self.finish_by(None).await
    }

    /// As [`Self::finish`], by the source's schemas at the position that the target has come to, which its checkpoint
    /// holds: an index that the stream is still to bring, or to drop, is left to it.
    ///
    /// # Errors
    ///
    /// As for [`Self::finish`].
    pub async fn finish_as_of(&mut self, schemas: &SchemaSet) -> Result<StructureReport> {
        self.finish_by(Some(schemas)).await
    }

    async fn finish_by(&mut self, as_of: Option<&SchemaSet>) -> Result<StructureReport> {
        let mut ends = Box::pin(self.connect()).await?;
        let survey = self.survey(&mut ends, as_of).await?;
        let found = find(&mut ends.target, &survey).await?;
        let gone = survey.made().find(|(_, surveyed, _)| !found.tables.contains_key(&surveyed.target));
        if let Some((_, surveyed, _)) = gone {
            let reason = "the target has no such table: make the tables before the copy";
            return Err(Error::refused(At::table(&surveyed.target), reason));
        }
        let statements = statements::after_copy(&survey, &found, ends.conversion.to)?;
        execute(&mut ends.target, &statements).await?;
        let after = find(&mut ends.target, &survey).await?;
        let mut report = survey_report(&survey, &after, Scope::Whole);
        report.statements = statements;
        let report = self.report(&mut ends, report).await?;
        ends.close().await;
        Ok(report)
    }

    async fn connect(&self) -> Result<Ends> {
        let mut source = Session::connect(&self.source, &SessionOptions::default()).await?;
        fresh_statistics(&mut source).await?;
        let options =
            SessionOptions::default().with_foreign_key_checks(false).with_statement_timeout(PATIENCE);
        let mut target = Session::connect(&self.target, &options).await?;
        fresh_statistics(&mut target).await?;
        let (from, to) = (Dialect::of(source.server()), Dialect::of(target.server()));
        let conversion = Conversion::new(from, to).with_name_case(target.server().name_case());
        if let Some(statement) = session_statement(to) {
            target.execute(statement).await?;
        }
        Ok(Ends { source, target, conversion })
    }

    async fn survey(&mut self, ends: &mut Ends, as_of: Option<&SchemaSet>) -> Result<Survey> {
        let (wanted, mapping) = (&*self.wanted, &mut self.mapping);
        Survey::read(&mut ends.source, wanted, mapping, &ends.conversion, as_of).await
    }

    /// The report with what is left out.
    async fn report(&self, ends: &mut Ends, mut report: StructureReport) -> Result<StructureReport> {
        report.left_out = left_out::list(&mut ends.source, &*self.wanted).await?;
        Ok(report)
    }
}

impl Ends {
    /// Says goodbye; everything is done, so that nothing depends on it.
    async fn close(self) {
        for session in [self.source, self.target] {
            if let Err(error) = session.close().await {
                tracing::debug!(%error, "a session could not be closed");
            }
        }
    }
}

/// MySQL 8 tells AUTO_INCREMENT values of up to a day ago otherwise.
async fn fresh_statistics(session: &mut Session) -> Result<()> {
    let server = session.server();
    if server.flavour() == Flavour::MySql && server.version() >= Version::new(8, 0, 3) {
        session.execute("SET SESSION information_schema_stats_expiry = 0").await?;
    }
    Ok(())
}

/// What is there of what is wanted.
async fn find(target: &mut Session, survey: &Survey) -> Result<Found> {
    let names: Vec<TableName> = survey.made().map(|(_, surveyed, _)| surveyed.target.clone()).collect();
    let mut catalog = Catalog::new(target);
    let databases: BTreeSet<String> =
        catalog.databases().await?.into_iter().map(|database| database.name.to_string()).collect();
    let used: Vec<&str> =
        survey.databases.keys().map(|name| &**name).filter(|name| databases.contains(*name)).collect();
    let infos = catalog.tables(&used).await?;
    let read = catalog.schemas(&names).await?;
    // A view of the name, or a table that cannot be modelled.
    if let Some(refused) = read.refused.into_iter().next() {
        return Err(refused);
    }
    let infos = infos.into_iter().filter(|info| names.contains(&info.name));
    let auto_increment = infos.filter_map(|info| Some((info.name, info.auto_increment?))).collect();
    let tables = read.tables.iter().map(|table| (table.name().clone(), (**table).clone())).collect();
    Ok(Found { databases, tables, auto_increment })
}

/// What became of each table, without statements.
fn survey_report(survey: &Survey, found: &Found, scope: Scope) -> StructureReport {
    let table = |(name, surveyed): (&TableName, &survey::Surveyed)| {
        let there = found.tables.get(&surveyed.target);
        let differences = match (there, &surveyed.wanted) {
            (Some(there), Some(wanted)) => compare::differences(there, wanted, scope),
            _ => Vec::new(),
        };
        let state = match (&surveyed.wanted, there) {
            (None, _) => TableState::Refused,
            _ if !surveyed.problems.is_empty() => TableState::Refused,
            (Some(_), None) => TableState::Missing,
            (Some(_), Some(_)) => compare::state_of(&differences),
        };
        TableStructure {
            source: name.clone(),
            target: surveyed.target.clone(),
            state,
            notes: surveyed.notes.clone(),
            differences,
            problems: surveyed.problems.clone(),
        }
    };
    StructureReport { tables: survey.tables.iter().map(table).collect(), ..StructureReport::default() }
}

async fn execute(target: &mut Session, statements: &[StructureStatement]) -> Result<()> {
    target.set_io_timeout(PATIENCE);
    for StructureStatement { step, table, sql } in statements {
        let place = table.as_ref().map(At::table).unwrap_or_default();
        tracing::info!(?step, table = ?table, "a statement of the structure");
        target.execute(sql).await.map_err(|error| error.at_place(&place))?;
    }
    Ok(())
}
