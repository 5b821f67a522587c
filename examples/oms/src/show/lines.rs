//! [`Lines`]: one line every few seconds, for logs.

use std::time::{Duration, Instant};

use oms_core::TableName;
use oms_core::pipeline::PipelineProgress;

use super::text::{bytes, count, duration};
use crate::steps::Step;

/// Prints one line at each call in which something has changed.
pub(super) struct Lines {
    step: Step,
    tables: usize,
    /// Rows that there may be in all, if every table's number is known.
    estimate: Option<u64>,
    begun: Instant,
    last: Option<(Instant, u64)>,
    printed: String,
}

impl Lines {
    pub(super) fn new(step: Step, estimates: &[(TableName, Option<u64>)]) -> Self {
        let estimate = estimates.iter().map(|(_, rows)| *rows).sum();
        Self {
            step,
            tables: estimates.len(),
            estimate,
            begun: Instant::now(),
            last: None,
            printed: String::new(),
        }
    }

    pub(super) fn print(&mut self, progress: &PipelineProgress) {
        let (now, rows) = (Instant::now(), progress.rows());
        let (since, before) = self.last.replace((now, rows)).unwrap_or((self.begun, 0));
        let passed = (now - since).as_secs_f64();
        let rate = if passed > 0.0 { ((rows - before) as f64 / passed) as u64 } else { 0 };
        let done = progress.tables.iter().filter(|table| table.done).count();
        let mut line = format!("{}: {} rows, {}", self.step, count(rows), bytes(progress.bytes()));
        if self.step == Step::Full {
            line.push_str(&format!(", {done} of {} tables", self.tables));
        }
        // A look at an idle pipeline that says nothing new is left out.
        if line == self.printed && rate == 0 {
            return;
        }
        self.printed.clone_from(&line);
        line.push_str(&format!(", {} rows/s", count(rate)));
        if let Some(left) = self.left(rows, rate) {
            line.push_str(&format!(", about {} left", duration(left)));
        }
        if let Some(lag) = progress.lag {
            line.push_str(&format!(", lag {}", duration(lag)));
        }
        eprintln!("{line}");
    }

    /// How long the copy may still take.
    fn left(&self, rows: u64, rate: u64) -> Option<Duration> {
        let all = self.estimate.filter(|_| self.step == Step::Full && rate > 0)?;
        Some(Duration::from_secs(all.saturating_sub(rows) / rate))
    }
}
