//! [`Lane`]: one source, one target, and a pipeline between them that carries many cases at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use oms_core::ddl::Conversion;
use oms_core::error::Chain;
use oms_core::mysql::{Catalog, ConnectOptions};
use oms_core::pipeline::{Pipeline, PipelineHandle};
use oms_core::transform::Mapping;
use oms_core::{Error, TableName};
use oms_sinks::mysql::{MySqlSink, MySqlSinkOptions};
use oms_sinks::oceanbase::OceanBaseSink;
use oms_sources::mysql::MySqlSource;
use oms_test_servers::{Database, Server, Servers, oracle};

use super::case::Case;
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
    from: Server,
    to: Server,
}

/// What became of one case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) case: Case,
    pub(crate) result: Carried,
}

/// What became of a table.
#[derive(Debug)]
pub(crate) enum Carried {
    /// The target cannot hold it, and said so before anything was made there.
    Refused(String),
    /// It was carried over on all paths.
    Compared {
        /// Column, its type at the source, and what is different at the target, if anything.
        columns: Vec<(String, String, Vec<String>)>,
        /// The oracle's words where rows differ.
        differences: Vec<(Path, String)>,
    },
}

impl Outcome {
    /// What is not as the case expects it.
    pub(crate) fn wrong(&self, target: Target) -> Option<String> {
        let expected = self.case.refused.iter().find(|(by, _)| *by == target).map(|(_, words)| *words);
        let id = self.case.id;
        match (&self.result, expected) {
            (Carried::Refused(reason), Some(words)) if reason.contains(words) => None,
            (Carried::Refused(reason), _) => Some(format!("{id} is refused: {reason}")),
            (Carried::Compared { .. }, Some(words)) => Some(format!("{id} is not refused with {words}")),
            (Carried::Compared { differences, .. }, None) if differences.is_empty() => None,
            (Carried::Compared { differences, .. }, None) => {
                let told = differences.iter().map(|(path, words)| format!("  {path:?}: {words}"));
                Some(format!("{id} differs\n{}", told.collect::<Vec<_>>().join("\n")))
            }
        }
    }
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

    /// Carries the cases over on all paths.
    pub(crate) async fn run(&self, cases: Vec<Case>) -> Vec<Outcome> {
        let pristine = self.from.create_database("pristine").await.expect("a database");
        let mut all = Vec::new();
        for path in Path::ALL {
            let source = self.from.create_database(path.name()).await.expect("a database");
            let target = self.to.create_database(path.name()).await.expect("a database");
            all.push(Ends { path, source, target });
        }
        for case in &cases {
            paths::run(&pristine, case, &format!("{}; {}", case.create, case.rows)).await;
            for ends in &all {
                paths::run(&ends.source, case, &case.create).await;
                if ends.path.has_rows_first() {
                    paths::run(&ends.source, case, &case.rows).await;
                }
            }
        }
        let mut outcomes = Vec::new();
        let mut wanted = BTreeSet::new();
        for case in cases {
            let result = self.make(&case, &all, &mut wanted).await;
            outcomes.push(Outcome { case, result });
        }
        let handle = self.start(&all, wanted).await;
        self.stream(&handle, &all, &pristine, &outcomes).await;
        handle.stop();
        if let Err(error) = handle.join().await {
            panic!("the pipeline ended with {}", Chain(&error));
        }
        for outcome in &mut outcomes {
            self.compare(outcome, &all).await;
        }
        outcomes
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
        Carried::Compared { columns, differences: Vec::new() }
    }

    async fn start(&self, all: &[Ends], mut wanted: BTreeSet<TableName>) -> PipelineHandle {
        let mut mapping = Mapping::new();
        for ends in all {
            mapping = mapping.database(ends.source.name(), ends.target.name());
        }
        let first = &all[0];
        let marker = "CREATE TABLE caught_up (id INT PRIMARY KEY)";
        first.source.query(marker).await.expect("a table");
        first.target.query(marker).await.expect("a table");
        wanted.insert(TableName::new(first.source.name(), "caught_up"));
        let expected = wanted.len();
        let source = MySqlSource::new(options(&self.from), move |table| wanted.contains(table));
        // Checkpoints of their own, as the servers are shared.
        let checkpoints = format!("{}_oms", first.target.name());
        let name = first.target.name().to_owned();
        let pipeline = match self.target {
            Target::MySql => {
                let options = MySqlSinkOptions::default().with_checkpoint_database(checkpoints);
                Pipeline::new(name, source, MySqlSink::new(self::options(&self.to)).with_options(options))
            }
            Target::OceanBase => {
                let options = OceanBaseSink::default_options().with_checkpoint_database(checkpoints);
                Pipeline::new(name, source, OceanBaseSink::new(self::options(&self.to)).with_options(options))
            }
        };
        let handle = pipeline.transform(mapping).start().expect("a pipeline");
        let progress = handle.control();
        let copied = || progress.progress().tables.iter().filter(|table| table.done).count() == expected;
        let deadline = Instant::now() + PATIENCE;
        while !copied() && !handle.is_ended() {
            assert!(Instant::now() < deadline, "the copy takes too long: {:?}", handle.progress());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        handle
    }

    /// Inserts and changes rows, and waits until the target has seen everything.
    async fn stream(&self, handle: &PipelineHandle, all: &[Ends], pristine: &Database, outcomes: &[Outcome]) {
        let carried = outcomes.iter().filter(|outcome| matches!(outcome.result, Carried::Compared { .. }));
        for Outcome { case, .. } in carried {
            for ends in all {
                match ends.path {
                    Path::Scanned => {}
                    Path::Inserted => paths::run(&ends.source, case, &case.rows).await,
                    Path::Updated => paths::change(&ends.source, pristine, case).await,
                }
            }
        }
        let first = &all[0];
        first.source.query("INSERT INTO caught_up VALUES (1)").await.expect("a row");
        let deadline = Instant::now() + PATIENCE;
        while first.target.query("SELECT id FROM caught_up").await.expect("an answer").is_empty() {
            if handle.is_ended() {
                return;
            }
            assert!(Instant::now() < deadline, "the stream takes too long: {:?}", handle.progress());
            tokio::time::sleep(Duration::from_millis(20)).await;
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

fn options(server: &Server) -> ConnectOptions {
    support::options(server)
}
