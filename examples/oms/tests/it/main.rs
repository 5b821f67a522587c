//! The program, run as a program, against real servers. The oracle of the test servers judges.

#![allow(clippy::unwrap_used, reason = "all of this is test code, also what is not a #[test] function")]

mod mistakes;
mod project_file;
mod refusals;
mod resume;
mod run;
mod support;
mod whole;
mod zones;
