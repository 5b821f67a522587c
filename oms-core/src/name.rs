//! [`TableName`] and the rules by which two identifiers are the same.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a table: its database and its own name, as the server spells them.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// let orders = TableName::new("shop", "orders");
/// assert_eq!(orders.to_string(), "shop.orders");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    database: Arc<str>,
    table: Arc<str>,
}

impl TableName {
    /// A table of a database.
    pub fn new(database: impl Into<Arc<str>>, table: impl Into<Arc<str>>) -> Self {
        Self { database: database.into(), table: table.into() }
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The table within its database.
    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a server stores and compares the names of databases and tables (`lower_case_table_names`).
///
/// # Sources
///
/// MySQL Reference Manual, "Identifier Case Sensitivity"; seekdb 1.4 reports 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NameCase {
    /// 0: stored as given, compared by case.
    Sensitive,
    /// 1: stored in lower case, compared without case.
    Lower,
    /// 2: stored as given, compared without case.
    Preserved,
}

impl NameCase {
    /// The rule behind a value of `lower_case_table_names`, if it is one of 0, 1 and 2.
    pub fn from_variable(value: u64) -> Option<Self> {
        match value {
            0 => Some(NameCase::Sensitive),
            1 => Some(NameCase::Lower),
            2 => Some(NameCase::Preserved),
            _ => None,
        }
    }

    /// The form under which two names of one object are equal.
    pub fn fold(self, name: &str) -> String {
        match self {
            NameCase::Sensitive => name.to_owned(),
            NameCase::Lower | NameCase::Preserved => name.to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_only_where_the_server_does() {
        assert_eq!(NameCase::Sensitive.fold("Orders"), "Orders");
        assert_eq!(NameCase::Lower.fold("Orders"), "orders");
        assert_eq!(NameCase::from_variable(3), None);
    }
}
