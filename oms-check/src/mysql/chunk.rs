//! [`Chunk`]: a range of keys, as a condition on either side.
//!
//! Bounds are values as both servers print them, so that one text gives the literal of either side; the typed ranges of
//! a scan would have to be decoded and encoded again, and know each character set.

use oms_core::mysql::quote_ident;

use super::literal::{Key, write_literal};
use crate::error::Side;
use crate::plan::TablePlan;

/// Keys above `after` and up to `through`, by the order of whichever server is asked.
///
/// # Why a server with another order cannot make unequal tables look equal
///
/// A chain of ranges that share their bounds, open at both ends, covers every key under any order: a key is in the
/// range of the first bound that it is not above, or in the last one. The side that gave the bounds has each key in
/// just one range. So, if the digests of all ranges agree, each row of the other side is a row of this one; keys are
/// unique, so none is there twice. Under another order a row may only seem to differ, and is then looked up by its key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) after: Option<Key>,
    pub(crate) through: Option<Key>,
}

impl Chunk {
    /// The condition that holds for its rows.
    pub(crate) fn condition(&self, plan: &TablePlan, side: Side) -> String {
        let mut out = String::new();
        for (bound, inclusive, operator) in [(&self.after, false, '>'), (&self.through, true, '<')] {
            let Some(bound) = bound else { continue };
            if !out.is_empty() {
                out.push_str(" AND ");
            }
            let terms = terms(plan, side, bound);
            // Once more by itself: planners read no range of an index for the whole.
            if let [(name, literal), _, ..] = &terms[..] {
                out.push_str(&format!("{name}{operator}={literal} AND "));
            }
            push_lexical(&terms, operator, inclusive, &mut out);
        }
        if out.is_empty() { "TRUE".into() } else { out }
    }

    /// This range, divided at some of its keys.
    pub(crate) fn split(self, bounds: Vec<Key>) -> Vec<Chunk> {
        let mut after = self.after;
        let mut chunks: Vec<Chunk> = Vec::with_capacity(bounds.len() + 1);
        for bound in bounds {
            chunks.push(Chunk { after: after.replace(bound.clone()), through: Some(bound) });
        }
        chunks.push(Chunk { after, through: self.through });
        chunks
    }
}

/// Each key column with the literal of its value.
pub(crate) fn terms(plan: &TablePlan, side: Side, key: &Key) -> Vec<(String, String)> {
    let columns = plan.key.iter().flat_map(|key| &key.columns);
    columns
        .zip(key.iter())
        .map(|(at, value)| {
            let column = &plan.columns[*at];
            let mut literal = String::new();
            write_literal(&column.rule, column.on(side), value, &mut literal);
            (quote_ident(column.on(side).name()), literal)
        })
        .collect()
}

/// `(a>1 OR (a=1 AND (b>2 OR (b=2 AND c>3))))`
fn push_lexical(terms: &[(String, String)], operator: char, inclusive: bool, out: &mut String) {
    let Some(((name, literal), rest)) = terms.split_first() else { return };
    if rest.is_empty() {
        let equal = if inclusive { "=" } else { "" };
        out.push_str(&format!("{name}{operator}{equal}{literal}"));
        return;
    }
    out.push_str(&format!("({name}{operator}{literal} OR ({name}={literal} AND "));
    push_lexical(rest, operator, inclusive, out);
    out.push_str("))");
}

#[cfg(test)]
mod tests {
    use oms_core::TableName;
    use oms_core::schema::{Column, ColumnType, IntWidth, Key as Index, KeyKind, TableSchema};

    use super::*;
    use crate::plan::TablePair;

    fn plan(width: usize) -> TablePlan {
        let int = ColumnType::Int { width: IntWidth::I64, unsigned: true, zerofill: None };
        let names = ["a", "b", "c"];
        let columns = names.iter().map(|name| Column::new(*name, int.clone()).with_nullable(false)).collect();
        let name = TableName::new("d", "t");
        let keys = vec![Index::unique("PRIMARY", KeyKind::Primary, names[..width].iter().copied())];
        let schema = TableSchema::new(name.clone(), columns).with_keys(keys);
        TablePlan::new(&TablePair::same(name), &schema, &schema)
    }

    fn key(values: &[&str]) -> Option<Key> {
        Some(values.iter().map(|value| Box::from(value.as_bytes())).collect())
    }

    #[test]
    fn a_range_is_compared_column_by_column() {
        let chunk = Chunk { after: key(&["1"]), through: key(&["2"]) };
        assert_eq!(chunk.condition(&plan(1), Side::Source), "`a`>1 AND `a`<=2");
        let chunk = Chunk { after: key(&["1", "2", "3"]), through: None };
        assert_eq!(
            chunk.condition(&plan(3), Side::Target),
            "`a`>=1 AND (`a`>1 OR (`a`=1 AND (`b`>2 OR (`b`=2 AND `c`>3))))"
        );
        assert_eq!(Chunk::default().condition(&plan(1), Side::Source), "TRUE");
    }

    #[test]
    fn parts_share_their_bounds() {
        let chunk = Chunk { after: key(&["1"]), through: None };
        let parts = chunk.split(vec![key(&["5"]).unwrap(), key(&["7"]).unwrap()]);
        let conditions: Vec<_> = parts.iter().map(|part| part.condition(&plan(1), Side::Source)).collect();
        assert_eq!(conditions, ["`a`>1 AND `a`<=5", "`a`>5 AND `a`<=7", "`a`>7"]);
    }
}
