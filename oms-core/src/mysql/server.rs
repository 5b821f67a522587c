//! [`Server`]: which product answers, in which version, and how it differs.

use std::fmt;

use super::session::TextRow;
use crate::error::{Error, Result};
use crate::name::NameCase;

/// The product behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavour {
    /// MySQL, and what calls itself so (Percona Server, cloud services).
    MySql,
    /// MariaDB.
    MariaDb,
    /// OceanBase in MySQL mode, seekdb included.
    OceanBase,
    /// TiDB.
    TiDb,
}

impl Flavour {
    /// The product that gives this version text, in its greeting or as `version()`.
    pub fn of_version(text: &str) -> Self {
        // OceanBase leads with the MySQL version that it is compatible with, TiDB too; MariaDB may lead with 5.5.5-.
        if text.contains("OceanBase") {
            Flavour::OceanBase
        } else if text.contains("TiDB") {
            Flavour::TiDb
        } else if text.contains("MariaDB") {
            Flavour::MariaDb
        } else {
            Flavour::MySql
        }
    }

    /// The name of the connector in errors.
    pub fn connector(self) -> &'static str {
        match self {
            Flavour::OceanBase => "oceanbase",
            Flavour::MySql | Flavour::MariaDb | Flavour::TiDb => "mysql",
        }
    }
}

/// A version of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub patch: u16,
}

impl Version {
    /// This version.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// The first run of two or three numbers with dots between, from `text`'s start on.
    fn parse(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let mut numbers =
            text[start..].split(|c: char| !c.is_ascii_digit() && c != '.').next()?.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { major: next()?, minor: next()?, patch: next().unwrap_or(0) })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Which product answers, in which version, and how it differs from the others.
///
/// # Units
///
/// `max_allowed_packet` is in bytes.
///
/// # Sources
///
/// The variables were read from MySQL 9.7.4, 8.0.15 and 5.7.22, MariaDB 10.11.18 and seekdb 1.4.0. Each method that
/// tells products apart says why it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    flavour: Flavour,
    version: Version,
    text: Box<str>,
    comment: Box<str>,
    name_case: NameCase,
    max_allowed_packet: usize,
    has_query_timeout: bool,
    has_row_metadata: bool,
}

impl Server {
    /// What comes before [`Self::VARIABLES`]: a limit on the rows of all sessions cuts them short too. The number is
    /// one that every product takes.
    pub(super) const BEFORE_VARIABLES: &str = "SET sql_select_limit=9223372036854775807";

    /// The statement whose rows [`Self::from_variables`] reads. It names no variable that a server could miss: a
    /// missing one is a missing row.
    pub(super) const VARIABLES: &str = "SHOW VARIABLES WHERE Variable_name IN ('version', 'version_comment', \
        'lower_case_table_names', 'max_allowed_packet', 'ob_query_timeout', 'binlog_row_metadata')";

    /// Stands in until the server is asked: it takes statements of any size.
    pub(super) fn unknown(flavour: Flavour) -> Self {
        Self {
            flavour,
            version: Version::new(0, 0, 0),
            text: "".into(),
            comment: "".into(),
            name_case: NameCase::Sensitive,
            max_allowed_packet: usize::MAX,
            has_query_timeout: false,
            has_row_metadata: false,
        }
    }

    /// The server that answered [`Self::VARIABLES`] with these rows.
    pub(super) fn from_rows(rows: &[TextRow]) -> Result<Self> {
        let mut variables = Vec::with_capacity(rows.len());
        for row in rows {
            variables.push((row.text(0)?, row.text_or_null(1)?.unwrap_or_default()));
        }
        Self::from_variables(variables)
    }

