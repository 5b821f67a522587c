//! What a run does, step by step; [`Step`] names them, in their order.

mod data;
mod position;

use std::fmt;

use clap::ValueEnum;

pub(crate) use data::{DataStep, Ended, Follow, Running, follow_of, log_end};
pub(crate) use position::{covers, is_copied, log_of};

use crate::spec::StepSwitches;

/// A step of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Step {
    /// Makes the tables at the target.
    Schema,
    /// Copies the rows that there are.
    Full,
    /// Follows the changes.
    Incremental,
    /// Compares both sides.
    Verify,
}

impl Step {
    /// The steps that the project file asks for.
    pub(crate) fn of_project(switches: &StepSwitches) -> Vec<Step> {
        let StepSwitches { schema, full, incremental, verify } = *switches;
        let all = [
            (schema, Step::Schema),
            (full, Step::Full),
            (incremental, Step::Incremental),
            (verify, Step::Verify),
        ];
        all.into_iter().filter(|(wanted, _)| *wanted).map(|(_, step)| step).collect()
    }

    /// Its name in the project file, on the command line and in the state.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::Schema => "schema",
            Step::Full => "full",
            Step::Incremental => "incremental",
            Step::Verify => "verify",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
