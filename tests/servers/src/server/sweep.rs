//! Tidying up after runs that could not do it themselves.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::state::State;
use crate::folder;
use crate::process::{Process, Signal};

/// Deletes the folders of instances that nobody uses, left by runs that were killed together with their
/// guardian.
///
/// Best effort: whatever cannot be judged or deleted now is left to a later run.
pub(super) fn sweep(run: &Path) {
    const YOUNG: Duration = Duration::from_secs(600);
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let folder = entry.path();
        let Ok(about) = entry.metadata() else { continue };
        let Ok(lease) = File::open(folder.join("lease")) else {
            // Between the making of a folder and of its lease, or half deleted.
            let age = about.modified().ok().and_then(|time| time.elapsed().ok());
            if about.is_dir() && age.is_some_and(|age| age > YOUNG) {
                let _ = folder::remove(&folder);
            }
            continue;
        };
        if lease.try_lock().is_err() {
            continue;
        }
        let state = State::load(&folder);
        let guarded = state.as_ref().is_some_and(|state| state.guardian.is_some_and(Process::is_alive));
        // Without a state it died while it started; its guardian, if any, deletes the folder within moments.
        let starting = state.is_none() && fs::exists(folder.join("pid")).unwrap_or(true);
        let old = about.modified().ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > YOUNG);
        if guarded || (starting && !old) {
            continue;
        }
        if let Some(state) = state {
            let _ = state.server.signal(Signal::Kill);
        }
        let _ = folder::remove(&folder);
    }
}

/// Deletes logs of servers that ended long ago; those of today are for whoever looks for the reason of a
/// failure.
pub(super) fn sweep_logs(logs: &Path) {
    const OLD: Duration = Duration::from_secs(24 * 3600);
    for entry in fs::read_dir(logs).into_iter().flatten().flatten() {
        let written = entry.metadata().and_then(|about| about.modified()).ok();
        if written.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > OLD) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
