//! [`WritePlan`]: how the rows of one layout become statements for one target table; made once per layout.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use oms_core::mysql::{Flavour, LiteralWriter, write_ident, write_table};
use oms_core::row::{RowLayout, RowRef};
use oms_core::schema::{ColumnType, RowIdentity, TableSchema, require_fit};
use oms_core::{At, Error, Result};

/// How the rows of one layout become statements for one target table.
#[derive(Debug)]
pub(crate) struct WritePlan {
    /// The table at the target.
    pub(crate) target: Arc<TableSchema>,
    columns: Box<[ColumnPlan]>,
    /// Indexes into `columns` that name a row; `None` if rows have no name.
    key: Option<Box<[usize]>>,
    /// Name of the first key column, which an upsert makes NULL where another unique key collides.
    pub(crate) guard: Option<Arc<str>>,
    /// Rows that a scan finds are at the target already, so plain inserts are not worth trying.
    pub(crate) upsert_first: AtomicBool,
    insert_head: Box<[u8]>,
    upsert_tail: Box<[u8]>,
    table: Box<[u8]>,
}

/// One column that is both in the image and at the target.
#[derive(Debug)]
struct ColumnPlan {
    /// Cell of the layout.
    position: usize,
    ident: Box<[u8]>,
    writer: LiteralWriter,
    /// Writes what the column is compared with.
    finder: LiteralWriter,
    /// False for a column that the target computes itself.
    writable: bool,
    /// The target would set it on an update that does not mention it.
    on_update: bool,
    /// How an exact comparison of the whole row has to treat it.
    comparison: Comparison,
}

/// How a cell of a keyless row is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Plain,
    /// By bytes besides: a collation may call different texts equal.
    Text,
    /// By its stored bytes besides.
    StoredText,
    /// As bytes: MySQL does not compare vectors.
    Vector,
    /// As a document.
    Json,
}

impl WritePlan {
    /// A plan for rows of `layout` into `target`; columns are matched by name.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the target lacks a column; [`Error::Unsupported`] for a character set that oms does not
    /// know.
    pub(crate) fn new(layout: &RowLayout, target: &Arc<TableSchema>, flavour: Flavour) -> Result<Self> {
        let mut columns = Vec::with_capacity(layout.width());
        for (position, cell) in layout.columns().iter().enumerate() {
            let source = layout.column(position);
            let Some(place) = target.column_position(source.name()) else {
                let at = At::table(target.name()).column(&**source.name());
                return Err(Error::refused(
                    at,
                    "the table at the target has no such column: add it, or leave it out by a projection",
                ));
            };
            let column = &target.columns()[place];
            require_fit(target.name(), source, column)?;
            let mut ident = Vec::new();
            write_ident(column.name(), &mut ident);
            let writer = || {
                let writer = LiteralWriter::new(cell.format, source)
                    .map_err(|error| error.at_place(&At::table(target.name())))?
                    .for_target(flavour);
                let is_same = column.charset() == source.charset() && column.column_type().is_text();
                Ok::<_, Error>(if is_same { writer.keeping_bytes() } else { writer })
            };
            let (writer, finder) = (writer()?, writer()?.for_comparison());
            let comparison = match column.column_type() {
                _ if writer.keeps_bytes() => Comparison::StoredText,
                column_type if column_type.is_text() => Comparison::Text,
                ColumnType::Json => Comparison::Json,
                ColumnType::Vector { .. } if flavour != Flavour::OceanBase => Comparison::Vector,
                _ => Comparison::Plain,
            };
            columns.push(ColumnPlan {
                position,
                ident: ident.into(),
                writer,
                finder,
                writable: !column.is_generated(),
                on_update: column.is_on_update_now(),
                comparison,
            });
        }
        let mut table = Vec::new();
        write_table(target.name(), &mut table);
        let key = key_columns(layout, target, &columns);
        let guard = key.as_ref().map(|key| Arc::clone(layout.column(columns[key[0]].position).name()));
        let mut plan = Self {
            target: Arc::clone(target),
            key,
            guard,
            upsert_first: AtomicBool::new(false),
            columns: columns.into(),
            insert_head: Box::default(),
            upsert_tail: Box::default(),
            table: table.into(),
        };
        plan.insert_head = plan.render_insert_head();
        plan.upsert_tail = plan.render_upsert_tail();
        Ok(plan)
    }

