//! Lines for the person who watches the tests: progress of downloads, and tests that were skipped.

use std::fs::{self, File};
use std::io::{self, Write};

use crate::error::{Error, Result};
use crate::folder;

/// Prints one line, also while the test harness captures the output of a test.
///
/// The harness captures what `eprintln!` prints, not what is written to standard error itself.
pub(crate) fn line(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = io::stderr().write_all(format!("test-servers: {text}\n").as_bytes());
}

/// Says whether a server that cannot be had must make its test fail.
pub(crate) fn must_have_servers() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Records a test that could not run; `test-servers skipped` prints and counts them at the end of a run.
pub(crate) fn skip(test: &str, reason: &str) -> Result<()> {
    let reason = reason.replace('\n', " ");
    line(&format!("SKIPPED {test}: {reason}"));
    let root = folder::root();
    fs::create_dir_all(&root).map_err(Error::io("create", &root))?;
    let path = root.join("skipped");
    let mut file = File::options().append(true).create(true).open(&path).map_err(Error::io("open", &path))?;
    // One write per line: several test processes append at once.
    file.write_all(format!("{test}: {reason}\n").as_bytes()).map_err(Error::io("write", &path))
}

/// Returns the skipped tests recorded so far, one `name: reason` each, and forgets them when `clear` says so.
pub fn skipped(clear: bool) -> Result<Vec<String>> {
    let path = folder::root().join("skipped");
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::io("read", &path))?,
    };
    if clear {
        fs::remove_file(&path).map_err(Error::io("delete", &path))?;
    }
    Ok(text.lines().map(str::to_owned).collect())
}
