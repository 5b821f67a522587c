//! The comparison: lists of tables, then columns, then rows as bags.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::canonical::{Plan, shown};
use super::class::{Class, Rule};
use super::read::{Bag, LooseRow, Reading, json_paths};
use super::report::{Report, TableReport};
use super::session::Session;
use super::table::{Name, Table};
use crate::error::Result;

/// How many rows that differ are shown of a table.
const EXAMPLES: usize = 10;

/// How many rows that differ are read again, on each side.
const LOOSE_ROWS: usize = 200_000;

/// Compares tables of two servers and returns what differs. Nobody should write to them meanwhile.
///
/// # Shape
/// Each pair names a table at the source and at the target as `database.table`, with backticks around a name
/// that has a dot.
///
/// # Errors
/// A table name that cannot be read, a server that does not answer. A table that is missing or has other
/// columns is no error but a difference.
pub async fn compare<A: AsRef<str>, B: AsRef<str>>(
    source_url: &str,
    target_url: &str,
    pairs: &[(A, B)],
) -> Result<Report> {
    let mut names = Vec::new();
    for (source, target) in pairs {
        names.push((Name::parse(source.as_ref())?, Name::parse(target.as_ref())?));
    }
    let mut servers = Servers::open(source_url, target_url).await?;
    let mut report = Report::default();
    for (source, target) in &names {
        report.tables.push(Box::pin(servers.compare(source, target)).await?);
    }
    servers.close().await;
    Ok(report)
}

/// Compares whole databases of two servers: the lists of tables, then every table.
///
/// # Shape
/// Each pair names a database at the source and at the target; tables named in `ignore` are left out on both
/// sides.
///
/// # Errors
/// A server that does not answer. A table that only one side has is no error but a difference.
pub async fn compare_databases<A: AsRef<str>, B: AsRef<str>>(
    source_url: &str,
    target_url: &str,
    pairs: &[(A, B)],
    ignore: &[&str],
) -> Result<Report> {
    let mut servers = Servers::open(source_url, target_url).await?;
    let mut report = Report::default();
    for (source, target) in pairs {
        let (source, target) = (source.as_ref(), target.as_ref());
        let folds = servers.source.folds_names || servers.target.folds_names;
        // Where one side has no case, names can only be matched without it.
        let fold = |name: &String| if folds { name.to_lowercase() } else { name.clone() };
        let names = |names: Vec<String>| -> BTreeMap<String, String> {
            let names = names.into_iter().filter(|name| !ignore.contains(&name.as_str()));
            names.map(|name| (fold(&name), name)).collect()
        };
        let ours = names(Table::names(&mut servers.source, source).await?);
        let theirs = names(Table::names(&mut servers.target, target).await?);
        let missing = ours.iter().filter(|(name, _)| !theirs.contains_key(*name));
        report.problems.extend(missing.map(|(_, name)| format!("{source}.{name} has no table in {target}")));
        let extra = theirs.iter().filter(|(name, _)| !ours.contains_key(*name));
        report.problems.extend(extra.map(|(_, name)| format!("{target}.{name} has no table in {source}")));
        if ours.is_empty() && theirs.is_empty() {
            report.problems.push(format!("neither {source} nor {target} has a table"));
        }
        for (folded, table) in &ours {
            let Some(other) = theirs.get(folded) else { continue };
            let one = Name { database: source.to_owned(), table: table.clone() };
            let other = Name { database: target.to_owned(), table: other.clone() };
            report.tables.push(Box::pin(servers.compare(&one, &other)).await?);
        }
    }
    servers.close().await;
    Ok(report)
}

/// The two sessions of a comparison.
struct Servers {
    source: Session,
    target: Session,
}

impl Servers {
    async fn open(source: &str, target: &str) -> Result<Self> {
        Ok(Self { source: Session::open(source).await?, target: Session::open(target).await? })
    }

    async fn close(self) {
        self.source.close().await;
        self.target.close().await;
    }

