//! Schemas to statements of a dialect.
//!
//! Everything is written for a session in the modes that [`crate::mysql::SessionOptions`] pins (strings in single quotes
//! with backslash escapes, identifiers in backticks, zero dates allowed) with `explicit_defaults_for_timestamp` on, as
//! [`session_statement`] sets it.

mod action;
mod alter;
mod column;
mod create;
mod oceanbase;

pub use alter::{render_alter, render_renames};
pub use create::{CreateStatements, render_create, render_create_database};

use super::{Dialect, Product};
use crate::schema::{Charset, Collation};

/// The statement that a session must run before DDL that is rendered here, if the product needs one.
///
/// Without it MySQL 5.7 and older MariaDB give a TIMESTAMP NOT NULL column a default of its own and keep it up to date
/// by themselves.
pub fn session_statement(dialect: Dialect) -> Option<&'static str> {
    match dialect.product() {
        Product::OceanBase => None,
        Product::MySql | Product::MariaDb => Some("SET SESSION explicit_defaults_for_timestamp = ON"),
    }
}

/// True for versions that know utf8mb3 by the name utf8 only.
fn says_utf8(dialect: Dialect) -> bool {
    match dialect.product() {
        Product::MySql => dialect < Dialect::mysql(8, 0, 30),
        Product::MariaDb => dialect < Dialect::mariadb(10, 6, 0),
        Product::OceanBase => false,
    }
}

/// `CHARACTER SET x COLLATE y` with the names that the dialect knows.
fn charset_clause(collation: &Collation, dialect: Dialect) -> String {
    let name = collation.name();
    let old_name = name.strip_prefix("utf8mb3_").filter(|_| says_utf8(dialect));
    match (old_name, collation.charset()) {
        (Some(rest), _) => format!("CHARACTER SET utf8 COLLATE utf8_{rest}"),
        (None, Some(Charset::Binary)) => "CHARACTER SET binary".to_owned(),
        (None, Some(charset)) => format!("CHARACTER SET {charset} COLLATE {name}"),
        (None, None) => format!("COLLATE {name}"),
    }
}
