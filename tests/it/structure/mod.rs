//! Tables of a MySQL source made at MySQL and OceanBase, judged by the oracle's own reading of both catalogues.

mod existing;
mod shop;

use std::collections::BTreeSet;

use oms_core::NameCase;
use oms_core::mysql::{ConnectOptions, quote_ident};
use oms_core::project::Structure;
use oms_core::select::Selection;
use oms_test_servers::{Database, Server, oracle};

/// A database at the source and the name of its copy, which is not there yet.
struct Pair {
    source: Database,
    /// Drops the copy's namesake with everything in it when the test ends.
    target: Database,
}

impl Pair {
    async fn new(source: &Server, target: &Server, prefix: &str) -> Self {
        let source = source.create_database(prefix).await.expect("a database");
        let to = target.create_database(&format!("{prefix}_to")).await.expect("a database");
        Self { source, target: to }
    }

    /// Takes the database away at the target, so that it has to be made.
    async fn without_target(self) -> Self {
        let sql = format!("DROP DATABASE {}", quote_ident(self.target.name()));
        self.target.query(&sql).await.expect("a database dropped");
        self
    }

    fn selection(&self) -> Selection {
        Selection::new(NameCase::Sensitive)
            .include(&format!("{}.*", self.source.name()))
            .and_then(|selection| selection.map(self.source.name(), self.target.name()))
            .expect("a selection")
    }

    fn structure(&self) -> Structure {
        Structure::new(options(self.source.url()), options(self.target.url()), &self.selection())
    }

    /// Lines of the structure that only the source has, and that only the target has.
    async fn differences(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let source = lines(self.source.url(), self.source.name()).await;
        let target = lines(self.target.url(), self.target.name()).await;
        (source.difference(&target).cloned().collect(), target.difference(&source).cloned().collect())
    }
}

async fn lines(url: &str, database: &str) -> BTreeSet<String> {
    let text = oracle::structure(url, database).await.expect("a structure");
    text.lines().map(str::to_owned).collect()
}

/// The server of a URL, without its database, which may not be there.
fn options(url: &str) -> ConnectOptions {
    let url = url.split('?').next().unwrap_or(url);
    let server = url.rsplit_once('/').map_or(url, |(server, _)| server);
    ConnectOptions::from_url(server).expect("a URL of the test servers")
}
