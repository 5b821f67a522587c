//! The statements that the catalogue asks, per product.

use crate::ddl::{Dialect, Product};
use crate::mysql::quote_text;

/// The most tables that one question is about: bounds the memory of an answer and the length of the question.
pub(super) const MAX_TABLES: usize = 1_000;

/// The condition that picks some tables of a database.
pub(super) fn of_tables(database: &str, tables: &[&str]) -> String {
    let names: Vec<String> = tables.iter().map(|table| quote_text(table)).collect();
    format!("TABLE_SCHEMA = {} AND TABLE_NAME IN ({})", quote_text(database), names.join(","))
}

/// Name, kind, engine, stored options, default collation and comment of tables.
pub(super) fn tables(condition: &str) -> String {
    format!(
        "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_OPTIONS, TABLE_COLLATION, TABLE_COMMENT \
         FROM information_schema.TABLES WHERE {condition}"
    )
}

/// Columns in their order.
pub(super) fn columns(condition: &str, dialect: Dialect) -> String {
    let srid = if dialect.has_srid() { "SRS_ID" } else { "NULL" };
    format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLLATION_NAME, COLUMN_DEFAULT, EXTRA, \
         COLUMN_COMMENT, GENERATION_EXPRESSION, {srid} \
         FROM information_schema.COLUMNS WHERE {condition} ORDER BY TABLE_NAME, ORDINAL_POSITION"
    )
}

/// Parts of indexes in their order.
pub(super) fn keys(condition: &str, dialect: Dialect) -> String {
    let expression = if dialect.has_functional_keys() { "EXPRESSION" } else { "NULL" };
    let visible = match dialect.product() {
        Product::MariaDb if dialect >= Dialect::mariadb(10, 6, 0) => "IF(IGNORED = 'YES', 'NO', 'YES')",
        Product::MariaDb => "'YES'",
        _ if dialect.has_invisible_keys() => "IS_VISIBLE",
        _ => "'YES'",
    };
    format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE, COLUMN_NAME, SUB_PART, COLLATION, INDEX_COMMENT, \
         {visible}, {expression} \
         FROM information_schema.STATISTICS WHERE {condition} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
    )
}

/// Columns of foreign keys in their order.
pub(super) fn foreign_keys(condition: &str) -> String {
    format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, \
         REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
         WHERE {condition} AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"
    )
}

/// What foreign keys do.
pub(super) fn actions(condition: &str) -> String {
    let condition = condition.replacen("TABLE_SCHEMA", "CONSTRAINT_SCHEMA", 1);
    format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE {condition}"
    )
}

/// CHECK constraints; `None` where the server has none.
pub(super) fn checks(condition: &str, dialect: Dialect) -> Option<String> {
    if !dialect.has_checks() {
        return None;
    }
    if dialect.product() == Product::MariaDb {
        let condition = condition.replacen("TABLE_SCHEMA", "CONSTRAINT_SCHEMA", 1);
        return Some(format!(
            "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, 'YES' \
             FROM information_schema.CHECK_CONSTRAINTS WHERE {condition}"
        ));
    }
    let condition =
        condition.replacen("TABLE_SCHEMA", "t.TABLE_SCHEMA", 1).replacen("TABLE_NAME", "t.TABLE_NAME", 1);
    Some(format!(
        "SELECT t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED \
         FROM information_schema.TABLE_CONSTRAINTS t JOIN information_schema.CHECK_CONSTRAINTS c \
         ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME \
         WHERE {condition} AND t.CONSTRAINT_TYPE = 'CHECK'"
    ))
}

/// Partitions and subpartitions in their order.
pub(super) fn partitions(condition: &str) -> String {
    format!(
        "SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_METHOD, SUBPARTITION_METHOD, \
         PARTITION_EXPRESSION, SUBPARTITION_EXPRESSION, PARTITION_DESCRIPTION, PARTITION_COMMENT \
         FROM information_schema.PARTITIONS WHERE {condition} AND PARTITION_NAME IS NOT NULL \
         ORDER BY TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION"
    )
}
