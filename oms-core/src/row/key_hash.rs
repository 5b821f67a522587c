//! [`KeyHasher`]: hashes of key values that are equal whenever the server calls the keys equal.
//!
//! Which changes may run side by side is decided by these hashes. Too coarse a hash costs speed; too fine a hash
//! reorders changes of one key. So only what is proved different hashes differently: under case-insensitive
//! collations ASCII is folded by case and trailing spaces go; CJK ideographs stand for themselves; any other
//! character may equal something (`ß` equals `ss`), so a key that holds one is *wild* and conflicts with every key
//! of its index.
//!
//! # Sources
//!
//! MySQL Reference Manual, "Unicode Character Sets" and "The binary Collation Compared to _bin Collations"; equality
//! of the folded classes was checked on MySQL 9.7 and seekdb 1.4 (`tests/it/fidelity/key_equality.rs`).

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::{CellRef, RowLayout, RowRef};
use crate::error::Result;
use crate::schema::{Charset, Collation, Column, Key, KeyPart, TableSchema};
use crate::value::ValueRef;

/// The hash of one key value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyHash {
    /// Which of the hasher's keys, counted from zero.
    pub key: u16,
    /// Equal for equal keys; 0 for a wild one.
    pub hash: u64,
    /// True if the key may equal any other of its index.
    pub wild: bool,
}

/// Hashes every unique key of a row; made once per layout.
///
/// # Examples
///
/// ```
/// # use std::sync::Arc;
/// # use oms_core::TableName;
/// # use oms_core::row::{KeyHasher, RowBatchBuilder};
/// # use oms_core::schema::{Collation, Column, ColumnType, Key, KeyKind, TableSchema};
/// # use oms_core::value::Value;
/// let name = Column::new("name", ColumnType::VarChar { length: 9 })
///     .with_collation(Some(Collation::new("utf8mb4_general_ci")));
/// let schema = Arc::new(
///     TableSchema::new(TableName::new("shop", "users"), vec![name])
///         .with_keys(vec![Key::unique("u", KeyKind::Unique, ["name"])]),
/// );
/// let mut rows = RowBatchBuilder::canonical(Arc::clone(&schema));
/// rows.push([Value::from("Ann")]).unwrap();
/// rows.push([Value::from("ANN ")]).unwrap();
/// let rows = rows.finish();
/// let mut hasher = KeyHasher::new(&schema, rows.layout()).unwrap();
/// let (mut a, mut b) = (Vec::new(), Vec::new());
/// hasher.hash(rows.row(0), &mut a).unwrap();
/// hasher.hash(rows.row(1), &mut b).unwrap();
/// assert_eq!(a, b);
/// ```
#[derive(Clone, Debug)]
pub struct KeyHasher {
    keys: Box<[KeyPlan]>,
    /// The folded bytes of one key, kept for its capacity.
    folded: Vec<u8>,
}

#[derive(Clone, Debug)]
struct KeyPlan {
    parts: Box<[PartPlan]>,
    /// An expression part, or a part that the image lacks: nothing can be proved.
    unknown: bool,
}

#[derive(Clone, Debug)]
struct PartPlan {
    /// Cell of the layout.
    position: usize,
    /// The target's collation, which decides; `None` compares bytes.
    text: Option<TextRule>,
    prefix: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextRule {
    /// Bytes, but for trailing spaces.
    Binary,
    /// Case and accents may not count.
    Folded,
    /// A language's own rules: nothing can be proved.
    Unknown,
}

impl KeyHasher {
    /// A hasher for all unique keys of `target`, over rows of `layout`; columns are matched by name.
    ///
    /// `None` if `target` has no unique key: then only the whole table can be ordered.
    pub fn new(target: &TableSchema, layout: &Arc<RowLayout>) -> Option<Self> {
        let keys: Box<[KeyPlan]> = target
            .keys()
            .iter()
            .filter(|key| key.is_unique())
            .map(|key| KeyPlan::new(target, key, layout))
            .collect();
        (!keys.is_empty()).then(|| Self { keys, folded: Vec::new() })
    }

