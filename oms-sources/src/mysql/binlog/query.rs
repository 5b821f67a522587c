//! QUERY events: transaction control, XA, and statements.
//!
//! # Sources
//!
//! MySQL source documentation, `Query_event` and its status variables.

use oms_core::{Error, Result};

use super::cursor::Cursor;

/// A QUERY event, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query<'a> {
    /// The session's default database.
    pub(super) database: &'a str,
    /// The statement's bytes, in the client's character set.
    pub(super) statement: &'a [u8],
    /// The session's `sql_mode`.
    pub(super) sql_mode: u64,
    /// Collation id of the client's character set.
    pub(super) client_collation: Option<u16>,
    /// The session's `explicit_defaults_for_timestamp`.
    pub(super) explicit_defaults_for_timestamp: Option<bool>,
}

/// What a QUERY event means for the transaction that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control<'a> {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    RollbackToSavepoint,
    /// XA START of this identity.
    XaStart(&'a [u8]),
    XaEnd,
    XaCommit(&'a [u8]),
    XaRollback(&'a [u8]),
    /// Some other statement: DDL, or DML of a session that does not log rows.
    Statement,
}

impl<'a> Query<'a> {
    /// Reads the body of a QUERY event.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(body, "a QUERY event");
        let _thread = cursor.u32()?;
        let _seconds = cursor.u32()?;
        let database_len = cursor.u8()?;
        let _error = cursor.u16()?;
        let status_len = cursor.u16()?;
        let status = cursor.take(status_len.into())?;
        let database = cursor.take(database_len.into())?;
        let database =
            std::str::from_utf8(database).map_err(|_| cursor.wrong("its database is not UTF-8"))?;
        cursor.u8()?;
        let mut query = Self {
            database,
            statement: cursor.rest(),
            sql_mode: 0,
            client_collation: None,
            explicit_defaults_for_timestamp: None,
        };
        query.read_status(status)?;
        Ok(query)
    }

    /// Status variables: a code and a value whose length follows from the code. One that is unknown ends the reading,
    /// as its length is unknown too; codes ascend, and the ones that matter here are old.
    fn read_status(&mut self, status: &[u8]) -> Result<()> {
        let mut cursor = Cursor::new(status, "a QUERY event");
        while !cursor.is_empty() {
            match cursor.u8()? {
                0 => drop(cursor.u32()?),
                1 => self.sql_mode = cursor.u64()?,
                2 => {
                    let len = cursor.u8()?;
                    cursor.take(usize::from(len) + 1)?;
                }
                3 => drop(cursor.u32()?),
                4 => {
                    self.client_collation = Some(cursor.u16()?);
                    cursor.u32()?;
                }
                5 | 6 => {
                    let len = cursor.u8()?;
                    cursor.take(len.into())?;
                }
                7 | 8 => drop(cursor.u16()?),
                9 => drop(cursor.u64()?),
                10 => drop(cursor.u32()?),
                11 => {
                    for _ in 0..2 {
                        let len = cursor.u8()?;
                        cursor.take(len.into())?;
                    }
                }
                12 => {
                    // Names of databases, each with a zero byte behind; 254 stands for "too many".
                    let count = cursor.u8()?;
                    for _ in 0..if count == 254 { 0 } else { count } {
                        while cursor.u8()? != 0 {}
                    }
                }
                13 => drop(cursor.array::<3>()?),
                16 => self.explicit_defaults_for_timestamp = Some(cursor.u8()? != 0),
                17 => drop(cursor.u64()?),
                18 => drop(cursor.u16()?),
                19 | 20 => drop(cursor.u8()?),
                _ => break,
            }
        }
        Ok(())
    }

    /// What the statement means for the transaction.
    pub(super) fn control(&self) -> Control<'a> {
        let statement = self.statement.trim_ascii();
        if statement == b"BEGIN" {
            return Control::Begin;
        }
        if statement == b"COMMIT" {
            return Control::Commit;
        }
        let rest = |prefix: &[u8]| -> Option<&'a [u8]> {
            let (head, rest) = statement.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| rest.trim_ascii())
        };
        if let Some(rest) = rest(b"XA ") {
            let words = |prefix: &[u8]| {
                let (head, id) = rest.split_at_checked(prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then(|| id.trim_ascii())
            };
            if let Some(id) = words(b"START ").or_else(|| words(b"BEGIN ")) {
                return Control::XaStart(id);
            }
            if words(b"END ").is_some() {
                return Control::XaEnd;
            }
            if let Some(id) = words(b"COMMIT ") {
                return Control::XaCommit(id);
            }
            if let Some(id) = words(b"ROLLBACK ") {
                return Control::XaRollback(id);
            }
        }
        if let Some(rest) = rest(b"ROLLBACK") {
            return if rest.is_empty() { Control::Rollback } else { Control::RollbackToSavepoint };
        }
        if rest(b"SAVEPOINT ").is_some() || rest(b"RELEASE SAVEPOINT ").is_some() {
            return Control::Savepoint;
        }
        Control::Statement
    }

    /// The statement as text.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if it is not UTF-8: the server logs identifiers in the client's character set, which then is
    /// another one.
    pub(super) fn text(&self) -> Result<&'a str> {
        std::str::from_utf8(self.statement).map_err(|_| {
            Error::decode("a statement", "its session did not use UTF-8, so its names cannot be read")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `BEGIN` as MySQL 9.7 logged it.
    const BEGIN: &[u8] = &[
        0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1d, 0, 0, 0, 0, 0, 0, 1, 0x20, 0, 0xa0, 0x45, 0, 0, 0, 0, 6, 3,
        b's', b't', b'd', 4, 0xff, 0, 0xff, 0, 0xff, 0, 0x12, 0xff, 0, 0, b'B', b'E', b'G', b'I', b'N',
    ];

    #[test]
    fn status_variables_are_read() {
        let query = Query::parse(BEGIN).unwrap();
        assert_eq!(query.control(), Control::Begin);
        assert_eq!((query.sql_mode, query.client_collation), (0x45a0_0020, Some(255)));
        for end in 0..43 {
            assert!(Query::parse(&BEGIN[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn control_statements_are_told_apart() {
        let control = |statement: &'static str| {
            let query = Query {
                database: "",
                statement: statement.as_bytes(),
                sql_mode: 0,
                client_collation: None,
                explicit_defaults_for_timestamp: None,
            };
            query.control()
        };
        assert_eq!(control("XA START X'61',X'',1"), Control::XaStart(b"X'61',X'',1"));
        assert_eq!(control("XA COMMIT X'61',X'',1"), Control::XaCommit(b"X'61',X'',1"));
        assert_eq!(control("ROLLBACK"), Control::Rollback);
        assert_eq!(control("ROLLBACK TO `s`"), Control::RollbackToSavepoint);
        assert_eq!(control("SAVEPOINT `s`"), Control::Savepoint);
        assert_eq!(control("begin_table"), Control::Statement);
        assert_eq!(control("XA"), Control::Statement);
    }
}
