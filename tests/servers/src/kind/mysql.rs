//! The newest MySQL, from Debian's unstable suite, unpacked beside the system and run by its own loader.

use std::path::Path;

use async_trait::async_trait;

use super::words::{Words, as_this_user, by_own_loader, word};
use super::{Kind, Place, sql};
use crate::error::{Error, Result};
use crate::fetch;

/// The newest MySQL that Debian has.
#[derive(Debug)]
pub(super) struct DebianMySql;

pub(super) static MYSQL: DebianMySql = DebianMySql;

const SUITE: &str = "sid";

impl DebianMySql {
    fn mysqld(&self, root: &Path) -> Result<Words> {
        let mut words = self.client(root, "mysqld").ok_or_else(|| missing(self.name(), "mysqld"))?;
        words.push("--no-defaults".into());
        words.push(word("--basedir=", root.join("usr")));
        words.push(word("--lc-messages-dir=", root.join("usr/share/mysql")));
        words.extend(as_this_user());
        Ok(words)
    }
}

#[async_trait]
impl Kind for DebianMySql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn variable(&self) -> &'static str {
        "OMS_TEST_MYSQL"
    }

    fn scheme(&self) -> &'static str {
        "mysql"
    }

    fn release(&self) -> String {
        SUITE.to_owned()
    }

    fn fetch(&self, root: &Path) -> Result<()> {
        fetch::with_dependencies(self.name(), SUITE, &["mysql-server-core", "mysql-client-core"], root)
    }

    fn is_early(&self, option: &str) -> bool {
        is_early(option)
    }

    fn initialise(&self, root: &Path, data: &Path, options: &[String]) -> Result<()> {
        initialise(self.name(), self.mysqld(root)?, data, options)
    }

    fn server(&self, place: &Place<'_>) -> Result<Words> {
        let mut words = self.mysqld(place.root)?;
        words.extend(sql::options(place));
        words.extend(WITH_GTID.map(Into::into));
        words.extend(FROM_8_0.map(Into::into));
        words.extend(place.options.iter().map(Into::into));
        Ok(words)
    }

    fn client(&self, root: &Path, program: &str) -> Option<Words> {
        by_own_loader(root, &["usr/lib/x86_64-linux-gnu", "usr/lib/mysql/private"], program)
    }

    async fn ask(&self, port: u16, _first: bool) -> Result<String> {
        sql::ask(self.name(), port, &[]).await
    }
}

/// Global transaction ids, and sizes of the performance schema that fit a test.
pub(super) const WITH_GTID: [&str; 4] = [
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    "--performance-schema-digests-size=1000",
    "--performance-schema-max-digest-length=512",
];

/// What MySQL has from 8.0 on.
pub(super) const FROM_8_0: [&str; 3] =
    ["--binlog-row-metadata=FULL", "--mysqlx=OFF", "--innodb-log-buffer-size=16M"];

/// Says whether an option must be known when the data folder is made.
pub(super) fn is_early(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default().replace('_', "-");
    ["--lower-case-table-names", "--innodb-page-size", "--innodb-data-file-path"].contains(&name.as_str())
}

/// Lets the server fill its data folder; root has no password.
pub(super) fn initialise(kind: &str, mut words: Words, data: &Path, options: &[String]) -> Result<()> {
    words.push("--initialize-insecure".into());
    words.push(word("--datadir=", data));
    words.extend(options.iter().map(Into::into));
    let program = words.remove(0);
    fetch::Tool::new(kind, "initialising its data folder", &program.to_string_lossy()).args(words).run()
}

/// A file that should have been in the download.
pub(super) fn missing(kind: &str, file: &str) -> Error {
    Error::Unavailable {
        kind: kind.to_owned(),
        action: format!("looking for {file}"),
        output: "it is not among the unpacked files; delete target/servers/cache".to_owned(),
    }
}
