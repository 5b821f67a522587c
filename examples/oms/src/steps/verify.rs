//! The step verify: both sides compared, while writes may go on.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use oms_check::{Progress, Report, ReviewOptions, TablePair, Verifier, VerifyOptions};

use crate::failure::{Failure, Result};
use crate::setup::{Setup, Tables};
use crate::show;
use crate::spec::Seconds;

/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(3);

/// Compares all tables of the project. Differences are looked at again while changes are under way.
pub(crate) async fn verify(setup: &Setup, tables: &Tables) -> Result<Report> {
    let pairs = tables.preview.selected.iter().map(|(from, to)| TablePair::new(from.clone(), to.clone()));
    let keys = &setup.project.verify;
    let mut options = VerifyOptions::default();
    if let Some(connections) = keys.connections {
        options = options.with_connections(connections);
    }
    let mut review = ReviewOptions::default();
    if let Some(Seconds(interval)) = keys.review_interval {
        review = review.with_interval(interval);
    }
    if let Some(rounds) = keys.review_rounds {
        review = review.with_max_rounds(rounds);
    }
    let teller = Teller::new();
    let verifier = Verifier::new(setup.source.clone(), setup.target.clone())
        .with_tables(pairs)
        .with_options(options.with_review(review))
        .with_observer(move |progress| teller.tell(progress));
    verifier.run().await.map_err(|error| Failure::Failed(Box::new(error)))
}

/// Tells how far a verification is: a bar on a terminal, lines elsewhere.
struct Teller {
    bar: Option<ProgressBar>,
    told_at: Mutex<Option<Instant>>,
}

impl Teller {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("verify {spinner} {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { bar, told_at: Mutex::new(None) }
    }

    fn tell(&self, progress: &Progress) {
        let line = format!(
            "{} of {} tables, {}: {} rows{}, {} to be looked at again",
            progress.tables_done,
            progress.tables,
            progress.table,
            show::count(progress.rows),
            progress.row_estimate.map_or(String::new(), |rows| format!(" of about {}", show::count(rows))),
            show::count(progress.suspects),
        );
        if let Some(bar) = &self.bar {
            bar.set_message(line);
            bar.tick();
            return;
        }
        let mut told_at = self.told_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told_at.is_none_or(|at| at.elapsed() >= LINE) {
            *told_at = Some(Instant::now());
            eprintln!("verify: {line}");
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
