//! `oms verify`: compares both sides, at any time, from any process.

use super::Answer;
use super::account::{report_json, report_text};
use crate::failure::{Failure, Result};
use crate::setup::Setup;
use crate::signal::Stop;
use crate::steps::verify;

/// Compares all tables of the project.
pub(super) async fn run(setup: &Setup) -> Result<Answer> {
    let mut source = setup.source_session().await?;
    let tables = setup.tables(&mut source).await?;
    source.close().await?;
    let stop =
        Stop::listen().map_err(|error| Failure::failed(format!("cannot listen to signals: {error}")))?;
    let report = tokio::select! {
        report = verify(setup, &tables) => report?,
        () = stop.asked() => return Err(Failure::failed("stopped before the verification was done")),
    };
    Ok(Answer { status: report.exit_status(), json: report_json(&report), text: report_text(&report) })
}
