//! `oms wait`: from another process than the one that runs.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use super::Answer;
use crate::failure::{Failure, Result};
use crate::setup::Setup;
use crate::show;
use crate::steps::{covers, is_copied, log_end};

/// How often the checkpoint in the target is read.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until everything that the source had committed at the time of the call is durable in the target.
pub(super) async fn wait(setup: &Setup, timeout: Duration) -> Result<Answer> {
    let begun = Instant::now();
    // Asked first: what is committed later is not waited for.
    let end = log_end(&setup.source).await.map_err(Failure::connecting)?;
    let checkpoints = setup.checkpoints();
    loop {
        let checkpoint = match checkpoints.load(setup.name()).await {
            Ok(checkpoint) => checkpoint,
            Err(error) if error.is_retryable() && begun.elapsed() < timeout => {
                sleep(LOOK).await;
                continue;
            }
            Err(error) => return Err(Failure::connecting(error)),
        };
        let position = checkpoint.map(|checkpoint| checkpoint.position);
        if let Some(position) = &position
            && covers(position, &end)?
        {
            let waited = begun.elapsed();
            return Ok(Answer {
                status: 0,
                json: json!({
                    "caught_up": true,
                    "position": end.to_string(),
                    "waited_ms": waited.as_millis() as u64,
                }),
                text: format!("caught up with {end} after {}", show::duration(waited)),
            });
        }
        if begun.elapsed() >= timeout {
            let where_it_is = match &position {
                None => "nothing of this project is in the target yet".to_owned(),
                Some(position) if !is_copied(position)? => "the copy is not complete yet".to_owned(),
                Some(position) => format!("the target is at {position}"),
            };
            let runs = match setup.state.holder(setup.name()).await? {
                Some(holder) => format!("it is run by {holder}"),
                None => "nobody runs it: start `oms run`".to_owned(),
            };
            return Err(Failure::failed(format!(
                "not caught up with {end} within {}: {where_it_is}; {runs}",
                show::duration(timeout)
            )));
        }
        sleep(LOOK.min(timeout.saturating_sub(begun.elapsed()))).await;
    }
}
