//! [`SessionOptions`]: what a session pins, so that no setting of the server changes a value or a count.

use std::fmt::Write;
use std::time::Duration;

use super::TextRow;
use crate::error::Result;
use crate::mysql::failure::Failure;
use crate::mysql::quote_text;
use crate::mysql::server::{Flavour, Server, Version};

/// What a session pins.
///
/// Always pinned: time zone UTC, character set utf8mb4, `autocommit=1`, and no limit on the rows, size or time of a
/// SELECT, since a server may have one for all sessions and would cut results short without an error.
///
/// # Units
///
/// All times are rounded up to what the server takes: whole seconds, or microseconds for OceanBase.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oms_core::mysql::SessionOptions;
/// let options = SessionOptions::default()
///     .with_foreign_key_checks(false)
///     .with_lock_wait_timeout(Duration::from_secs(5));
/// assert_eq!(options.foreign_key_checks, Some(false));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionOptions {
    /// The session's `sql_mode`, names joined by commas.
    pub sql_mode: Box<str>,
    /// Whether foreign keys are checked; `None` leaves it to the server.
    pub foreign_key_checks: Option<bool>,
    /// Whether secondary unique keys are checked at once; `None` leaves it to the server.
    pub unique_checks: Option<bool>,
    /// True if affected rows are those that matched, not those that changed.
    pub found_rows: bool,
    /// True if text comes in the character set of its column, unconverted, instead of utf8mb4.
    pub results_unconverted: bool,
    /// How long a statement waits for row and metadata locks.
    pub lock_wait_timeout: Duration,
    /// How long OceanBase lets a statement or transaction run; its own default is ten seconds a statement.
    pub statement_timeout: Duration,
    /// How long the server waits for an idle client, or for one that reads or sends slowly.
    pub idle_timeout: Duration,
    /// The most bytes that [`Session::query`](super::Session::query) collects.
    pub max_result_bytes: usize,
}

impl Default for SessionOptions {
    /// Strict mode with zero dates and invalid dates allowed, as data that exists must be carried; zero in an
    /// AUTO_INCREMENT column stays zero; an unknown engine is an error. The other values are those of a patient
    /// client.
    fn default() -> Self {
        Self {
            sql_mode: "STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"
                .into(),
            foreign_key_checks: None,
            unique_checks: None,
            found_rows: false,
            results_unconverted: false,
            lock_wait_timeout: Duration::from_secs(50),
            statement_timeout: Duration::from_secs(24 * 3600),
            idle_timeout: Duration::from_secs(8 * 3600),
            max_result_bytes: 256 << 20,
        }
    }
}

impl SessionOptions {
    /// The same with another `sql_mode`.
    #[must_use]
    pub fn with_sql_mode(mut self, modes: impl Into<Box<str>>) -> Self {
        self.sql_mode = modes.into();
        self
    }

    /// The same with foreign keys checked or not.
    #[must_use]
    pub fn with_foreign_key_checks(mut self, checks: bool) -> Self {
        self.foreign_key_checks = Some(checks);
        self
    }

    /// The same with secondary unique keys checked at once or not.
    #[must_use]
    pub fn with_unique_checks(mut self, checks: bool) -> Self {
        self.unique_checks = Some(checks);
        self
    }

    /// The same with affected rows counting matched rows, or changed ones.
    #[must_use]
    pub fn with_found_rows(mut self, found: bool) -> Self {
        self.found_rows = found;
        self
    }

    /// The same with text in the character set of its column, or in utf8mb4.
    #[must_use]
    pub fn with_results_unconverted(mut self, unconverted: bool) -> Self {
        self.results_unconverted = unconverted;
        self
    }

    /// The same with another bound for waiting for locks.
    #[must_use]
    pub fn with_lock_wait_timeout(mut self, timeout: Duration) -> Self {
        self.lock_wait_timeout = timeout;
        self
    }

    /// The same with another bound for statements and transactions of OceanBase.
    #[must_use]
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// The same with another bound for idle and slow clients.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// The same with another bound for collected results.
    #[must_use]
    pub fn with_max_result_bytes(mut self, bytes: usize) -> Self {
        self.max_result_bytes = bytes;
        self
    }

    /// The query whose row [`Self::check_pinned`] reads.
    pub(in crate::mysql) const PINNED: &str = "SELECT @@session.time_zone, @@session.character_set_client, \
        @@session.autocommit, @@session.sql_select_limit, @@session.sql_mode";

