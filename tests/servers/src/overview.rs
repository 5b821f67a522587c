//! What is there and what runs.

use crate::error::Result;
use crate::{folder, kind, server};

/// Returns one line about each kind of server and each server that runs, for people.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when the folders of the servers cannot be read.
pub fn overview() -> Result<Vec<String>> {
    let cache = folder::cache()?;
    let mut lines = Vec::new();
    for kind in kind::KINDS {
        let there = cache.join(format!("{}-{}", kind.name(), kind.release())).is_dir();
        lines.push(format!("{:10} {}", kind.name(), if there { "in the cache" } else { "not fetched yet" }));
    }
    for (name, state, alive) in server::instances()? {
        let how = if alive { "runs" } else { "has ended" };
        let (pid, port, version) = (state.server.pid(), state.port, &state.version);
        lines.push(format!("{name} {how}: pid {pid}, port {port}, version {version}"));
    }
    Ok(lines)
}