    /// Appends one hash for each unique key of the row; keys with a NULL part are left out, as they equal nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode) if a key cell cannot be decoded.
    pub fn hash(&mut self, row: RowRef<'_>, out: &mut Vec<KeyHash>) -> Result<()> {
        for (i, plan) in self.keys.iter().enumerate() {
            if let Some((hash, wild)) = plan.hash(row, &mut self.folded)? {
                out.push(KeyHash { key: i as u16, hash, wild });
            }
        }
        Ok(())
    }
}

impl KeyPlan {
    fn new(target: &TableSchema, key: &Key, layout: &RowLayout) -> Self {
        let mut plan = Self { parts: Box::default(), unknown: false };
        let mut parts = Vec::with_capacity(key.parts.len());
        for part in &key.parts {
            let KeyPart::Column { column, prefix, .. } = part else {
                plan.unknown = true;
                continue;
            };
            let source =
                layout.schema().column_position(column).and_then(|column| layout.position_of(column));
            let at_target = target.column_position(column).map(|column| &target.columns()[column]);
            match (source, at_target) {
                (Some(position), Some(column)) => {
                    parts.push(PartPlan { position, text: TextRule::of(column), prefix: *prefix });
                }
                _ => plan.unknown = true,
            }
        }
        plan.parts = parts.into();
        plan
    }

    /// The hash and whether it is wild; `None` if a part is NULL.
    fn hash(&self, row: RowRef<'_>, folded: &mut Vec<u8>) -> Result<Option<(u64, bool)>> {
        folded.clear();
        let mut wild = self.unknown;
        for part in &self.parts {
            let cell = row.cell(part.position);
            if cell.is_null() {
                return Ok(None);
            }
            wild |= !part.fold(cell, folded)?;
        }
        Ok(Some(if wild { (0, true) } else { (xxh3_64(folded), false) }))
    }
}

impl TextRule {
    fn of(column: &Column) -> Option<Self> {
        let collation = column.collation()?;
        if !column.column_type().is_text() || collation.name() == "binary" {
            return None;
        }
        Some(if collation.is_binary() {
            TextRule::Binary
        } else if is_plain(collation) {
            TextRule::Folded
        } else {
            TextRule::Unknown
        })
    }
}

/// Collations in which printable ASCII differs by more than case, and CJK ideographs from everything else.
/// Others give letters of one language equal places (`v` and `w` in Swedish).
fn is_plain(collation: &Collation) -> bool {
    const PLAIN: [&str; 11] = [
        "_general_ci",
        "_general_cs",
        "_unicode_ci",
        "_unicode_520_ci",
        "utf8mb4_0900_ai_ci",
        "utf8mb4_0900_as_ci",
        "utf8mb4_0900_as_cs",
        "latin1_swedish_ci",
        "gbk_chinese_ci",
        "gb18030_chinese_ci",
        "gb2312_chinese_ci",
    ];
    // Seen on MySQL 9.7: `@` equals the backtick, the backtick equals a space, `M` equals `N`.
    const ODD: [&str; 3] = ["geostd8_general_ci", "koi8u_general_ci", "macce_general_ci"];
    PLAIN.iter().any(|suffix| collation.name().ends_with(suffix)) && !ODD.contains(&collation.name())
}

impl PartPlan {
    /// Appends bytes that are equal for equal cells; false if the key is wild.
    fn fold(&self, cell: CellRef<'_>, out: &mut Vec<u8>) -> Result<bool> {
        match cell.decode()? {
            ValueRef::Text(text) => return Ok(self.fold_text(text.charset(), text.as_bytes(), out)),
            ValueRef::Bytes(bytes) => {
                let end = self.prefix.map_or(bytes.len(), |prefix| bytes.len().min(prefix as usize));
                out.extend_from_slice(&bytes[..end]);
                out.extend_from_slice(&end.to_le_bytes());
            }
            ValueRef::Int(value) => out.extend_from_slice(&value.to_le_bytes()),
            ValueRef::UInt(value) | ValueRef::Set(value) => out.extend_from_slice(&value.to_le_bytes()),
            ValueRef::Enum(value) => out.extend_from_slice(&value.to_le_bytes()),
            ValueRef::Float(value) => out.extend_from_slice(&normal_bits(value.into()).to_le_bytes()),
            ValueRef::Double(value) => out.extend_from_slice(&normal_bits(value).to_le_bytes()),
            ValueRef::Decimal(value) => {
                let start = out.len();
                value.write(out)?;
                trim_decimal(out, start);
                out.push(0);
            }
            ValueRef::Date(value) => value.write(out),
            ValueRef::Time(value) => value.write(6, out),
            ValueRef::DateTime(value) => value.write(6, out),
            ValueRef::Json(_) | ValueRef::Null | ValueRef::Unchanged => return Ok(false),
        }
        Ok(true)
    }

