//! A report as JSON lines and as text.

use std::io::{self, Write};

use serde::Serialize;

use super::{Difference, Report, TableReport, Verdict};
use crate::error::Side;
use crate::plan::StructureDifference;

/// Differences of a table that the text tells; as JSON all that are listed are there.
const TEXT_EXAMPLES: usize = 20;

/// One line of JSON.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum Line<'a> {
    Table {
        verdict: Verdict,
        unlisted: u64,
        #[serde(flatten)]
        table: &'a TableReport,
    },
    Difference {
        source: String,
        #[serde(flatten)]
        difference: &'a Difference,
    },
    Summary {
        verdict: Verdict,
        tables: usize,
        rows: u64,
        seconds: f64,
    },
}

impl Report {
    /// Writes one JSON object a line: for each table its differences and then itself, at the end a summary.
    ///
    /// # Shape
    ///
    /// `record` says which it is: `difference`, `table` or `summary`. Differences hold keys of rows, so the report is to
    /// be kept as the data is.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_json_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |line: Line<'_>| -> io::Result<()> {
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")
        };
        for table in &self.tables {
            for difference in &table.differences {
                line(Line::Difference { source: table.source.to_string(), difference })?;
            }
            line(Line::Table { verdict: table.verdict(), unlisted: table.unlisted(), table })?;
        }
        line(Line::Summary {
            verdict: self.verdict(),
            tables: self.tables.len(),
            rows: self.source_rows(),
            seconds: self.elapsed.as_secs_f64(),
        })
    }

    /// Writes it for people: a line for each table, below it what differs, at the end the verdict.
    ///
    /// Differences are told with keys of rows, so the report is to be kept as the data is.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<String> = self.tables.iter().map(TableReport::names).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (table, name) in self.tables.iter().zip(&names) {
            let verdict = table.verdict();
            writeln!(
                out,
                "{name:width$}  {verdict:9}  {} rows, {} chunks, {:.1} s",
                table.source_rows,
                table.chunks,
                table.elapsed.as_secs_f64()
            )?;
            table.write_details(out)?;
        }
        let tables = self.tables.len();
        writeln!(out, "{}: {tables} tables, {} rows", self.verdict(), self.source_rows())
    }
}

impl TableReport {
    fn names(&self) -> String {
        match self.source == self.target {
            true => self.source.to_string(),
            false => format!("{} -> {}", self.source, self.target),
        }
    }

    fn write_details(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(failure) = &self.failure {
            writeln!(out, "    {failure}")?;
        }
        for difference in &self.structure {
            writeln!(out, "    {}", words(difference))?;
        }
        for (count, what) in [
            (self.missing, "rows are missing at the target"),
            (self.extra, "rows are only at the target"),
            (self.different, "rows have other values"),
            (self.unsettled, "rows seemed to differ and kept changing: verify again when fewer writes go on"),
            (
                self.not_examined,
                "rows at most are in chunks that differ and were not read: there were too many",
            ),
        ] {
            if count > 0 {
                writeln!(out, "    {count} {what}")?;
            }
        }
        for (rule, count) in &self.by_rule {
            writeln!(out, "    {count} rows are equal by rule {rule}: {}", rule.description())?;
        }
        for difference in self.differences.iter().take(TEXT_EXAMPLES) {
            let key: Vec<String> = difference
                .key
                .iter()
                .map(|part| format!("{} = {}", part.column, part.value.escape_debug()))
                .collect();
            write!(out, "      {}: {}", difference.kind, key.join(", "))?;
            if !difference.columns.is_empty() {
                write!(out, " in {}", difference.columns.join(", "))?;
            }
            if difference.source_count.max(difference.target_count) > 1 {
                let (source, target) = (difference.source_count, difference.target_count);
                write!(out, " ({source} at the source, {target} at the target)")?;
            }
            let mark = if difference.is_unsettled { " (kept changing)" } else { "" };
            writeln!(out, "{mark}")?;
        }
        match self.untold(TEXT_EXAMPLES) {
            0 => Ok(()),
            more => writeln!(out, "      and {more} more"),
        }
    }
}

fn words(difference: &StructureDifference) -> String {
    match difference {
        StructureDifference::TableMissing { side: Side::Source } => "the source has no such table".into(),
        StructureDifference::TableMissing { side: Side::Target } => "the target has no such table".into(),
        StructureDifference::ColumnMissing { side, column } => format!("the {side} has no column {column}"),
        StructureDifference::NotComparable { column, reason } => format!("column {column}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use oms_core::TableName;

    use super::*;
    use crate::normalize::NormalizeRule;
    use crate::report::{DifferenceKind, KeyPart};

    fn report() -> Report {
        let mut table = TableReport::new(TableName::new("shop", "orders"), TableName::new("new", "orders"));
        table.source_rows = 7;
        table.chunks = 3;
        table.by_rule.insert(NormalizeRule::JsonDouble, 2);
        table.structure.push(StructureDifference::ColumnMissing { side: Side::Target, column: "x".into() });
        for (kind, value) in [(DifferenceKind::Different, "1"), (DifferenceKind::MissingAtTarget, "2")] {
            let difference = Difference {
                kind,
                is_unsettled: false,
                key: vec![KeyPart { column: "id".into(), value: value.into() }],
                columns: vec!["v".into()],
                source_count: 1,
                target_count: u64::from(kind == DifferenceKind::Different),
            };
            table.push(difference, 1);
        }
        Report { tables: vec![table], elapsed: Duration::from_millis(1500) }
    }

    #[test]
    fn text_says_what_differs_and_what_is_not_listed() {
        let mut out = Vec::new();
        report().write_text(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "shop.orders -> new.orders  different  7 rows, 3 chunks, 0.0 s\n    the target has no column x\n    \
             1 rows are missing at the target\n    1 rows have other values\n    2 rows are equal by rule \
             json-double: doubles in JSON are up to 4 units in the last place apart\n      different: id = 1 in v\n      \
             and 1 more\ndifferent: 1 tables, 7 rows\n"
        );
    }

    #[test]
    fn text_tells_some_and_counts_the_others() {
        let mut report = report();
        for id in 0..30 {
            let key = vec![KeyPart { column: "id".into(), value: format!("{id}").into() }];
            let difference = report.tables[0].differences[0].clone();
            report.tables[0].push(Difference { key, ..difference }, 25);
        }
        let mut out = Vec::new();
        report.write_text(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("different: id").count(), 20, "{text}");
        assert!(text.contains("      and 12 more\n"), "{text}");
    }

    #[test]
    fn each_line_of_json_stands_alone() {
        let mut out = Vec::new();
        report().write_json_lines(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let records: Vec<_> = lines.iter().map(|line| line["record"].as_str().unwrap()).collect();
        assert_eq!(records, ["difference", "table", "summary"]);
        assert_eq!(lines[0]["key"][0]["value"], "1");
        assert_eq!(
            (&lines[0]["source"], &lines[1]["source"]),
            (&"shop.orders".into(), &"shop.orders".into())
        );
        assert_eq!(
            (&lines[1]["verdict"], &lines[1]["by_rule"]["json-double"]),
            (&"different".into(), &2.into())
        );
        assert_eq!((&lines[1]["unlisted"], &lines[2]["rows"]), (&1.into(), &7.into()));
    }
}
