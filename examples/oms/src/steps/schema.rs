//! The step schema: tables before the copy, indexes and foreign keys after it.

use std::collections::HashSet;

use oms_core::project::{Structure, StructureReport};
use oms_core::schema::SchemaSet;
use oms_core::select::Selection;

use crate::failure::Result;
use crate::setup::Setup;

fn structure(setup: &Setup, selection: &Selection) -> Structure {
    Structure::new(setup.source.clone(), setup.target.clone(), selection)
}

/// What would be made.
pub(crate) async fn plan(setup: &Setup, selection: &Selection) -> Result<StructureReport> {
    Ok(Box::pin(structure(setup, selection).plan()).await?)
}

/// Makes the tables, without what is faster made after the copy.
pub(crate) async fn prepare(setup: &Setup, selection: &Selection) -> Result<StructureReport> {
    Ok(Box::pin(structure(setup, selection).prepare()).await?)
}

/// Makes the rest, by the schemas that the target has come to.
pub(crate) async fn finish(
    setup: &Setup,
    selection: &Selection,
    schemas: Option<&SchemaSet>,
) -> Result<StructureReport> {
    let mut structure = structure(setup, selection);
    Ok(match schemas {
        Some(schemas) => Box::pin(structure.finish_as_of(schemas)).await?,
        None => Box::pin(structure.finish()).await?,
    })
}

/// Tells what was made, once in a run.
#[derive(Debug, Default)]
pub(crate) struct Teller(HashSet<String>);

impl Teller {
    /// What was made otherwise than it is at the source, and what stays there: nobody should find out later.
    pub(crate) fn tell(&mut self, report: &StructureReport) {
        let left_out: Vec<_> = report.left_out.iter().map(ToString::to_string).collect();
        let stays = (!left_out.is_empty()).then(|| format!("stay at the source: {}", left_out.join(", ")));
        for line in report.notes().map(ToString::to_string).chain(stays) {
            if !self.0.contains(&line) {
                eprintln!("schema: {line}");
                self.0.insert(line);
            }
        }
        eprintln!("schema: {} statements made", report.statements.len());
    }
}
