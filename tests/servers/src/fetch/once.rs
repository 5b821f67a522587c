//! Things that are made once, also when many ask at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::error::{Error, Result};
use crate::{folder, report};

/// Returns the cache folder `name`, made by `fill` when it is not there yet.
///
/// `fill` works on a folder beside it which takes the name only when it is whole, so a half-finished one is
/// never used. A lock file keeps several test binaries from doing it at once; the others wait and then use
/// the result.
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
    if let Some((kind, action, output)) = failed().get(name).cloned() {
        return Err(Error::Unavailable { kind, action, output });
    }
    let begun = Instant::now();
    let part = cache.join(format!("{name}.part"));
    folder::remove(&part)?;
    fs::create_dir(&part).map_err(Error::io("create", &part))?;
    if let Err(error) = fill(&part) {
        if let Error::Unavailable { kind, action, output } = &error {
            failed().insert(name.to_owned(), (kind.clone(), action.clone(), output.clone()));
        }
        return Err(error);
    }
    fs::rename(&part, &whole).map_err(Error::io("rename", &part))?;
    report::line(&format!("{name} ready in {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(whole)
}

/// Returns what this process could not get, by name: kind, action and output of the error. On a machine
/// without network hundreds of tests would otherwise try it one after the other.
fn failed() -> MutexGuard<'static, BTreeMap<String, (String, String, String)>> {
    static FAILED: Mutex<BTreeMap<String, (String, String, String)>> = Mutex::new(BTreeMap::new());
    FAILED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the files in a folder whose names end in one of `endings`.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    /// A name in the cache that goes with the test.
    struct Name(String);

    impl Name {
        fn new(test: &str) -> Self {
            Self(format!("{test}-{}", std::process::id()))
        }
    }

    impl Drop for Name {
        fn drop(&mut self) {
            let cache = folder::cache().unwrap();
            for ending in ["", ".part"] {
                folder::remove(&cache.join(format!("{}{ending}", self.0))).unwrap();
            }
            let _ = fs::remove_file(cache.join(format!("{}.lock", self.0)));
        }
    }

    #[test]
    fn many_at_once_fill_it_once() {
        let name = Name::new("many");
        let filled = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let folder = once(&name.0, |part| {
                        filled.fetch_add(1, Ordering::SeqCst);
                        fs::write(part.join("file"), "whole").map_err(Error::io("write", part))
                    });
                    assert_eq!(fs::read_to_string(folder.unwrap().join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(filled.into_inner(), 1);
    }

    #[test]
    fn a_half_filled_one_is_never_taken() {
        let name = Name::new("half");
        let fails = |part: &Path| {
            fs::write(part.join("half"), "half").unwrap();
            Err(Error::io("write", part)(std::io::ErrorKind::StorageFull.into()))
        };
        once(&name.0, fails).unwrap_err();
        assert!(!folder::cache().unwrap().join(&name.0).exists());
        // What a killed attempt left is in the way of none.
        let folder = once(&name.0, |part| {
            assert_eq!(files(part, &[""]).unwrap().len(), 0);
            Ok(())
        });
        assert!(folder.unwrap().is_dir());
    }
}
