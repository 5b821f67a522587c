//! Wheels through the machine's pip.

use std::path::Path;

use super::once::files;
use super::{Tool, unpack_zip};
use crate::error::Result;

/// Downloads a wheel (`name==version`) and unpacks it into a folder.
///
/// The program inside does not depend on the Python that runs here, so one fixed wheel is asked for.
pub(crate) fn wheel(kind: &str, name: &str, into: &Path) -> Result<()> {
    Tool::new(kind, &format!("downloading {name} with pip"), "python3")
        .args(["-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"])
        .args(["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"])
        .args(["--platform", "manylinux_2_28_x86_64", "-d"])
        .arg(into)
        .arg(name)
        .download()?;
    for wheel in files(into, &[".whl"])? {
        unpack_zip(kind, &wheel, into)?;
        std::fs::remove_file(&wheel).map_err(crate::Error::io("delete", &wheel))?;
    }
    Ok(())
}
