//! Indexes as written to indexes of a schema: names given, prefixes settled, the indexes that foreign keys ask for.

use std::sync::Arc;

use crate::ddl::DdlContext;
use crate::ddl::statement::{ForeignKeyDef, KeyDef, KeyPartDef, KeyPartTarget};
use crate::error::{Error, Result};
use crate::schema::{Column, ColumnType, Key, KeyKind, KeyPart};

/// An index on its way into a schema.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) key: Key,
    /// The statement gives no name.
    unnamed: bool,
    /// Made for a foreign key of this statement.
    generated: bool,
}

impl Draft {
    /// An index that is there already.
    pub(super) fn existing(key: Key) -> Self {
        Self { key, unnamed: false, generated: false }
    }

    /// An index that the statement asks for.
    pub(super) fn written(def: &KeyDef, columns: &[Column], context: &DdlContext) -> Result<Self> {
        let parts = def.parts.iter().map(|part| key_part(part, def.kind, columns, context));
        let name = match def.kind {
            KeyKind::Primary => Some("PRIMARY".into()),
            _ => def.name.clone(),
        };
        Ok(Self {
            unnamed: name.is_none(),
            generated: false,
            key: Key {
                name: name.unwrap_or_else(|| "".into()),
                kind: def.kind,
                parts: parts.collect::<Result<_>>()?,
                visible: def.visible,
                comment: def.comment.as_deref().map(Into::into),
                parser: def.parser.clone(),
            },
        })
    }

    /// The index that a foreign key needs.
    pub(super) fn for_foreign_key(def: &ForeignKeyDef) -> Self {
        let columns = def.columns.iter().map(|column| &**column);
        let name = def.constraint.clone().or_else(|| def.index.clone());
        let mut key = Key::unique("", KeyKind::Plain, columns);
        let unnamed = name.is_none();
        if let Some(name) = name {
            key.name = name;
        }
        Self { key, unnamed, generated: true }
    }
}

/// Finishes the indexes of a table: leaves out those of foreign keys that another index serves, names the unnamed, puts
/// them in order.
///
/// # Sources
///
/// MySQL 9.7 source, `mysql_prepare_create_table`: the order in which indexes are compared and named is the order in
/// which they stand. Tried on MySQL 5.7.22 and 9.7.4.
pub(super) fn finish(drafts: Vec<Draft>) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for draft in without_redundant(drafts) {
        let mut key = draft.key;
        if draft.unnamed {
            key.name = free_name(&key, &keys);
        }
        keys.push(key);
    }
    sort(&mut keys);
    keys
}

fn without_redundant(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut dropped = vec![false; drafts.len()];
    for (later, key) in drafts.iter().enumerate() {
        for (earlier, other) in drafts[..later].iter().enumerate() {
            if dropped[earlier] || !serves(key, other) {
                continue;
            }
            let shorter = key.generated && key.key.parts.len() < other.key.parts.len();
            if !other.generated || shorter {
                dropped[later] = true;
            } else {
                dropped[earlier] = true;
            }
            break;
        }
    }
    let mut dropped = dropped.into_iter();
    let mut drafts = drafts;
    drafts.retain(|_| !dropped.next().unwrap_or(false));
    drafts
}

/// True if one of two indexes is a foreign key's and the first part of the other.
fn serves(a: &Draft, b: &Draft) -> bool {
    let (short, long) = match (a.generated, b.generated) {
        (false, false) => return false,
        (true, true) if a.key.parts.len() > b.key.parts.len() => (b, a),
        (true, _) => (a, b),
        (false, true) => (b, a),
    };
    let is_ordered = !matches!(long.key.kind, KeyKind::Fulltext | KeyKind::Spatial);
    is_ordered
        && short.key.parts.len() <= long.key.parts.len()
        && short.key.parts.iter().zip(&long.key.parts).all(|(a, b)| same_column(a, b))
}

fn same_column(a: &KeyPart, b: &KeyPart) -> bool {
    match (a, b) {
        (
            KeyPart::Column { column: a, prefix: None, .. },
            KeyPart::Column { column: b, prefix: None, .. },
        ) => same_name(a, b),
        _ => false,
    }
}

/// Two names of columns, indexes or constraints are one without regard to case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// The name that the server gives: that of the first column, with a number where it is taken.
fn free_name(key: &Key, taken: &[Key]) -> Arc<str> {
    let base: Arc<str> = match key.parts.first() {
        Some(KeyPart::Column { column, .. }) => Arc::clone(column),
        _ => "functional_index".into(),
    };
    let is_free = |name: &str| taken.iter().all(|key| !same_name(&key.name, name));
    if is_free(&base) && !same_name(&base, "PRIMARY") {
        return base;
    }
    let numbered = (2_u32..).map(|number| format!("{base}_{number}")).find(|name| is_free(name));
    numbered.map_or(base, Arc::from)
}

