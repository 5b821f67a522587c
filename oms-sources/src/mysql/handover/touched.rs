//! [`Touched`]: keys that the log has changed since a chunk was begun, whose scanned rows may be old.

use std::collections::HashMap;
use std::sync::Arc;

use oms_core::Result;
use oms_core::event::Change;
use oms_core::mysql::LiteralWriter;
use oms_core::row::{RowBatch, RowLayout, RowRef};

/// Keys of one table that the log has changed while it is scanned.
///
/// A scanned row whose key the log has changed since its chunk was begun is left out: the log's version is the newer
/// one, and has been handed on or will be. Keys are compared by their bytes, which is exact: whichever version of a row
/// the scan saw, it is the before or after image of one of the changes.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// By rendered key: the number of the newest chunk that was begun when it was changed.
    keys: HashMap<Box<[u8]>, u64>,
    /// By the address of the layout, which the entry keeps alive.
    writers: HashMap<usize, KeyWriter>,
    scratch: Vec<u8>,
}

/// Renders the key cells of one layout, alike for rows of the scan and of the log.
#[derive(Debug)]
struct KeyWriter {
    _layout: Arc<RowLayout>,
    cells: Box<[(usize, LiteralWriter)]>,
}

impl KeyWriter {
    fn new(layout: &Arc<RowLayout>) -> Result<Self> {
        let columns = layout.schema().identity().key_columns().unwrap_or_default();
        let cells = columns.iter().filter_map(|column| layout.position_of(*column)).map(|position| {
            let format = layout.columns()[position].format;
            LiteralWriter::new(format, layout.column(position)).map(|writer| (position, writer))
        });
        Ok(Self { cells: cells.collect::<Result<_>>()?, _layout: Arc::clone(layout) })
    }

    fn write(&self, row: RowRef<'_>, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        for (position, writer) in &self.cells {
            writer.write_cell(row.cell(*position), out)?;
            out.push(b',');
        }
        Ok(())
    }
}

impl Touched {
    /// Notes the keys of a change, before and after, while chunk `newest` is the last one begun.
    pub(super) fn note(&mut self, change: &Change, newest: u64) -> Result<()> {
        for rows in [change.before(), change.after()].into_iter().flatten() {
            self.prepare(rows.layout())?;
            let Some(writer) = self.writers.get(&address(rows.layout())) else { continue };
            for row in rows.rows() {
                writer.write(row, &mut self.scratch)?;
                match self.keys.get_mut(&self.scratch[..]) {
                    Some(chunk) => *chunk = newest,
                    None => drop(self.keys.insert(self.scratch.as_slice().into(), newest)),
                }
            }
        }
        Ok(())
    }

    /// The rows of chunk `chunk` that the log has not changed since it was begun.
    pub(super) fn untouched(&mut self, rows: RowBatch, chunk: u64) -> Result<RowBatch> {
        if self.keys.is_empty() {
            return Ok(rows);
        }
        self.prepare(rows.layout())?;
        let Some(writer) = self.writers.get(&address(rows.layout())) else { return Ok(rows) };
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows.rows() {
            writer.write(row, &mut self.scratch)?;
            kept.push(self.keys.get(&self.scratch[..]).is_none_or(|newest| *newest < chunk));
        }
        if kept.iter().all(|kept| *kept) {
            return Ok(rows);
        }
        let layout = Arc::clone(rows.layout());
        Ok(rows.respan(layout, |row, spans, out| {
            if kept[row] {
                out.extend_from_slice(spans);
            }
        }))
    }

    /// Forgets what no chunk from `oldest` on needs; without one, everything.
    pub(super) fn forget_before(&mut self, oldest: Option<u64>) {
        match oldest {
            Some(oldest) => self.keys.retain(|_, newest| *newest >= oldest),
            None => self.keys.clear(),
        }
    }

    fn prepare(&mut self, layout: &Arc<RowLayout>) -> Result<()> {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.writers.entry(address(layout)) {
            entry.insert(KeyWriter::new(layout)?);
        }
        Ok(())
    }
}

fn address(layout: &Arc<RowLayout>) -> usize {
    Arc::as_ptr(layout) as usize
}

#[cfg(test)]
mod tests {
    use oms_core::TableName;
    use oms_core::row::{CellFormat, LayoutColumn, RowBatchBuilder, Span, format::field};
    use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
    use oms_core::value::Value;

    use super::*;

    fn schema() -> Arc<TableSchema> {
        let int = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };
        let columns = vec![Column::new("id", int.clone()).with_nullable(false), Column::new("v", int)];
        let key = Key::unique("PRIMARY", KeyKind::Primary, ["id"]);
        Arc::new(TableSchema::new(TableName::new("s", "t"), columns).with_keys(vec![key]))
    }

    fn scanned(ids: &[i64]) -> RowBatch {
        let mut rows = RowBatchBuilder::canonical(schema());
        ids.iter().for_each(|id| rows.push([Value::Int(*id), Value::Null]).unwrap());
        rows.finish()
    }

    /// A row as the log has it.
    fn logged(id: i32) -> RowBatch {
        let format = CellFormat::MysqlBinlog { field: field::LONG, meta: 0 };
        let cells = (0..2).map(|column| LayoutColumn { column, format });
        let layout = Arc::new(RowLayout::new(schema(), cells));
        let data = bytes::Bytes::copy_from_slice(&id.to_le_bytes());
        RowBatch::new(layout, data, bytes::Bytes::new(), vec![Span::new(0, 4), Span::NULL])
    }

    fn ids(rows: &RowBatch) -> Vec<i64> {
        rows.rows().map(|row| row.cell(0).decode().unwrap().as_i64().unwrap()).collect()
    }

    #[test]
    fn rows_changed_since_the_chunk_was_begun_are_left_out() {
        let mut touched = Touched::default();
        touched.note(&Change::update(logged(2), logged(20)), 4).unwrap();
        touched.note(&Change::delete(logged(3)), 5).unwrap();
        // Chunk 4 was begun before both, chunk 5 after the update, chunk 6 after both.
        assert_eq!(ids(&touched.untouched(scanned(&[1, 2, 3, 20]), 4).unwrap()), [1]);
        assert_eq!(ids(&touched.untouched(scanned(&[1, 2, 3, 20]), 5).unwrap()), [1, 2, 20]);
        assert_eq!(ids(&touched.untouched(scanned(&[1, 2, 3, 20]), 6).unwrap()), [1, 2, 3, 20]);
    }

    #[test]
    fn what_no_chunk_needs_is_forgotten() {
        let mut touched = Touched::default();
        touched.note(&Change::insert(logged(1)), 1).unwrap();
        touched.note(&Change::insert(logged(2)), 2).unwrap();
        touched.forget_before(Some(2));
        assert_eq!(ids(&touched.untouched(scanned(&[1, 2]), 1).unwrap()), [1]);
        touched.forget_before(None);
        assert_eq!(ids(&touched.untouched(scanned(&[1, 2]), 1).unwrap()), [1, 2]);
    }
}
