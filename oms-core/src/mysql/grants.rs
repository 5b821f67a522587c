//! [`Grants`]: what an account may do, as SHOW GRANTS tells it.

use super::{Flavour, Session};
use crate::error::Result;

/// What the account of a session may do, with the rights of its active roles.
///
/// # Examples
///
/// ```no_run
/// # async fn example(session: &mut oms_core::mysql::Session) -> oms_core::Result<()> {
/// use oms_core::mysql::Grants;
/// let grants = Grants::read(session).await?;
/// if !grants.has("SELECT", Some("shop")) {
///     eprintln!("the account may not read all tables of shop");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    grants: Vec<Grant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    privileges: Vec<Box<str>>,
    /// `*` for all, else the database as a pattern of LIKE; `None` for a single table.
    database: Option<Box<str>>,
    /// REVOKE, which takes a database out of what is granted for all.
    is_revoke: bool,
}

impl Grants {
    /// Asks the server.
    ///
    /// # Errors
    ///
    /// As for a query.
    pub async fn read(session: &mut Session) -> Result<Self> {
        let mut sql = "SHOW GRANTS".to_owned();
        if session.server().flavour() == Flavour::MySql && session.server().version().major >= 8 {
            let rows = session.query("SELECT CURRENT_ROLE()").await?;
            let roles = rows.first().and_then(|row| row.text(0).ok()).unwrap_or("NONE");
            if roles != "NONE" {
                sql = format!("SHOW GRANTS FOR CURRENT_USER() USING {roles}");
            }
        }
        let rows = session.query(sql).await?;
        let lines = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
        Ok(Self::parse(lines))
    }

    fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        Self { grants: lines.into_iter().filter_map(Grant::parse).collect() }
    }

    /// True if the account has a privilege on all tables of a database, or, without one, on everything.
    pub fn has(&self, privilege: &str, database: Option<&str>) -> bool {
        let on_database = |grant: &&Grant| matches!((&grant.database, database), (Some(pattern), Some(name)) if matches(pattern, name));
        let names = |grant: &&Grant| {
            grant.privileges.iter().any(|found| **found == *privilege || **found == *"ALL PRIVILEGES")
        };
        let of_all = |grant: &&Grant| grant.database.as_deref() == Some("*");
        let mut grants = self.grants.iter().filter(names);
        let mut revoked =
            self.grants.iter().filter(|grant| grant.is_revoke).filter(names).filter(on_database);
        let is_revoked = revoked.next().is_some();
        grants.any(|grant| !grant.is_revoke && (of_all(&grant) && !is_revoked || on_database(&grant)))
    }
}

impl Grant {
    fn parse(line: &str) -> Option<Self> {
        let (is_revoke, rest) = match line.strip_prefix("GRANT ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("REVOKE ")?),
        };
        // A role has no ON.
        let (privileges, object) = rest.split_once(" ON ")?;
        let object = object.strip_prefix("TABLE ").unwrap_or(object);
        let database = match object.strip_prefix("*.*") {
            Some(_) => Some("*".into()),
            None => {
                let (name, rest) = quoted(object)?;
                rest.starts_with(".*").then(|| name.into())
            }
        };
        // Privileges of columns hold commas in parentheses; they are of no use for a whole table.
        let privileges = match privileges.contains('(') {
            true => Vec::new(),
            false => privileges.split(',').map(|name| name.trim().to_uppercase().into()).collect(),
        };
        Some(Self { privileges, database, is_revoke })
    }
}

/// A name in backticks, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('`')?;
    let mut name = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '`' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return Some((name, &text[at + 1..]));
        }
    }
    None
}

/// LIKE with backslashes.
fn matches(pattern: &str, name: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty(),
        Some('%') => {
            let rest = characters.as_str();
            name.char_indices().any(|(at, _)| matches(rest, &name[at..])) || matches(rest, "")
        }
        Some(first) => {
            let (wanted, any) = match first {
                '\\' => (characters.next().unwrap_or('\\'), false),
                '_' => ('_', true),
                other => (other, false),
            };
            let mut names = name.chars();
            names.next().is_some_and(|found| any || found == wanted)
                && matches(characters.as_str(), names.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_of_servers_databases_and_tables_are_told_apart() {
        let grants = Grants::parse([
            "GRANT REPLICATION SLAVE, SELECT ON *.* TO `app`@`%`",
            "GRANT INSERT ON `shop\\_%`.* TO `app`@`%`",
            "GRANT DELETE ON `shop`.`orders` TO `app`@`%`",
            "GRANT UPDATE (`a`, `b`) ON `shop`.* TO `app`@`%`",
            "GRANT `reader`@`%` TO `app`@`%`",
        ]);
        assert!(grants.has("REPLICATION SLAVE", None) && grants.has("SELECT", Some("any")));
        assert!(grants.has("INSERT", Some("shop_eu")) && !grants.has("INSERT", Some("shopxeu")));
        assert!(!grants.has("INSERT", None) && !grants.has("DELETE", Some("shop")));
        assert!(!grants.has("UPDATE", Some("shop")));
        let all = Grants::parse(["GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION"]);
        assert!(all.has("SELECT", None) && all.has("LOCK TABLES", Some("shop")));
    }

    #[test]
    fn what_is_revoked_of_a_database_is_not_there() {
        let grants =
            Grants::parse(["GRANT SELECT ON *.* TO `app`@`%`", "REVOKE SELECT ON `secret`.* FROM `app`@`%`"]);
        assert!(grants.has("SELECT", Some("shop")) && !grants.has("SELECT", Some("secret")));
    }
}
