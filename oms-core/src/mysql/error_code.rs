//! What to do about an error of a server: its number and SQLSTATE, never its text, decide the [`ErrorClass`].

use super::server::Flavour;
use crate::error::ErrorClass;

/// What to do about error `code` of a server.
///
/// MariaDB, OceanBase and MySQL use numbers above 3000 for different things (4025 is a failed CHECK at one and an
/// internal fault at another), so the flavour decides which table is read. A number that no table has goes by the
/// class of its SQLSTATE; what is still unknown is [`ErrorClass::Fatal`], because repeating what is not understood
/// may repeat damage.
///
/// # Sources
///
/// MySQL 9.7 "Server Error Message Reference"; MariaDB Knowledge Base, "MariaDB Error Codes"; seekdb 1.4, by
/// producing the errors (`tests/it/session.rs`).
pub fn class_of(flavour: Flavour, code: u16, sqlstate: &str) -> ErrorClass {
    let own = match flavour {
        Flavour::OceanBase => oceanbase(code, sqlstate),
        Flavour::MariaDb => mariadb(code),
        Flavour::MySql => mysql(code),
        Flavour::TiDb => tidb(code),
    };
    own.or_else(|| shared(code)).unwrap_or_else(|| by_sqlstate(sqlstate))
}

/// Numbers below 3000, and those above that several servers took over with their meaning.
fn shared(code: u16) -> Option<ErrorClass> {
    use ErrorClass::{Data, Fatal, Transient};
    Some(match code {
        // The transaction or the statement lost against another one and left nothing behind: lock wait 1205,
        // deadlock 1213, both for metadata locks (1689, 3058), lock not available (3572), snapshot or metadata
        // changed under the reader (1020, 1412, 1615), lock table full (1206), XA branch rolled back (1402, 1613,
        // 1614), too many transactions (1637), commit refused (1180, 3101: another member of the group won).
        1205 | 1213 | 1689 | 3058 | 3572 => Transient,
        1020 | 1412 | 1615 | 1206 | 1402 | 1613 | 1614 | 1637 | 1180 | 3101 => Transient,
        // The server has no room for another session or thread now: 1040, 1041, 1135, 1203, 1226.
        1040 | 1041 | 1135 | 1203 | 1226 => Transient,
        // The session or the network ended: shutdown 1053, 1077, 1079, aborted 1152, 1184, reading and writing
        // packets 1158 to 1161, lost 2006, 2013, killed 3169, offline mode 3032.
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 2006 | 2013 | 3169 | 3032 => Transient,
        // Somebody, or a limit of the server, stopped the statement; it may pass next time: 1317, 3024.
        1317 | 3024 => Transient,
        // The server became read-only, as happens while another one takes over: 1290, 1836, 1792.
        1290 | 1836 | 1792 => Transient,
        // A value does not fit its column, its key or its table; the statement was rolled back and repeating it
        // gives the same answer.
        1022 | 1062 | 1169 | 1586 => Data,
        1048 | 1263 | 1264 | 1265 | 1292 | 1300 | 1364 | 1365 | 1366 | 1367 | 1406 | 1411 | 1416 => Data,
        1690 | 3037 | 3105 | 3140 | 3141 | 3156 | 3616 | 3617 | 3643 => Data,
        1216 | 1217 | 1451 | 1452 | 1526 | 1748 | 3819 => Data,
        // A trigger refuses the row.
        1644 => Data,
        // One statement is larger than the server takes: the row cannot be carried, or the batch must be cut.
        1153 => Data,
        // The log that was asked for is not there, or cannot be read. Who asked knows whether it was purged.
        1236 => Fatal,
        // Wrong or missing rights: 1044, 1045, 1129, 1130, 1142, 1143, 1227, 1370, 1698; unknown plugin 1251, 1524.
        1044 | 1045 | 1129 | 1130 | 1142 | 1143 | 1227 | 1251 | 1370 | 1524 | 1698 => Fatal,
        // No space left, or a table that needs repair: 1021, 1030, 1114, 1194, 1195.
        1021 | 1030 | 1114 | 1194 | 1195 => Fatal,
        _ => return None,
    })
}

fn mysql(code: u16) -> Option<ErrorClass> {
    use ErrorClass::{Data, Transient};
    Some(match code {
        // Disconnected for being idle.
        4031 => Transient,
        // A value that a functional index or a JSON schema does not take.
        3751 | 3752 | 3902 | 3903 | 3904 | 3907 => Data,
        _ => return None,
    })
}

fn mariadb(code: u16) -> Option<ErrorClass> {
    use ErrorClass::{Data, Transient};
    Some(match code {
        // Killed 1927; longer than max_statement_time 1969.
        1927 | 1969 => Transient,
        // A CHECK failed, which is also how a malformed JSON column shows.
        4025 => Data,
        _ => return None,
    })
}

