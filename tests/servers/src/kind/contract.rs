//! What a kind of server must say about itself.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::words::Words;
use crate::error::Result;
use crate::fetch;

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

    /// Says whether an option belongs to the making of the data folder, so that no copy of the template fits
    /// it.
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
        fetch::once(&format!("{}-{}", self.name(), self.release()), |part| self.fetch(part))
    }
}
