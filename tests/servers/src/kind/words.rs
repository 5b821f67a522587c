//! Command lines of servers.

use std::ffi::OsString;
use std::path::Path;

/// Program and arguments of one process.
pub(crate) type Words = Vec<OsString>;

/// Returns `prefix` and `path` as one word.
pub(super) fn word(prefix: &str, path: impl AsRef<Path>) -> OsString {
    let mut word = OsString::from(prefix);
    word.push(path.as_ref());
    word
}

/// Servers refuse to run as root unless they are told to.
pub(super) fn as_this_user() -> Option<OsString> {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self").ok()?;
    (own.uid() == 0).then(|| OsString::from("--user=root"))
}

/// Returns words that run a program of `root` by the loader of `root`, beside the machine's own C library.
pub(super) fn by_own_loader(root: &Path, libraries: &[&str], program: &str) -> Option<Words> {
    let program = ["usr/sbin", "usr/bin"].iter().map(|folder| root.join(folder).join(program));
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
