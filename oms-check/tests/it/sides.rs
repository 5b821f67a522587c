//! Two servers with a database of the test's own on each.

use oms_check::{Report, ReviewOptions, TablePair, TableReport, Verifier, VerifyOptions};
use oms_core::TableName;
use oms_core::mysql::ConnectOptions;
use oms_test_servers::{Database, Server, ServerBuilder, Servers};

/// Two servers with a database of the test's own on each.
pub(crate) struct Sides {
    pub(crate) source_server: Server,
    pub(crate) target_server: Server,
    pub(crate) source: Database,
    pub(crate) target: Database,
}

impl Sides {
    /// Both, unless one of them cannot be had here.
    pub(crate) async fn start(test: &str, source: ServerBuilder, target: ServerBuilder) -> Option<Sides> {
        let source_server = Box::pin(source.start_or_skip(test)).await?;
        let target_server = Box::pin(target.start_or_skip(test)).await?;
        let source = Box::pin(source_server.create_database("check_a")).await.unwrap();
        let target = Box::pin(target_server.create_database("check_b")).await.unwrap();
        Some(Sides { source_server, target_server, source, target })
    }

    /// MySQL, and MySQL and OceanBase to compare it with.
    pub(crate) async fn all(test: &str) -> Vec<Sides> {
        let mut all = Vec::new();
        for target in [Servers::mysql(), Servers::seekdb()] {
            all.extend(Box::pin(Sides::start(test, Servers::mysql(), target)).await);
        }
        all
    }

    /// Runs a text on both sides, with names as in the source.
    pub(crate) async fn both(&self, sql: &str) {
        self.at_source(sql).await;
        self.at_target(sql).await;
    }

    pub(crate) async fn at_source(&self, sql: &str) {
        Box::pin(self.source.query(&format!("{PINS};{sql}"))).await.unwrap();
    }

    pub(crate) async fn at_target(&self, sql: &str) {
        Box::pin(self.target.query(&format!("{PINS};{sql}"))).await.unwrap();
    }

    pub(crate) fn pair(&self, table: &str) -> TablePair {
        TablePair::new(TableName::new(self.source.name(), table), TableName::new(self.target.name(), table))
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let url = |server: &Server| ConnectOptions::from_url(server.url()).unwrap();
        Verifier::new(url(&self.source_server), url(&self.target_server))
    }

    /// What a verification says about a table that nobody writes to.
    pub(crate) async fn verify(&self, table: &str, options: VerifyOptions) -> TableReport {
        let options = options.with_review(ReviewOptions::none());
        let verifier = self.verifier().with_table(self.pair(table)).with_options(options);
        let mut report: Report = Box::pin(verifier.run()).await.unwrap();
        report.tables.pop().unwrap()
    }
}

const PINS: &str = "SET time_zone='+00:00', sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'";

/// Each difference as its kind, the values of its key and the names of its columns, sorted.
pub(crate) fn told(report: &TableReport) -> Vec<String> {
    let mut told: Vec<String> = report
        .differences
        .iter()
        .map(|difference| {
            let key: Vec<&str> = difference.key.iter().map(|part| &*part.value).collect();
            format!("{}: {} [{}]", difference.kind, key.join(","), difference.columns.join(","))
        })
        .collect();
    told.sort();
    told
}

/// Small ranges and leaves, so that small tables are divided too.
pub(crate) fn small() -> VerifyOptions {
    VerifyOptions::default().with_range_rows(50).with_leaf_rows(5)
}
