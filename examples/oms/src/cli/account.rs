//! [`Account`]: what a run has to say in the end; and what it would do.

use std::time::Instant;

use oms_check::Report;
use oms_core::pipeline::Summary;
use oms_core::project::CheckReport;
use serde_json::{Value, json};

use super::Answer;
use super::run::Goal;
use crate::setup::{Setup, Tables};
use crate::show;
use crate::steps::Step;

/// What a run has to say in the end.
pub(super) struct Account {
    begun: Instant,
    pub(super) caught_up: bool,
    pub(super) report: Option<Report>,
    pub(super) verify_failed: bool,
    position: Option<String>,
    steps: Vec<Value>,
}

impl Account {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            caught_up: false,
            report: None,
            verify_failed: false,
            position: None,
            steps: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, step: Step, summary: &Summary) {
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

    pub(super) fn answer(self, setup: &Setup, steps: &[Step], goal: Goal) -> Answer {
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
        let is_proven =
            !self.verify_failed && self.report.as_ref().is_none_or(|report| report.exit_status() == 0);
        if self.verify_failed {
            text.push_str("; the verification failed");
        }
        if let Some(report) = &self.report {
            text.push('\n');
            text.push_str(&report_text(report));
        }
        let json = json!({
            "project": setup.name(),
            "end": if goal == Goal::Reached { "done" } else { "stopped" },
            "caught_up": self.caught_up,
            "elapsed_ms": elapsed.as_millis() as u64,
            "position": self.position,
            "steps": self.steps,
            "verify": self.report.as_ref().map(report_json),
        });
        Answer { status: if is_proven { status } else { 1 }, json, text }
    }
}

/// What a run would do.
pub(super) fn preview(setup: &Setup, steps: &[Step], tables: &Tables, report: &CheckReport) -> Answer {
    let names: Vec<_> = steps.iter().map(|step| step.name()).collect();
    let mut text = format!("{}: {}\n", setup.name(), names.join(", "));
    let mut rows = Vec::new();
    for ((from, to), (_, estimate)) in tables.preview.selected.iter().zip(&tables.estimates) {
        let size =
            estimate.map_or("unknown number of".to_owned(), |rows| format!("about {}", show::count(rows)));
        text.push_str(&format!("  {from} -> {to}, {size} rows\n"));
        rows.push(json!({ "source": from.to_string(), "target": to.to_string(), "rows": estimate }));
    }
    text.push_str(&report.to_string());
    let status = if report.is_ok() { 0 } else { 2 };
    Answer { status, json: json!({ "steps": names, "tables": rows, "findings": report.findings }), text }
}

/// A verification in words.
pub(super) fn report_text(report: &Report) -> String {
    let mut text = Vec::new();
    // Memory takes everything.
    let _ = report.write_text(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// A verification as one JSON object.
pub(super) fn report_json(report: &Report) -> Value {
    let tables: Vec<Value> = report
        .tables
        .iter()
        .map(|table| {
            let mut value = json!(table);
            value["verdict"] = json!(table.verdict());
            value["differences"] = json!(table.differences);
            value
        })
        .collect();
    json!({ "verdict": report.verdict(), "rows": report.source_rows(), "tables": tables })
}
