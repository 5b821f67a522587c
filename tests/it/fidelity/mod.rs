//! Values that must arrive unchanged: every case on three paths (copied, inserted while streaming, changed while
//! streaming) and to two targets, judged by the oracle of the test servers.

mod case;
mod cases;
mod lane;
mod paths;

use case::Case;
use lane::{Lane, Target};

/// Runs all cases to one target and fails with all that is not as expected.
async fn run(target: Target, cases: Vec<Case>) {
    let Some(lane) = Lane::open(target, "fidelity").await else {
        return;
    };
    let outcomes = lane.run(cases).await;
    let wrong: Vec<String> = outcomes.iter().filter_map(|outcome| outcome.wrong(target)).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), outcomes.len(), wrong.join("\n"));
}

#[tokio::test]
async fn values_reach_mysql_unchanged() {
    run(Target::MySql, cases::all()).await;
}

#[tokio::test]
async fn values_reach_oceanbase_unchanged() {
    run(Target::OceanBase, cases::all()).await;
}
