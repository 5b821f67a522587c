//! What came of it, as a table.

use std::time::Duration;

use oms_check::{Report, Verdict};
use oms_core::pipeline::{PipelineProgress, Summary};

/// Everything that was measured.
pub struct Outcome {
    /// The pipeline when the last table was copied.
    pub copied: PipelineProgress,
    pub copy_time: Duration,
    /// The pipeline at its end.
    pub summary: Summary,
    /// Transactions of the customers.
    pub transactions: u64,
    /// From the commit of an order until it is seen at the target.
    pub lags: Vec<Duration>,
    pub report: Report,
    pub verify_time: Duration,
}

impl Outcome {
    /// Prints it, and says whether both sides are equal.
    pub fn print(mut self) -> bool {
        println!();
        println!("| table | copied | inserted | updated | deleted | MB | compared | verdict |");
        println!("|---|---:|---:|---:|---:|---:|---:|---|");
        for checked in &self.report.tables {
            let moved = self.summary.tables.iter().find(|moved| moved.table == checked.source);
            let Some(moved) = moved else {
                println!(
                    "| {} | – | – | – | – | – | {} | {} |",
                    checked.source,
                    checked.source_rows,
                    checked.verdict().name()
                );
                continue;
            };
            println!(
                "| {} | {} | {} | {} | {} | {:.1} | {} | {} |",
                moved.table,
                moved.rows.read,
                moved.rows.insert,
                moved.rows.update,
                moved.rows.delete,
                moved.bytes as f64 / 1e6,
                checked.source_rows,
                checked.verdict().name(),
            );
        }
        println!();
        let per_second = |count: u64, time: Duration| count as f64 / time.as_secs_f64();
        let (rows, bytes) = (self.copied.rows(), self.copied.bytes());
        println!(
            "copy      {rows} rows, {:.1} MB in {:.1} s: {:.0} rows/s, {:.1} MB/s",
            bytes as f64 / 1e6,
            self.copy_time.as_secs_f64(),
            per_second(rows, self.copy_time),
            per_second(bytes, self.copy_time) / 1e6,
        );
        println!("workload  {} transactions while it moved", self.transactions);
        self.lags.sort_unstable();
        let at = |percent: usize| self.lags.get(self.lags.len().saturating_sub(1) * percent / 100);
        if let (Some(half), Some(most)) = (at(50), at(99)) {
            println!(
                "lag       p50 {} ms, p99 {} ms, from commit to being seen, {} orders",
                half.as_millis(),
                most.as_millis(),
                self.lags.len()
            );
        }
        let compared = self.report.source_rows();
        println!(
            "verify    {compared} rows in {:.1} s: {:.0} rows/s",
            self.verify_time.as_secs_f64(),
            per_second(compared, self.verify_time)
        );
        let verdict = self.report.verdict();
        println!("verdict   {}", verdict.name());
        if verdict != Verdict::Equal {
            let mut text = Vec::new();
            if self.report.write_text(&mut text).is_ok() {
                println!("{}", String::from_utf8_lossy(&text));
            }
        }
        verdict == Verdict::Equal
    }
}