    /// Checks that what values and counts depend on is set as asked: some proxies answer SET themselves.
    pub(in crate::mysql) fn check_pinned(&self, server: &Server, rows: &[TextRow]) -> Result<()> {
        let refuse = |variable, wanted: &str, found: &str| {
            let failure = Failure::NotPinned { variable, wanted: wanted.into(), found: found.into() };
            Err(failure.during(server.connector(), "SET"))
        };
        let Some(row) = rows.first() else {
            return refuse("time_zone", "+00:00", "not known");
        };
        let limit = server.unlimited_select().to_string();
        let wanted = [
            ("time_zone", "+00:00"),
            ("character_set_client", "utf8mb4"),
            ("autocommit", "1"),
            ("sql_select_limit", &limit),
        ];
        for (column, (variable, wanted)) in wanted.into_iter().enumerate() {
            match row.text(column)? {
                found if found == wanted => {}
                found => return refuse(variable, wanted, found),
            }
        }
        let found = row.text(wanted.len())?;
        let has = |mode: &str| found.split(',').any(|found| found.eq_ignore_ascii_case(mode));
        let modes = self.sql_mode.split(',').map(str::trim);
        match modes.filter(|mode| !mode.is_empty()).find(|mode| !has(mode)) {
            Some(_) => refuse("sql_mode", &self.sql_mode, found),
            None => Ok(()),
        }
    }

    /// The SET statement that pins all this on `server`.
    pub(in crate::mysql) fn pin_statement(&self, server: &Server) -> String {
        let mut sql = String::from("SET NAMES utf8mb4, time_zone='+00:00', autocommit=1");
        let mut set = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = write!(sql, ", {name}={value}");
        };
        set("sql_mode", &quote_text(&self.sql_mode));
        for (name, checks) in
            [("foreign_key_checks", self.foreign_key_checks), ("unique_checks", self.unique_checks)]
        {
            if let Some(checks) = checks {
                set(name, &u8::from(checks));
            }
        }
        if self.results_unconverted {
            set("character_set_results", &"NULL");
        }
        set("sql_select_limit", &server.unlimited_select());
        set("sql_big_selects", &1);
        // It would be cut without an error.
        set("group_concat_max_len", &(1 << 30));
        // `WHERE id IS NULL` would find the row inserted last; UPDATE without a key would be refused.
        set("sql_auto_is_null", &0);
        set("sql_safe_updates", &0);
        let idle = seconds(self.idle_timeout);
        set("wait_timeout", &idle);
        set("net_write_timeout", &idle);
        set("net_read_timeout", &idle);
        if server.has_query_timeout() {
            let statement = micros(self.statement_timeout);
            set("ob_query_timeout", &statement);
            set("ob_trx_timeout", &statement);
            set("ob_trx_lock_timeout", &micros(self.lock_wait_timeout));
        } else {
            let lock = seconds(self.lock_wait_timeout);
            set("innodb_lock_wait_timeout", &lock);
            set("lock_wait_timeout", &lock);
        }
        match server.flavour() {
            Flavour::MySql if server.version() < Version::new(5, 7, 8) => {}
            Flavour::MySql | Flavour::TiDb => set("max_execution_time", &0),
            Flavour::MariaDb => set("max_statement_time", &0),
            Flavour::OceanBase => {}
        }
        sql
    }
}

/// Whole seconds in the range that every such variable takes: `wait_timeout` ends at 31536000.
fn seconds(time: Duration) -> u64 {
    let up = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    up.clamp(1, 31_536_000)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).clamp(1, i64::MAX as u64 / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(version: &str, extra: &str) -> Server {
        let rows = [
            ("version", version),
            ("version_comment", "OceanBase 4.3.5.3 seekdb"),
            ("lower_case_table_names", "0"),
            ("max_allowed_packet", "1048576"),
            (extra, "1"),
        ];
        Server::from_variables(rows).unwrap()
    }

    #[test]
    fn each_product_gets_the_knobs_that_work_there() {
        let options = SessionOptions::default().with_lock_wait_timeout(Duration::from_millis(1500));
        let mysql = options.pin_statement(&server("8.0.15", ""));
        assert!(mysql.contains(", innodb_lock_wait_timeout=2, lock_wait_timeout=2, max_execution_time=0"));
        assert!(!mysql.contains("ob_") && !mysql.contains("foreign_key_checks"));
        assert!(!options.pin_statement(&server("5.6.24-log", "")).contains("max_execution_time"));
        let seekdb = options.pin_statement(&server("5.7.25-OceanBase seekdb-v1.4.0.0", "ob_query_timeout"));
        assert!(seekdb.contains(
            ", ob_query_timeout=86400000000, ob_trx_timeout=86400000000, ob_trx_lock_timeout=1500000"
        ));
        assert!(!seekdb.contains("innodb"));
        let maria = options.pin_statement(&server("10.11.18-MariaDB", ""));
        assert!(maria.ends_with(", max_statement_time=0"));
    }

    #[test]
    fn times_stay_within_what_servers_take() {
        assert_eq!(seconds(Duration::ZERO), 1);
        assert_eq!(seconds(Duration::MAX), 31_536_000);
        assert_eq!(micros(Duration::MAX), i64::MAX as u64 / 2);
    }

    #[test]
    fn a_mode_cannot_leave_its_quotes() {
        let options = SessionOptions::default().with_sql_mode("'; DROP TABLE x");
        assert!(options.pin_statement(&server("8.0.15", "")).contains(r"sql_mode='\'; DROP TABLE x'"));
    }
}