/// Puts the primary key first and the others in the order of their names.
pub(crate) fn sort(keys: &mut [Key]) {
    keys.sort_by_cached_key(|key| {
        (key.kind != KeyKind::Primary, key.name.to_lowercase(), Arc::clone(&key.name))
    });
}

fn key_part(part: &KeyPartDef, kind: KeyKind, columns: &[Column], context: &DdlContext) -> Result<KeyPart> {
    let descending = part.descending && context.dialect.has_descending_keys();
    match &part.what {
        KeyPartTarget::Expression(expression) => {
            Ok(KeyPart::Expression { expression: expression.as_str().into(), descending })
        }
        KeyPartTarget::Column { column, prefix } => {
            let Some(column) = columns.iter().find(|entry| same_name(entry.name(), column)) else {
                let reason = format!("it puts an index on a column that the table does not have: {column}");
                return Err(Error::decode("a DDL statement", reason));
            };
            let prefix = match kind {
                KeyKind::Fulltext | KeyKind::Spatial => None,
                _ => prefix.filter(|prefix| is_partial(*prefix, column.column_type())),
            };
            Ok(KeyPart::Column { column: Arc::clone(column.name()), prefix, descending })
        }
    }
}

/// True if a prefix leaves something out.
pub(super) fn is_partial(prefix: u32, column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Char { length }
        | ColumnType::VarChar { length }
        | ColumnType::Binary { length }
        | ColumnType::VarBinary { length } => prefix < *length,
        ColumnType::Text(_) | ColumnType::Blob(_) => true,
        _ => false,
    }
}

/// The index over changed columns: renamed, without dropped ones, prefixes kept where they still leave something out;
/// `None` if no part is left.
///
/// `renamed` gives a column's new name, or `None` if it is dropped.
pub(super) fn follow(
    key: &Key,
    renamed: impl Fn(&str) -> Option<Arc<str>>,
    before: &[Column],
    after: &[Column],
) -> Option<Key> {
    let find = |columns: &[Column], name: &str| {
        columns.iter().find(|column| same_name(column.name(), name)).cloned()
    };
    let parts = key.parts.iter().filter_map(|part| match part {
        KeyPart::Expression { .. } => Some(part.clone()),
        KeyPart::Column { column, prefix, descending } => {
            let old = find(before, column);
            let Some(name) = renamed(column) else {
                // A new column of the name of a dropped one takes its place, with the old part's length as prefix.
                let (old, new) = (old?, find(after, column)?);
                let length = prefix.or_else(|| part_length(old.column_type()));
                let prefix = length.filter(|length| is_partial(*length, new.column_type()));
                let column = Arc::clone(new.name());
                return Some(KeyPart::Column { column, prefix, descending: *descending });
            };
            let new = find(after, &name);
            let prefix = prefix.filter(|prefix| match (&old, &new) {
                (Some(old), Some(new)) => {
                    takes_prefix(old.column_type()) && is_partial(*prefix, new.column_type())
                }
                _ => true,
            });
            Some(KeyPart::Column { column: name, prefix, descending: *descending })
        }
    });
    let parts: Vec<KeyPart> = parts.collect();
    (!parts.is_empty()).then(|| Key { parts, ..key.clone() })
}

/// How long a part over a whole column of this type is, in its characters or bytes; `None` where it cannot be over a
/// whole column.
fn part_length(column_type: &ColumnType) -> Option<u32> {
    let with_fraction = |bytes: u32| bytes + u32::from(column_type.fsp()).div_ceil(2);
    Some(match column_type {
        ColumnType::Int { width, .. } => width.bytes() as u32,
        ColumnType::Decimal { precision, scale, .. } => {
            // Nine digits take four bytes, fewer take as many as they need.
            let bytes = |digits: u32| digits / 9 * 4 + [0, 1, 1, 2, 2, 3, 3, 4, 4][(digits % 9) as usize];
            bytes(u32::from(precision.saturating_sub(*scale))) + bytes(u32::from(*scale))
        }
        ColumnType::Float { .. } => 4,
        ColumnType::Double { .. } => 8,
        ColumnType::Bit { width } => u32::from(*width).div_ceil(8),
        ColumnType::Year => 1,
        ColumnType::Date => 3,
        ColumnType::Time { .. } => with_fraction(3),
        ColumnType::DateTime { .. } => with_fraction(5),
        ColumnType::Timestamp { .. } => with_fraction(4),
        ColumnType::Char { length }
        | ColumnType::VarChar { length }
        | ColumnType::Binary { length }
        | ColumnType::VarBinary { length } => *length,
        ColumnType::Enum(members) => 1 + u32::from(members.len() > 255),
        ColumnType::Set(members) => match members.len().div_ceil(8) {
            bytes @ 0..=4 => bytes as u32,
            _ => 8,
        },
        _ => return None,
    })
}

fn takes_prefix(column_type: &ColumnType) -> bool {
    is_partial(0, column_type)
}
