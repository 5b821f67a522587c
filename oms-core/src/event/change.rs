//! [`Change`]: rows of one table that were changed in one way.

use std::sync::Arc;

use crate::row::RowBatch;
use crate::schema::TableSchema;

/// What happened to the rows of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Rows as a scan found them. The sink makes the target hold them, whether or not it has an older version.
    Read,
    /// New rows.
    Insert,
    /// Rows that were changed.
    Update,
    /// Rows that are gone.
    Delete,
}

/// Rows of one table that were changed in one way.
///
/// # Shape
///
/// `Read` and `Insert` have an after image, `Delete` a before image, `Update` both: row *i* of the one became row *i*
/// of the other, and both have the same count of rows. `None` otherwise.
#[derive(Clone, Debug)]
pub struct Change {
    kind: ChangeKind,
    overlap: bool,
    before: Option<RowBatch>,
    after: Option<RowBatch>,
}

const _: () = assert!(size_of::<Change>() <= 56);

impl Change {
    /// Rows as a scan found them.
    pub fn read(rows: RowBatch) -> Self {
        Self { kind: ChangeKind::Read, overlap: false, before: None, after: Some(rows) }
    }

    /// New rows.
    pub fn insert(rows: RowBatch) -> Self {
        Self { kind: ChangeKind::Insert, overlap: false, before: None, after: Some(rows) }
    }

    /// Changed rows.
    ///
    /// # Panics
    ///
    /// If the images have different counts of rows.
    pub fn update(before: RowBatch, after: RowBatch) -> Self {
        assert_eq!(before.len(), after.len(), "row i of the one image became row i of the other");
        Self { kind: ChangeKind::Update, overlap: false, before: Some(before), after: Some(after) }
    }

    /// Deleted rows.
    pub fn delete(rows: RowBatch) -> Self {
        Self { kind: ChangeKind::Delete, overlap: false, before: Some(rows), after: None }
    }

    /// The same change, of a table that is still being scanned: the target may not hold the rows' old versions yet,
    /// so an update or insert makes it hold the new ones, and a delete of a row that is not there is in order.
    #[must_use]
    pub fn in_overlap(mut self) -> Self {
        self.overlap = true;
        self
    }

    /// True for a change of a table that is still being scanned, see [`Self::in_overlap`].
    pub fn is_overlap(&self) -> bool {
        self.overlap
    }

    /// What happened.
    pub fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The rows as they were, for updates and deletes.
    pub fn before(&self) -> Option<&RowBatch> {
        self.before.as_ref()
    }

    /// The rows as they are now, for all but deletes.
    pub fn after(&self) -> Option<&RowBatch> {
        self.after.as_ref()
    }

    /// The rows that there are, the new ones where there are two.
    pub fn rows(&self) -> &RowBatch {
        match (&self.after, &self.before) {
            (Some(rows), _) | (None, Some(rows)) => rows,
            (None, None) => unreachable!("every constructor sets an image"),
        }
    }

    /// The schema of the table.
    pub fn schema(&self) -> &Arc<TableSchema> {
        self.rows().schema()
    }

    /// Rows; an update counts once.
    pub fn row_count(&self) -> usize {
        self.rows().len()
    }

    /// Bytes that it keeps alive.
    pub fn byte_size(&self) -> usize {
        // The images of one event share their bytes, but then they are also short; counting both errs on the safe side.
        let size = |rows: &Option<RowBatch>| rows.as_ref().map_or(0, RowBatch::byte_size);
        size(&self.before) + size(&self.after)
    }

    /// The same change with both images mapped.
    #[must_use]
    pub fn map(self, mut map: impl FnMut(RowBatch) -> RowBatch) -> Self {
        let Self { kind, overlap, before, after } = self;
        Self { kind, overlap, before: before.map(&mut map), after: after.map(map) }
    }

    /// As [`Self::map`], with a mapping that may fail.
    ///
    /// # Errors
    ///
    /// The first error of `map`.
    pub fn try_map<E>(self, mut map: impl FnMut(RowBatch) -> Result<RowBatch, E>) -> Result<Self, E> {
        let Self { kind, overlap, before, after } = self;
        Ok(Self {
            kind,
            overlap,
            before: before.map(&mut map).transpose()?,
            after: after.map(map).transpose()?,
        })
    }

    /// Rows `rows` of it.
    #[must_use]
    pub fn slice(&self, rows: std::ops::Range<u32>) -> Self {
        self.clone().map(|batch| batch.slice(rows.clone()))
    }
}
