//! `oms check`: every problem at once, before anything is written.

use oms_core::project::Severity;
use serde_json::json;

use super::Answer;
use crate::failure::Result;
use crate::setup::Setup;
use crate::steps::{Step, precheck};

/// Connects to both sides and lists everything that stands against the project.
pub(super) async fn check(setup: &Setup) -> Result<Answer> {
    let steps = Step::of_project(&setup.project.steps);
    let tables = match setup.source_session().await {
        Ok(mut session) => Some(setup.tables(&mut session).await?),
        // The precheck says why.
        Err(_) => None,
    };
    let report = precheck(setup, &steps, tables.as_ref()).await?;
    let errors = report.findings_of(Severity::Error).count();
    let warnings = report.findings_of(Severity::Warning).count();
    let verdict = match errors {
        0 => format!("{}: can be run, {warnings} warnings", setup.name()),
        _ => format!("{}: cannot be run, {errors} errors, {warnings} warnings", setup.name()),
    };
    Ok(Answer {
        status: u8::from(errors > 0),
        json: json!({ "ok": errors == 0, "findings": report.findings }),
        text: format!("{report}\n{verdict}"),
    })
}
