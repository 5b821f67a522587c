//! What an instance tells other processes about itself: a small text file in its folder.

use std::fs::{self, File};
use std::path::Path;

use crate::error::{Error, Result};
use crate::folder;
use crate::process::Process;

/// State of an instance that was ready once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) port: u16,
    pub(crate) server: Process,
    pub(crate) guardian: Option<Process>,
    pub(crate) version: String,
}

impl State {
    /// Writes it whole or not at all.
    pub(super) fn save(&self, folder: &Path) -> Result<()> {
        let guardian = self.guardian.unwrap_or(Process::new(0, 0));
        let text = format!(
            "{} {} {} {} {} {}\n",
            self.port,
            self.server.pid(),
            self.server.started(),
            guardian.pid(),
            guardian.started(),
            self.version
        );
        let part = folder.join("state.part");
        fs::write(&part, text).map_err(Error::io("write", &part))?;
        fs::rename(&part, folder.join("state")).map_err(Error::io("rename", &part))
    }

    /// Reads it, if it is there.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("state")).ok()?;
        let mut words = text.trim_end().splitn(6, ' ');
        let port = words.next()?.parse().ok()?;
        let mut process = || Some(Process::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?));
        let (server, guardian) = (process()?, process()?);
        let guardian = Some(guardian).filter(|process| process.pid() != 0);
        Some(Self { port, server, guardian, version: words.next()?.to_owned() })
    }

    /// Joins an instance: returns its state with a lease on it, when it runs and is not about to be ended.
    pub(super) fn join(folder: &Path) -> Option<(Self, File)> {
        let lease = File::open(folder.join("lease")).ok()?;
        // Nobody has it exclusively for more than a moment.
        lease.lock_shared().ok()?;
        // Looked at under the lease: what is alive now stays alive.
        let state = Self::load(folder)?;
        let marked = fs::exists(folder.join("abandoned")).unwrap_or(true);
        (!marked && state.server.is_alive()).then_some((state, lease))
    }
}

/// Returns every instance that was ready once, by the name of its folder, with whether it runs.
pub(crate) fn instances() -> Result<Vec<(String, State, bool)>> {
    let run = folder::run()?;
    let mut found = Vec::new();
    for entry in fs::read_dir(&run).map_err(Error::io("read", &run))?.flatten() {
        if let Some(state) = State::load(&entry.path()) {
            let alive = state.server.is_alive();
            found.push((entry.file_name().to_string_lossy().into_owned(), state, alive));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let folder = folder::run().unwrap().join(format!("state-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for guardian in [None, Some(Process::new(7, 8))] {
            let version = "8.0 with a blank".to_owned();
            let state = State { port: 3306, server: Process::new(1, 2), guardian, version };
            state.save(&folder).unwrap();
            assert_eq!(State::load(&folder), Some(state));
        }
        assert!(State::join(&folder).is_none(), "there is no lease");
        folder::remove(&folder).unwrap();
    }
}
