//! MariaDB of the machine's own Debian suite, unpacked beside the system and run by its own loader.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::mysql::missing;
use super::words::{Words, as_this_user, by_own_loader, word};
use super::{Kind, Place, sql};
use crate::error::{Error, Result};
use crate::fetch;

/// MariaDB as Debian has it.
#[derive(Debug)]
pub(super) struct DebianMariaDb;

pub(super) static MARIADB: DebianMariaDb = DebianMariaDb;

const PACKAGES: [&str; 4] = ["mariadb-server-core", "mariadb-server", "mariadb-client-core", "galera-4"];

/// What `mariadb-install-db` pipes into the server, in this order; older releases say `mysql` for `mariadb`.
const SCRIPTS: [&str; 6] = [
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
    "fill_help_tables.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mariadb_sys_schema.sql",
];

impl DebianMariaDb {
    /// 11.x has its messages and scripts in `share/mariadb`, older releases in `share/mysql`.
    fn share(root: &Path) -> PathBuf {
        let new = root.join("usr/share/mariadb");
        if new.join("english").is_dir() { new } else { root.join("usr/share/mysql") }
    }

    fn mariadbd(&self, root: &Path) -> Result<Words> {
        let mut words = self.client(root, "mariadbd").ok_or_else(|| missing(self.name(), "mariadbd"))?;
        let share = Self::share(root);
        words.push("--no-defaults".into());
        words.push(word("--basedir=", root.join("usr")));
        words.push(word("--lc-messages-dir=", &share));
        words.push(word("--character-sets-dir=", share.join("charsets")));
        words.push(word("--plugin-dir=", root.join("usr/lib/mysql/plugin")));
        words.extend(as_this_user());
        Ok(words)
    }
}

#[async_trait]
impl Kind for DebianMariaDb {
    fn name(&self) -> &'static str {
        "mariadb"
    }

    fn variable(&self) -> &'static str {
        "OMS_TEST_MARIADB"
    }

    fn scheme(&self) -> &'static str {
        "mysql"
    }

    fn release(&self) -> String {
        fetch::machine_suite(self.name()).unwrap_or_else(|_| "unknown".to_owned())
    }

    fn fetch(&self, root: &Path) -> Result<()> {
        let suite = fetch::machine_suite(self.name())?;
        fetch::with_dependencies(self.name(), &suite, &PACKAGES, root)
    }

    fn initialise(&self, root: &Path, data: &Path, options: &[String]) -> Result<()> {
        // `mariadb-install-db` would call the server without our loader, so its work is done here.
        let share = Self::share(root);
        let mut script =
            b"CREATE DATABASE IF NOT EXISTS mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n".to_vec();
        for name in SCRIPTS {
            let old_name = name.replace("mariadb", "mysql");
            let path = [name, &old_name].iter().map(|name| share.join(name)).find(|path| path.is_file());
            let path = path.ok_or_else(|| missing(self.name(), name))?;
            script.extend(fs::read(&path).map_err(Error::io("read", &path))?);
            script.push(b'\n');
        }
        let path = data.join("bootstrap.sql");
        fs::write(&path, &script).map_err(Error::io("write", &path))?;
        let input = File::open(&path).map_err(Error::io("open", &path))?;
        let system = data.join("mysql");
        fs::create_dir(&system).map_err(Error::io("create", &system))?;
        let mut words = self.mariadbd(root)?;
        words.push("--bootstrap".into());
        words.push(word("--datadir=", data));
        words.extend(
            ["--log-warnings=0", "--enforce-storage-engine=", "--net-buffer-length=16K"].map(Into::into),
        );
        words.extend(options.iter().map(Into::into));
        let program = words.remove(0);
        fetch::Tool::new(self.name(), "initialising its data folder", &program.to_string_lossy())
            .args(words)
            .input(input)
            .run()?;
        fs::remove_file(&path).map_err(Error::io("delete", &path))
    }

    fn server(&self, place: &Place<'_>) -> Result<Words> {
        let mut words = self.mariadbd(place.root)?;
        words.extend(sql::options(place));
        words.extend(["--binlog-row-metadata=FULL", "--gtid-strict-mode=ON"].map(Into::into));
        words.extend(place.options.iter().map(Into::into));
        Ok(words)
    }

    fn client(&self, root: &Path, program: &str) -> Option<Words> {
        by_own_loader(root, &["usr/lib/x86_64-linux-gnu"], program)
    }

    async fn ask(&self, port: u16, _first: bool) -> Result<String> {
        sql::ask(self.name(), port, &[]).await
    }
}
