//! [`DdlContext`]: what a statement takes from its session and its server.

use std::sync::Arc;

use super::cursor::TableRef;
use super::{Dialect, Product, SqlMode};
use crate::error::{Error, Result};
use crate::name::{NameCase, TableName};
use crate::schema::{Charset, Collation};

/// What a statement takes from the session that ran it and from its server.
///
/// # Examples
///
/// ```
/// use oms_core::ddl::{DdlContext, Dialect};
/// let context = DdlContext::new(Dialect::mysql(9, 7, 4)).with_default_database("shop");
/// assert!(context.explicit_defaults_for_timestamp);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DdlContext {
    /// The product and version that ran the statement.
    pub dialect: Dialect,
    /// The session's `sql_mode`, as far as it changes how a statement reads.
    pub sql_mode: SqlMode,
    /// The session's default database.
    pub default_database: Option<Arc<str>>,
    /// `lower_case_table_names`.
    pub name_case: NameCase,
    /// `explicit_defaults_for_timestamp`.
    pub explicit_defaults_for_timestamp: bool,
    /// `collation_server`: what a new database takes.
    pub server_collation: Collation,
    /// `default_collation_for_utf8mb4`, or what the server takes for utf8mb4 without a collation.
    pub utf8mb4_collation: Collation,
}

impl DdlContext {
    /// The settings of a server of this product and version as it is delivered.
    pub fn new(dialect: Dialect) -> Self {
        let explicit = match dialect.product() {
            Product::MySql => dialect >= Dialect::mysql(8, 0, 2),
            Product::MariaDb => dialect >= Dialect::mariadb(10, 10, 0),
            Product::OceanBase => true,
        };
        let utf8mb4_collation = Collation::new(match dialect.product() {
            Product::MySql if dialect >= Dialect::mysql(8, 0, 1) => "utf8mb4_0900_ai_ci",
            Product::MariaDb if dialect >= Dialect::mariadb(11, 5, 0) => "utf8mb4_uca1400_ai_ci",
            _ => "utf8mb4_general_ci",
        });
        Self {
            dialect,
            sql_mode: SqlMode::default(),
            default_database: None,
            name_case: match dialect.product() {
                Product::OceanBase => NameCase::Lower,
                _ => NameCase::Sensitive,
            },
            explicit_defaults_for_timestamp: explicit,
            server_collation: match dialect.product() {
                Product::MySql if dialect < Dialect::mysql(8, 0, 1) => Collation::new("latin1_swedish_ci"),
                _ => utf8mb4_collation.clone(),
            },
            utf8mb4_collation,
        }
    }

    /// The same with another `sql_mode`.
    #[must_use]
    pub fn with_sql_mode(mut self, sql_mode: SqlMode) -> Self {
        self.sql_mode = sql_mode;
        self
    }

    /// The same with a default database.
    #[must_use]
    pub fn with_default_database(mut self, database: impl Into<Arc<str>>) -> Self {
        self.default_database = Some(database.into());
        self
    }

    /// The same with other rules for names.
    #[must_use]
    pub fn with_name_case(mut self, name_case: NameCase) -> Self {
        self.name_case = name_case;
        self
    }

    /// The same with or without `explicit_defaults_for_timestamp`.
    #[must_use]
    pub fn with_explicit_defaults_for_timestamp(mut self, explicit: bool) -> Self {
        self.explicit_defaults_for_timestamp = explicit;
        self
    }

    /// The same with another `collation_server`.
    #[must_use]
    pub fn with_server_collation(mut self, collation: Collation) -> Self {
        self.server_collation = collation;
        self
    }

    /// The same with another `default_collation_for_utf8mb4`.
    #[must_use]
    pub fn with_utf8mb4_collation(mut self, collation: Collation) -> Self {
        self.utf8mb4_collation = collation;
        self
    }

    /// The database of this name, as the server spells it.
    pub(crate) fn database(&self, name: &str) -> Arc<str> {
        match self.name_case {
            NameCase::Lower => name.to_lowercase().into(),
            _ => name.into(),
        }
    }

    /// The table that a statement names.
    pub(crate) fn table(&self, table: &TableRef) -> Result<TableName> {
        let database = table.database.as_ref().or(self.default_database.as_ref());
        let Some(database) = database else {
            let name: String = table.table.chars().take(64).collect();
            let reason = format!("table {name} has no database, and there is no default one");
            return Err(Error::decode("a DDL statement", reason));
        };
        Ok(TableName::new(self.database(database), self.database(&table.table)))
    }

    /// The collation of a character set that stands without one.
    pub(crate) fn default_collation(&self, charset: Charset) -> Collation {
        use Charset::{
            Big5, Binary, Cp932, Dec8, Eucjpms, Euckr, Gb2312, Gb18030, Gbk, Hp8, Latin1, Latin5, Sjis, Swe7,
            Tis620, Ujis, Utf8mb3, Utf8mb4,
        };
        if charset == Utf8mb4 {
            return self.utf8mb4_collation.clone();
        }
        let suffix = match charset {
            Binary => return Collation::new("binary"),
            Latin1 | Dec8 | Swe7 => "swedish_ci",
            Latin5 => "turkish_ci",
            Tis620 => "thai_ci",
            Hp8 => "english_ci",
            Gbk | Gb2312 | Gb18030 | Big5 => "chinese_ci",
            Ujis | Eucjpms | Sjis | Cp932 => "japanese_ci",
            Euckr => "korean_ci",
            Utf8mb3 if self.utf8mb4_collation.name() == "utf8mb4_uca1400_ai_ci" => "uca1400_ai_ci",
            _ => "general_ci",
        };
        Collation::new(format!("{charset}_{suffix}"))
    }
}
