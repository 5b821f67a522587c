//! [`FileCheckpointStore`]: one small file a pipeline, replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::{Checkpoint, CheckpointStore};
use crate::error::{At, Error, ErrorClass, Result};

/// Keeps each pipeline's checkpoint in a file of its own, `NAME.checkpoint.json` in one folder.
///
/// A save writes a new file, syncs it and renames it over the old one, so that a crash leaves one of the two whole. The
/// folder is locked meanwhile, where its file system can, and a save that is dropped either is through before any
/// later one begins or does nothing.
///
/// # Examples
///
/// ```
/// let store = oms_core::checkpoint::FileCheckpointStore::new("state");
/// ```
#[derive(Clone, Debug)]
pub struct FileCheckpointStore {
    folder: PathBuf,
}

impl FileCheckpointStore {
    /// A store in this folder, which is made when the first checkpoint is saved.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, pipeline: &str) -> PathBuf {
        self.folder.join(format!("{}.checkpoint.json", file_name(pipeline)))
    }
}

/// A pipeline's name as a file's: characters that a file name may not hold are written as `%XX`.
pub(crate) fn file_name(pipeline: &str) -> String {
    let mut name = String::with_capacity(pipeline.len());
    for byte in pipeline.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

/// Holds the folder's lock for as long as the file is open.
fn lock(folder: &Path, how: fn(&File) -> io::Result<()>) -> io::Result<File> {
    let file = File::open(folder)?;
    match how(&file) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
        locked => locked?,
    }
    Ok(file)
}

fn read(path: &Path) -> io::Result<String> {
    let _lock = path.parent().map(|folder| lock(folder, File::lock_shared)).transpose()?;
    fs::read_to_string(path)
}

fn replace(path: &Path, text: &str, dropped: &AtomicBool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let lock = lock(folder, File::lock)?;
    if dropped.load(Ordering::Acquire) {
        return Ok(());
    }
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The rename itself is durable only when the folder is.
    lock.sync_all()
}

/// Says that nobody waits for an answer any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn failed(action: &str, path: &Path, error: io::Error) -> Error {
    Error::Connector {
        connector: "file checkpoint store",
        action: format!("{action} {}", path.display()).into(),
        class: ErrorClass::Fatal,
        at: Box::new(At::unknown()),
        source: Box::new(error),
    }
}

/// Runs file work off the async threads where there are any to spare.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped { what: "a file operation" })
}

#[async_trait]
impl CheckpointStore for FileCheckpointStore {
    async fn load(&self, pipeline: &str) -> Result<Option<Checkpoint>> {
        let path = self.path(pipeline);
        let read = blocking({
            let path = path.clone();
            move || read(&path)
        });
        match read.await? {
            Ok(text) => Checkpoint::from_text(&text).map(Some).map_err(|error| Error::Connector {
                connector: "file checkpoint store",
                action: format!("reading {}", path.display()).into(),
                class: ErrorClass::Fatal,
                at: Box::new(At::unknown()),
                source: Box::new(error),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &path, error)),
        }
    }

    async fn save(&self, pipeline: &str, checkpoint: &Checkpoint) -> Result<()> {
        let (path, text) = (self.path(pipeline), checkpoint.to_text()?);
        let waiting = Waiting(Arc::default());
        let write = blocking({
            let (path, dropped) = (path.clone(), Arc::clone(&waiting.0));
            move || replace(&path, &text, &dropped)
        });
        write.await?.map_err(|error| failed("writing", &path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_folder() {
        let path = FileCheckpointStore::new("state").path("../a/b c");
        assert_eq!(path, Path::new("state/%2E%2E%2Fa%2Fb%20c.checkpoint.json"));
    }
}