    async fn compare(&mut self, source: &Name, target: &Name) -> Result<TableReport> {
        let mut report =
            TableReport { source: source.to_string(), target: target.to_string(), ..TableReport::default() };
        let mut one = Table::load(&mut self.source, source).await?;
        let mut other = Table::load(&mut self.target, target).await?;
        if let (Some(one), Some(other)) = (&mut one, &mut other) {
            one.match_charsets(other);
        }
        let (Some(one), Some(other)) = (&one, &other) else {
            let lacking = if one.is_none() { "the source has" } else { "the target has" };
            report.problems.push(format!("{lacking} no such table"));
            return Ok(report);
        };
        let inexact = self.source.is_oceanbase || self.target.is_oceanbase;
        let mut plans = match plans(one, other, inexact) {
            Ok(plans) => plans,
            Err(problems) => {
                report.problems = problems;
                return Ok(report);
            }
        };
        let paths = json_paths(&mut self.source, &one.name, &plans).await?;
        for (column, path) in &paths {
            let name = format!("JSON_TYPE of {column} at {path}");
            plans.push(Plan { name, rule: Rule::Bytes, width: 1, inexact: false, derived: true });
        }
        let columns = |table: &Table| -> Vec<(String, Class)> {
            table.columns.iter().map(|column| (column.name.clone(), column.class.clone())).collect()
        };
        let one_reading = Reading::new(&one.name, &columns(one), &paths, &plans);
        let other_reading = Reading::new(&other.name, &columns(other), &paths, &plans);
        let (ours, theirs) =
            tokio::try_join!(one_reading.bag(&mut self.source), other_reading.bag(&mut self.target))?;
        report.source_rows = ours.values().sum();
        report.target_rows = theirs.values().sum();
        let (ours, theirs) = without_common(ours, theirs);
        if ours.is_empty() && theirs.is_empty() {
            return Ok(report);
        }
        let (mut only_source, mut only_target): (u64, u64) = (ours.values().sum(), theirs.values().sum());
        let (our_rows, their_rows) = tokio::try_join!(
            one_reading.rows(&mut self.source, ours, LOOSE_ROWS),
            other_reading.rows(&mut self.target, theirs, LOOSE_ROWS)
        )?;
        let (our_rows, their_rows, close) = without_close(our_rows, their_rows, &plans);
        only_source -= close;
        only_target -= close;
        (report.only_in_source, report.only_in_target) = (only_source, only_target);
        report.examples = examples(&our_rows, &their_rows, &plans, &one.key);
        Ok(report)
    }
}

/// Matches the columns of two tables, or says why that is not possible.
fn plans(source: &Table, target: &Table, inexact: bool) -> Result<Vec<Plan>, Vec<String>> {
    let names = |table: &Table| -> Vec<String> {
        table.columns.iter().map(|column| column.name.to_lowercase()).collect()
    };
    let (ours, theirs) = (names(source), names(target));
    if ours != theirs {
        return Err(vec![
            format!("columns of the source: {}", ours.join(", ")),
            format!("columns of the target: {}", theirs.join(", ")),
        ]);
    }
    let mut plans = Vec::new();
    let mut problems = Vec::new();
    for (one, other) in source.columns.iter().zip(&target.columns) {
        let Some(rule) = Rule::of(&one.class, &other.class) else {
            let (name, one, other) = (&one.name, &one.class, &other.class);
            problems.push(format!("column {name} is {one:?} at the source and {other:?} at the target"));
            continue;
        };
        let width = one.class.expressions("").len();
        plans.push(Plan { name: one.name.clone(), rule, width, inexact, derived: false });
    }
    if problems.is_empty() { Ok(plans) } else { Err(problems) }
}

/// Takes out of both bags what they have in common.
fn without_common(mut ours: Bag, mut theirs: Bag) -> (Bag, Bag) {
    ours.retain(|row, count| {
        let Some(other) = theirs.get_mut(row) else {
            return true;
        };
        let common = (*count).min(*other);
        *count -= common;
        *other -= common;
        if *other == 0 {
            theirs.remove(row);
        }
        *count > 0
    });
    (ours, theirs)
}

