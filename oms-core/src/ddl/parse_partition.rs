//! PARTITION BY clauses, and the one text form in which schemas keep them.

use std::fmt;
use std::sync::Arc;

use super::cursor::Cursor;
use super::lexer::TokenKind;
use super::statement::{PartitionDef, PartitionMethod, Partitioning, SubPartitioning};
use super::{Dialect, SqlMode, expression};
use crate::error::{Error, Result};
use crate::mysql::{quote_ident, quote_text};

/// The most partitions of a table, subpartitions included, on MySQL and OceanBase.
const MAX_PARTITIONS: u32 = 8192;

/// Reads a clause from PARTITION on.
pub(crate) fn partitioning(cursor: &mut Cursor<'_>) -> Result<Partitioning> {
    cursor.expect_word("PARTITION")?;
    cursor.expect_word("BY")?;
    let (method, expression) = method(cursor)?;
    let mut clause = Partitioning { method, expression, sub: None, count: None, partitions: Vec::new() };
    if cursor.eat_word("PARTITIONS") {
        clause.count = Some(self::count(cursor)?);
    }
    if cursor.eat_words(&["SUBPARTITION", "BY"]) {
        let (method, expression) = self::method(cursor)?;
        let count = match cursor.eat_word("SUBPARTITIONS") {
            true => Some(self::count(cursor)?),
            false => None,
        };
        clause.sub = Some(SubPartitioning { method, expression, count });
    }
    if cursor.is_symbol("(") {
        clause.partitions = partitions(cursor)?;
    }
    Ok(clause)
}

/// A count of partitions, within what servers take.
pub(crate) fn count(cursor: &mut Cursor<'_>) -> Result<u32> {
    let count = cursor.number("a count of partitions")?;
    match count {
        1..=MAX_PARTITIONS => Ok(count),
        _ => Err(Error::decode("a DDL statement", "a count of partitions is out of range")),
    }
}

fn method(cursor: &mut Cursor<'_>) -> Result<(PartitionMethod, String)> {
    let linear = cursor.eat_word("LINEAR");
    let method = if cursor.eat_word("HASH") {
        if linear { PartitionMethod::LinearHash } else { PartitionMethod::Hash }
    } else if cursor.eat_word("KEY") {
        // ALGORITHM chooses how keys are spread, which no reader of rows can see.
        if cursor.eat_word("ALGORITHM") {
            cursor.eat_symbol("=");
            cursor.number::<u8>("1 or 2")?;
        }
        if linear { PartitionMethod::LinearKey } else { PartitionMethod::Key }
    } else if cursor.eat_word("RANGE") {
        if cursor.eat_word("COLUMNS") { PartitionMethod::RangeColumns } else { PartitionMethod::Range }
    } else if cursor.eat_word("LIST") {
        if cursor.eat_word("COLUMNS") { PartitionMethod::ListColumns } else { PartitionMethod::List }
    } else {
        let name = cursor.peek().map_or("", |token| token.text);
        let name: String = name.chars().take(64).collect();
        return Err(Error::unsupported("the DDL model", format!("PARTITION BY {name}")));
    };
    Ok((method, cursor.parenthesised()?))
}

