//! [`Lane`]: one source, one target, and a pipeline between them that carries many cases at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oms_core::ddl::Conversion;
use oms_core::error::Chain;
use oms_core::mysql::Catalog;
use oms_core::pipeline::{Pipeline, PipelineHandle};
use oms_core::transform::Mapping;
use oms_core::{Error, TableName};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_test_servers::{Database, Server, Servers, oracle};

use super::case::Case;
use super::outcome::{Carried, Outcome};
use super::paths::{self, Path};
use crate::support;

/// How long the copy, or the catching up, may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// MySQL 9.7.
    MySql,
    /// OceanBase seekdb.
    OceanBase,
}

/// One source, one target.
pub(crate) struct Lane {
    target: Target,
    pub(crate) from: Server,
    pub(crate) to: Server,
}

/// The databases of one path.
struct Ends {
    path: Path,
    source: Database,
    target: Database,
}

impl Lane {
    /// Starts what is needed; `None`, and a record, if it cannot be had.
    pub(crate) async fn open(target: Target, test: &str) -> Option<Self> {
        // Every server is in a zone of its own, which no value may show.
        let from = Servers::mysql().with_option("--default-time-zone=-04:00");
        let from = Box::pin(from.start_or_skip(test)).await?;
        let to = match target {
            Target::MySql => Servers::mysql().with_option("--default-time-zone=+08:00"),
            Target::OceanBase => Servers::seekdb(),
        };
        let to = Box::pin(to.start_or_skip(test)).await?;
        Some(Self { target, from, to })
    }

