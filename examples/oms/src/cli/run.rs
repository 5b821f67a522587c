//! `oms run`: the steps of a project, in their order.

use oms_check::Report;
use oms_core::Error;
use oms_core::error::Chain;
use oms_core::lease::LeaseKeeper;
use oms_core::pipeline::Summary;
use oms_core::project::{CheckReport, Severity};
use oms_core::schema::SchemaSet;

use super::account::{Account, preview};
use super::{Answer, Until};
use crate::failure::{Failure, Result};
use crate::setup::{Setup, Tables};
use crate::show::{self, Show};
use crate::signal::Stop;
use crate::state::{StepRecord, StepState, Steps};
use crate::steps::{DataStep, Ended, Follow, Running, Step, follow_of, is_copied, precheck, schema, verify};

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
        let report = precheck(setup, &steps, Some(&tables)).await?;
        return Ok(preview(setup, &steps, &tables, &report));
    }
    let is_checked = is_free_of_problems(setup, &steps, &tables).await?;
    let stop =
        Stop::listen().map_err(|error| Failure::failed(format!("cannot listen to signals: {error}")))?;
    let keeper = setup.state.acquire(setup.name()).await?;
    let (records, account, schema) = (Steps::new(), Account::new(), schema::Teller::default());
    let mut run = Run { setup, tables, steps, until, is_checked, stop, keeper, records, account, schema };
    let result = run.until_done_or_fenced().await;
    let Run { keeper, account, steps, .. } = run;
    let token = keeper.lease().token;
    // What matters is how the steps ended: a lease that cannot be given back ends by itself.
    if let Err(error) = keeper.release().await {
        eprintln!("oms: the lease could not be given back, and ends by itself: {}", Chain(&error));
    }
    let goal = match result {
        Ok(goal) => goal,
        Err(failure) => return Err(taken_over(setup, token).await.unwrap_or(failure)),
    };
    Ok(account.answer(setup, &steps, goal))
}

/// The lease is written into the target, so that what stands against a project that is not begun is refused before it:
/// true if nothing does. Where it is begun or run by somebody, the lease tells, and false is the answer.
async fn is_free_of_problems(setup: &Setup, steps: &[Step], tables: &Tables) -> Result<bool> {
    if is_begun(setup).await {
        return Ok(false);
    }
    let report = precheck(setup, steps, Some(tables)).await?;
    // Rows that another process has written meanwhile are no problem of the project.
    if !report.is_ok() && is_begun(setup).await {
        return Ok(false);
    }
    refuse_problems(&report)?;
    Ok(true)
}

/// True if the project is run by somebody, or was. What cannot be asked is a finding of the check.
async fn is_begun(setup: &Setup) -> bool {
    let checkpoint = setup.checkpoints().load(setup.name()).await;
    matches!(checkpoint, Ok(Some(_))) || matches!(setup.state.holder(setup.name()).await, Ok(Some(_)))
}

/// What stands against the project is refused, all of it, before anything is written.
fn refuse_problems(report: &CheckReport) -> Result<()> {
    for warning in report.findings_of(Severity::Warning) {
        eprintln!("{warning}");
    }
    let errors: Vec<_> = report.findings_of(Severity::Error).map(ToString::to_string).collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Failure::config(format!("nothing was written\n     {}", errors.join("\n     ")))),
    }
}