/// Reads `(PARTITION p …, …)`.
pub(crate) fn partitions(cursor: &mut Cursor<'_>) -> Result<Vec<PartitionDef>> {
    cursor.expect_symbol("(")?;
    let mut partitions = Vec::new();
    loop {
        cursor.expect_word("PARTITION")?;
        partitions.push(partition(cursor)?);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(partitions)
}

fn partition(cursor: &mut Cursor<'_>) -> Result<PartitionDef> {
    let mut partition = PartitionDef {
        name: cursor.identifier("a partition name")?,
        values: None,
        comment: None,
        subpartitions: Vec::new(),
    };
    if cursor.eat_word("VALUES") {
        partition.values = Some(values(cursor)?);
    }
    partition_options(cursor, &mut partition.comment)?;
    if cursor.eat_symbol("(") {
        loop {
            cursor.expect_word("SUBPARTITION")?;
            partition.subpartitions.push(cursor.identifier("a subpartition name")?);
            partition_options(cursor, &mut None)?;
            if !cursor.eat_symbol(",") {
                break;
            }
        }
        cursor.expect_symbol(")")?;
    }
    Ok(partition)
}

fn values(cursor: &mut Cursor<'_>) -> Result<String> {
    if cursor.eat_words(&["LESS", "THAN"]) {
        return match cursor.eat_word("MAXVALUE") {
            true => Ok("MAXVALUE".to_owned()),
            false => cursor.parenthesised(),
        };
    }
    cursor.expect_word("IN")?;
    cursor.parenthesised()
}

/// Options of a partition: where and how it is stored, which is the server's own affair, and its comment.
fn partition_options(cursor: &mut Cursor<'_>, comment: &mut Option<String>) -> Result<()> {
    loop {
        if cursor.eat_word("COMMENT") {
            cursor.eat_symbol("=");
            *comment = Some(cursor.string("a comment")?).filter(|comment| !comment.is_empty());
        } else if cursor.eat_words(&["DATA", "DIRECTORY"]) || cursor.eat_words(&["INDEX", "DIRECTORY"]) {
            cursor.eat_symbol("=");
            cursor.string("a directory")?;
        } else if cursor.eat_any_word(&[
            "STORAGE",
            "ENGINE",
            "TABLESPACE",
            "NODEGROUP",
            "MAX_ROWS",
            "MIN_ROWS",
        ]) {
            cursor.eat_word("ENGINE");
            cursor.eat_symbol("=");
            cursor.advance();
        } else {
            return Ok(());
        }
    }
}

impl Partitioning {
    /// Reads the text form of a schema, spelt out.
    pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Self> {
        let mut cursor = Cursor::new(text, dialect, SqlMode::default())?;
        let clause = partitioning(&mut cursor)?;
        cursor.expect_end()?;
        Ok(clause.spelt_out())
    }

    /// The same with everything spelt out as the server would: partitions by name, subpartitions by name.
    pub(crate) fn spelt_out(mut self) -> Self {
        if !self.method.has_values() && self.partitions.is_empty() {
            self.add_counted(self.count.unwrap_or(1));
        }
        let subpartitions = self.sub.as_ref().map_or(0, |sub| sub.count.unwrap_or(1));
        self.name_subpartitions(subpartitions as usize);
        self.count = None;
        if let Some(sub) = &mut self.sub {
            sub.count = None;
        }
        self
    }

    /// The same with names for the subpartitions of partitions that were added without.
    pub(crate) fn respelt(mut self) -> Self {
        let count = self.partitions.first().map_or(0, |partition| partition.subpartitions.len());
        self.name_subpartitions(count);
        self
    }

    fn name_subpartitions(&mut self, count: usize) {
        for partition in &mut self.partitions {
            if partition.subpartitions.is_empty() {
                let names = (0..count).map(|i| format!("{}sp{i}", partition.name).into());
                partition.subpartitions = names.collect();
            }
        }
    }

    /// Adds so many partitions under the names that the server gives.
    pub(crate) fn add_counted(&mut self, count: u32) {
        let first = self.partitions.len();
        let names = (first..first + count as usize).map(|i| -> Arc<str> { format!("p{i}").into() });
        self.partitions.extend(names.map(|name| PartitionDef {
            name,
            values: None,
            comment: None,
            subpartitions: Vec::new(),
        }));
    }

    /// True if all partitions and subpartitions have the names and nothing but the names that a count gives.
    fn is_counted(&self) -> bool {
        !self.method.has_values()
            && self.partitions.iter().enumerate().all(|(i, partition)| {
                *partition.name == *format!("p{i}")
                    && partition.comment.is_none()
                    && partition.subpartitions.is_empty()
            })
    }

    /// How many subpartitions each partition has, if they have the names that a count gives.
    fn counted_subpartitions(&self) -> Option<usize> {
        let count = self.partitions.first()?.subpartitions.len();
        let counted = self.partitions.iter().all(|partition| {
            let names = partition.subpartitions.iter().enumerate();
            partition.subpartitions.len() == count
                && names.into_iter().all(|(i, name)| **name == *format!("{}sp{i}", partition.name))
        });
        counted.then_some(count)
    }
}

/// True if two text forms of schemas say the same, whichever server the expressions come from.
pub(crate) fn same(a: &str, b: &str) -> bool {
    // Clauses hold no versioned comments any more, so the dialect does not matter.
    let dialect = Dialect::mysql(9, 0, 0);
    let (Ok(a_clause), Ok(b_clause)) = (Partitioning::parse(a, dialect), Partitioning::parse(b, dialect))
    else {
        return a == b;
    };
    let same_partition = |(a, b): (&PartitionDef, &PartitionDef)| {
        let same_values = match (&a.values, &b.values) {
            (Some(a), Some(b)) => expression::same(&format!("({a})"), &format!("({b})")),
            (a, b) => a == b,
        };
        same_values && a.name == b.name && a.comment == b.comment && a.subpartitions == b.subpartitions
    };
    let same_sub = match (&a_clause.sub, &b_clause.sub) {
        (Some(a), Some(b)) => a.method == b.method && same_list(&a.expression, &b.expression),
        (a, b) => a.is_none() && b.is_none(),
    };
    // Which partition of a list comes first says nothing, and OceanBase puts them in an order of its own.
    let ordered = |mut clause: Partitioning| {
        if matches!(clause.method, PartitionMethod::List | PartitionMethod::ListColumns) {
            clause.partitions.sort_by(|a, b| a.name.cmp(&b.name));
        }
        clause
    };
    let (a_clause, b_clause) = (ordered(a_clause), ordered(b_clause));
    a_clause.method == b_clause.method
        && same_list(&a_clause.expression, &b_clause.expression)
        && same_sub
        && a_clause.partitions.len() == b_clause.partitions.len()
        && a_clause.partitions.iter().zip(&b_clause.partitions).all(same_partition)
}

/// Expressions or columns, with commas between.
fn same_list(a: &str, b: &str) -> bool {
    expression::same(&format!("({a})"), &format!("({b})"))
}

/// The text form of schemas: a clause that MySQL and OceanBase both read, by counts where names follow from them.
impl fmt::Display for Partitioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PARTITION BY {} ({})", self.method.name(), self.expression)?;
        let counted = self.is_counted();
        if counted {
            write!(f, " PARTITIONS {}", self.partitions.len())?;
        }
        let sub_count = self.counted_subpartitions().filter(|count| *count > 0);
        if let Some(sub) = &self.sub {
            write!(f, " SUBPARTITION BY {} ({})", sub.method.name(), sub.expression)?;
            if let Some(count) = sub_count {
                write!(f, " SUBPARTITIONS {count}")?;
            }
        }
        if counted {
            return Ok(());
        }
        f.write_str(" (")?;
        for (i, partition) in self.partitions.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write_partition(f, self.method, partition, sub_count.is_none())?;
        }
        f.write_str(")")
    }
}