/// Takes out pairs of rows that differ only in doubles inside JSON which lie close together, and counts them.
fn without_close(
    ours: Vec<LooseRow>,
    theirs: Vec<LooseRow>,
    plans: &[Plan],
) -> (Vec<LooseRow>, Vec<LooseRow>, u64) {
    if !plans.iter().any(Plan::may_be_inexact) {
        return (ours, theirs, 0);
    }
    let exact = |row: &LooseRow| -> Vec<Option<Vec<u8>>> {
        plans.iter().zip(&row.cells).map(|(plan, cell)| plan.exact_part(cell.as_deref())).collect()
    };
    let mut candidates: HashMap<_, VecDeque<LooseRow>> = HashMap::new();
    for row in theirs {
        candidates.entry(exact(&row)).or_default().push_back(row);
    }
    let mut left = Vec::new();
    let mut close = 0;
    for row in ours {
        let same = |other: &LooseRow| {
            let mut cells = plans.iter().zip(&row.cells).zip(&other.cells);
            cells.all(|((plan, one), other)| plan.is_equal(one.as_deref(), other.as_deref()))
        };
        let rows = candidates.get_mut(&exact(&row));
        let found = rows.and_then(|rows| rows.iter().position(same).and_then(|at| rows.remove(at)));
        match found {
            Some(_) => close += 1,
            None => left.push(row),
        }
    }
    (left, candidates.into_values().flatten().collect(), close)
}

/// Puts the first rows that differ into words; rows of one key are told together, column by column.
fn examples(ours: &[LooseRow], theirs: &[LooseRow], plans: &[Plan], key: &[String]) -> Vec<String> {
    let key: Vec<usize> =
        key.iter().filter_map(|name| plans.iter().position(|plan| plan.name == *name)).collect();
    let key_of = |row: &LooseRow| -> Option<Vec<Option<Vec<u8>>>> {
        (!key.is_empty()).then(|| key.iter().map(|at| row.cells[*at].clone()).collect())
    };
    let by_key: HashMap<_, &LooseRow> =
        theirs.iter().filter_map(|row| key_of(row).map(|key| (key, row))).collect();
    let mut told = BTreeSet::new();
    let mut lines = Vec::new();
    for row in ours.iter().take(EXAMPLES) {
        let other = key_of(row).and_then(|key| by_key.get(&key).copied());
        let Some(other) = other else {
            lines.push(format!("only in source: {}", whole(row, plans)));
            continue;
        };
        told.insert(std::ptr::from_ref(other));
        let shown = cells(row, plans).into_iter().zip(cells(other, plans));
        let differ = |index: &usize| {
            !plans[*index].is_equal(row.cells[*index].as_deref(), other.cells[*index].as_deref())
        };
        let (mut keys, mut changes) = (Vec::new(), Vec::new());
        for (index, (one, other)) in shown.enumerate() {
            let name = &plans[index].name;
            if key.contains(&index) {
                keys.push(format!("{name}={one}"));
            } else if differ(&index) {
                changes.push(format!("{name} is {one} at the source, {other} at the target"));
            }
        }
        lines.push(format!("{}: {}", keys.join(", "), changes.join("; ")));
    }
    let rest = theirs.iter().filter(|row| !told.contains(&std::ptr::from_ref(*row)));
    lines.extend(rest.take(EXAMPLES).map(|row| format!("only in target: {}", whole(row, plans))));
    lines
}

/// Prints a row with the names of its columns.
fn whole(row: &LooseRow, plans: &[Plan]) -> String {
    let cells = plans.iter().zip(cells(row, plans)).filter(|(plan, _)| !plan.derived);
    cells.map(|(plan, cell)| format!("{}={cell}", plan.name)).collect::<Vec<_>>().join(", ")
}

/// Prints each cell of a row.
fn cells(row: &LooseRow, plans: &[Plan]) -> Vec<String> {
    let mut at = 0;
    let mut cells = Vec::new();
    for plan in plans {
        cells.push(shown(&plan.rule, row.values.get(at..at + plan.width).unwrap_or_default()));
        at += plan.width;
    }
    cells
}
