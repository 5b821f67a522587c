//! [`SideSql`]: the statements that one side is asked about a table.

use oms_core::mysql::{TextRow, quote_ident, quote_table};
use oms_core::{Error, TableName};

use crate::digest::Digest;
use crate::error::Side;
use crate::normalize::NormalizeRule;
use crate::plan::{ColumnPlan, TablePlan};
use crate::render::{self, Piece};
use crate::rule::ColumnRule;

use super::chunk::{Chunk, terms};
use super::literal::{Key, is_unconverted};

/// Values up to this length stand in a row's text themselves.
const SHORT: u64 = 4096;
/// If a row's text could be longer than this, only the shortest values do: servers give NULL for a text above their
/// `max_allowed_packet`, which is 4 MiB by default in MySQL 5.7.
const MAX_ROW: u64 = 1 << 20;
/// Values up to this length are compared themselves when it is asked which columns differ.
const TINY: u64 = 64;

/// The statements that one side is asked about a table.
#[derive(Debug)]
pub(crate) struct SideSql {
    side: Side,
    table: String,
    /// `FROM table FORCE INDEX (key)`: by range of the key.
    from_index: String,
    /// The text of a row.
    row: String,
    /// The key columns, in the form of their rules.
    key_contents: Vec<String>,
    /// The key columns, by name.
    key_names: Vec<String>,
    /// The text of the key.
    key_text: String,
    /// Each column, for comparison one by one.
    columns: Vec<String>,
}

impl SideSql {
    pub(crate) fn new(plan: &TablePlan, side: Side, table: &TableName, rules: &[NormalizeRule]) -> Self {
        let longest = |column: &ColumnPlan| {
            let on = |side| render::max_bytes(&column.rule, column.on(side));
            on(Side::Source).max(on(Side::Target))
        };
        let sum: u64 = plan.columns.iter().map(|column| longest(column).min(SHORT) + 8).sum();
        let short = if sum > MAX_ROW { TINY } else { SHORT };
        let piece_of = |column: &ColumnPlan| {
            let piece = match () {
                () if !render::is_bytes(&column.rule) => Piece::Plain,
                // Both sides have to choose alike.
                () if longest(column) > short => Piece::Hashed,
                () => Piece::Counted,
            };
            render::piece(&column.rule, column.on(side), piece)
        };
        let pieces: Vec<String> = plan.columns.iter().map(piece_of).collect();
        let table = quote_table(table);
        let mut from_index = format!("FROM {table}");
        let key = plan.key.as_ref();
        if let Some(key) = key {
            let index = match side {
                Side::Source => &key.source_index,
                Side::Target => &key.target_index,
            };
            from_index.push_str(&format!(" FORCE INDEX ({})", quote_ident(index)));
        }
        let key_columns: Vec<usize> = key.map(|key| key.columns.clone()).unwrap_or_default();
        let content = |column: &ColumnPlan| render::content(&column.rule, column.on(side));
        let compared = |column: &ColumnPlan| {
            let is_read = column.rule == ColumnRule::Json && !rules.is_empty();
            match render::is_bytes(&column.rule) && longest(column) > TINY && !is_read {
                true => format!("SHA2({},256)", content(column)),
                false => content(column),
            }
        };
        Self {
            side,
            table,
            from_index,
            row: render::joined(&pieces),
            key_contents: key_columns.iter().map(|at| content(&plan.columns[*at])).collect(),
            key_names: key_columns.iter().map(|at| quote_ident(plan.columns[*at].on(side).name())).collect(),
            key_text: render::joined(&key_columns.iter().map(|at| pieces[*at].clone()).collect::<Vec<_>>()),
            columns: plan.columns.iter().map(compared).collect(),
        }
    }

    /// The digest of a range: one row of [`digest_of`].
    pub(crate) fn digest(&self, plan: &TablePlan, chunk: &Chunk) -> String {
        // LIMIT keeps the server from putting the expression in each place where its value is used.
        format!(
            "SELECT {SUMS} FROM (SELECT SHA2({},256) AS h {} WHERE {} LIMIT 9223372036854775807) AS r",
            self.row,
            self.from_index,
            chunk.condition(plan, self.side)
        )
    }

    /// The key that is `rows` rows behind the beginning of a range: at most one row of the key.
    pub(crate) fn bound(&self, plan: &TablePlan, chunk: &Chunk, rows: u64) -> String {
        format!(
            "SELECT {} {} WHERE {} ORDER BY {} LIMIT 1 OFFSET {}",
            joined(self.key_contents.iter().cloned()),
            self.from_index,
            chunk.condition(plan, self.side),
            self.key_names.join(","),
            rows.saturating_sub(1)
        )
    }

    /// The last key of the table: at most one row of the key.
    pub(crate) fn last(&self) -> String {
        format!(
            "SELECT {} {} ORDER BY {} DESC LIMIT 1",
            joined(self.key_contents.iter().cloned()),
            self.from_index,
            self.key_names.join(" DESC,")
        )
    }

    /// The key and the SHA2 of each row of a range.
    pub(crate) fn rows(&self, plan: &TablePlan, chunk: &Chunk) -> String {
        self.rows_where(&self.from_index, &chunk.condition(plan, self.side))
    }

