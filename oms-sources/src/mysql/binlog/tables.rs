//! [`Tables`]: which tables are captured, their schemas at the position that is being read, and how to find the cells
//! of their rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use oms_core::row::format::field;
use oms_core::row::{CellFormat, LayoutColumn, RowLayout};
use oms_core::schema::{Charset, Column, ColumnType, IntWidth, SchemaSet, TableSchema};
use oms_core::{At, Error, Result, TableName};

use super::cells::{Cell, CellPlan};
use super::table_map::{Field, Metadata, TableMap};

/// Table ids are never reused within a server's life, so maps pile up as tables are altered or reopened.
const MAX_MAPS: usize = 4096;

/// Decides whether a table is captured.
pub(crate) type Wanted = Arc<dyn Fn(&TableName) -> bool + Send + Sync>;

/// Captured tables and their schemas at the position that is being read.
pub(super) struct Tables {
    wanted: Wanted,
    schemas: Arc<SchemaSet>,
    /// Character set of each collation id, as the server lists them.
    collations: HashMap<u64, Charset>,
    /// Few, and looked up twice a transaction: a tree of small numbers is found in faster than by a keyed hash.
    maps: BTreeMap<u64, CachedMap>,
}

struct CachedMap {
    /// The event's body; a server may use one id for two tables over its restarts.
    body: Box<[u8]>,
    /// `None` for a table that is not captured.
    plan: Option<Arc<CellPlan>>,
}

impl Tables {
    pub(super) fn new(wanted: Wanted, schemas: Arc<SchemaSet>, collations: HashMap<u64, Charset>) -> Self {
        Self { wanted, schemas, collations, maps: BTreeMap::new() }
    }

    pub(super) fn schemas(&self) -> &Arc<SchemaSet> {
        &self.schemas
    }

    /// The character set of a session's collation; UTF-8 where the log does not say.
    pub(super) fn charset(&self, collation: Option<u16>) -> Charset {
        collation.and_then(|id| self.collations.get(&id.into()).copied()).unwrap_or(Charset::Utf8mb4)
    }

    pub(super) fn is_wanted(&self, table: &TableName) -> bool {
        (self.wanted)(table)
    }

    /// Takes over the schemas that hold from here on.
    pub(super) fn set_schemas(&mut self, schemas: Arc<SchemaSet>) {
        self.schemas = schemas;
        self.maps.clear();
    }

    /// Takes note of a TABLE_MAP event.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the event is malformed; [`Error::Refused`] if it does not describe the table as its schema
    /// does: reading on would shift columns.
    pub(super) fn map(&mut self, body: &[u8]) -> Result<()> {
        let id = super::table_map::table_id(body)?;
        if self.maps.get(&id).is_some_and(|map| *map.body == *body) {
            return Ok(());
        }
        let map = TableMap::parse(body)?;
        let name = TableName::new(map.database, map.table);
        let plan = if (self.wanted)(&name) { Some(Arc::new(self.plan(&name, &map)?)) } else { None };
        if self.maps.len() >= MAX_MAPS {
            self.maps.clear();
        }
        self.maps.insert(id, CachedMap { body: body.into(), plan });
        Ok(())
    }

    /// How to read the rows of a row event: `None` for a table that is not captured.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if no TABLE_MAP event with this id came first.
    pub(super) fn plan_of(&self, id: u64) -> Result<Option<&Arc<CellPlan>>> {
        match self.maps.get(&id) {
            Some(map) => Ok(map.plan.as_ref()),
            None => {
                Err(Error::decode("a ROWS event", format!("no TABLE_MAP event with id {id} came before it")))
            }
        }
    }

    fn plan(&self, name: &TableName, map: &TableMap<'_>) -> Result<CellPlan> {
        let at = || At::table(name);
        let Some(schema) = self.schemas.get(name) else {
            let reason = "the log has rows of this table, but its schema at this position is not known: \
                          it was made by a statement that was not logged; copy the table anew";
            return Err(Error::refused(at(), reason));
        };
        let differs = |column: Option<&Column>, how: String| {
            let at = column.map_or_else(at, |column| at().column(&**column.name()));
            let reason = format!(
                "the log describes it otherwise than the schema known at this position ({how}): \
                 a schema change was not logged, or reading began before one; copy the table anew"
            );
            Err(Error::refused(at, reason))
        };
        let columns = schema.columns();
        if columns.len() != map.fields.len() {
            return differs(None, format!("{} columns, not {}", map.fields.len(), columns.len()));
        }
        for (place, (column, field)) in columns.iter().zip(&map.fields).enumerate() {
            if !field_fits(field, column) {
                return differs(
                    Some(column),
                    format!("field type {} for {}", field.kind, column.column_type()),
                );
            }
            let named = map.metadata.names.as_ref().and_then(|names| names.get(place));
            if named.is_some_and(|name| !name.eq_ignore_ascii_case(column.name().as_bytes())) {
                return differs(Some(column), "another name".to_owned());
            }
        }
        if let Some((column, how)) = self.metadata_difference(columns, &map.fields, &map.metadata) {
            return differs(Some(column), how);
        }
        Ok(CellPlan { layout: layout(schema, &map.fields), cells: cells(schema, &map.fields) })
    }