fn oceanbase(code: u16, sqlstate: &str) -> Option<ErrorClass> {
    use ErrorClass::{Fatal, Transient};
    Some(match code {
        // Statement timeout (HY000), or transaction timeout or unknown outcome (25000): whoever commits looks up
        // its checkpoint row before it repeats anything.
        4012 => Transient,
        // Memory of the tenant or of its memstore is full; flushing frees it: 4013, 4030, 4080.
        4013 | 4030 | 4080 => Transient,
        // Disk of data (4184) or of the log (4264) is full.
        4184 | 4264 => Fatal,
        // Leader switch, location cache, schema refresh, partition transfer.
        4023 | 4036 | 4038 | 4065 | 4121 | 4122 | 4225 | 4654 | 4664 | 4716 | 5627 => Transient,
        // The snapshot is too old (4138) or still ahead (4344): a new one is taken on reopening.
        4138 | 4344 => Transient,
        // The session was killed.
        5066 => Transient,
        // The transaction was rolled back: 6002, its timeouts and unknown results 6210 to 6230, write conflict
        // 6235, no longer alive 6241, 6243.
        6002 | 6210..=6230 | 6235 | 6241 | 6243 => Transient,
        _ if sqlstate.starts_with("25") && code >= 4000 => Transient,
        _ => return None,
    })
}

fn tidb(code: u16) -> Option<ErrorClass> {
    Some(match code {
        // Write conflict, region or store unavailable, schema changed, too many waiters.
        8002 | 8005 | 8022 | 8028 | 9001..=9007 => ErrorClass::Transient,
        _ => return None,
    })
}

/// True if the server closes the connection after this error.
pub(super) fn ends_session(flavour: Flavour, code: u16) -> bool {
    match code {
        // Shutdown, aborted, unreadable packets, lost, killed.
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 2006 | 2013 | 3169 => true,
        // Packet too large: OceanBase reads it to its end and goes on.
        1153 => flavour != Flavour::OceanBase,
        1927 => flavour == Flavour::MariaDb,
        4031 => flavour == Flavour::MySql,
        5066 => flavour == Flavour::OceanBase,
        _ => false,
    }
}

/// The class of an SQLSTATE, for numbers that are not known.
fn by_sqlstate(sqlstate: &str) -> ErrorClass {
    match sqlstate.get(..2) {
        // Connection exception; transaction rollback.
        Some("08" | "40") => ErrorClass::Transient,
        // Data exception; integrity constraint; check option; raised by SIGNAL.
        Some("22" | "23" | "44" | "45") => ErrorClass::Data,
        _ => ErrorClass::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_means_different_things_to_different_servers() {
        assert_eq!(class_of(Flavour::MariaDb, 4025, "23000"), ErrorClass::Data);
        assert_eq!(class_of(Flavour::OceanBase, 4025, "HY000"), ErrorClass::Fatal);
        assert_eq!(class_of(Flavour::OceanBase, 4012, "25000"), ErrorClass::Transient);
        assert_eq!(class_of(Flavour::MySql, 4012, "HY000"), ErrorClass::Fatal);
        assert_eq!(class_of(Flavour::OceanBase, 4030, "HY000"), ErrorClass::Transient);
        assert_eq!(class_of(Flavour::MySql, 4030, "HY000"), ErrorClass::Fatal);
    }

    #[test]
    fn conflicts_are_retried_and_data_is_not() {
        for flavour in [Flavour::MySql, Flavour::MariaDb, Flavour::OceanBase, Flavour::TiDb] {
            for code in [1205, 1213, 2006, 2013, 1317, 1290] {
                assert_eq!(class_of(flavour, code, "HY000"), ErrorClass::Transient, "{flavour:?} {code}");
            }
            for code in [1062, 1366, 1406, 1452, 1153, 1644] {
                assert_eq!(class_of(flavour, code, "HY000"), ErrorClass::Data, "{flavour:?} {code}");
            }
            for code in [1045, 1064, 1142, 1146, 1227, 1236, 1054] {
                assert_eq!(class_of(flavour, code, "42000"), ErrorClass::Fatal, "{flavour:?} {code}");
            }
        }
    }

    #[test]
    fn an_unknown_number_goes_by_its_sqlstate() {
        assert_eq!(class_of(Flavour::MySql, 65000, "40001"), ErrorClass::Transient);
        assert_eq!(class_of(Flavour::MySql, 65000, "22032"), ErrorClass::Data);
        assert_eq!(class_of(Flavour::MySql, 65000, "HY000"), ErrorClass::Fatal);
        assert_eq!(class_of(Flavour::MySql, 65000, ""), ErrorClass::Fatal);
        assert_eq!(class_of(Flavour::MySql, 65000, "é"), ErrorClass::Fatal);
    }
}