    /// Carries cases over on these paths. A case that ends the pipeline is left out from then on, and the others are
    /// carried anew.
    pub(crate) async fn run(&self, mut cases: Vec<Case>, paths: &[Path]) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while !cases.is_empty() {
            let (begun, count) = (Instant::now(), cases.len());
            let attempt = Box::pin(self.attempt(&cases, paths)).await;
            println!("{count} cases to {:?} by {paths:?} in {:.1?}", self.target, begun.elapsed());
            match attempt {
                Ok(carried) => {
                    outcomes.extend(carried);
                    break;
                }
                Err(error) => {
                    let table = error.table().map(|name| name.table().to_lowercase());
                    let place = cases.iter().position(|case| Some(case.table.to_lowercase()) == table);
                    let Some(place) = place else {
                        panic!("the pipeline ended with {}", Chain(&error));
                    };
                    let result = Carried::Stopped(paths.to_vec(), Chain(&error).to_string());
                    outcomes.push(Outcome { case: cases.remove(place), result });
                }
            }
        }
        outcomes
    }

    async fn attempt(&self, cases: &[Case], paths: &[Path]) -> Result<Vec<Outcome>, Error> {
        let pristine = self.from.create_database("pristine").await.expect("a database");
        let mut all = Vec::new();
        for path in paths {
            let source = self.from.create_database(path.name()).await.expect("a database");
            let target = self.to.create_database(path.name()).await.expect("a database");
            all.push(Ends { path: *path, source, target });
        }
        for case in cases {
            paths::run(&pristine, case, &format!("{}; {}", case.create, case.rows)).await;
            for ends in &all {
                paths::make(&ends.source, ends.path, case).await;
                if ends.path.has_rows_first() {
                    paths::fill(&ends.source, &pristine, case).await;
                }
            }
        }
        let mut outcomes = Vec::new();
        let mut wanted = BTreeSet::new();
        for case in cases {
            let result = self.make(case, &all, &mut wanted).await;
            outcomes.push(Outcome { case: case.clone(), result });
        }
        let handle = self.start(&all, wanted).await;
        self.stream(&all, &pristine, &outcomes).await;
        self.finish(handle, &all[0].source, &all[0].target).await?;
        for outcome in &mut outcomes {
            self.compare(outcome, &all).await;
        }
        Ok(outcomes)
    }

    /// Makes the table of a case at the target, on all paths.
    async fn make(&self, case: &Case, all: &[Ends], wanted: &mut BTreeSet<TableName>) -> Carried {
        let mut source = support::open(&self.from).await;
        let mut target = support::open(&self.to).await;
        let conversion =
            Conversion::new(Catalog::new(&mut source).dialect(), Catalog::new(&mut target).dialect())
                .with_name_case(target.server().name_case());
        let mut columns = Vec::new();
        for ends in all {
            let name = TableName::new(ends.source.name(), case.table);
            let read = Catalog::new(&mut source).schemas(std::slice::from_ref(&name)).await;
            let read = read.unwrap_or_else(|error| panic!("{}: {}", case.id, Chain(&error)));
            let Some(table) = read.tables.first() else {
                return Carried::Refused(read.refused.iter().map(Error::to_string).collect());
            };
            let there = TableName::new(ends.target.name(), case.table);
            let converted = match conversion.table(&(**table).clone().with_name(there)) {
                Ok(converted) => converted,
                Err(refusals) => return Carried::Refused(Error::from(refusals).to_string()),
            };
            let statements = &converted.statements;
            let all = std::iter::once(&statements.create_table).chain(&statements.secondary_indexes);
            for statement in all.chain(&statements.foreign_keys) {
                if let Err(error) = target.execute(statement).await {
                    panic!("{}: {}\n    of {statement}", case.id, Chain(&error));
                }
            }
            columns = table
                .columns()
                .iter()
                .map(|column| {
                    let object = oms_core::ddl::Object::Column(std::sync::Arc::clone(column.name()));
                    let notes = converted.notes.iter().filter(|note| note.object == object);
                    let notes = notes.map(|note| format!("{} becomes {}", note.from, note.to)).collect();
                    (column.name().to_string(), column.column_type().to_string(), notes)
                })
                .collect();
            wanted.insert(name);
        }
        let paths = all.iter().map(|ends| ends.path).collect();
        Carried::Compared { paths, columns, differences: Vec::new() }
    }

    async fn start(&self, all: &[Ends], wanted: BTreeSet<TableName>) -> PipelineHandle {
        let mut mapping = Mapping::new();
        for ends in all {
            mapping = mapping.database(ends.source.name(), ends.target.name());
        }
        let tables = wanted.len();
        self.follow(&all[0].source, &all[0].target, mapping, tables, move |table| wanted.contains(table))
            .await
    }

    /// Starts a pipeline, and waits until so many tables are copied. Two databases are its own for a mark and its
    /// checkpoints.
    pub(crate) async fn follow(
        &self,
        source: &Database,
        target: &Database,
        mapping: Mapping,
        tables: usize,
        wanted: impl Fn(&TableName) -> bool + Send + Sync + 'static,
    ) -> PipelineHandle {
        let mark = "CREATE TABLE caught_up (id INT PRIMARY KEY)";
        source.query(mark).await.expect("a table");
        target.query(mark).await.expect("a table");
        let mark = TableName::new(source.name(), "caught_up");
        let wanted = move |table: &TableName| *table == mark || wanted(table);
        let source = MySqlSource::new(support::options(&self.from), wanted);
        let (name, to) = (target.name(), support::options(&self.to));
        let pipeline = match self.target {
            Target::MySql => {
                let options = MySqlSinkOptions::default().with_checkpoint_database(name);
                Pipeline::new(name, source, MySqlSink::new(to).with_options(options))
            }
            Target::OceanBase => {
                let options = OceanBaseSink::default_options().with_checkpoint_database(name);
                Pipeline::new(name, source, OceanBaseSink::new(to).with_options(options))
            }
        };
        let handle = pipeline.transform(mapping).start().expect("a pipeline");
        let progress = handle.control();
        let copied = || progress.progress().tables.iter().filter(|table| table.done).count() > tables;
        let deadline = Instant::now() + PATIENCE;
        while !copied() && !handle.is_ended() {
            assert!(Instant::now() < deadline, "the copy takes too long: {:?}", handle.progress());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        handle
    }

    /// Waits until the target has seen everything, or the pipeline has ended, and ends it.
    pub(crate) async fn finish(
        &self,
        handle: PipelineHandle,
        source: &Database,
        target: &Database,
    ) -> Result<(), Error> {
        source.query("INSERT INTO caught_up VALUES (1)").await.expect("a row");
        let deadline = Instant::now() + PATIENCE;
        let mark = || target.query("SELECT id FROM caught_up");
        while !handle.is_ended() && mark().await.expect("an answer").is_empty() {
            assert!(Instant::now() < deadline, "the stream takes too long: {:?}", handle.progress());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        handle.stop();
        handle.join().await.map(drop)
    }

    /// Inserts and changes rows.
    async fn stream(&self, all: &[Ends], pristine: &Database, outcomes: &[Outcome]) {
        let carried = outcomes.iter().filter(|outcome| matches!(outcome.result, Carried::Compared { .. }));
        for Outcome { case, .. } in carried {
            for ends in all {
                match ends.path {
                    Path::Scanned => {}
                    Path::Inserted => paths::fill(&ends.source, pristine, case).await,
                    Path::Updated | Path::Keyless => paths::change(&ends.source, pristine, case).await,
                }
            }
        }
    }

    async fn compare(&self, outcome: &mut Outcome, all: &[Ends]) {
        let Carried::Compared { differences, .. } = &mut outcome.result else {
            return;
        };
        for ends in all {
            let name = |database: &Database| {
                format!("{}.{}", paths::quoted(database.name()), paths::quoted(outcome.case.table))
            };
            let pair = [(name(&ends.source), name(&ends.target))];
            let report = oracle::compare(self.from.url(), self.to.url(), &pair).await.expect("a report");
            let rows = report.tables()[0].source_rows();
            if !report.is_equal() || rows == 0 {
                differences.push((ends.path, format!("{rows} rows\n{report}")));
            }
        }
    }
}
