//! [`Project`]: the project file, read and checked before anything is connected to.

mod endpoint;
mod error;
mod size;
mod time;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use oms_core::NameCase;
use oms_core::select::Selection;
use serde::Deserialize;

pub(crate) use endpoint::{Endpoint, Product};
pub(crate) use error::SpecError;
pub(crate) use size::Bytes;
pub(crate) use time::{Seconds, parse_duration};

/// The project file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Names the pipeline: its checkpoint, its lease and its steps are kept under it.
    pub(crate) name: String,
    /// Bytes of rows that may be on their way.
    #[serde(default = "default_memory")]
    pub(crate) memory: Bytes,
    pub(crate) source: Endpoint,
    pub(crate) sink: Endpoint,
    pub(crate) objects: Objects,
    #[serde(default)]
    pub(crate) steps: StepSwitches,
    #[serde(default)]
    pub(crate) full: Full,
    #[serde(default)]
    pub(crate) incremental: Incremental,
    #[serde(default)]
    pub(crate) apply: Apply,
    #[serde(default)]
    pub(crate) retry: Retry,
    #[serde(default)]
    pub(crate) state: State,
}

/// Which tables, and under which names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objects {
    pub(crate) include: Vec<String>,
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    #[serde(default)]
    pub(crate) map: BTreeMap<String, String>,
}

/// Which steps are done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StepSwitches {
    pub(crate) schema: bool,
    pub(crate) full: bool,
    pub(crate) incremental: bool,
    pub(crate) verify: bool,
}

/// How tables are copied.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Full {
    pub(crate) connections: Option<usize>,
    pub(crate) chunk_rows: Option<u64>,
    pub(crate) range_rows: Option<u64>,
}

/// How the log is followed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Incremental {
    pub(crate) server_id: Option<u32>,
    pub(crate) start_position: Option<String>,
    pub(crate) start_gtids: Option<String>,
}

/// How changes are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Apply {
    pub(crate) workers: Option<usize>,
    pub(crate) lock_wait_timeout: Option<Seconds>,
}

/// How long to go on when a server goes away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    pub(crate) give_up_after: Seconds,
}

/// Where the state is kept in the target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct State {
    pub(crate) database: String,
}

fn default_memory() -> Bytes {
    Bytes(64 << 20)
}

impl Default for StepSwitches {
    fn default() -> Self {
        Self { schema: true, full: true, incremental: true, verify: true }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { give_up_after: Seconds(Duration::from_secs(15 * 60)) }
    }
}

impl Default for State {
    fn default() -> Self {
        Self { database: "oms".to_owned() }
    }
}

impl Project {
    /// Reads a project file.
    ///
    /// # Errors
    ///
    /// The first thing in it that is wrong, with its line where it has one. Neither the line's text nor a value is
    /// repeated: either may be a password.
    pub(crate) fn load(path: &Path) -> Result<Self, SpecError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SpecError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// As [`Self::load`], of a text.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, SpecError> {
        let project: Self = toml::from_str(text).map_err(|error| SpecError::of_toml(path, text, &error))?;
        let wrong =
            |key: &'static str, reason: String| SpecError::Wrong { path: path.to_owned(), key, reason };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if project.name.is_empty() || project.name.len() > 64 || !project.name.chars().all(is_name) {
            let reason = "it is 1 to 64 letters, digits, dots, - and _ long";
            return Err(wrong("name", reason.to_owned()));
        }
        if project.objects.include.is_empty() {
            let reason = "it names no table; write a pattern such as \"shop.*\"";
            return Err(wrong("objects.include", reason.to_owned()));
        }
        // What is wrong with a pattern does not depend on how the source compares names.
        project.selection(NameCase::Sensitive).map_err(|error| wrong("objects", error.to_string()))?;
        if project.incremental.start_position.is_some() && project.incremental.start_gtids.is_some() {
            let reason = "give start_position or start_gtids, not both";
            return Err(wrong("incremental", reason.to_owned()));
        }
        Ok(project)
    }

    /// The tables and their names at the target, for a source that compares names like this.
    pub(crate) fn selection(&self, case: NameCase) -> oms_core::Result<Selection> {
        let mut selection = Selection::new(case);
        for pattern in &self.objects.include {
            selection = selection.include(pattern)?;
        }
        for pattern in &self.objects.exclude {
            selection = selection.exclude(pattern)?;
        }
        for (from, to) in &self.objects.map {
            selection = selection.map(from, to)?;
        }
        Ok(selection)
    }
}

#[cfg(test)]
mod tests;