    /// The first column whose sign or character set is not what the schema says.
    fn metadata_difference<'a>(
        &self,
        columns: &'a [Column],
        fields: &[Field],
        metadata: &Metadata<'_>,
    ) -> Option<(&'a Column, String)> {
        let (mut texts, mut labels) = (0, 0);
        // MySQL 8.0.15 leaves YEAR out of the sign bits, 9.7 does not, and the event does not say which it is.
        let signs = |with_year| sign_difference(columns, fields, metadata.unsigned, with_year);
        if let (Some(column), Some(_)) = (signs(false), signs(true)) {
            return Some((column, "another sign".to_owned()));
        }
        for (column, field) in columns.iter().zip(fields) {
            let collation = if matches!(field.kind, field::ENUM | field::SET) {
                labels += 1;
                metadata.label_collations.get(labels - 1)
            } else if is_character(field.kind) {
                texts += 1;
                metadata.collations.get(texts - 1)
            } else {
                None
            };
            let Some(charset) = collation.and_then(|id| self.collations.get(&id)) else {
                continue;
            };
            let known = column.charset();
            if known.is_some_and(|known| known != *charset)
                && (column.column_type().is_text() || *charset != Charset::Binary)
            {
                return Some((column, format!("character set {charset}")));
            }
        }
        None
    }
}

/// The first column whose sign is not what the schema says, with a bit for each YEAR or without.
fn sign_difference<'a>(
    columns: &'a [Column],
    fields: &[Field],
    unsigned: Option<&[u8]>,
    with_year: bool,
) -> Option<&'a Column> {
    let unsigned = unsigned?;
    let counted = |field: &Field| is_numeric(field.kind) || with_year && field.kind == field::YEAR;
    let numbers = columns.iter().zip(fields).filter(|(_, field)| counted(field)).enumerate();
    let logged = |place: usize| unsigned.get(place / 8).copied().unwrap_or(0) << (place % 8) & 0x80 != 0;
    numbers
        .filter(|(_, (_, field))| field.kind != field::YEAR)
        .find(|(place, (column, _))| logged(*place) != is_unsigned(column.column_type()))
        .map(|(_, (column, _))| column)
}

/// Types that the sign bits of a TABLE_MAP event count.
fn is_numeric(kind: u8) -> bool {
    matches!(
        kind,
        field::TINY
            | field::SHORT
            | field::INT24
            | field::LONG
            | field::LONGLONG
            | field::NEWDECIMAL
            | field::FLOAT
            | field::DOUBLE
    )
}

/// Types that the collations of a TABLE_MAP event count; BINARY and BLOB have the collation `binary`.
fn is_character(kind: u8) -> bool {
    matches!(kind, field::STRING | field::VAR_STRING | field::VARCHAR | field::BLOB)
}

fn is_unsigned(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Int { unsigned, .. }
        | ColumnType::Decimal { unsigned, .. }
        | ColumnType::Float { unsigned, .. }
        | ColumnType::Double { unsigned, .. } => *unsigned,
        _ => false,
    }
}

