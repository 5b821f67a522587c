//! The kinds of server. A further kind is one file that implements [`Kind`] and one line in [`KINDS`].

mod mariadb;
mod mysql;
mod mysql_artefact;
mod seekdb;
mod sql;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::error::Result;
use crate::fetch;

/// Program and arguments of one process.
pub(crate) type Words = Vec<OsString>;

/// What an instance gives to the server that runs in it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// Folder of the unpacked files.
    pub(crate) root: &'a Path,
    /// Data folder of this instance.
    pub(crate) data: &'a Path,
    /// Port on loopback.
    pub(crate) port: u16,
    /// Options of the caller; they win over the defaults.
    pub(crate) options: &'a [String],
}

/// How one kind of server is had and run.
#[async_trait]
pub(crate) trait Kind: Sync + std::fmt::Debug {
    /// Returns its name, as the program `test-servers` takes it.
    fn name(&self) -> &'static str;

    /// Returns the environment variable that names a server which is there already.
    fn variable(&self) -> &'static str;

    /// Returns the scheme of its URL.
    fn scheme(&self) -> &'static str;

    /// Returns what tells its pinned release apart in the cache; a change of it fetches anew.
    fn release(&self) -> String;

    /// Puts its files into an empty folder.
    fn fetch(&self, root: &Path) -> Result<()>;

    /// Fills an empty data folder. `options` are those of the caller that must be known this early.
    fn initialise(&self, root: &Path, data: &Path, options: &[String]) -> Result<()>;

    /// Says whether an option belongs to the making of the data folder, so that no copy of the template fits it.
    fn is_early(&self, _option: &str) -> bool {
        false
    }

    /// Says whether instances copy a data folder that was initialised once.
    fn has_template(&self) -> bool {
        true
    }

    /// Returns the command that runs the server in the foreground.
    fn server(&self, place: &Place<'_>) -> Result<Words>;

    /// Returns the command of one of its client programs, where it has them.
    fn client(&self, root: &Path, program: &str) -> Option<Words>;

    /// Asks the server at `port` something and returns its version; whoever answers this is ready.
    ///
    /// `first` is true before anybody else knows the port: the place for statements that must come first.
    async fn ask(&self, port: u16, first: bool) -> Result<String>;

    /// Fetches the files unless they are in the cache, and returns their folder.
    fn root(&self) -> Result<PathBuf> {
        fetch::once(&format!("{}-{}", self.name(), self.release()), |part| {
            self.fetch(part)
        })
    }
}

/// All kinds.
pub(crate) static KINDS: [&dyn Kind; 5] = [
    &mysql::MYSQL,
    &mysql_artefact::MYSQL_5_7,
    &mysql_artefact::MYSQL_8_0,
    &mariadb::MARIADB,
    &seekdb::SEEKDB,
];

/// Returns the kind of a name.
pub(crate) fn by_name(name: &str) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|kind| kind.name() == name)
}

/// Returns `prefix` and `path` as one word.
fn word(prefix: &str, path: impl AsRef<Path>) -> OsString {
    let mut word = OsString::from(prefix);
    word.push(path.as_ref());
    word
}

/// Servers refuse to run as root unless they are told to.
fn as_this_user() -> Option<OsString> {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self").ok()?;
    (own.uid() == 0).then(|| OsString::from("--user=root"))
}

/// Returns words that run a program of `root` by the loader of `root`, beside the machine's own C library.
fn by_own_loader(root: &Path, libraries: &[&str], program: &str) -> Option<Words> {
    let program = ["usr/sbin", "usr/bin"]
        .iter()
        .map(|folder| root.join(folder).join(program));
    let program = program.into_iter().find(|path| path.is_file())?;
    let mut path = OsString::new();
    for folder in libraries {
        if !path.is_empty() {
            path.push(":");
        }
        path.push(root.join(folder));
    }
    let loader = root.join("usr/lib64/ld-linux-x86-64.so.2");
    Some(vec![loader.into(), "--library-path".into(), path, program.into()])
}
