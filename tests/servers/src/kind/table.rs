//! The table of kinds.

use super::{Kind, mariadb, mysql, mysql_artefact, seekdb};

/// All kinds.
pub(crate) static KINDS: [&dyn Kind; 5] = [
    &mysql::MYSQL,
    &mysql_artefact::MYSQL_5_7,
    &mysql_artefact::MYSQL_8_0,
    &mariadb::MARIADB,
    &seekdb::SEEKDB,
];

/// Returns the kind of a name.
pub(crate) fn by_name(name: &str) -> Option<&'static dyn Kind> {
    KINDS.into_iter().find(|kind| kind.name() == name)
}
