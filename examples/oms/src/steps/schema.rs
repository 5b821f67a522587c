//! The step schema: tables before the copy, indexes and foreign keys after it.

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
    let report = Box::pin(structure(setup, selection).prepare()).await?;
    tell(&report);
    Ok(report)
}

/// Makes the rest, by the schemas that the target has come to.
pub(crate) async fn finish(
    setup: &Setup,
    selection: &Selection,
    schemas: Option<&SchemaSet>,
) -> Result<StructureReport> {
    let mut structure = structure(setup, selection);
    let report = match schemas {
        Some(schemas) => Box::pin(structure.finish_as_of(schemas)).await?,
        None => Box::pin(structure.finish()).await?,
    };
    tell(&report);
    Ok(report)
}

/// What was made otherwise than it is at the source, and what stays there: nobody should find out later.
fn tell(report: &StructureReport) {
    for note in report.notes() {
        eprintln!("schema: {note}");
    }
    eprintln!("schema: {} statements made", report.statements.len());
    if !report.left_out.is_empty() {
        let names: Vec<_> = report.left_out.iter().map(ToString::to_string).collect();
        eprintln!("schema: stay at the source: {}", names.join(", "));
    }
}
