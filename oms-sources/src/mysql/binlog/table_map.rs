//! TABLE_MAP events: which table a row event is about, and how its cells are laid out.
//!
//! # Sources
//!
//! MySQL source documentation, `Table_map_event`; pinned by `tests/it/fidelity` on 5.7, 8.0 and 9.7.

use oms_core::row::format::field;
use oms_core::value::DecimalRef;
use oms_core::{Error, Result};

use super::cursor::Cursor;

/// A TABLE_MAP event, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TableMap<'a> {
    pub(super) database: &'a str,
    pub(super) table: &'a str,
    pub(super) fields: Vec<Field>,
    pub(super) metadata: Metadata<'a>,
}

/// One column as the event describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Field type, with ENUM and SET resolved.
    pub(super) kind: u8,
    /// Metadata, the first byte lowest.
    pub(super) meta: u16,
    /// How long a cell is.
    pub(super) size: CellSize,
}

/// How long a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellSize {
    /// So many bytes.
    Fixed(u32),
    /// As many as the so many bytes in front of it say.
    Prefixed(u8),
}

/// What the event says beyond types, as far as `binlog_row_metadata` lets it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata<'a> {
    /// One bit a numeric column, highest first: set for UNSIGNED.
    pub(super) unsigned: Option<&'a [u8]>,
    /// Column names (FULL only).
    pub(super) names: Option<Vec<&'a [u8]>>,
    /// Collation ids of character columns, in their order.
    pub(super) collations: Collations,
    /// Collation ids of ENUM and SET columns (FULL only).
    pub(super) label_collations: Collations,
}

/// Collation ids of a run of columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Collations {
    /// Not said.
    #[default]
    Unknown,
    /// One for all, but for some by their place in the run.
    Default(u64, Vec<(u64, u64)>),
    /// One for each.
    Each(Vec<u64>),
}

impl Collations {
    /// The id for the column at this place of the run.
    pub(super) fn get(&self, place: usize) -> Option<u64> {
        match self {
            Collations::Unknown => None,
            Collations::Default(id, others) => {
                Some(others.iter().find(|(other, _)| *other == place as u64).map_or(*id, |(_, id)| *id))
            }
            Collations::Each(ids) => ids.get(place).copied(),
        }
    }
}

/// The table id in front of a TABLE_MAP or row event's body.
pub(super) fn table_id(body: &[u8]) -> Result<u64> {
    Cursor::new(body, "a binlog event").u48()
}

impl<'a> TableMap<'a> {
    /// Reads the body of a TABLE_MAP event.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if it is cut or contradicts itself, [`Error::Unsupported`] for a type that tables cannot have.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(body, "a TABLE_MAP event");
        cursor.u48()?;
        cursor.u16()?;
        let database = name(&mut cursor)?;
        let table = name(&mut cursor)?;
        let count = cursor.count()?;
        let kinds = cursor.take(count)?;
        let meta_len = cursor.count()?;
        let mut metas = Cursor::new(cursor.take(meta_len)?, "a TABLE_MAP event");
        let fields = kinds.iter().map(|kind| Field::read(*kind, &mut metas)).collect::<Result<Vec<_>>>()?;
        let _nullable = cursor.take(count.div_ceil(8))?;
        let metadata = Metadata::parse(&mut cursor)?;
        Ok(Self { database, table, fields, metadata })
    }
}

/// A name with its length in front and a zero byte behind.
fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str> {
    let len = cursor.u8()?;
    let name = cursor.take(len.into())?;
    cursor.u8()?;
    std::str::from_utf8(name).map_err(|_| cursor.wrong("a name is not UTF-8"))
}

impl Field {
    fn read(kind: u8, metas: &mut Cursor<'_>) -> Result<Self> {
        use CellSize::{Fixed, Prefixed};
        let fraction_bytes = |fsp: u8| u32::from(fsp.min(6)).div_ceil(2);
        let field = |meta, size| Field { kind, meta, size };
        Ok(match kind {
            field::TINY | field::YEAR => field(0, Fixed(1)),
            field::SHORT => field(0, Fixed(2)),
            field::INT24 | field::DATE | field::TIME => field(0, Fixed(3)),
            field::LONG | field::TIMESTAMP => field(0, Fixed(4)),
            field::LONGLONG | field::DATETIME => field(0, Fixed(8)),
            field::FLOAT | field::DOUBLE => {
                let size = metas.u8()?;
                let expected = if kind == field::FLOAT { 4 } else { 8 };
                if size != expected {
                    return Err(metas.wrong("a float has an unknown size"));
                }
                field(size.into(), Fixed(size.into()))
            }
            field::NEWDECIMAL => {
                let [precision, scale] = metas.array()?;
                let size = DecimalRef::packed_bytes(precision, scale)
                    .ok_or_else(|| metas.wrong("a decimal's scale exceeds its precision"))?;
                field(u16::from_le_bytes([precision, scale]), Fixed(size as u32))
            }
            field::TIME2 => {
                let fsp = metas.u8()?;
                field(fsp.into(), Fixed(3 + fraction_bytes(fsp)))
            }
            field::DATETIME2 => {
                let fsp = metas.u8()?;
                field(fsp.into(), Fixed(5 + fraction_bytes(fsp)))
            }
            field::TIMESTAMP2 => {
                let fsp = metas.u8()?;
                field(fsp.into(), Fixed(4 + fraction_bytes(fsp)))
            }
            field::BIT => {
                let [bits, bytes] = metas.array()?;
                field(u16::from_le_bytes([bits, bytes]), Fixed(u32::from(bytes) + u32::from(bits > 0)))
            }
            field::VARCHAR | field::VAR_STRING => {
                let most = metas.u16()?;
                field(most, Prefixed(if most > 255 { 2 } else { 1 }))
            }
            field::BLOB | field::JSON | field::GEOMETRY | field::VECTOR => {
                let prefix = metas.u8()?;
                if !(1..=4).contains(&prefix) {
                    return Err(metas.wrong("a blob has an unknown length prefix"));
                }
                field(prefix.into(), Prefixed(prefix))
            }
            field::STRING => Self::read_string(metas.array()?),
            _ => {
                return Err(Error::unsupported("the binlog reader", format!("columns of field type {kind}")));
            }
        })
    }

