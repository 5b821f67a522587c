//! A pair of databases, a project file for them, and the program.

mod program;

use std::fs;
use std::path::PathBuf;

use oms_test_servers::{Database, Server, Servers, oracle};

pub(crate) use program::{Program, ended, eventually, signal};

/// Tables of the program's own.
const STATE_TABLES: [&str; 3] = ["checkpoint", "lease", "step"];

/// A source database, a target database and a project for them.
pub(crate) struct Migration {
    pub(crate) source: Server,
    pub(crate) target: Server,
    pub(crate) from: Database,
    pub(crate) to: Database,
    pub(crate) name: String,
    folder: PathBuf,
}

impl Migration {
    /// From MySQL into seekdb, or into the MySQL that it is read from.
    pub(crate) async fn new(test: &str, into_seekdb: bool) -> Option<Self> {
        let source = Box::pin(Servers::mysql().start_or_skip(test)).await?;
        let target = match into_seekdb {
            true => Box::pin(Servers::seekdb().start_or_skip(test)).await?,
            false => Box::pin(Servers::mysql().start_or_skip(test)).await?,
        };
        Some(Self::between(source, target).await)
    }

    /// Between these servers.
    pub(crate) async fn between(source: Server, target: Server) -> Self {
        let from = source.create_database("shop").await.unwrap();
        let to = target.create_database("shop_new").await.unwrap();
        // The database's name is like no other, and so are the project's and the folder's.
        let name = from.name().to_owned();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&name);
        fs::create_dir_all(&folder).unwrap();
        Self { source, target, from, to, name, folder }
    }

    /// Runs statements in both databases.
    pub(crate) async fn both(&self, statements: &str) {
        self.from.query(statements).await.unwrap();
        self.to.query(statements).await.unwrap();
    }

    /// The project file, with `more` at its end.
    pub(crate) fn project(&self, more: &str) -> String {
        let (from, to) = (self.from.name(), self.to.name());
        format!(
            "name = \"{}\"\n[source]\nurl = \"{}\"\n[sink]\nurl = \"{}\"\n[objects]\ninclude = [\"{from}.*\"]\n\
             [objects.map]\n\"{from}\" = \"{to}\"\n{more}",
            self.name,
            plain(self.source.url()),
            plain(self.target.url()),
        )
    }

    /// Writes the project file and gives the program for it.
    pub(crate) fn program(&self, more: &str) -> Program {
        self.program_of(&self.project(more))
    }

    /// Writes this text as the project file and gives the program for it.
    pub(crate) fn program_of(&self, text: &str) -> Program {
        let path = self.folder.join("project.toml");
        fs::write(&path, text).unwrap();
        Program::new(path)
    }

    /// A folder of this test.
    pub(crate) fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// The section that keeps the project's state beside the tables, so that it goes with them.
    pub(crate) fn state_beside(&self) -> String {
        format!("[state]\ndatabase = \"{}\"\n", self.to.name())
    }

    /// Fails unless both databases are equal, but for state that is kept in the target's.
    pub(crate) async fn assert_equal(&self) {
        let pairs = [(self.from.name(), self.to.name())];
        let compared = oracle::compare_databases(self.source.url(), self.target.url(), &pairs, &STATE_TABLES);
        Box::pin(compared).await.unwrap().assert_equal();
    }
}

impl Drop for Migration {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A URL without the driver's own options.
pub(crate) fn plain(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
