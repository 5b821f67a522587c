//! `oms status`: what is known of a project without running it.

use std::time::{Duration, SystemTime};

use oms_core::checkpoint::Checkpoint;
use oms_sources::mysql::binlog::BinlogPosition;
use serde_json::json;

use super::Answer;
use crate::failure::{Failure, Result};
use crate::setup::Setup;
use crate::show;
use crate::state::StepRecord;
use crate::steps::{Step, covers, is_copied, log_end, log_of};

const STEPS: [Step; 4] = [Step::Schema, Step::Full, Step::Incremental, Step::Verify];

/// Shows which steps are done, how far the rows are, and who runs the project.
pub(super) async fn status(setup: &Setup) -> Result<Answer> {
    let name = setup.name();
    let steps = setup.state.steps(name).await.map_err(Failure::connecting)?;
    let checkpoint = setup.checkpoints().load(name).await?;
    let holder = setup.state.holder(name).await?;
    // A source that is away is worth a word, not the whole answer.
    let end = log_end(&setup.source).await;
    let progress =
        checkpoint.as_ref().map(|checkpoint| Standing::of(checkpoint, end.as_ref().ok())).transpose()?;

    let mut text = format!("project {name}\n");
    match &holder {
        Some(holder) => text.push_str(&format!("  run by        {holder}\n")),
        None => text.push_str("  run by        nobody\n"),
    }
    for step in STEPS {
        let line = match steps.get(step.name()) {
            Some(record) => told(record),
            None => "not begun".to_owned(),
        };
        text.push_str(&format!("  {:<13} {line}\n", step.name()));
    }
    if let Some(Standing { copied, rows, log, caught_up }) = &progress {
        text.push_str(&format!("  copy          {}\n", if *copied { "complete" } else { "not complete" }));
        text.push_str(&format!("  rows          {} applied, over all runs\n", show::count(*rows)));
        text.push_str(&format!("  position      {log}\n"));
        match (&end, caught_up) {
            (Ok(end), Some(false)) => text.push_str(&format!("  source        {end}: not caught up\n")),
            (Ok(_), _) => text.push_str("  source        caught up\n"),
            (Err(error), _) => {
                text.push_str(&format!("  source        {}\n", oms_core::error::Chain(error)));
            }
        }
    }
    let json = json!({
        "project": name,
        "holder": holder.as_ref().map(|holder| json!({
            "owner": &*holder.owner,
            "since": &*holder.since,
            "until": holder.until.as_deref(),
        })),
        "steps": steps,
        "copied": progress.as_ref().map(|standing| standing.copied),
        "rows": progress.as_ref().map(|standing| standing.rows),
        "position": progress.as_ref().map(|standing| standing.log.to_string()),
        "source_position": end.as_ref().ok().map(ToString::to_string),
        "caught_up": progress.as_ref().and_then(|standing| standing.caught_up),
    });
    Ok(Answer { status: 0, json, text })
}

/// How far the rows are.
struct Standing {
    copied: bool,
    rows: u64,
    log: BinlogPosition,
    /// `None` if the source cannot be asked.
    caught_up: Option<bool>,
}

impl Standing {
    fn of(checkpoint: &Checkpoint, end: Option<&BinlogPosition>) -> Result<Self> {
        let position = &checkpoint.position;
        Ok(Self {
            copied: is_copied(position)?,
            rows: checkpoint.tally.applied,
            log: log_of(position)?,
            caught_up: end.map(|end| covers(position, end)).transpose()?,
        })
    }
}

/// A record in words.
fn told(record: &StepRecord) -> String {
    let state = serde_json::to_value(record.state).unwrap_or_default();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(record.at);
    let ago = SystemTime::now().duration_since(at).unwrap_or_default();
    let mut text = format!("{}, {} ago", state.as_str().unwrap_or_default(), show::duration(ago));
    if record.rows > 0 {
        text.push_str(&format!(", {} rows", show::count(record.rows)));
    }
    if let Some(lag) = record.lag_ms {
        text.push_str(&format!(", lag {}", show::duration(Duration::from_millis(lag))));
    }
    if !record.note.is_empty() {
        text.push_str(&format!(": {}", record.note));
    }
    text
}
