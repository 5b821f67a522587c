//! Where downloads, data folders and logs lie: all of it under cargo's `target/servers`, unless told
//! otherwise.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Returns cargo's target folder that the running program was built into.
///
/// Cargo leaves `.rustc_info.json` in the top of every target folder, so looking upwards from the program is
/// right for `CARGO_TARGET_DIR`, for a configured `target-dir` and for each of several worktrees. A doc test
/// runs from a temporary folder: for it the variable counts, then this package's place in its workspace.
fn target() -> PathBuf {
    if let Ok(program) = env::current_exe()
        && let Some(folder) = program.ancestors().find(|folder| folder.join(".rustc_info.json").is_file())
    {
        return folder.to_path_buf();
    }
    if let Some(folder) = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from)
        && folder.is_absolute()
    {
        return folder;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).join("target")
}

/// Returns the folder of everything: `OMS_TEST_SERVERS_DIR`, or else `target/servers`.
pub(crate) fn root() -> PathBuf {
    match env::var_os("OMS_TEST_SERVERS_DIR").filter(|folder| !folder.is_empty()) {
        // Servers run in folders of their own, so a relative path would change its meaning.
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder)),
        None => target().join("servers"),
    }
}

/// Returns the folder of downloads and unpacked servers, which outlives a test run.
pub(crate) fn cache() -> Result<PathBuf> {
    made(root().join("cache"))
}

/// Returns the folder that holds one folder per server instance.
pub(crate) fn run() -> Result<PathBuf> {
    made(root().join("run"))
}

/// Returns the folder of server logs; they outlive the data folders.
pub(crate) fn logs() -> Result<PathBuf> {
    made(root().join("logs"))
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

/// Deletes a folder that may or may not be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("delete", folder)(error)),
        _ => Ok(()),
    }
}

/// Opens a lock file, without locking it. The file is never deleted: a lock is only worth something on one
/// file.
pub(crate) fn lock_file(path: &Path) -> Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(Error::io("open", path))
}

/// Waits for the exclusive lock on a file; it ends when the returned file is dropped, also by a SIGKILL.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = lock_file(path)?;
    file.lock().map_err(Error::io("lock", path))?;
    Ok(file)
}
