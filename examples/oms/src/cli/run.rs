//! `oms run`: the steps of a project, in their order.

use std::time::Instant;

use oms_core::lease::LeaseKeeper;
use oms_core::pipeline::Summary;
use serde_json::{Value, json};

use super::{Answer, Until};
use crate::failure::{Failure, Result};
use crate::setup::{Setup, Tables};
use crate::show::{self, Show};
use crate::signal::Stop;
use crate::state::{StepRecord, StepState, Steps};
use crate::steps::{DataStep, Ended, Follow, Running, Step, follow_of, is_copied};

/// Runs the steps of a project.
pub(super) async fn run(setup: &Setup, mut steps: Vec<Step>, until: Until, dry_run: bool) -> Result<Answer> {
    steps.sort_unstable();
    steps.dedup();
    if steps.is_empty() {
        return Err(Failure::config("there is no step to be done"));
    }
    if until != Until::Done && !steps.contains(&Step::Incremental) {
        return Err(Failure::config("--until has a meaning only with the step incremental"));
    }
    let tables = prepare(setup).await?;
    if dry_run {
        return Ok(preview(setup, &steps, &tables));
    }
    let stop =
        Stop::listen().map_err(|error| Failure::failed(format!("cannot listen to signals: {error}")))?;
    let keeper = setup.state.acquire(setup.name()).await?;
    let mut run =
        Run { setup, tables, steps, until, stop, keeper, records: Steps::new(), account: Account::new() };
    let result = run.until_done_or_fenced().await;
    let Run { keeper, account, steps, .. } = run;
    // The lease ends by itself if the target is away; what matters is how the steps ended.
    let released = keeper.release().await;
    let goal = result?;
    released?;
    Ok(account.answer(setup, &steps, goal))
}

/// Connects to both sides and finds the tables.
async fn prepare(setup: &Setup) -> Result<Tables> {
    let mut source = setup.source_session().await?;
    let tables = setup.tables(&mut source).await?;
    source.close().await?;
    setup.target_session().await?.close().await?;
    Ok(tables)
}

/// How a run ended, if not by a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Reached,
    /// The person stopped it before all steps were done.
    Stopped(Step),
}

/// A run under way.
struct Run<'a> {
    setup: &'a Setup,
    tables: Tables,
    steps: Vec<Step>,
    until: Until,
    stop: Stop,
    keeper: LeaseKeeper,
    records: Steps,
    account: Account,
}

impl Run<'_> {
    /// Runs, and ends at once if somebody else has taken the project over.
    async fn until_done_or_fenced(&mut self) -> Result<Goal> {
        let lost = self.keeper.lost();
        tokio::select! {
            result = self.run() => result,
            error = lost => Err(error.into()),
        }
    }

    /// The steps, in their order. What was done by an earlier run is not done again, except for the verification.
    async fn run(&mut self) -> Result<Goal> {
        self.records = self.setup.state.steps(self.setup.name()).await?;
        let checkpoint = self.setup.checkpoints().load(self.setup.name()).await?;
        if checkpoint.is_none() {
            self.refuse_problems()?;
        }
        let copied = match &checkpoint {
            Some(checkpoint) => self.is_done(Step::Full) || is_copied(&checkpoint.position)?,
            None => false,
        };
        let follow = follow_of(checkpoint.as_ref(), &self.steps, copied)?;

        if self.wants(Step::Full) && !copied && self.copy(follow).await? == Goal::Stopped(Step::Full) {
            return Ok(Goal::Stopped(Step::Full));
        }
        if self.wants(Step::Incremental) {
            return self.follow(follow).await;
        }
        Ok(Goal::Reached)
    }

    /// Copies all tables; changes that come meanwhile are applied as well if they are followed later.
    async fn copy(&mut self, follow: Follow) -> Result<Goal> {
        let mut running = self.data().start(Step::Full, follow, Show::new(&self.tables.estimates))?;
        let copied = running.copied();
        let ended = running.until(copied).await;
        let summary = match self.note_failure(Step::Full, ended).await? {
            Ended::Reached(()) => running.drain().await?,
            Ended::Finished(summary) => summary,
            Ended::Stopped(summary) => return self.stopped(Step::Full, &summary).await,
        };
        self.done(Step::Full, &summary).await?;
        Ok(Goal::Reached)
    }

    /// Follows the changes, until caught up or until stopped.
    async fn follow(&mut self, follow: Follow) -> Result<Goal> {
        let mut running = self.data().start(Step::Incremental, follow, Show::new(&self.tables.estimates))?;
        let caught_up = running.caught_up(self.setup);
        let ended = running.until(caught_up).await;
        match self.note_failure(Step::Incremental, ended).await? {
            Ended::Reached(()) => self.account.caught_up = true,
            Ended::Finished(summary) | Ended::Stopped(summary) => {
                return self.stopped(Step::Incremental, &summary).await;
            }
        }
        eprintln!("incremental: caught up with the source");
        self.stream_on(running).await
    }

    async fn stream_on(&mut self, mut running: Running) -> Result<Goal> {
        let summary = match self.until {
            Until::CaughtUp => running.drain().await?,
            Until::Done | Until::Stopped => {
                let ended = running.until(std::future::pending::<Result<()>>()).await;
                match self.note_failure(Step::Incremental, ended).await? {
                    Ended::Finished(summary) | Ended::Stopped(summary) => summary,
                    Ended::Reached(()) => running.drain().await?,
                }
            }
        };
        self.record(Step::Incremental, StepState::Stopped, &summary).await?;
        Ok(Goal::Reached)
    }

    fn data(&self) -> DataStep<'_> {
        DataStep {
            setup: self.setup,
            selection: &self.tables.selection,
            lease: self.setup.state.is_in_target().then_some(self.keeper.lease().token),
            stop: &self.stop,
        }
    }

    fn wants(&self, step: Step) -> bool {
        self.steps.contains(&step)
    }

    fn is_done(&self, step: Step) -> bool {
        self.records.get(step.name()).is_some_and(|record| record.state == StepState::Done)
    }

    /// What cannot be meant is refused before the first row is written.
    fn refuse_problems(&self) -> Result<()> {
        match self.tables.problems() {
            problems if problems.is_empty() => Ok(()),
            problems => Err(Failure::config(problems.join("\n     "))),
        }
    }

    async fn done(&mut self, step: Step, summary: &Summary) -> Result<()> {
        self.record(step, StepState::Done, summary).await?;
        eprintln!(
            "{step}: done, {} rows in {}",
            show::count(summary.rows()),
            show::duration(summary.elapsed)
        );
        Ok(())
    }

    async fn stopped(&mut self, step: Step, summary: &Summary) -> Result<Goal> {
        self.record(step, StepState::Stopped, summary).await?;
        Ok(Goal::Stopped(step))
    }

    async fn record(&mut self, step: Step, state: StepState, summary: &Summary) -> Result<()> {
        self.account.add(step, summary);
        let mut record = StepRecord::now(state);
        record.rows = summary.rows();
        Ok(self.setup.state.save(self.setup.name(), step.name(), &record).await?)
    }

    /// Passes a result on, and records a failure for others to see.
    async fn note_failure<T>(&self, step: Step, result: Result<T>) -> Result<T> {
        if let Err(failure) = &result {
            let mut record = StepRecord::now(StepState::Failed);
            record.note = failure.to_string();
            // The failure itself is what counts, and the target may be what failed.
            let _ = self.setup.state.save(self.setup.name(), step.name(), &record).await;
        }
        result
    }
}

