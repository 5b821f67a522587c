//! [`TextRow`]: one row of a collected result.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};

/// One row of a collected result, as text.
///
/// # Shape
///
/// Columns are counted from zero. A column that the result does not have is an error, never NULL.
#[derive(Clone, PartialEq, Eq)]
pub struct TextRow {
    names: Arc<[Box<str>]>,
    cells: Box<[Option<Box<[u8]>>]>,
}

impl TextRow {
    /// A row; `cells` are as many as `names`.
    pub(in crate::mysql) fn new(names: Arc<[Box<str>]>, cells: Box<[Option<Box<[u8]>>]>) -> Self {
        Self { names, cells }
    }

    /// Columns.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// True if it has no columns.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The position of the column that the server calls `name`, compared without case.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names
            .iter()
            .position(|have| have.eq_ignore_ascii_case(name))
            .ok_or_else(|| Error::decode("a result", format!("it has no column {name}")))
    }

    /// The bytes of a column, `None` for NULL.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column.
    pub fn bytes(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.cells.get(column) {
            Some(cell) => Ok(cell.as_deref()),
            None => {
                Err(Error::decode("a result", format!("it has {} columns, not {}", self.len(), column + 1)))
            }
        }
    }

    /// The text of a column, `None` for NULL.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column or its bytes are not UTF-8.
    pub fn text_or_null(&self, column: usize) -> Result<Option<&str>> {
        self.bytes(column)?
            .map(|bytes| std::str::from_utf8(bytes).map_err(|_| self.wrong(column, "is not UTF-8")))
            .transpose()
    }

    /// The text of a column.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column, or it is NULL or not UTF-8.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.text_or_null(column)?.ok_or_else(|| self.wrong(column, "is NULL"))
    }

    /// The number in a column, `None` for NULL.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column or its text is no such number.
    pub fn number_or_null<T: FromStr>(&self, column: usize) -> Result<Option<T>> {
        self.text_or_null(column)?
            .map(|text| text.parse().map_err(|_| self.wrong(column, "is not a number of the wanted type")))
            .transpose()
    }

    /// The number in a column.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if the result has no such column, or it is NULL or no such number.
    pub fn number<T: FromStr>(&self, column: usize) -> Result<T> {
        self.number_or_null(column)?.ok_or_else(|| self.wrong(column, "is NULL"))
    }

    /// By position: the server names a column after its expression, which may be a value.
    fn wrong(&self, column: usize, reason: &str) -> Error {
        Error::decode("a result", format!("column {column} {reason}"))
    }
}

/// Prints the width, never a value.
impl fmt::Debug for TextRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextRow({} columns)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> TextRow {
        let names: Vec<Box<str>> = vec!["Id".into(), "Note".into(), "Raw".into()];
        let cells = [Some(&b"42"[..]), None, Some(&b"\xff"[..])];
        TextRow::new(names.into(), cells.map(|cell| cell.map(Box::from)).into())
    }

    #[test]
    fn cells_are_read_by_type_and_null_is_told_apart() {
        let row = row();
        assert_eq!(row.number::<u64>(0).unwrap(), 42);
        assert_eq!(row.text(row.position("id").unwrap()).unwrap(), "42");
        assert_eq!(row.number_or_null::<u64>(1).unwrap(), None);
        assert_eq!(row.bytes(2).unwrap(), Some(&b"\xff"[..]));
    }

    #[test]
    fn what_is_not_there_or_not_so_is_an_error_without_the_value() {
        let row = row();
        for (error, reason) in [
            (row.number::<i8>(1).unwrap_err(), "column 1 is NULL"),
            (row.text(1).unwrap_err(), "column 1 is NULL"),
            (row.text(2).unwrap_err(), "column 2 is not UTF-8"),
            (row.bytes(3).unwrap_err(), "it has 3 columns, not 4"),
            (row.position("x").unwrap_err(), "it has no column x"),
        ] {
            assert!(error.to_string().ends_with(reason), "{error}");
        }
        assert!(row.number::<std::net::IpAddr>(0).is_err());
        assert_eq!(format!("{row:?}"), "TextRow(3 columns)");
    }
}
