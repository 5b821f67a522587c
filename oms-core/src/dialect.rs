//! [`Dialect`]: which product and version speaks, and what its DDL can say; [`SqlMode`]: how it reads quotes.

#[cfg(feature = "mysql")]
use crate::mysql::{Flavour, Server};
use crate::schema::Collation;

/// A family of servers that share their DDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Product {
    /// MySQL and its close forks.
    MySql,
    /// MariaDB.
    MariaDb,
    /// OceanBase in MySQL mode: a cluster, or the single-node seekdb.
    OceanBase,
}

/// The DDL of one product and version.
///
/// # Examples
///
/// ```
/// use oms_core::dialect::Dialect;
/// assert!(Dialect::mysql(8, 0, 15).has_functional_keys());
/// assert!(!Dialect::mysql(8, 0, 15).has_checks());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dialect {
    product: Product,
    version: (u16, u16, u16),
}

impl Dialect {
    /// MySQL of this version.
    pub fn mysql(major: u16, minor: u16, patch: u16) -> Self {
        Self::new(Product::MySql, (major, minor, patch))
    }

    /// MariaDB of this version.
    pub fn mariadb(major: u16, minor: u16, patch: u16) -> Self {
        Self::new(Product::MariaDb, (major, minor, patch))
    }

    /// OceanBase, by the version that `ob_version()` gives; seekdb 1.4 says 4.3.5.
    pub fn oceanbase(major: u16, minor: u16, patch: u16) -> Self {
        Self::new(Product::OceanBase, (major, minor, patch))
    }

    /// A product of this version.
    pub fn new(product: Product, version: (u16, u16, u16)) -> Self {
        Self { product, version }
    }

    /// The DDL of the server behind a connection.
    ///
    /// TiDB speaks the DDL of the MySQL version that it follows.
    #[cfg(feature = "mysql")]
    pub fn of(server: &Server) -> Self {
        let version = server.version();
        let numbers = (version.major, version.minor, version.patch);
        match server.flavour() {
            Flavour::MariaDb => Self::new(Product::MariaDb, numbers),
            Flavour::OceanBase => Self::new(Product::OceanBase, numbers),
            Flavour::TiDb => Self::mysql(8, 0, 11),
            _ => Self::new(Product::MySql, numbers),
        }
    }

    /// The product.
    pub fn product(&self) -> Product {
        self.product
    }

    /// True for OceanBase, whose columns know three collations only.
    pub fn is_oceanbase(&self) -> bool {
        self.product == Product::OceanBase
    }

    fn is_mysql_from(&self, version: (u16, u16, u16)) -> bool {
        self.product == Product::MySql && self.version >= version
    }

    fn is_mariadb_from(&self, version: (u16, u16, u16)) -> bool {
        self.product == Product::MariaDb && self.version >= version
    }

    /// True if it runs the inside of a comment `/*!NNNNN … */` that asks for this version.
    ///
    /// # Sources
    ///
    /// Tried on MySQL 5.7.22, 8.0.15, 9.7.4, MariaDB 10.11 and seekdb 1.4: MariaDB passes over 50700 to 99999, the
    /// numbers of MySQL versions that it does not follow; OceanBase runs every such comment.
    pub fn runs_comment_of(&self, version: u32) -> bool {
        let own =
            |base: (u16, u16, u16)| u32::from(base.0) * 10_000 + u32::from(base.1) * 100 + u32::from(base.2);
        match self.product {
            Product::MySql => version <= own(self.version),
            Product::MariaDb => version <= own(self.version) && !(50_700..=99_999).contains(&version),
            Product::OceanBase => true,
        }
    }

    /// True if a versioned comment may give its version in six digits.
    #[cfg(feature = "mysql")]
    pub(crate) fn reads_six_digit_versions(&self) -> bool {
        self.is_mysql_from((8, 0, 34)) || self.product == Product::MariaDb
    }

    /// True for `DEFAULT (expression)`.
    pub fn has_expression_defaults(&self) -> bool {
        self.is_mysql_from((8, 0, 13)) || self.is_mariadb_from((10, 2, 1)) || self.is_oceanbase()
    }

    /// True for expressions as parts of an index.
    pub fn has_functional_keys(&self) -> bool {
        self.is_mysql_from((8, 0, 13)) || self.is_oceanbase()
    }

    /// True for indexes over the elements of a JSON array.
    pub fn has_multi_valued_keys(&self) -> bool {
        self.is_mysql_from((8, 0, 17))
    }

    /// True if an index part may be stored in descending order; others take DESC and ignore it.
    pub fn has_descending_keys(&self) -> bool {
        self.is_mysql_from((8, 0, 1)) || self.is_mariadb_from((10, 8, 1))
    }

    /// True if an index may be invisible.
    pub fn has_invisible_keys(&self) -> bool {
        self.is_mysql_from((8, 0, 0)) || self.is_oceanbase()
    }

    /// True if a column may be invisible.
    pub fn has_invisible_columns(&self) -> bool {
        self.is_mysql_from((8, 0, 23)) || self.is_mariadb_from((10, 3, 3)) || self.is_oceanbase()
    }