/// What a run has to say in the end.
struct Account {
    begun: Instant,
    caught_up: bool,
    position: Option<String>,
    steps: Vec<Value>,
}

impl Account {
    fn new() -> Self {
        Self { begun: Instant::now(), caught_up: false, position: None, steps: Vec::new() }
    }

    fn add(&mut self, step: Step, summary: &Summary) {
        let tables: Vec<Value> = summary
            .tables
            .iter()
            .map(|table| {
                let rows = &table.rows;
                json!({
                    "table": table.table.to_string(), "read": rows.read, "insert": rows.insert,
                    "update": rows.update, "delete": rows.delete, "bytes": table.bytes,
                })
            })
            .collect();
        self.position = summary.position.as_ref().map(ToString::to_string);
        self.steps.push(json!({
            "step": step.name(), "rows": summary.rows(), "retries": summary.retries,
            "elapsed_ms": summary.elapsed.as_millis() as u64, "tables": tables,
        }));
    }

    fn answer(self, setup: &Setup, steps: &[Step], goal: Goal) -> Answer {
        let names: Vec<_> = steps.iter().map(|step| step.name()).collect();
        let elapsed = self.begun.elapsed();
        let (status, mut text) = match goal {
            Goal::Reached => (0, format!("{}: {} done", setup.name(), names.join(", "))),
            Goal::Stopped(step) => {
                let name = setup.name();
                (1, format!("{name}: stopped in step {step}; the same command goes on there"))
            }
        };
        text.push_str(&format!(", after {}", show::duration(elapsed)));
        let json = json!({
            "project": setup.name(),
            "end": if goal == Goal::Reached { "done" } else { "stopped" },
            "caught_up": self.caught_up,
            "elapsed_ms": elapsed.as_millis() as u64,
            "position": self.position,
            "steps": self.steps,
        });
        Answer { status, json, text }
    }
}

/// What a run would do.
fn preview(setup: &Setup, steps: &[Step], tables: &Tables) -> Answer {
    let names: Vec<_> = steps.iter().map(|step| step.name()).collect();
    let mut text = format!("{}: {}\n", setup.name(), names.join(", "));
    let mut rows = Vec::new();
    for ((from, to), (_, estimate)) in tables.preview.selected.iter().zip(&tables.estimates) {
        let size =
            estimate.map_or("unknown number of".to_owned(), |rows| format!("about {}", show::count(rows)));
        text.push_str(&format!("  {from} -> {to}, {size} rows\n"));
        rows.push(json!({ "source": from.to_string(), "target": to.to_string(), "rows": estimate }));
    }
    let problems = tables.problems();
    for problem in &problems {
        text.push_str(&format!("  problem: {problem}\n"));
    }
    let status = if problems.is_empty() { 0 } else { 2 };
    Answer { status, json: json!({ "steps": names, "tables": rows, "problems": problems }), text }
}