    /// CHAR, BINARY, ENUM and SET share one type; two bits of the length hide in the first byte of the metadata.
    fn read_string([first, second]: [u8; 2]) -> Self {
        let (kind, length) = if first & 0x30 == 0x30 {
            (first, u16::from(second))
        } else {
            (first | 0x30, u16::from(second) | u16::from((first & 0x30) ^ 0x30) << 4)
        };
        let size = match kind {
            field::ENUM | field::SET => CellSize::Fixed(length.into()),
            _ if length > 255 => CellSize::Prefixed(2),
            _ => CellSize::Prefixed(1),
        };
        Field { kind, meta: length, size }
    }
}

impl<'a> Metadata<'a> {
    fn parse(cursor: &mut Cursor<'a>) -> Result<Self> {
        let mut metadata = Self::default();
        while !cursor.is_empty() {
            let kind = cursor.u8()?;
            let len = cursor.count()?;
            let value = cursor.take(len)?;
            let mut value_cursor = Cursor::new(value, "a TABLE_MAP event");
            match kind {
                1 => metadata.unsigned = Some(value),
                2 => metadata.collations = default_collations(&mut value_cursor)?,
                3 => metadata.collations = each_collation(&mut value_cursor)?,
                4 => {
                    let mut names = Vec::new();
                    while !value_cursor.is_empty() {
                        let len = value_cursor.count()?;
                        names.push(value_cursor.take(len)?);
                    }
                    metadata.names = Some(names);
                }
                10 => metadata.label_collations = default_collations(&mut value_cursor)?,
                11 => metadata.label_collations = each_collation(&mut value_cursor)?,
                // Labels, geometry types, keys, visibility: the schema has them from the catalogue, and they do not
                // change how bytes are read.
                _ => {}
            }
        }
        Ok(metadata)
    }
}

fn default_collations(cursor: &mut Cursor<'_>) -> Result<Collations> {
    let id = cursor.length()?;
    let mut others = Vec::new();
    while !cursor.is_empty() {
        others.push((cursor.length()?, cursor.length()?));
    }
    Ok(Collations::Default(id, others))
}

fn each_collation(cursor: &mut Cursor<'_>) -> Result<Collations> {
    let mut ids = Vec::new();
    while !cursor.is_empty() {
        ids.push(cursor.length()?);
    }
    Ok(Collations::Each(ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `CREATE TABLE d.g (my_row_id BIGINT UNSIGNED PRIMARY KEY, a INT)` of MySQL 9.7, names included.
    fn body() -> Vec<u8> {
        let mut body = vec![109, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 1, b'g', 0, 2, 8, 3, 0, 2];
        body.extend_from_slice(&[1, 1, 0x80]);
        body.extend_from_slice(&[4, 12, 9]);
        body.extend_from_slice(b"my_row_id");
        body.extend_from_slice(&[1, b'a']);
        body
    }

    #[test]
    fn names_types_and_signs_are_read() {
        let body = body();
        let map = TableMap::parse(&body).unwrap();
        assert_eq!((map.database, map.table, table_id(&body).unwrap()), ("d", "g", 109));
        assert_eq!(map.fields[0], Field { kind: field::LONGLONG, meta: 0, size: CellSize::Fixed(8) });
        assert_eq!(map.metadata.unsigned, Some(&[0x80][..]));
        assert_eq!(map.metadata.names.unwrap(), [&b"my_row_id"[..], b"a"]);
    }

    #[test]
    fn cut_or_lying_events_are_errors_not_panics() {
        let body = body();
        for end in 0..body.len() {
            let _ = TableMap::parse(&body[..end]);
            for value in [0, 1, 0x7f, 0xfb, 0xfc, 0xff] {
                let mut lie = body.clone();
                lie[end] = value;
                let _ = TableMap::parse(&lie);
            }
        }
        assert!(TableMap::parse(&body[..18]).is_err());
    }

    #[test]
    fn long_strings_hide_their_length() {
        // CHAR(255) CHARACTER SET utf8mb4: 1020 bytes.
        let field = Field::read_string([0xfe ^ 0x30, (1020 & 0xff) as u8]);
        assert_eq!(field, Field { kind: field::STRING, meta: 1020, size: CellSize::Prefixed(2) });
        let field = Field::read_string([field::SET, 8]);
        assert_eq!(field, Field { kind: field::SET, meta: 8, size: CellSize::Fixed(8) });
    }
}