/// Whoever took the project over ended our sessions: that, and not a lost connection, is what went wrong.
async fn taken_over(setup: &Setup, token: u64) -> Option<Failure> {
    let holder = setup.state.holder(setup.name()).await.ok().flatten()?;
    let error = Error::Fenced { pipeline: setup.name().into(), holder: holder.to_string().into() };
    (holder.token != token).then(|| error.into())
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
pub(super) enum Goal {
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
    /// It was looked at what stands against it.
    is_checked: bool,
    stop: Stop,
    keeper: LeaseKeeper,
    records: Steps,
    account: Account,
    schema: schema::Teller,
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
        let copied = match &checkpoint {
            Some(checkpoint) => self.is_done(Step::Full) || is_copied(&checkpoint.position)?,
            None => false,
        };
        let follow = follow_of(checkpoint.as_ref(), &self.steps, copied)?;
        if let Some(checkpoint) = &checkpoint {
            self.tell_of_later_tables(&checkpoint.schemas);
        }
        if checkpoint.is_none() && !self.is_checked {
            refuse_problems(&precheck(self.setup, &self.steps, Some(&self.tables)).await?)?;
        }

        if self.wants(Step::Schema) && !self.is_done(Step::Schema) && !copied {
            let made = schema::prepare(self.setup, &self.tables.selection);
            let Some(report) = self.unless_stopped(Step::Schema, made).await? else {
                return Ok(Goal::Stopped(Step::Schema));
            };
            self.schema.tell(&report);
        }
        if self.wants(Step::Full) && !copied && self.copy(follow).await? == Goal::Stopped(Step::Full) {
            return Ok(Goal::Stopped(Step::Full));
        }
        if self.wants(Step::Schema) && !self.is_done(Step::Schema) && !self.finish_schema().await? {
            return Ok(Goal::Stopped(Step::Schema));
        }
        if self.wants(Step::Incremental) {
            return self.follow(follow).await;
        }
        if self.wants(Step::Verify) {
            let compared = verify(self.setup, &self.tables);
            let Some(report) = self.unless_stopped(Step::Verify, compared).await? else {
                return Ok(Goal::Stopped(Step::Verify));
            };
            self.note_report(report).await?;
        }
        Ok(Goal::Reached)
    }

    /// Tables that were selected after the copy began are not copied: nobody should find out later.
    fn tell_of_later_tables(&self, known: &SchemaSet) {
        let selected = self.tables.preview.selected.iter().map(|(from, _)| from);
        for table in selected.filter(|table| !known.is_empty() && known.get(table).is_none()) {
            eprintln!(
                "warning: {table}: it was not there, or not selected, when the project began, so it is not copied; unless its \
                 CREATE TABLE is yet to come in the log, give it a project of its own"
            );
        }
    }

    /// Makes what is faster made after the copy: nothing is on its way now, so the target is at one position of the
    /// source. False if the person stopped it.
    async fn finish_schema(&mut self) -> Result<bool> {
        let checkpoint = self.setup.checkpoints().load(self.setup.name()).await?;
        let schemas = checkpoint.as_ref().map(|checkpoint| &*checkpoint.schemas);
        let made = schema::finish(self.setup, &self.tables.selection, schemas);
        let Some(report) = self.unless_stopped(Step::Schema, made).await? else { return Ok(false) };
        self.schema.tell(&report);
        self.save(Step::Schema, &StepRecord::now(StepState::Done)).await?;
        Ok(true)
    }

    /// Copies all tables; changes that come meanwhile are applied as well if they are followed later.
    async fn copy(&mut self, follow: Follow) -> Result<Goal> {
        let mut running = self.data().start(Step::Full, follow, Show::new(&self.tables.estimates))?;
        let copied = running.copied();
        let ended = running.until(copied).await;
        let summary = match self.note_failure(Step::Full, ended).await? {
            Ended::Reached(()) => match running.drain().await {
                Ok(summary) => summary,
                // All is copied, and the next step begins at the checkpoint, as any other attempt would.
                Err(failure) if failure.is_transient() => {
                    eprintln!("full: done, but {failure}");
                    self.save(Step::Full, &StepRecord::now(StepState::Done)).await?;
                    return Ok(Goal::Reached);
                }
                Err(failure) => return self.note_failure(Step::Full, Err(failure)).await,
            },
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
                let goal = self.stopped(Step::Incremental, &summary).await?;
                // Following until told to stop may be all that was asked for.
                let is_all = self.until != Until::CaughtUp && !self.wants(Step::Verify);
                return Ok(if is_all { Goal::Reached } else { goal });
            }
        }
        eprintln!("incremental: caught up with the source");
        if self.wants(Step::Verify) {
            match running.until(verify(self.setup, &self.tables)).await {
                Ok(Ended::Reached(report)) => self.note_report(report).await?,
                Ok(Ended::Finished(_) | Ended::Stopped(_)) => return Ok(Goal::Stopped(Step::Verify)),
                // Following goes on: it is what keeps the target fresh. The exit status will tell.
                Err(failure) if running.is_alive() => {
                    eprintln!("verify: {failure}");
                    self.account.verify_failed = true;
                    self.note_failure::<()>(Step::Verify, Err(failure)).await.ok();
                }
                Err(failure) => return self.note_failure(Step::Incremental, Err(failure)).await,
            }
        }
        self.stream_on(running).await
    }

    /// Follows on until there is enough of it.
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

    /// Does something that has no position to go on from: it is given up when the person asks to stop, and done again
    /// by the next run.
    async fn unless_stopped<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T>>,
    ) -> Result<Option<T>> {
        self.save(step, &StepRecord::now(StepState::Running)).await?;
        tokio::select! {
            result = work => self.note_failure(step, result).await.map(Some),
            () = self.stop.asked() => {
                self.save(step, &StepRecord::now(StepState::Stopped)).await?;
                Ok(None)
            }
        }
    }

    async fn note_report(&mut self, report: Report) -> Result<()> {
        let verdict = report.verdict();
        let is_equal = report.exit_status() == 0;
        let mut record = StepRecord::now(if is_equal { StepState::Done } else { StepState::Failed });
        record.rows = report.source_rows();
        record.note = verdict.to_string();
        eprintln!("verify: {verdict}, {} rows", show::count(record.rows));
        self.account.report = Some(report);
        self.save(Step::Verify, &record).await
    }

    async fn save(&self, step: Step, record: &StepRecord) -> Result<()> {
        Ok(self.setup.state.save(self.setup.name(), step.name(), record).await?)
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
        self.save(step, &record).await
    }

    /// Passes a result on, and records a failure for others to see.
    async fn note_failure<T>(&self, step: Step, result: Result<T>) -> Result<T> {
        if let Err(failure) = &result {
            let mut record = StepRecord::now(StepState::Failed);
            record.note = failure.to_string();
            // The failure itself is what counts, and the target may be what failed.
            let _ = self.save(step, &record).await;
        }
        result
    }
}
