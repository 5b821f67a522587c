//! The kinds of server. A further kind is one file that implements [`Kind`] and one line in `table.rs`.

mod contract;
mod mariadb;
mod mysql;
mod mysql_artefact;
mod seekdb;
mod sql;
mod table;
mod words;

pub(crate) use contract::{Kind, Place};
pub(crate) use table::{KINDS, by_name};
