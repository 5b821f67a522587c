//! Everything that stands against a migration, found before anything is written.

use oms_core::project::CheckReport;
use oms_sinks::mysql::MySqlTargetPrecheck;
use oms_sources::mysql::MySqlPrecheck;

use super::{Step, schema, sink_options};
use crate::failure::Result;
use crate::setup::{Setup, Tables};

/// Asks both servers, and plans the tables, for these steps; `tables` if the source could be asked for them.
pub(crate) async fn precheck(setup: &Setup, steps: &[Step], tables: Option<&Tables>) -> Result<CheckReport> {
    let mut report = CheckReport::new();
    let selection = match tables {
        Some(tables) => tables.selection.clone(),
        // The source cannot be reached, which its check says; names do not matter then.
        None => setup.project.selection(oms_core::NameCase::Sensitive)?,
    };
    // A checkpoint that cannot be read is for the target's check to tell.
    let checkpoint = setup.checkpoints().load(setup.name()).await.ok().flatten();
    let source = MySqlPrecheck::new(setup.source.clone(), selection.clone())
        .with_log(steps.contains(&Step::Incremental))
        .with_position(checkpoint.map(|checkpoint| checkpoint.position))
        .run()
        .await;
    report.merge(source.report);
    for entry in tables.iter().flat_map(|tables| tables.unused_map_entries()) {
        // Its rows would go to another table than was meant.
        let problem = "the entry is for no selected table";
        report.error("unused_map_entry", entry, problem, "look for a slip of the pen in objects.map");
    }
    let writes = steps.iter().any(|step| matches!(step, Step::Schema | Step::Full | Step::Incremental));
    if writes {
        let target = MySqlTargetPrecheck::new(setup.target.clone(), setup.name())
            .with_tables(&source.tables, &mut selection.mapping())?
            .with_options(sink_options(setup))
            .with_source_packet(source.max_allowed_packet)
            .with_tables_made(steps.contains(&Step::Schema))
            .with_rows_allowed(!steps.contains(&Step::Full));
        report.merge(target.run().await);
    }
    if steps.contains(&Step::Schema) && report.is_ok() {
        for problem in schema::plan(setup, &selection).await?.problems() {
            let advice = "change the table, exclude it, or map it to another name";
            report.error("structure", "schema", problem, advice);
        }
    }
    Ok(report)
}
