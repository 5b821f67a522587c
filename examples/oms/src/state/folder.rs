//! Step records as a file `NAME.steps.json` in a folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use oms_core::{At, Error, ErrorClass, Result};

use super::{StepRecord, Steps};

fn path(folder: &Path, pipeline: &str) -> PathBuf {
    // Names of projects are letters, digits, dots, - and _ only.
    folder.join(format!("{pipeline}.steps.json"))
}

fn failed(action: &str, path: &Path, error: io::Error) -> Error {
    Error::Connector {
        connector: "state folder",
        action: format!("{action} {}", path.display()).into(),
        class: ErrorClass::Fatal,
        at: Box::new(At::unknown()),
        source: Box::new(error),
    }
}

pub(super) fn load(folder: &Path, pipeline: &str) -> Result<Steps> {
    let path = path(folder, pipeline);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| failed("reading", &path, error.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Steps::new()),
        Err(error) => Err(failed("reading", &path, error)),
    }
}

pub(super) fn save(folder: &Path, pipeline: &str, step: &str, record: &StepRecord) -> Result<()> {
    let mut steps = load(folder, pipeline)?;
    steps.insert(step.to_owned(), record.clone());
    let path = path(folder, pipeline);
    replace(folder, &path, &steps).map_err(|error| failed("writing", &path, error))
}

/// Writes a new file and renames it over the old one, so that a crash leaves one of the two whole.
fn replace(folder: &Path, path: &Path, steps: &Steps) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let new = path.with_extension("json.new");
    let mut file = File::create(&new)?;
    file.write_all(serde_json::to_string_pretty(steps)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}
