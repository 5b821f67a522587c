//! [`Show`]: how far a run is, as bars on a terminal and as lines elsewhere; and in the step's record, for others to see.
//!
//! All of it goes to standard error: standard output is for results.

mod bars;
mod lines;
mod text;

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use oms_core::TableName;
use oms_core::pipeline::{PipelineControl, PipelineProgress, PipelineState};
use tokio::task::JoinHandle;

pub(crate) use text::{count, duration};

use crate::setup::Setup;
use crate::state::{StateStore, StepRecord, StepState};
use crate::steps::Step;
use bars::Bars;
use lines::Lines;

/// How often bars move.
const FRAME: Duration = Duration::from_millis(200);
/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(3);
/// How often the step's record is written.
const RECORD: Duration = Duration::from_secs(5);

/// What is known before a pipeline is watched: how many rows its tables may have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Show {
    estimates: Vec<(TableName, Option<u64>)>,
}

/// Something that shows progress.
enum Screen {
    Bars(Bars),
    Lines(Lines),
}

/// Shows a pipeline until it is dropped.
#[derive(Debug)]
pub(crate) struct Watching(JoinHandle<()>);

impl Watching {
    /// Ends it, and waits until it has: a record that is on its way must not follow the step's last one.
    pub(crate) async fn end(&mut self) {
        self.0.abort();
        // It was aborted: that is what the answer says.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Show {
    /// With these numbers of rows, by the tables' names at the target.
    pub(crate) fn new(estimates: &[(TableName, Option<u64>)]) -> Self {
        Self { estimates: estimates.to_vec() }
    }

    /// Begins to show a pipeline.
    pub(crate) fn watch(self, step: Step, control: PipelineControl, setup: &Setup) -> Watching {
        let (store, name) = (setup.state.clone(), setup.name().to_owned());
        Watching(tokio::spawn(async move {
            let is_terminal = std::io::stderr().is_terminal();
            let (mut screen, period) = match is_terminal {
                true => (Screen::Bars(Bars::new(step, &self.estimates)), FRAME),
                false => (Screen::Lines(Lines::new(step, &self.estimates)), LINE),
            };
            let mut recorder = Recorder { store, name, step, at: None, attempt: 0 };
            loop {
                let progress = control.progress();
                recorder.announce(&progress, &screen);
                match &mut screen {
                    Screen::Bars(bars) => bars.draw(&progress),
                    Screen::Lines(lines) => lines.print(&progress),
                }
                recorder.record(&progress).await;
                tokio::time::sleep(period).await;
            }
        }))
    }
}

/// Writes the step's record, and a line when a server goes away.
struct Recorder {
    store: StateStore,
    name: String,
    step: Step,
    at: Option<Instant>,
    /// The failure in a row that was announced last.
    attempt: u32,
}

impl Recorder {
    /// Says why the pipeline opens again, once for each failure.
    fn announce(&mut self, progress: &PipelineProgress, screen: &Screen) {
        match &progress.state {
            PipelineState::Retrying { error, attempt } if *attempt != self.attempt => {
                self.attempt = *attempt;
                let line = format!("{}: {error}; trying again (attempt {attempt})", self.step);
                match screen {
                    Screen::Bars(bars) => bars.say(&line),
                    Screen::Lines(_) => eprintln!("{line}"),
                }
            }
            PipelineState::Running => self.attempt = 0,
            _ => {}
        }
    }

    async fn record(&mut self, progress: &PipelineProgress) {
        if self.at.is_some_and(|at| at.elapsed() < RECORD) {
            return;
        }
        self.at = Some(Instant::now());
        let mut record = StepRecord::now(StepState::Running);
        record.rows = progress.rows();
        record.lag_ms = progress.lag.map(|lag| lag.as_millis() as u64);
        if let PipelineState::Retrying { error, .. } = &progress.state {
            record.note = error.to_string();
        }
        // Others see an older record then; the rows do not depend on it.
        let _ = self.store.save(&self.name, self.step.name(), &record).await;
    }
}
