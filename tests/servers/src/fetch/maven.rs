//! Artefacts through the machine's Maven.

use std::path::{Path, PathBuf};

use super::Tool;
use super::once::files;
use crate::error::{Error, Result};

const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";

/// Downloads one artefact (`group:name:version[:type:classifier]`) into a folder and returns its file.
pub(crate) fn artefact(kind: &str, name: &str, into: &Path) -> Result<PathBuf> {
    Tool::new(kind, &format!("downloading {name} with mvn"), "mvn")
        .args(["-B", "-q", "-Dstyle.color=never", COPY])
        .arg(format!("-Dartifact={name}"))
        .arg(format!("-DoutputDirectory={}", into.display()))
        .within(into)
        .download()?;
    files(into, &[".jar", ".zip"])?.pop().ok_or_else(|| Error::Unavailable {
        kind: kind.to_owned(),
        action: format!("downloading {name} with mvn"),
        output: "it left no file".to_owned(),
    })
}
