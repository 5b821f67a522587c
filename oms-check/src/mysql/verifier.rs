//! [`Verifier`]: all tables, several at a time.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::stream::{self, StreamExt};
use oms_core::TableName;
use oms_core::mysql::ConnectOptions;
use oms_core::schema::TableSchema;

use crate::error::{Error, Result, Side, chain};
use crate::normalize::NormalizeRule;
use crate::options::VerifyOptions;
use crate::plan::{ColumnPlan, StructureDifference, TablePair, TablePlan};
use crate::progress::{Phase, Progress};
use crate::report::{Report, TableReport};

use super::budget::Budget;
use super::catalogue::{Absent, Catalogue};
use super::pool::Pool;
use super::run::{State, TableRun};
use super::self_test::self_test;
use super::sql::SideSql;

/// Who is told how far it is.
type Observer = Arc<dyn Fn(&Progress) + Send + Sync>;

/// Compares tables of two MySQL or OceanBase servers, whichever of them each is.
///
/// It only reads: the account needs SELECT on the tables. See [the crate](crate) for what its verdict means.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use oms_check::{TablePair, Verifier, VerifyOptions};
/// use oms_core::TableName;
/// use oms_core::mysql::ConnectOptions;
///
/// let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?;
/// let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?;
/// let report = Verifier::new(source, target)
///     .with_table(TablePair::new(TableName::new("shop", "orders"), TableName::new("shop_new", "orders")))
///     .with_options(VerifyOptions::default().with_connections(4))
///     .with_observer(|progress| eprintln!("{}: {} rows", progress.table, progress.rows))
///     .run()
///     .await?;
/// report.write_text(&mut std::io::stdout())?;
/// std::process::exit(report.exit_status().into());
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    source: ConnectOptions,
    target: ConnectOptions,
    tables: Vec<TablePair>,
    options: VerifyOptions,
    observer: Observer,
}

impl Verifier {
    /// A verification of these two servers, of no table yet.
    pub fn new(source: ConnectOptions, target: ConnectOptions) -> Self {
        Self {
            source,
            target,
            tables: Vec::new(),
            options: VerifyOptions::default(),
            observer: Arc::new(|_| {}),
        }
    }

    /// The same with one more pair of tables.
    #[must_use]
    pub fn with_table(mut self, pair: TablePair) -> Self {
        self.tables.push(pair);
        self
    }

    /// The same with more pairs of tables.
    #[must_use]
    pub fn with_tables(mut self, pairs: impl IntoIterator<Item = TablePair>) -> Self {
        self.tables.extend(pairs);
        self
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: VerifyOptions) -> Self {
        self.options = options;
        self
    }

    /// The same with somebody who is told after each step how far it is. It must return soon.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// Compares all tables; dropping it stops it.
    ///
    /// # Errors
    ///
    /// [`Error::Server`] if a server cannot be reached or does not tell its catalogue, [`Error::SelfTest`] if the two do
    /// not compute alike, [`Error::Config`] if there is no table to compare. Whatever happens later with a table is in
    /// its report, as [`Verdict::Failed`](crate::Verdict::Failed), and the others go on.
    pub async fn run(&self) -> Result<Report> {
        if self.tables.is_empty() {
            return Err(Error::Config { option: "tables", reason: "there is none to verify".into() });
        }
        let start = Instant::now();
        let options = &self.options;
        let connections = options.connections.max(1);
        let pool = Pool::new(&self.source, &self.target, connections, options.statement_timeout);
        let known = Box::pin(self.catalogues(&pool)).await?;
        let budget = Budget::new(options.memory_bytes);
        let done = AtomicUsize::new(0);
        let tables = stream::iter(&self.tables)
            .map(|pair| Box::pin(self.table(pair, &pool, &known, &budget, &done)))
            .buffered(connections)
            .collect()
            .await;
        Ok(Report { tables, elapsed: start.elapsed() })
    }

    async fn catalogues(&self, pool: &Pool) -> Result<Known> {
        let mut pair = pool.take().await;
        let mut sides = Vec::with_capacity(2);
        for side in [Side::Source, Side::Target] {
            let names = |pair: &TablePair| match side {
                Side::Source => pair.source().clone(),
                Side::Target => pair.target().clone(),
            };
            let names: Vec<TableName> = self.tables.iter().map(names).collect();
            let session = Box::pin(pair.session(side)).await?;
            sides.push(Box::pin(Catalogue::read(session, side, &names)).await?);
        }
        Box::pin(self_test(&mut pair)).await?;
        let (Some(target), Some(source)) = (sides.pop(), sides.pop()) else {
            return Err(Error::Config { option: "tables", reason: "no catalogue was read".into() });
        };
        let rules = match &self.options.rules {
            Some(rules) => rules.clone(),
            None => NormalizeRule::between(&source.server, &target.server),
        };
        Ok(Known { source, target, rules })
    }

    async fn table(
        &self,
        pair: &TablePair,
        pool: &Pool,
        known: &Known,
        budget: &Budget,
        done: &AtomicUsize,
    ) -> TableReport {
        let start = Instant::now();
        let (row_estimate, row_bytes) = known.source.size(pair.source());
        let tell = |phase: Phase, report: &TableReport, suspects: u64| {
            (self.observer)(&Progress {
                table: pair.source().clone(),
                phase,
                rows: report.source_rows,
                row_estimate,
                suspects,
                tables_done: done.load(Ordering::Relaxed),
                tables: self.tables.len(),
            });
        };
        let mut report = TableReport::new(pair.source().clone(), pair.target().clone());
        let schemas = (known.source.schema(pair.source()), known.target.schema(pair.target()));
        match schemas {
            (Ok(source), Ok(target)) => {
                let plan = TablePlan::new(pair, source, target);
                report.columns = plan.columns.iter().map(ColumnPlan::compared).collect();
                report.structure = plan.structure.clone();
                let sql = |side, schema: &TableSchema| SideSql::new(&plan, side, schema.name(), &known.rules);
                let run = TableRun {
                    pool,
                    options: &self.options,
                    rules: &known.rules,
                    budget,
                    source: sql(Side::Source, source),
                    target: sql(Side::Target, target),
                    plan,
                    row_bytes,
                    tell: &tell,
                    state: Mutex::new(State { report, suspects: Vec::new() }),
                };
                let result = if run.plan.columns.is_empty() { Ok(()) } else { Box::pin(run.run()).await };
                let state = run.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
                report = state.report;
                // Those that a failed table leaves behind.
                for suspect in state.suspects {
                    budget.give(suspect.bytes());
                }
                if let Err(error) = result {
                    report.failure = Some(chain(&error).into());
                }
            }
            (source, target) => {
                for absent in [source.err(), target.err()].into_iter().flatten() {
                    match absent {
                        Absent::Missing(side) => {
                            report.structure.push(StructureDifference::TableMissing { side });
                        }
                        Absent::Refused(reason) => report.failure = Some(reason),
                    }
                }
            }
        }
        report.elapsed = start.elapsed();
        done.fetch_add(1, Ordering::Relaxed);
        tell(Phase::Done(report.verdict()), &report, 0);
        report
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("source", &self.source)
            .field("target", &self.target)
            .field("tables", &self.tables)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What both servers tell about the tables.
struct Known {
    source: Catalogue,
    target: Catalogue,
    rules: Vec<NormalizeRule>,
}