    /// True if CHECK constraints are kept and enforced.
    pub fn has_checks(&self) -> bool {
        self.is_mysql_from((8, 0, 16)) || self.is_mariadb_from((10, 2, 1)) || self.is_oceanbase()
    }

    /// True if a CHECK constraint may be NOT ENFORCED.
    pub fn has_unenforced_checks(&self) -> bool {
        self.is_mysql_from((8, 0, 16)) || self.is_oceanbase()
    }

    /// True if a geometry column may demand one SRID.
    pub fn has_srid(&self) -> bool {
        self.is_mysql_from((8, 0, 3))
    }

    /// True for VECTOR columns: MySQL from 9.0, and OceanBase, where seekdb 1.4 took and gave back values that oms wrote.
    pub fn has_vectors(&self) -> bool {
        self.is_mysql_from((9, 0, 0)) || self.is_oceanbase()
    }

    /// True if a foreign key gets an index of its own where none serves it.
    pub fn indexes_foreign_keys(&self) -> bool {
        !self.is_oceanbase()
    }

    /// True if `REFERENCES` behind a column makes a foreign key; other MySQL versions read and forget it.
    pub fn has_column_references(&self) -> bool {
        self.is_mysql_from((9, 0, 0)) || self.is_mariadb_from((10, 5, 0))
    }

    /// True if it knows a collation of this name.
    ///
    /// OceanBase here means what every build has, seekdb included.
    pub fn has_collation(&self, collation: &Collation) -> bool {
        let name = collation.name();
        match self.product {
            Product::OceanBase => matches!(name, "utf8mb4_general_ci" | "utf8mb4_bin" | "binary"),
            Product::MySql => {
                let newer = name.contains("_0900_") || name == "utf8mb4_zh_0900_as_cs";
                !name.contains("_uca1400_")
                    && !name.contains("_nopad_")
                    && (!newer || self.version >= (8, 0, 0))
            }
            Product::MariaDb => !name.contains("_0900_") || self.version >= (11, 4, 5),
        }
    }
}

/// The parts of `sql_mode` that change how a DDL statement reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SqlMode {
    /// `"…"` is an identifier.
    pub ansi_quotes: bool,
    /// A backslash in a string is itself.
    pub no_backslash_escapes: bool,
    /// `||` joins strings.
    pub pipes_as_concat: bool,
    /// REAL is FLOAT.
    pub real_as_float: bool,
    /// NOT binds more tightly.
    pub high_not_precedence: bool,
}

impl SqlMode {
    /// Reads the bits that a MySQL binary log keeps beside a statement.
    ///
    /// # Sources
    ///
    /// MySQL source documentation, `Query_event`, `Q_SQL_MODE_CODE`; MariaDB uses the same bits for these modes.
    pub fn from_bits(bits: u64) -> Self {
        let has = |bit: u32| bits & (1 << bit) != 0;
        Self {
            real_as_float: has(0),
            pipes_as_concat: has(1),
            ansi_quotes: has(2),
            no_backslash_escapes: has(20),
            high_not_precedence: has(29),
        }
    }

    /// Reads the text of `@@sql_mode`.
    pub fn from_text(text: &str) -> Self {
        let has = |name: &str| text.split(',').any(|part| part.trim().eq_ignore_ascii_case(name));
        Self {
            real_as_float: has("REAL_AS_FLOAT"),
            pipes_as_concat: has("PIPES_AS_CONCAT"),
            ansi_quotes: has("ANSI_QUOTES"),
            no_backslash_escapes: has("NO_BACKSLASH_ESCAPES"),
            high_not_precedence: has("HIGH_NOT_PRECEDENCE"),
        }
    }

    /// The same mode with `"…"` as identifiers.
    #[must_use]
    pub fn with_ansi_quotes(mut self, ansi_quotes: bool) -> Self {
        self.ansi_quotes = ansi_quotes;
        self
    }

    /// The same mode with backslashes that are themselves.
    #[must_use]
    pub fn with_no_backslash_escapes(mut self, no_backslash_escapes: bool) -> Self {
        self.no_backslash_escapes = no_backslash_escapes;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versioned_comments_run_where_the_server_runs_them() {
        assert!(Dialect::mysql(9, 7, 4).runs_comment_of(90_704));
        assert!(!Dialect::mysql(9, 7, 4).runs_comment_of(90_705));
        assert!(Dialect::mariadb(10, 11, 18).runs_comment_of(100_100));
        assert!(!Dialect::mariadb(10, 11, 18).runs_comment_of(80_000));
        assert!(Dialect::oceanbase(4, 3, 5).runs_comment_of(99_999));
    }

    #[test]
    fn modes_are_read_from_text_and_from_bits() {
        let text = SqlMode::from_text("ANSI_QUOTES, no_backslash_escapes");
        assert!(text.ansi_quotes && text.no_backslash_escapes && !text.pipes_as_concat);
        assert_eq!(SqlMode::from_bits(4 | 1 << 20), text);
    }
}
