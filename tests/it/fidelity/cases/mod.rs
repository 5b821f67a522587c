//! The cases, by kind of value.

mod documents;
mod loud;
mod numbers;
mod tables;
mod temporal;
mod text;

use super::case::Case;

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = numbers::cases();
    cases.extend(temporal::cases());
    cases.extend(text::cases());
    cases.extend(documents::cases());
    cases.extend(tables::cases());
    cases.sort_by_key(|case| case.id);
    cases
}

/// Those that are carried alone: some end the pipeline, others are large.
pub(crate) fn alone() -> Vec<Case> {
    let mut cases = loud::cases();
    cases.push(documents::large());
    cases
}
