//! [`Outcome`]: what became of a case, and whether that is what must become of it.

use super::case::Case;
use super::lane::Target;
use super::paths::Path;

/// What became of one case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) case: Case,
    pub(crate) result: Carried,
}

/// What became of a table.
#[derive(Debug)]
pub(crate) enum Carried {
    /// The target cannot hold it, and said so before anything was made there.
    Refused(String),
    /// It ended the pipeline, on one of these paths.
    Stopped(Vec<Path>, String),
    /// It was carried over, on these paths.
    Compared {
        paths: Vec<Path>,
        /// Column, its type at the source, and what is different at the target, if anything.
        columns: Vec<(String, String, Vec<String>)>,
        /// The oracle's words where rows differ.
        differences: Vec<(Path, String)>,
    },
}

impl Outcome {
    /// What is not as the case expects it.
    pub(crate) fn wrong(&self, target: Target) -> Option<String> {
        let refused = self.case.refused.iter().find(|(by, _)| *by == target).map(|(_, words)| *words);
        let stops = |paths: &[Path]| {
            let mut stops = self.case.stops.iter();
            stops.find(|(at, path, _)| *at == target && paths.contains(path)).map(|(.., words)| *words)
        };
        let wrong = match (&self.result, refused) {
            (Carried::Refused(reason), Some(words)) if reason.contains(words) => return None,
            (Carried::Refused(reason), _) => format!("is refused: {reason}"),
            (_, Some(words)) => format!("is not refused with {words}"),
            (Carried::Stopped(paths, error), None) => match stops(paths) {
                Some(words) if error.contains(words) => return None,
                _ => format!("ends the pipeline on one of {paths:?}: {error}"),
            },
            (Carried::Compared { paths, differences, .. }, None) => match stops(paths) {
                Some(words) => format!("does not end the pipeline with {words}"),
                None if differences.is_empty() => return None,
                None => {
                    let told = differences.iter().map(|(path, words)| format!("  {path:?}: {words}"));
                    format!("differs\n{}", told.collect::<Vec<_>>().join("\n"))
                }
            },
        };
        Some(format!("{} {wrong}", self.case.id))
    }
}