    /// The server that has these variables.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if a variable that every such server has is missing or is no number.
    pub(super) fn from_variables<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let (mut text, mut comment, mut name_case, mut packet) = ("", "", None, None);
        let (mut has_query_timeout, mut has_row_metadata) = (false, false);
        for (name, value) in rows {
            match name {
                "version" => text = value,
                "version_comment" => comment = value,
                "lower_case_table_names" => {
                    name_case = value.parse().ok().and_then(NameCase::from_variable);
                }
                "max_allowed_packet" => packet = value.parse().ok(),
                "ob_query_timeout" => has_query_timeout = true,
                "binlog_row_metadata" => has_row_metadata = true,
                _ => {}
            }
        }
        let missing = |name: &str| Error::unsupported("mysql", format!("a server without a readable {name}"));
        let flavour = Flavour::of_version(text);
        let own = match flavour {
            // seekdb gives its own version in the text and its kernel's in the comment: `5.7.25-OceanBase
            // seekdb-v1.4.0.0` and `OceanBase 4.3.5.3 seekdb (r1.4.0.0) …`. Clusters have `…-OceanBase_CE-v4.2.1.0`.
            Flavour::OceanBase if text.contains("seekdb") => Version::parse(comment),
            Flavour::OceanBase => text.split_once("-v").and_then(|(_, own)| Version::parse(own)),
            Flavour::TiDb => text.split_once("TiDB-").and_then(|(_, own)| Version::parse(own)),
            // `5.5.5-10.11.18-MariaDB` in greetings of old replication setups.
            Flavour::MariaDb => Version::parse(text.trim_start_matches("5.5.5-")),
            Flavour::MySql => Version::parse(text),
        };
        Ok(Self {
            flavour,
            version: own.ok_or_else(|| missing("version"))?,
            text: text.into(),
            comment: comment.into(),
            name_case: name_case.ok_or_else(|| missing("lower_case_table_names"))?,
            max_allowed_packet: packet.ok_or_else(|| missing("max_allowed_packet"))?,
            has_query_timeout,
            has_row_metadata,
        })
    }

    /// The product.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The name of the connector in errors: `mysql` or `oceanbase`.
    pub fn connector(&self) -> &'static str {
        self.flavour.connector()
    }

    /// The product's own version: of the kernel for OceanBase, never the MySQL version that it is compatible with.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The version as the server gives it.
    pub fn version_text(&self) -> &str {
        &self.text
    }

    /// Edition and build, as the server gives them.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// True for seekdb, the single-node OceanBase.
    pub fn is_seekdb(&self) -> bool {
        self.flavour == Flavour::OceanBase && self.text.contains("seekdb")
    }

    /// How names of databases and tables compare.
    pub fn name_case(&self) -> NameCase {
        self.name_case
    }

    /// The session's `max_allowed_packet`.
    pub fn max_allowed_packet(&self) -> usize {
        self.max_allowed_packet
    }

    /// The longest statement that the server takes: one byte of the packet is the command, and MySQL and MariaDB
    /// refuse a packet of just the limit, which OceanBase takes.
    pub fn max_statement_bytes(&self) -> usize {
        self.max_allowed_packet.saturating_sub(2)
    }

    fn is_mysql_from(&self, major: u16, minor: u16, patch: u16) -> bool {
        self.flavour == Flavour::MySql && self.version >= Version::new(major, minor, patch)
    }

    /// The statement that tells where the binary log ends, if the product has one.
    ///
    /// MySQL 8.2 brought the new name and 8.4 dropped the old one; MariaDB keeps the old one. seekdb has none; of
    /// OceanBase clusters the binlog service answers to the old one.
    pub fn binlog_status_statement(&self) -> Option<&'static str> {
        match self.flavour {
            _ if self.is_mysql_from(8, 2, 0) => Some("SHOW BINARY LOG STATUS"),
            Flavour::TiDb => None,
            _ if self.is_seekdb() => None,
            _ => Some("SHOW MASTER STATUS"),
        }
    }

    /// True if `ob_query_timeout` and its kin bound statements; they default to as little as ten seconds, while
    /// `max_execution_time` and `innodb_lock_wait_timeout` are accepted and ignored.
    pub fn has_query_timeout(&self) -> bool {
        self.has_query_timeout
    }

    /// True if table maps of the binary log can carry column names and types (`binlog_row_metadata`): MySQL from
    /// 8.0.1, MariaDB from 10.5.
    pub fn has_row_metadata(&self) -> bool {
        self.has_row_metadata
    }

    /// The clause that locks read rows against change. `FOR SHARE` came with MySQL 8.0.1; MariaDB and OceanBase
    /// have only the older one, which MySQL still takes, but without NOWAIT and SKIP LOCKED.
    pub fn share_lock_clause(&self) -> &'static str {
        if self.is_mysql_from(8, 0, 1) { "FOR SHARE" } else { "LOCK IN SHARE MODE" }
    }

    /// True if statements say replica where they said slave: from MySQL 8.0.22 on, and the old words left with 8.4.
    pub fn has_replica_statements(&self) -> bool {
        self.is_mysql_from(8, 0, 22)
    }

    /// True if the function JSON_TABLE takes a column of the row around it.
    pub fn has_json_table(&self) -> bool {
        self.is_mysql_from(8, 0, 4)
    }

    /// True if `FLUSH TABLES WITH READ LOCK` works: OceanBase and TiDB have no such lock.
    pub fn has_global_read_lock(&self) -> bool {
        matches!(self.flavour, Flavour::MySql | Flavour::MariaDb)
    }

    /// True if one packet may hold several statements without further settings; TiDB refuses them by default.
    pub fn has_multi_statements(&self) -> bool {
        self.flavour != Flavour::TiDb
    }

    /// True if warnings can be relied on: OceanBase sets `sql_notes` off and leaves most warnings out.
    pub fn has_reliable_warnings(&self) -> bool {
        self.flavour != Flavour::OceanBase
    }

    /// True if the server runs what stands in `/*!99999 … */` whatever the number, as OceanBase does: statements
    /// must be rewritten, not sent with such comments.
    pub fn runs_every_version_comment(&self) -> bool {
        self.flavour == Flavour::OceanBase
    }

    /// The longest `sql_select_limit` that the server stores unchanged, which is no limit.
    pub(super) fn unlimited_select(&self) -> u64 {
        match self.flavour {
            // seekdb 1.4 keeps it as a signed number.
            Flavour::OceanBase => i64::MAX as u64,
            _ => u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(version: &str, comment: &str) -> Server {
        let rows = [
            ("version", version),
            ("version_comment", comment),
            ("lower_case_table_names", "0"),
            ("max_allowed_packet", "67108864"),
        ];
        Server::from_variables(rows).unwrap()
    }

    #[test]
    fn each_product_is_told_by_its_own_version() {
        let seekdb = server(
            "5.7.25-OceanBase seekdb-v1.4.0.0",
            "OceanBase 4.3.5.3 seekdb (r1.4.0.0) (Built 1-d0cb Sep  8 2026)",
        );
        assert_eq!(
            (seekdb.flavour(), seekdb.version(), seekdb.is_seekdb()),
            (Flavour::OceanBase, Version::new(4, 3, 5), true)
        );
        let cluster = server("5.7.25-OceanBase_CE-v4.2.1.0", "OceanBase_CE 4.2.1.0 (r100) (Built)");
        assert_eq!((cluster.version(), cluster.is_seekdb()), (Version::new(4, 2, 1), false));
        let maria = server("5.5.5-10.11.18-MariaDB-0+deb12u1-log", "Debian 12");
        assert_eq!((maria.flavour(), maria.version()), (Flavour::MariaDb, Version::new(10, 11, 18)));
        let tidb = server("8.0.11-TiDB-v7.5.0", "TiDB Server");
        assert_eq!((tidb.flavour(), tidb.version()), (Flavour::TiDb, Version::new(7, 5, 0)));
        assert_eq!(server("9.7.4-2", "(Debian)").version(), Version::new(9, 7, 4));
    }

    #[test]
    fn statements_follow_the_version() {
        assert_eq!(server("8.4.0", "").binlog_status_statement(), Some("SHOW BINARY LOG STATUS"));
        assert_eq!(server("8.1.0", "").binlog_status_statement(), Some("SHOW MASTER STATUS"));
        assert_eq!(server("11.4.5-MariaDB", "").binlog_status_statement(), Some("SHOW MASTER STATUS"));
        assert_eq!(server("5.7.22-log", "").share_lock_clause(), "LOCK IN SHARE MODE");
        assert_eq!(server("8.0.15", "").share_lock_clause(), "FOR SHARE");
        assert_eq!(server("11.4.5-MariaDB", "").share_lock_clause(), "LOCK IN SHARE MODE");
    }

    #[test]
    fn a_server_without_its_variables_is_refused() {
        for rows in [
            vec![],
            vec![("version", "8.0.15"), ("lower_case_table_names", "0")],
            vec![("version", "x"), ("lower_case_table_names", "0"), ("max_allowed_packet", "1")],
            vec![("version", "8.0.15"), ("lower_case_table_names", "7"), ("max_allowed_packet", "1")],
        ] {
            assert!(matches!(Server::from_variables(rows), Err(Error::Unsupported { .. })));
        }
    }
}
