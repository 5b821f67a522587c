//! What a schema change is called in messages.

use oms_core::event::{SchemaChange, SchemaChangeKind};
use oms_core::{Error, Result};

use super::json::write_strings;

/// What a DDL statement does to a table, as messages call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    CreateTable,
    AlterTable,
    DropTable,
    TruncateTable,
    RenameTable,
    CreateIndex,
    DropIndex,
}

impl Verb {
    /// That of a change; `None` for one that servers carry out on their own, about which there is nothing to tell.
    pub(crate) fn of(change: &SchemaChange) -> Result<Option<Self>> {
        Ok(Some(match &change.kind {
            SchemaChangeKind::References => return Ok(None),
            SchemaChangeKind::Create => Verb::CreateTable,
            SchemaChangeKind::Alter { .. } => match first_word(&change.statement) {
                word if word.eq_ignore_ascii_case("CREATE") => Verb::CreateIndex,
                word if word.eq_ignore_ascii_case("DROP") => Verb::DropIndex,
                _ => Verb::AlterTable,
            },
            SchemaChangeKind::Rename { .. } => Verb::RenameTable,
            SchemaChangeKind::Drop => Verb::DropTable,
            SchemaChangeKind::Truncate => Verb::TruncateTable,
            _ => return Err(Error::unsupported("an envelope", "this kind of schema change")),
        }))
    }

    /// `ALTER_TABLE` and the like.
    pub(crate) fn oms_name(self) -> &'static str {
        match self {
            Verb::CreateTable => "CREATE_TABLE",
            Verb::AlterTable => "ALTER_TABLE",
            Verb::DropTable => "DROP_TABLE",
            Verb::TruncateTable => "TRUNCATE_TABLE",
            Verb::RenameTable => "RENAME_TABLE",
            Verb::CreateIndex => "CREATE_INDEX",
            Verb::DropIndex => "DROP_INDEX",
        }
    }

    /// The names of Canal's event types, which DataWorks has as well.
    pub(crate) fn canal_name(self) -> &'static str {
        match self {
            Verb::CreateTable => "CREATE",
            Verb::AlterTable => "ALTER",
            Verb::DropTable => "ERASE",
            Verb::TruncateTable => "TRUNCATE",
            Verb::RenameTable => "RENAME",
            Verb::CreateIndex => "CINDEX",
            Verb::DropIndex => "DINDEX",
        }
    }
}

/// Appends the key of a schema change's message: `["database","table"]`.
pub(crate) fn write_message_key(change: &SchemaChange, key: &mut Vec<u8>) {
    write_strings([change.table.database(), change.table.table()], key);
}

/// The first word of a statement, behind spaces and comments.
fn first_word(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        let end = match rest.as_bytes() {
            // The inside of a comment for certain versions is run.
            [b'/', b'*', b'!', ..] => {
                rest = rest[3..].trim_start_matches(|c: char| c.is_ascii_digit());
                Some(0)
            }
            [b'/', b'*', ..] => rest.find("*/").map(|at| at + 2),
            [b'#', ..] | [b'-', b'-', ..] => rest.find('\n'),
            _ => break,
        };
        rest = rest[end.unwrap_or(rest.len())..].trim_start();
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_spaces_and_comments() {
        for (statement, word) in [
            (" /* why */ -- because\n # so\n create unique index i on t (a)", "create"),
            ("/*!50001 DROP index i on t*/", "DROP"),
            ("alter table t add a int", "alter"),
            ("/* open", ""),
            ("", ""),
        ] {
            assert_eq!(first_word(statement), word);
        }
    }
}
