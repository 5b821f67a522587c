//! [`FileCheckpointStore`]: one small file a pipeline, replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Checkpoint, CheckpointStore};
use crate::error::{At, Error, ErrorClass, Result};

/// Keeps each pipeline's checkpoint in a file of its own, `NAME.checkpoint.json` in one folder.
///
/// A save writes a new file, syncs it and renames it over the old one, so that a crash leaves one of the two whole.
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

    /// The file of a pipeline: characters that a file name may not hold are written as `%XX`.
    fn path(&self, pipeline: &str) -> PathBuf {
        let mut name = String::with_capacity(pipeline.len());
        for byte in pipeline.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(byte.into()),
                _ => name.push_str(&format!("%{byte:02X}")),
            }
        }
        self.folder.join(format!("{name}.checkpoint.json"))
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The rename itself is durable only when the folder is.
    File::open(folder)?.sync_all()
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
            move || fs::read_to_string(path)
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
        let write = blocking({
            let path = path.clone();
            move || replace(&path, &text)
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
