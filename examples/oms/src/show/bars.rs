//! [`Bars`]: a bar for each table, on a terminal.

use std::collections::HashMap;
use std::fmt::Write;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use oms_core::TableName;
use oms_core::pipeline::PipelineProgress;

use super::text::{bytes, count, duration};
use crate::steps::Step;

/// Bars at once at the most: tables that are under way come first.
const MOST: usize = 16;

const WITH_LENGTH: &str =
    "{prefix:28!} {bar:24} {human_pos:>13} of about {human_len:13} {rate:>13} {msg:>11} {eta:>4} left";
const WITHOUT_LENGTH: &str = "{prefix:28!} {human_pos:>13} rows {rate:>13} {msg}";

/// A bar for each table that is under way, and one for all.
pub(super) struct Bars {
    step: Step,
    all: MultiProgress,
    total: ProgressBar,
    tables: HashMap<TableName, ProgressBar>,
    estimates: HashMap<TableName, u64>,
}

fn style(template: &str) -> ProgressStyle {
    // A template is a constant; one that cannot be read shows the plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn Write| {
            // A bar that cannot be written shows no rate.
            let _ = write!(out, "{}/s", count(state.per_sec() as u64));
        },
    )
}

impl Bars {
    pub(super) fn new(step: Step, estimates: &[(TableName, Option<u64>)]) -> Self {
        let all = MultiProgress::new();
        let known: Option<u64> = estimates.iter().map(|(_, rows)| *rows).sum();
        let total = match known.filter(|_| step == Step::Full) {
            Some(rows) => ProgressBar::new(rows).with_style(style(WITH_LENGTH)),
            None => ProgressBar::no_length().with_style(style(WITHOUT_LENGTH)),
        };
        let total = all.add(total.with_prefix(step.name()));
        let estimates =
            estimates.iter().filter_map(|(table, rows)| Some((table.clone(), (*rows)?))).collect();
        Self { step, all, total, tables: HashMap::new(), estimates }
    }

    /// Prints a line above the bars.
    pub(super) fn say(&self, line: &str) {
        // A closed terminal is no reason to fail.
        let _ = self.all.println(line);
    }

    pub(super) fn draw(&mut self, progress: &PipelineProgress) {
        for table in &progress.tables {
            let rows = table.rows.total();
            if table.done && self.step == Step::Full {
                if let Some(bar) = self.tables.remove(&table.table) {
                    bar.finish_and_clear();
                    let size = bytes(table.bytes);
                    self.say(&format!("{}: {} rows copied, {size}", table.table, count(table.rows.read)));
                }
                continue;
            }
            if !self.tables.contains_key(&table.table) && self.tables.len() < MOST {
                let bar = match self.estimates.get(&table.table).filter(|_| self.step == Step::Full) {
                    Some(estimate) => ProgressBar::new(*estimate).with_style(style(WITH_LENGTH)),
                    None => ProgressBar::no_length().with_style(style(WITHOUT_LENGTH)),
                };
                let bar = bar.with_prefix(table.table.to_string());
                self.tables.insert(table.table.clone(), self.all.insert_before(&self.total, bar));
            }
            if let Some(bar) = self.tables.get(&table.table) {
                advance(bar, rows, bytes(table.bytes));
            }
        }
        let lag = progress.lag.map_or(String::new(), |lag| format!(", lag {}", duration(lag)));
        advance(&self.total, progress.rows(), format!("{}{lag}", bytes(progress.bytes())));
    }
}

/// The server's number of rows is a guess, and may be passed.
fn advance(bar: &ProgressBar, rows: u64, message: String) {
    if bar.length().is_some_and(|length| length < rows) {
        bar.set_length(rows);
    }
    bar.set_position(rows);
    bar.set_message(message);
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.tables.values().for_each(ProgressBar::finish_and_clear);
        self.total.finish_and_clear();
    }
}
