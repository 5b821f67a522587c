//! QUERY events: transaction control, XA, and statements.
//!
//! # Sources
//!
//! MySQL source documentation, `Query_event` and its status variables.

use std::borrow::Cow;

use oms_core::schema::Charset;
use oms_core::{Error, Result};

use super::cursor::Cursor;

/// A QUERY event; what only statements need is read on demand, as nearly all of these are BEGIN.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a> {
    database: &'a [u8],
    /// In the client's character set.
    statement: &'a [u8],
    status: &'a [u8],
}

/// The session that executed a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct QuerySession {
    pub(super) sql_mode: u64,
    /// Collation id of the client's character set.
    pub(super) client_collation: Option<u16>,
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
    #[inline]
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(body, "a QUERY event");
        let _thread = cursor.u32()?;
        let _seconds = cursor.u32()?;
        let database_len = cursor.u8()?;
        let _error = cursor.u16()?;
        let status_len = cursor.u16()?;
        let status = cursor.take(status_len.into())?;
        let database = cursor.take(database_len.into())?;
        cursor.u8()?;
        Ok(Self { database, statement: cursor.rest(), status })
    }

    /// The session's default database.
    pub(super) fn database(&self) -> Result<&'a str> {
        std::str::from_utf8(self.database)
            .map_err(|_| Error::decode("a QUERY event", "its database is not UTF-8"))
    }

    /// Status variables: a code and a value whose length follows from the code. One that is unknown ends the reading,
    /// as its length is unknown too; codes ascend, and the ones that matter here are old.
    pub(super) fn session(&self) -> Result<QuerySession> {
        let mut session = QuerySession::default();
        let mut cursor = Cursor::new(self.status, "a QUERY event");
        while !cursor.is_empty() {
            match cursor.u8()? {
                0 => drop(cursor.u32()?),
                1 => session.sql_mode = cursor.u64()?,
                2 => {
                    let len = cursor.u8()?;
                    cursor.take(usize::from(len) + 1)?;
                }
                3 => drop(cursor.u32()?),
                4 => {
                    session.client_collation = Some(cursor.u16()?);
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
                16 => session.explicit_defaults_for_timestamp = Some(cursor.u8()? != 0),
                17 => drop(cursor.u64()?),
                18 => drop(cursor.u16()?),
                19 | 20 => drop(cursor.u8()?),
                _ => break,
            }
        }
        Ok(session)
    }

    /// What the statement means for the transaction.
    #[inline]
    pub(super) fn control(&self) -> Control<'a> {
        // As the server writes it in front of nearly every transaction.
        if self.statement == b"BEGIN" {
            return Control::Begin;
        }
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

    /// The statement as text, from the client's character set.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if its bytes are not of that character set.
    pub(super) fn text(&self, charset: Charset) -> Result<Cow<'a, str>> {
        if self.statement.is_ascii() { Charset::Ascii } else { charset }.decode(self.statement)
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
        let session = query.session().unwrap();
        assert_eq!((session.sql_mode, session.client_collation), (0x45a0_0020, Some(255)));
        for end in 0..43 {
            assert!(Query::parse(&BEGIN[..end]).is_err(), "{end}");
        }
        for end in 1..query.status.len() {
            let _ = Query { status: &query.status[..end], ..query }.session();
        }
    }

    #[test]
    fn control_statements_are_told_apart() {
        let control = |statement: &'static str| {
            let query = Query { database: b"", statement: statement.as_bytes(), status: b"" };
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

    #[test]
    fn text_is_in_the_clients_character_set() {
        let query = Query { database: b"", statement: b"DROP TABLE `\xe9`", status: b"" };
        assert_eq!(query.text(Charset::Latin1).unwrap(), "DROP TABLE `é`");
        assert!(query.text(Charset::Utf8mb4).is_err());
    }
}
