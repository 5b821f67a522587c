//! Names of tables, and their columns as `information_schema` has them.

use std::fmt;

use mysql_async::prelude::Queryable;

use super::class::Class;
use super::session::Session;
use crate::error::{Error, Result};

/// A table's full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) database: String,
    pub(super) table: String,
}

impl Name {
    /// Reads `database.table`; a name with a dot in it stands in backticks.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::Input {
            what: "table name",
            text: text.to_owned(),
            reason: "it must be database.table, with backticks around a name that has a dot".to_owned(),
        };
        let (database, rest) = part(text).ok_or_else(wrong)?;
        let (table, rest) = rest.strip_prefix('.').and_then(part).ok_or_else(wrong)?;
        if !rest.is_empty() {
            return Err(wrong());
        }
        Ok(Self { database, table })
    }

    /// Returns it as SQL has it.
    pub(super) fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.database), quoted(&self.table))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

/// Returns the name at the start of a text and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('`') else {
        let end = text.find('.').unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('`')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return (!name.is_empty()).then_some((name, rest)),
        }
    }
}

/// Returns an identifier in backticks.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// One column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) class: Class,
    /// The character set of a text.
    pub(super) charset: Option<String>,
}

/// What is known of a table before its rows are read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: Name,
    pub(super) columns: Vec<Column>,
    /// Names of the primary key's columns, for telling rows apart in a report.
    pub(super) key: Vec<String>,
}

impl Table {
    /// Reads the columns, in order, invisible and generated ones too; none when there is no such table.
    pub(super) async fn load(session: &mut Session, name: &Name) -> Result<Option<Self>> {
        let wrap = Error::statement("the oracle", "reading columns");
        let columns: Vec<(String, String, Option<String>)> = session
            .conn
            .exec(
                "SELECT COLUMN_NAME AS name, DATA_TYPE AS type, CHARACTER_SET_NAME AS charset FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
                (&name.database, &name.table),
            )
            .await
            .map_err(wrap)?;
        if columns.is_empty() {
            return Ok(None);
        }
        let key: Vec<String> = session
            .conn
            .exec(
                "SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? \
                 AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
                (&name.database, &name.table),
            )
            .await
            .map_err(Error::statement("the oracle", "reading the key"))?;
        let column = |(name, kind, charset): (String, String, Option<String>)| Column {
            name,
            class: Class::of(&kind),
            charset,
        };
        let columns = columns.into_iter().map(column);
        Ok(Some(Self { name: name.clone(), columns: columns.collect(), key }))
    }

    /// Lets texts of one character set on both sides be compared by their stored bytes.
    pub(super) fn match_charsets(&mut self, other: &mut Self) {
        for (one, other) in self.columns.iter_mut().zip(&mut other.columns) {
            let is_text = one.class == Class::Text && other.class == Class::Text;
            if is_text && one.charset == other.charset && one.charset.as_deref() != Some("utf8mb4") {
                (one.class, other.class) = (Class::StoredText, Class::StoredText);
            }
        }
    }

    /// Returns the names of all tables of a database, views left out.
    pub(super) async fn names(session: &mut Session, database: &str) -> Result<Vec<String>> {
        session
            .conn
            .exec(
                "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? \
                 AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME",
                (database,),
            )
            .await
            .map_err(Error::statement("the oracle", "reading the list of tables"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_with_and_without_backticks() {
        let read = |text: &str| Name::parse(text).map(|name| (name.database, name.table)).ok();
        let pair = |database: &str, table: &str| Some((database.to_owned(), table.to_owned()));
        assert_eq!(read("a.b"), pair("a", "b"));
        assert_eq!(read("`my-db.1`.t"), pair("my-db.1", "t"));
        assert_eq!(read("`a`.`b``.c`"), pair("a", "b`.c"));
        for wrong in ["", "a", "a.", ".b", "a.b.c", "`a.b", "`a`b.c", "``.b"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let name = Name { database: "a".to_owned(), table: "b`c".to_owned() };
        assert_eq!(name.quoted(), "`a`.`b``c`");
    }
}