/// Writes one partition; subpartitions by name only where a count does not give them.
pub(crate) fn write_partition(
    f: &mut impl fmt::Write,
    method: PartitionMethod,
    partition: &PartitionDef,
    with_subpartitions: bool,
) -> fmt::Result {
    write!(f, "PARTITION {}", quote_ident(&partition.name))?;
    let head = match method {
        PartitionMethod::Range | PartitionMethod::RangeColumns => "LESS THAN",
        _ => "IN",
    };
    match &partition.values {
        Some(values) if values == "MAXVALUE" && method == PartitionMethod::Range => {
            write!(f, " VALUES {head} MAXVALUE")?
        }
        Some(values) => write!(f, " VALUES {head} ({values})")?,
        None => {}
    }
    if let Some(comment) = &partition.comment {
        write!(f, " COMMENT = {}", quote_text(comment))?;
    }
    if with_subpartitions && !partition.subpartitions.is_empty() {
        f.write_str(" (")?;
        for (i, name) in partition.subpartitions.iter().enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            write!(f, "{separator}SUBPARTITION {}", quote_ident(name))?;
        }
        f.write_str(")")?;
    }
    Ok(())
}

/// ADD PARTITION with the partitions that one clause has behind all those of the other; `None` where that is not all that
/// is different.
pub(crate) fn added_partitions(old: &Partitioning, new: &Partitioning) -> Option<String> {
    let (kept, added) = new.partitions.split_at_checked(old.partitions.len())?;
    let head = Partitioning { partitions: kept.to_vec(), ..new.clone() };
    if added.is_empty() || !new.method.has_values() || !same(&head.to_string(), &old.to_string()) {
        return None;
    }
    let with_subpartitions = new.counted_subpartitions().is_none_or(|count| count == 0);
    let mut list = String::new();
    for partition in added {
        let separator = if list.is_empty() { "" } else { ", " };
        list.push_str(separator);
        // Writing to a string cannot fail.
        let _ = write_partition(&mut list, new.method, partition, with_subpartitions);
    }
    Some(format!("ADD PARTITION ({list})"))
}

/// True if a word begins the next clause behind table options.
pub(crate) fn begins_partitioning(cursor: &Cursor<'_>) -> bool {
    cursor.is_words(&["PARTITION", "BY"]) && cursor.peek().is_some_and(|token| token.kind == TokenKind::Word)
}