/// True if a column of this type is logged as this field.
fn field_fits(field: &Field, column: &Column) -> bool {
    let kind = field.kind;
    match column.column_type() {
        ColumnType::Int { width, .. } => {
            kind == match width {
                IntWidth::I8 => field::TINY,
                IntWidth::I16 => field::SHORT,
                IntWidth::I24 => field::INT24,
                IntWidth::I32 => field::LONG,
                IntWidth::I64 => field::LONGLONG,
            }
        }
        ColumnType::Decimal { precision, scale, .. } => {
            kind == field::NEWDECIMAL && field.meta == u16::from_le_bytes([*precision, *scale])
        }
        ColumnType::Float { .. } => kind == field::FLOAT,
        ColumnType::Double { .. } => kind == field::DOUBLE,
        ColumnType::Bit { width } => {
            let [bits, bytes] = field.meta.to_le_bytes();
            kind == field::BIT && u16::from(*width) == u16::from(bytes) * 8 + u16::from(bits)
        }
        ColumnType::Year => kind == field::YEAR,
        ColumnType::Date => kind == field::DATE,
        ColumnType::Time { fsp } => {
            kind == field::TIME2 && field.meta == u16::from(*fsp) || kind == field::TIME && *fsp == 0
        }
        ColumnType::DateTime { fsp } => {
            kind == field::DATETIME2 && field.meta == u16::from(*fsp) || kind == field::DATETIME && *fsp == 0
        }
        ColumnType::Timestamp { fsp } => {
            kind == field::TIMESTAMP2 && field.meta == u16::from(*fsp)
                || kind == field::TIMESTAMP && *fsp == 0
        }
        ColumnType::Char { length } => {
            let bytes = length * column.charset().map_or(1, Charset::max_char_bytes);
            kind == field::STRING && u32::from(field.meta) == bytes
        }
        ColumnType::Binary { length } => kind == field::STRING && u32::from(field.meta) == *length,
        ColumnType::VarChar { length } => {
            let bytes = length * column.charset().map_or(1, Charset::max_char_bytes);
            matches!(kind, field::VARCHAR | field::VAR_STRING) && u32::from(field.meta) == bytes
        }
        ColumnType::VarBinary { length } => {
            matches!(kind, field::VARCHAR | field::VAR_STRING) && u32::from(field.meta) == *length
        }
        ColumnType::Text(_) | ColumnType::Blob(_) => kind == field::BLOB,
        ColumnType::Enum(members) => {
            kind == field::ENUM && field.meta == if members.len() > 255 { 2 } else { 1 }
        }
        ColumnType::Set(members) => {
            let bytes = match members.len() {
                0..=8 => 1,
                9..=16 => 2,
                17..=24 => 3,
                25..=32 => 4,
                _ => 8,
            };
            kind == field::SET && field.meta == bytes
        }
        ColumnType::Json => kind == field::JSON,
        ColumnType::Geometry { .. } => kind == field::GEOMETRY,
        ColumnType::Vector { .. } => kind == field::VECTOR,
        _ => false,
    }
}

fn layout(schema: &Arc<TableSchema>, fields: &[Field]) -> Arc<RowLayout> {
    let columns = fields.iter().enumerate().map(|(column, field)| LayoutColumn {
        column,
        format: CellFormat::MysqlBinlog { field: field.kind, meta: field.meta },
    });
    Arc::new(RowLayout::new(Arc::clone(schema), columns))
}

fn cells(schema: &TableSchema, fields: &[Field]) -> Box<[Cell]> {
    let cell = |(column, field): (&Column, &Field)| {
        let padded_to = match column.column_type() {
            ColumnType::Binary { length } => Some(*length),
            _ => None,
        };
        Cell::new(field.size, padded_to)
    };
    schema.columns().iter().zip(fields).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The TABLE_MAP event of `d.g (my_row_id BIGINT UNSIGNED PRIMARY KEY, a INT)`, with names.
    fn body() -> Vec<u8> {
        let mut body =
            vec![109, 0, 0, 0, 0, 0, 1, 0, 1, b'd', 0, 1, b'g', 0, 2, 8, 3, 0, 2, 1, 1, 0x80, 4, 12, 9];
        body.extend_from_slice(b"my_row_id\x01a");
        body
    }

    fn int(width: IntWidth, unsigned: bool) -> ColumnType {
        ColumnType::Int { width, unsigned, zerofill: None }
    }

    fn tables(columns: Vec<Column>) -> Tables {
        let schema = TableSchema::new(TableName::new("d", "g"), columns);
        let schemas = [Arc::new(schema)].into_iter().collect();
        Tables::new(Arc::new(|table| table.database() == "d"), Arc::new(schemas), HashMap::new())
    }

    #[test]
    fn a_matching_schema_makes_a_plan_once() {
        let mut tables = tables(vec![
            Column::new("my_row_id", int(IntWidth::I64, true)),
            Column::new("A", int(IntWidth::I32, false)),
        ]);
        tables.map(&body()).unwrap();
        let plan = Arc::clone(tables.plan_of(109).unwrap().unwrap());
        tables.map(&body()).unwrap();
        assert!(Arc::ptr_eq(&plan, tables.plan_of(109).unwrap().unwrap()));
        assert!(tables.plan_of(110).is_err());
    }

    #[test]
    fn any_difference_stops_and_says_which() {
        let id = Column::new("my_row_id", int(IntWidth::I64, true));
        for (columns, how) in [
            (vec![id.clone()], "2 columns, not 1"),
            (vec![id.clone(), Column::new("a", int(IntWidth::I64, false))], "field type 3"),
            (vec![id.clone(), Column::new("b", int(IntWidth::I32, false))], "another name"),
            (vec![id.clone(), Column::new("a", int(IntWidth::I32, true))], "another sign"),
        ] {
            let error = tables(columns).map(&body()).unwrap_err().to_string();
            assert!(error.contains(how), "{error}");
        }
        let error = Tables::new(Arc::new(|_| true), Arc::default(), HashMap::new()).map(&body()).unwrap_err();
        assert!(error.to_string().contains("not known"), "{error}");
    }

    #[test]
    fn other_tables_need_no_schema() {
        let mut tables = Tables::new(Arc::new(|_| false), Arc::default(), HashMap::new());
        tables.map(&body()).unwrap();
        assert!(tables.plan_of(109).unwrap().is_none());
    }
}