    /// The key and the SHA2 of each row in some groups of a modulus.
    pub(crate) fn rows_in_groups(&self, modulus: u64, groups: &[u64]) -> String {
        let condition = format!("{} IN ({})", self.group(modulus), numbers(groups));
        self.rows_where(&format!("FROM {}", self.table), &condition)
    }

    fn rows_where(&self, from: &str, condition: &str) -> String {
        let key = joined(self.key_contents.iter().cloned());
        format!("SELECT {key},SHA2({},256) {from} WHERE {condition}", self.row)
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> String {
        format!("SELECT COUNT(*) FROM {}", self.table)
    }

    /// The digests of groups of rows by their keys, of all groups or of those within some groups of `within`.
    pub(crate) fn key_groups(&self, modulus: u64, within: Option<(u64, &[u64])>) -> String {
        let condition = match within {
            Some((modulus, groups)) => format!(" WHERE {} IN ({})", self.group(modulus), numbers(groups)),
            None => String::new(),
        };
        format!(
            "SELECT b,{SUMS} FROM (SELECT {} AS b,SHA2({},256) AS h FROM {}{condition}) AS r GROUP BY b",
            self.group(modulus),
            self.row,
            self.table
        )
    }

    fn group(&self, modulus: u64) -> String {
        format!("CRC32({}) % {modulus}", self.key_text)
    }

    /// The digests of groups of rows by their own SHA2, of all groups or of those within some groups of `within`.
    pub(crate) fn row_groups(&self, modulus: u64, within: Option<(u64, &[u64])>) -> String {
        let from = self.hashes(within);
        format!("SELECT {} AS b,{SUMS} FROM {from} GROUP BY b", row_group(modulus))
    }

    /// The SHA2 of rows and how often each is there, within some groups of a modulus.
    pub(crate) fn row_counts(&self, within: Option<(u64, &[u64])>) -> String {
        format!("SELECT h,COUNT(*) FROM {} GROUP BY h", self.hashes(within))
    }

    fn hashes(&self, within: Option<(u64, &[u64])>) -> String {
        let all = format!("(SELECT SHA2({},256) AS h FROM {}) AS q", self.row, self.table);
        match within {
            // What has no SHA2 is in no group and would be overlooked.
            Some((modulus, groups)) => format!(
                "(SELECT h FROM {all} WHERE h IS NULL OR {} IN ({})) AS r",
                row_group(modulus),
                numbers(groups)
            ),
            None => all,
        }
    }

    /// The rows of some keys: first the key, then every column for [`super::lookup`].
    pub(crate) fn lookup(&self, plan: &TablePlan, keys: &[&Key]) -> String {
        let mut conditions = Vec::new();
        let mut tuples = Vec::new();
        for key in keys {
            let terms = terms(plan, self.side, key);
            let rules = plan.key.iter().flat_map(|key| &key.columns).map(|at| &plan.columns[*at].rule);
            let unconverted: Vec<bool> =
                rules.zip(key.iter()).map(|(rule, value)| is_unconverted(rule, value)).collect();
            if unconverted.contains(&true) {
                let terms = terms.iter().zip(unconverted).map(|((name, literal), cast)| match cast {
                    true => format!("CAST({name} AS BINARY)={literal}"),
                    false => format!("{name}={literal}"),
                });
                conditions.push(format!("({})", terms.collect::<Vec<_>>().join(" AND ")));
            } else {
                let tuple = joined(terms.into_iter().map(|(_, literal)| literal));
                tuples.push(if key.len() > 1 { format!("({tuple})") } else { tuple });
            }
        }
        if !tuples.is_empty() {
            let names = self.key_names.join(",");
            let names = if self.key_names.len() > 1 { format!("({names})") } else { names };
            conditions.push(format!("{names} IN ({})", tuples.join(",")));
        }
        let selected = joined(self.key_contents.iter().chain(&self.columns).cloned());
        format!("SELECT {selected} {} WHERE {}", self.from_index, conditions.join(" OR "))
    }
}

const SUMS: &str = "COUNT(*),COUNT(h),SUM(CAST(CONV(LEFT(h,16),16,10) AS UNSIGNED)),\
                    SUM(CAST(CONV(SUBSTR(h,17,16),16,10) AS UNSIGNED))";

/// By other bits than the digest's.
fn row_group(modulus: u64) -> String {
    format!("CAST(CONV(SUBSTR(h,33,8),16,10) AS UNSIGNED) % {modulus}")
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

fn numbers(numbers: &[u64]) -> String {
    joined(numbers.iter().map(u64::to_string))
}

/// The digest in four columns of a row from `first` on.
///
/// # Errors
///
/// [`Error::Refused`] if a row has none: equal digests would not say that it is equal.
pub(crate) fn digest_of(row: &TextRow, first: usize) -> Result<Digest, Error> {
    let (rows, hashed) = (row.number::<u64>(first)?, row.number::<u64>(first + 1)?);
    if rows != hashed {
        let reason = format!(
            "{} rows hold a value that is longer than the server computes with: raise its max_allowed_packet",
            rows - hashed
        );
        return Err(Error::refused(oms_core::At::unknown(), reason));
    }
    let sum = |column| Ok::<_, Error>(row.number_or_null::<u128>(column)?.unwrap_or(0));
    Ok(Digest { rows, sums: [sum(first + 2)?, sum(first + 3)?] })
}
