//! [`Outcome`]: what a statement did, and [`StatementError`], which one of several failed.

use crate::error::Error;

/// What a statement did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Rows inserted, changed (or matched, see
    /// [`SessionOptions::found_rows`](super::SessionOptions::found_rows)) or deleted. An upsert counts 1 for an
    /// inserted and 2 for a changed row.
    pub affected_rows: u64,
    /// The first AUTO_INCREMENT value that the server made up, if it did.
    pub last_insert_id: Option<u64>,
    /// Warnings; OceanBase leaves most of them out.
    pub warnings: u16,
    /// Rows that an UPDATE found.
    pub matched: Option<u64>,
    /// Rows that an UPDATE changed.
    pub changed: Option<u64>,
    /// Rows that were given to a multi-row INSERT.
    pub records: Option<u64>,
    /// Of these, rows that replaced or duplicated others.
    pub duplicates: Option<u64>,
    /// Rows returned, where the statement was a query; they were read and dropped.
    pub returned_rows: u64,
}

impl Outcome {
    /// Fills in the counts of the server's text, such as `Rows matched: 1  Changed: 0  Warnings: 0`.
    pub(in crate::mysql) fn with_info(mut self, info: &str) -> Self {
        let mut rest = info;
        while let Some((name, tail)) = rest.split_once(": ") {
            let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
            let (count, tail) = tail.split_at(digits);
            let count = count.parse().ok();
            match name.trim() {
                "Rows matched" => self.matched = count,
                "Changed" => self.changed = count,
                "Records" => self.records = count,
                "Duplicates" => self.duplicates = count,
                _ => {}
            }
            rest = tail;
        }
        self
    }
}

/// One of several statements in one packet failed.
#[derive(Debug, thiserror::Error)]
#[error("statement {statement} of the packet failed")]
#[non_exhaustive]
pub struct StatementError {
    /// The one that failed, counted from zero: the first without an outcome.
    pub statement: usize,
    /// What those before it did. They stay done unless a transaction is rolled back.
    pub outcomes: Vec<Outcome>,
    /// Why it failed. If the connection was lost, the server may have gone on.
    #[source]
    pub error: Error,
}

impl From<StatementError> for Error {
    fn from(error: StatementError) -> Self {
        error.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_servers_text() {
        let update = Outcome::default().with_info("Rows matched: 3  Changed: 2  Warnings: 1");
        assert_eq!((update.matched, update.changed), (Some(3), Some(2)));
        let insert =
            Outcome::default().with_info("Records: 18446744073709551615  Duplicates: 0  Warnings: 0");
        assert_eq!((insert.records, insert.duplicates), (Some(u64::MAX), Some(0)));
        for text in ["", ": ", "Records: ", "Records: x: 1", "Zeilen: 3  Records", "Records: é"] {
            assert_eq!(Outcome::default().with_info(text), Outcome::default(), "{text}");
        }
    }
}