    /// True if rows have a name, so that a change of one can find it.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    fn render_insert_head(&self) -> Box<[u8]> {
        let mut out = b"INSERT INTO ".to_vec();
        out.extend_from_slice(&self.table);
        out.extend_from_slice(b" (");
        for (i, column) in self.columns.iter().filter(|column| column.writable).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&column.ident);
        }
        out.extend_from_slice(b") VALUES ");
        out.into()
    }

    /// Makes an INSERT an upsert by this key only: where another unique key collides, the first key column would become
    /// NULL, which it may not be, so the statement fails and nothing is overwritten.
    fn render_upsert_tail(&self) -> Box<[u8]> {
        let Some(key) = &self.key else { return Box::default() };
        let mut out = b" ON DUPLICATE KEY UPDATE ".to_vec();
        let values = |out: &mut Vec<u8>, ident: &[u8]| {
            out.extend_from_slice(b"VALUES(");
            out.extend_from_slice(ident);
            out.push(b')');
        };
        let guard = &self.columns[key[0]].ident;
        out.extend_from_slice(guard);
        out.extend_from_slice(b"=IF(");
        for (i, column) in key.iter().enumerate() {
            let ident = &self.columns[*column].ident;
            if i > 0 {
                out.extend_from_slice(b" AND ");
            }
            out.extend_from_slice(ident);
            out.extend_from_slice(b"<=>");
            values(&mut out, ident);
        }
        out.push(b',');
        values(&mut out, guard);
        out.extend_from_slice(b",NULL)");
        for (i, column) in self.columns.iter().enumerate() {
            if column.writable && i != key[0] {
                out.push(b',');
                out.extend_from_slice(&column.ident);
                out.push(b'=');
                values(&mut out, &column.ident);
            }
        }
        out.into()
    }

    /// `INSERT INTO … VALUES `.
    pub(crate) fn insert_head(&self) -> &[u8] {
        &self.insert_head
    }

    /// What makes the INSERT an upsert; empty for a keyless table.
    pub(crate) fn upsert_tail(&self) -> &[u8] {
        &self.upsert_tail
    }

    /// Appends `(…)` with the row's values.
    pub(crate) fn write_values(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        out.push(b'(');
        let mut first = true;
        for column in &self.columns {
            if column.writable {
                if !std::mem::replace(&mut first, false) {
                    out.push(b',');
                }
                column.writer.write_cell(row.cell(column.position), out)?;
            }
        }
        out.push(b')');
        Ok(())
    }

    /// Appends an UPDATE of the columns that differ; false, and nothing, if none does.
    pub(crate) fn write_update(
        &self,
        before: RowRef<'_>,
        after: RowRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let start = out.len();
        out.extend_from_slice(b"UPDATE ");
        out.extend_from_slice(&self.table);
        out.extend_from_slice(b" SET ");
        let (mut first, mut changed) = (true, false);
        for column in self.columns.iter().filter(|column| column.writable) {
            let (old, new) = (before.cell(column.position), after.cell(column.position));
            let differs = old.raw() != new.raw() || old.is_null() != new.is_null();
            changed |= differs;
            if differs || column.on_update {
                if !std::mem::replace(&mut first, false) {
                    out.push(b',');
                }
                out.extend_from_slice(&column.ident);
                out.push(b'=');
                column.writer.write_cell(new, out)?;
            }
        }
        if !changed {
            out.truncate(start);
            return Ok(false);
        }
        out.extend_from_slice(b" WHERE ");
        self.write_where(before, out)?;
        Ok(true)
    }

    /// `DELETE FROM … WHERE `.
    pub(crate) fn write_delete_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"DELETE FROM ");
        out.extend_from_slice(&self.table);
        out.extend_from_slice(b" WHERE ");
    }

    /// Appends the key columns as the left side of IN.
    pub(crate) fn write_key_columns(&self, out: &mut Vec<u8>) {
        let key = self.key.as_deref().unwrap_or_default();
        let parentheses = key.len() > 1;
        if parentheses {
            out.push(b'(');
        }
        for (i, column) in key.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&self.columns[*column].ident);
        }
        if parentheses {
            out.push(b')');
        }
    }

    /// Appends the row's key as one entry on the right side of IN.
    pub(crate) fn write_key(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        let key = self.key.as_deref().unwrap_or_default();
        let parentheses = key.len() > 1;
        if parentheses {
            out.push(b'(');
        }
        for (i, column) in key.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            let column = &self.columns[*column];
            column.finder.write_cell(row.cell(column.position), out)?;
        }
        if parentheses {
            out.push(b')');
        }
        Ok(())
    }

    /// Appends what finds the row: its key, or all of a keyless row and `LIMIT 1`.
    pub(crate) fn write_where(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        let Some(key) = &self.key else { return self.write_whole_row(row, out) };
        for (i, column) in key.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b" AND ");
            }
            let column = &self.columns[*column];
            out.extend_from_slice(&column.ident);
            out.push(b'=');
            column.finder.write_cell(row.cell(column.position), out)?;
        }
        Ok(())
    }

    /// Appends the condition that finds rows of the target with this row's value in a unique key, its own version too;
    /// false, and nothing, if it has no such value.
    pub(crate) fn write_rivals(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<bool> {
        let start = out.len();
        for key in self.target.keys().iter().filter(|key| key.is_unique()) {
            let plan = |name: &Arc<str>| {
                let named =
                    |plan: &&ColumnPlan| row.cell(plan.position).column().name().eq_ignore_ascii_case(name);
                self.columns.iter().find(named)
            };
            let columns: Option<Vec<&ColumnPlan>> =
                key.whole_columns().and_then(|names| names.into_iter().map(plan).collect());
            // NULL is equal to nothing, and a key that the image does not hold cannot be asked for.
            let Some(columns) = columns.filter(|columns| {
                !columns.is_empty() && columns.iter().all(|column| !row.cell(column.position).is_null())
            }) else {
                continue;
            };
            out.extend_from_slice(if out.len() == start { b"(" } else { b" OR (" });
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(b" AND ");
                }
                out.extend_from_slice(&column.ident);
                out.push(b'=');
                column.finder.write_cell(row.cell(column.position), out)?;
            }
            out.push(b')');
        }
        Ok(out.len() > start)
    }

    /// Appends `SELECT … FROM … WHERE `, and gives the names of the columns.
    pub(crate) fn write_select(&self, out: &mut Vec<u8>) -> Vec<Arc<str>> {
        out.extend_from_slice(b"SELECT ");
        for (i, column) in self.target.columns().iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_ident(column.name(), out);
        }
        out.extend_from_slice(b" FROM ");
        out.extend_from_slice(&self.table);
        out.extend_from_slice(b" WHERE ");
        self.target.columns().iter().map(|column| Arc::clone(column.name())).collect()
    }

    fn write_whole_row(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b" AND ");
            }
            let cell = row.cell(column.position);
            let literal = |out: &mut Vec<u8>| column.finder.write_cell(cell, out);
            if column.comparison == Comparison::Vector {
                out.extend_from_slice(b"CAST(");
                out.extend_from_slice(&column.ident);
                out.extend_from_slice(b" AS BINARY)");
            } else {
                out.extend_from_slice(&column.ident);
            }
            out.extend_from_slice(b"<=>");
            match column.comparison {
                Comparison::Json if !cell.is_null() => {
                    out.extend_from_slice(b"CAST(");
                    literal(out)?;
                    out.extend_from_slice(b" AS JSON)");
                }
                Comparison::Text if !cell.is_null() => {
                    literal(out)?;
                    out.extend_from_slice(b" AND CAST(CONVERT(");
                    out.extend_from_slice(&column.ident);
                    out.extend_from_slice(b" USING utf8mb4) AS BINARY)<=>CAST(");
                    literal(out)?;
                    out.extend_from_slice(b" AS BINARY)");
                }
                Comparison::StoredText if !cell.is_null() => {
                    literal(out)?;
                    out.extend_from_slice(b" AND CAST(");
                    out.extend_from_slice(&column.ident);
                    out.extend_from_slice(b" AS BINARY)<=>CAST(");
                    literal(out)?;
                    out.extend_from_slice(b" AS BINARY)");
                }
                _ => literal(out)?,
            }
        }
        out.extend_from_slice(b" LIMIT 1");
        Ok(())
    }
}

/// What names a row: the target's key if the image holds all of it, else the source's.
fn key_columns(layout: &RowLayout, target: &TableSchema, columns: &[ColumnPlan]) -> Option<Box<[usize]>> {
    let of = |schema: &TableSchema, identity: &RowIdentity| -> Option<Box<[usize]>> {
        let key = identity.key_columns()?.iter().map(|column| {
            let name = schema.columns()[*column].name();
            columns.iter().position(|plan| layout.column(plan.position).name().eq_ignore_ascii_case(name))
        });
        key.collect()
    };
    of(target, target.identity()).or_else(|| of(layout.schema(), layout.schema().identity()))
}
