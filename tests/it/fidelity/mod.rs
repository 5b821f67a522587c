//! Values that must arrive unchanged: every case on all paths (copied, inserted while streaming, changed while streaming,
//! with a key and without) and to two targets, judged by the oracle of the test servers.

mod case;
mod cases;
mod charsets;
mod databases;
mod key_equality;
mod lane;
mod outcome;
mod padded;
mod page;
mod paths;

use case::Case;
use lane::{Lane, Target};
use outcome::Outcome;
use paths::Path;

/// Runs all cases to one target; `None` if its servers cannot be had.
async fn run(target: Target) -> Option<Vec<Outcome>> {
    let lane = Lane::open(target, "fidelity").await?;
    let mut outcomes = lane.run(cases::all(), &Path::KEYED).await;
    let is_refused = |case: &Case| case.refused.iter().any(|(by, _)| *by == target);
    let keyless = cases::all().into_iter().filter(|case| case.keyless && !is_refused(case));
    outcomes.extend(lane.run(keyless.collect(), &[Path::Keyless]).await);
    for case in cases::alone() {
        let stops = case.stops.iter().any(|(at, ..)| *at == target);
        // A path that ends the pipeline would hide the others.
        let groups: &[&[Path]] = if stops {
            &[&[Path::Scanned], &[Path::Inserted], &[Path::Updated], &[Path::Keyless]]
        } else {
            &[&Path::KEYED, &[Path::Keyless]]
        };
        for paths in groups.iter().filter(|paths| case.keyless || **paths != [Path::Keyless]) {
            outcomes.extend(lane.run(vec![case.clone()], paths).await);
        }
    }
    Some(outcomes)
}

#[tokio::test]
async fn values_arrive_unchanged_and_the_page_says_how() {
    let (mysql, oceanbase) = tokio::join!(Box::pin(run(Target::MySql)), Box::pin(run(Target::OceanBase)));
    let complete = mysql.is_some() && oceanbase.is_some();
    let of = |target, outcomes: Option<Vec<Outcome>>| {
        outcomes.unwrap_or_default().into_iter().map(move |outcome| (target, outcome))
    };
    let outcomes: Vec<_> = of(Target::MySql, mysql).chain(of(Target::OceanBase, oceanbase)).collect();
    let wrong: Vec<String> = outcomes
        .iter()
        .filter_map(|(target, outcome)| Some(format!("to {target:?}: {}", outcome.wrong(*target)?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} outcomes:\n{}", wrong.len(), outcomes.len(), wrong.join("\n"));
    if complete {
        let page = page::render(&outcomes);
        println!("{page}");
        page::check(&page);
    }
}
