//! Getting a server's files: through the machine's own package clients, once, also when many ask at a time.

mod apt;
mod maven;
mod pip;
mod tool;

pub(crate) use apt::{machine_suite, single_packages, with_dependencies};
pub(crate) use maven::artefact;
pub(crate) use pip::wheel;
pub(crate) use tool::{Tool, run, tail, unpack_zip};

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::{folder, report};

/// Returns the cache folder `name`, made by `fill` when it is not there yet.
///
/// `fill` works on a folder beside it which takes the name only when it is whole, so a half-finished one is never used.
/// A lock file keeps several test binaries from doing it at once; the others wait and then use the result.
pub(crate) fn once(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = folder::cache()?;
    let whole = cache.join(name);
    if whole.is_dir() {
        return Ok(whole);
    }
    let _lock = folder::lock(&cache.join(format!("{name}.lock")))?;
    if whole.is_dir() {
        return Ok(whole);
    }
    let begun = Instant::now();
    let part = cache.join(format!("{name}.part"));
    folder::remove(&part)?;
    fs::create_dir(&part).map_err(Error::io("create", &part))?;
    fill(&part)?;
    fs::rename(&part, &whole).map_err(Error::io("rename", &part))?;
    report::line(&format!("{name} ready in {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(whole)
}

/// Returns the files in a folder whose names end in one of `endings`.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
