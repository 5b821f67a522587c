//! Getting a server's files through the machine's own package clients, once.

mod apt;
mod maven;
mod once;
mod pip;
mod tool;

pub(crate) use apt::{machine_suite, single_packages, with_dependencies};
pub(crate) use maven::artefact;
pub(crate) use once::once;
pub(crate) use pip::wheel;
pub(crate) use tool::{Tool, run, tail, unpack_zip};