    fn fold_text(&self, charset: Charset, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let folded = match self.text {
            Some(TextRule::Unknown) => return false,
            Some(TextRule::Folded) => true,
            Some(TextRule::Binary) | None => false,
        };
        // A space at the end is one byte, and no other character ends like it.
        let has_narrow_spaces =
            !matches!(charset, Charset::Ucs2 | Charset::Utf16 | Charset::Utf16le | Charset::Utf32);
        if !folded && self.prefix.is_none() && has_narrow_spaces {
            let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |end| end + 1);
            out.extend_from_slice(&bytes[..end]);
            out.extend_from_slice(&end.to_le_bytes());
            return true;
        }
        // Text that is not of its character set is the sink's to report; here it only is not provably different.
        let Ok(text) = charset.decode(bytes) else {
            return false;
        };
        let text = match self.prefix.and_then(|prefix| text.char_indices().nth(prefix as usize)) {
            Some((end, _)) => &text[..end],
            None => &text[..],
        };
        for character in text.trim_end_matches(' ').chars() {
            let character = match character {
                // The tilde equals `y` under gbk_chinese_ci and gb2312_chinese_ci.
                ' '..='}' if folded => character.to_ascii_lowercase(),
                '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => character,
                _ if folded => return false,
                _ => character,
            };
            out.extend_from_slice(&u32::from(character).to_le_bytes());
        }
        out.extend_from_slice(&u32::MAX.to_le_bytes());
        true
    }
}

fn normal_bits(value: f64) -> u64 {
    // Zero has two signs and one place in an index.
    if value == 0.0 { 0 } else { value.to_bits() }
}

/// Drops the zeros behind the point of the number that starts at `start`, so that two scales of one number agree.
fn trim_decimal(digits: &mut Vec<u8>, start: usize) {
    if digits[start..].contains(&b'.') {
        let end = digits.iter().rposition(|digit| *digit != b'0').map_or(start, |end| end + 1);
        let end = if digits[end - 1] == b'.' { end - 1 } else { end };
        digits.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RowBatchBuilder;
    use super::*;
    use crate::name::TableName;
    use crate::schema::{ColumnType, KeyKind};
    use crate::value::Value;

    fn hashes(collation: &str, values: &[&str]) -> Vec<KeyHash> {
        let column = Column::new("k", ColumnType::VarChar { length: 20 })
            .with_collation(Some(Collation::new(collation)));
        let schema = TableSchema::new(TableName::new("s", "t"), vec![column]).with_keys(vec![Key::unique(
            "PRIMARY",
            KeyKind::Primary,
            ["k"],
        )]);
        let schema = Arc::new(schema);
        let mut rows = RowBatchBuilder::canonical(Arc::clone(&schema));
        for value in values {
            rows.push([Value::from(*value)]).unwrap();
        }
        let rows = rows.finish();
        let mut hasher = KeyHasher::new(&schema, rows.layout()).unwrap();
        let mut out = Vec::new();
        rows.rows().for_each(|row| hasher.hash(row, &mut out).unwrap());
        out
    }

    #[test]
    fn equal_keys_hash_equally() {
        let h = hashes("utf8mb4_0900_ai_ci", &["Straße", "abc", "ABC", "abc  ", "abd", "数据", "数据 "]);
        assert!(h[0].wild);
        assert!(h[1] == h[2] && h[2] == h[3] && !h[1].wild);
        assert_ne!(h[3], h[4]);
        assert_eq!(h[5], h[6]);
        assert!(!h[5].wild);
    }

    #[test]
    fn binary_collations_keep_case_but_not_trailing_spaces() {
        let h = hashes("utf8mb4_bin", &["a", "A", "a ", "é", "e"]);
        assert_ne!(h[0], h[1]);
        assert_eq!(h[0], h[2]);
        assert_ne!(h[3], h[4]);
    }

    #[test]
    fn spaces_of_two_bytes_go_too() {
        let collation = "utf16_bin";
        let column = Column::new("k", ColumnType::VarChar { length: 20 })
            .with_collation(Some(Collation::new(collation)));
        let part = PartPlan { position: 0, text: TextRule::of(&column), prefix: None };
        let fold = |bytes: &[u8]| {
            let mut out = Vec::new();
            assert!(part.fold_text(Charset::Utf16, bytes, &mut out));
            out
        };
        assert_eq!(fold(b"\0a"), fold(b"\0a\0 "));
        assert_ne!(fold(b"\x4e\x20"), fold(b""));
    }

    #[test]
    fn a_language_collation_proves_nothing() {
        assert!(hashes("utf8mb4_swedish_ci", &["v"])[0].wild);
    }
}
