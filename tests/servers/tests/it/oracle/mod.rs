//! The oracle against differences that were planted, and against tables that are equal.

mod equal;
mod planted;
mod shape;
mod structure;

use oms_test_servers::{Database, Servers, oracle};

/// A database on each of two servers.
pub(crate) struct Pair {
    pub(crate) source: Database,
    pub(crate) target: Database,
    source_url: String,
    target_url: String,
}

impl Pair {
    pub(crate) async fn of(source: &str, target: &str) -> Self {
        let one = Servers::by_name(source).unwrap().start().await.unwrap();
        let other = Servers::by_name(target).unwrap().start().await.unwrap();
        let (of_source, of_target) = (one.create_database("source"), other.create_database("target"));
        let (source, target) = (of_source.await.unwrap(), of_target.await.unwrap());
        // Old servers have latin1 as their default.
        source.query("ALTER DATABASE CHARACTER SET utf8mb4").await.unwrap();
        target.query("ALTER DATABASE CHARACTER SET utf8mb4").await.unwrap();
        Self { source, target, source_url: one.url().to_owned(), target_url: other.url().to_owned() }
    }

    /// Runs the same statements on both, with an open mind about dates.
    pub(crate) async fn both(&self, statements: &str) {
        self.set_up(statements, statements).await;
    }

    /// Runs statements on each.
    pub(crate) async fn set_up(&self, at_source: &str, at_target: &str) {
        let mode = "SET sql_mode='ALLOW_INVALID_DATES'; SET NAMES utf8mb4; SET time_zone='+00:00'";
        self.source.query(&format!("{mode}; {at_source}")).await.unwrap();
        self.target.query(&format!("{mode}; {at_target}")).await.unwrap();
    }

    /// Compares tables of the same names.
    pub(crate) async fn compare(&self, tables: &[&str]) -> oracle::Report {
        let pairs: Vec<_> =
            tables.iter().map(|table| (self.source.table(table), self.target.table(table))).collect();
        oracle::compare(&self.source_url, &self.target_url, &pairs).await.unwrap()
    }

    /// Compares the databases.
    pub(crate) async fn compare_all(&self, ignore: &[&str]) -> oracle::Report {
        let names = [(self.source.name(), self.target.name())];
        oracle::compare_databases(&self.source_url, &self.target_url, &names, ignore).await.unwrap()
    }
}
