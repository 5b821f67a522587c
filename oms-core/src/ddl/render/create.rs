//! CREATE TABLE, with what is held back until the rows are there.

use super::action::visibility;
use super::charset_clause;
use super::column::{check_definition, column_definition, foreign_key_definition, key_definition};
use crate::ddl::{Dialect, Product};
use crate::mysql::{quote_ident, quote_table, quote_text};
use crate::schema::{Collation, Key, KeyKind, KeyPart, TableSchema};

/// The statements that make a table, in the order in which a copy runs them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreateStatements {
    /// The table with its primary key and unique indexes.
    pub create_table: String,
    /// The other indexes, to be made when the rows are there.
    pub secondary_indexes: Vec<String>,
    /// Foreign keys, to be made when the rows of all tables are there.
    pub foreign_keys: Vec<String>,
}

/// Renders a table for a dialect that has everything that the table uses; [`Conversion`](crate::ddl::Conversion) sees to that.
///
/// # Examples
///
/// ```
/// use oms_core::TableName;
/// use oms_core::ddl::{Dialect, render_create};
/// use oms_core::schema::{Column, ColumnType, Key, KeyKind, TableSchema};
/// let columns = vec![Column::new("day", ColumnType::Date).with_nullable(false), Column::new("n", ColumnType::Year)];
/// let table = TableSchema::new(TableName::new("shop", "days"), columns)
///     .with_keys(vec![Key::unique("PRIMARY", KeyKind::Primary, ["day"]), Key::unique("n", KeyKind::Plain, ["n"])]);
/// let statements = render_create(&table, Dialect::mysql(9, 7, 4));
/// assert_eq!(statements.create_table, "CREATE TABLE `shop`.`days` (\n  `day` date NOT NULL,\n  `n` year,\n  PRIMARY KEY (`day`)\n)");
/// assert_eq!(statements.secondary_indexes, ["ALTER TABLE `shop`.`days` ADD KEY `n` (`n`)"]);
/// ```
pub fn render_create(table: &TableSchema, dialect: Dialect) -> CreateStatements {
    let (own, later): (Vec<&Key>, Vec<&Key>) =
        table.keys().iter().partition(|key| key.is_unique() || serves_auto_increment(key, table));
    let columns = table.columns().iter();
    let mut elements: Vec<String> =
        columns.map(|column| column_definition(column, table.collation(), dialect)).collect();
    elements.extend(own.into_iter().map(key_definition));
    elements.extend(table.checks().iter().map(check_definition));
    let mut create_table =
        format!("CREATE TABLE {} (\n  {}\n)", quote_table(table.name()), elements.join(",\n  "));
    create_table.push_str(&table_options(table, dialect));
    if let Some(partitioning) = table.partitioning() {
        create_table.push_str(&format!("\n{partitioning}"));
    }
    let alter = format!("ALTER TABLE {}", quote_table(table.name()));
    let add = |definitions: &[String]| format!("{alter} {}", definitions.join(", "));
    let foreign_keys = table.foreign_keys().iter();
    // OceanBase takes INVISIBLE with an index that is added, and forgets it.
    let forgotten = later.iter().filter(|key| !key.visible && dialect.is_oceanbase());
    let hidden: Vec<String> = forgotten.map(|key| format!("{alter} {}", visibility(key))).collect();
    CreateStatements {
        create_table,
        secondary_indexes: grouped(later, dialect).iter().map(|group| add(group)).chain(hidden).collect(),
        foreign_keys: foreign_keys
            .map(|key| format!("{alter} ADD {}", foreign_key_definition(key)))
            .collect(),
    }
}

/// CREATE DATABASE, unless it is there.
pub fn render_create_database(database: &str, collation: Option<&Collation>, dialect: Dialect) -> String {
    let charset = collation.map(|collation| format!(" {}", charset_clause(collation, dialect)));
    format!("CREATE DATABASE IF NOT EXISTS {}{}", quote_ident(database), charset.unwrap_or_default())
}

/// An AUTO_INCREMENT column must begin an index from the start.
fn serves_auto_increment(key: &Key, table: &TableSchema) -> bool {
    let is_auto = |name: &str| {
        let position = table.column_position(name);
        position.is_some_and(|position| table.columns()[position].is_auto_increment())
    };
    // MyISAM tables may have it in a later part.
    key.parts.iter().any(|part| matches!(part, KeyPart::Column { column, .. } if is_auto(column)))
}

/// MySQL makes many indexes in one pass over the table, but FULLTEXT and SPATIAL ones one at a time; OceanBase makes each
/// on its own.
fn grouped(keys: Vec<&Key>, dialect: Dialect) -> Vec<Vec<String>> {
    let (plain, special): (Vec<&Key>, Vec<&Key>) = keys
        .into_iter()
        .partition(|key| key.kind == KeyKind::Plain && dialect.product() != Product::OceanBase);
    let add = |key: &Key| format!("ADD {}", key_definition(key));
    let mut groups: Vec<Vec<String>> = Vec::new();
    if !plain.is_empty() {
        groups.push(plain.into_iter().map(add).collect());
    }
    groups.extend(special.into_iter().map(|key| vec![add(key)]));
    groups
}

/// Options behind the closing parenthesis, with a space before each.
fn table_options(table: &TableSchema, dialect: Dialect) -> String {
    let mut out = String::new();
    if let Some(collation) = table.collation() {
        out.push_str(&format!(" DEFAULT {}", charset_clause(collation, dialect)));
    }
    for (name, value) in table.options() {
        out.push_str(&format!(" {}", storage_option(name, value)));
    }
    if let Some(comment) = table.comment() {
        out.push_str(&format!(" COMMENT={}", quote_text(comment)));
    }
    out
}

/// `NAME=value`.
pub(super) fn storage_option(name: &str, value: &str) -> String {
    let is_bare = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !value.is_empty();
    match is_bare {
        true => format!("{}={value}", name.to_ascii_uppercase()),
        false => format!("{}={}", name.to_ascii_uppercase(), quote_text(value)),
    }
}
