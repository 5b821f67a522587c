//! What only `SHOW CREATE TABLE` tells: parsers of FULLTEXT indexes, binary defaults, and for OceanBase whether a default
//! is an expression, and the indexes over its hidden columns.

use std::sync::Arc;

use super::Catalog;
use crate::ddl::{DdlContext, Dialect, Product, Statement};
use crate::error::{At, Error, Result};
use crate::mysql::{TextRow, parse_column_type, quote_ident, quote_table};
use crate::name::TableName;
use crate::schema::{Collation, Column, ColumnType, DefaultValue, SchemaSet, TableSchema};

impl Catalog<'_> {
    /// The table as `SHOW CREATE TABLE` has it, in our model; `columns` are the rows of its columns.
    pub(super) async fn shown(&mut self, name: &TableName, columns: &[TextRow]) -> Result<Arc<TableSchema>> {
        let sql = format!("SHOW CREATE TABLE {}", quote_table(name));
        let rows = self.session.query(sql).await?;
        let Some(row) = rows.first() else {
            return Err(Error::refused(At::table(name), "SHOW CREATE TABLE says nothing"));
        };
        let text = match self.dialect.is_oceanbase() {
            true => with_escaped_members(row.text(1)?, columns, self.dialect)?,
            false => row.text(1)?.to_owned(),
        };
        let context = DdlContext::new(self.dialect)
            .with_default_database(name.database())
            .with_name_case(crate::name::NameCase::Sensitive);
        let mut schemas = SchemaSet::new();
        // The statement gives its own character set; the database's stands in where it does not.
        schemas.set_database_collation(name.database(), Some(Collation::new("utf8mb4_bin")));
        let applied = Statement::parse(&text, &context)?.apply(&schemas)?;
        let after = applied.changes.into_iter().find_map(|change| change.after);
        after.ok_or_else(|| Error::refused(At::table(name), "SHOW CREATE TABLE gives no table"))
    }

    /// The default of a column that `information_schema` did not tell for certain.
    pub(super) async fn sure_default(
        &mut self,
        name: &TableName,
        column: &Column,
        shown: &TableSchema,
    ) -> Result<Option<DefaultValue>> {
        let position = shown.column_position(column.name());
        let default = position.and_then(|position| shown.columns()[position].default()).cloned();
        let is_binary =
            matches!(column.column_type(), ColumnType::Binary { .. } | ColumnType::VarBinary { .. });
        // Before MySQL 9.7 a question mark in a binary value may stand for bytes that are not UTF-8.
        let is_exact = match self.dialect.product() {
            Product::MySql => self.dialect >= Dialect::mysql(9, 7, 0),
            Product::MariaDb => false,
            Product::OceanBase => true,
        };
        let is_cut = match &default {
            Some(DefaultValue::Literal(text)) if is_binary && !is_exact => has_question_mark(text),
            _ => false,
        };
        if !is_cut {
            return Ok(default);
        }
        let place = At::table(name).column(Arc::clone(column.name()));
        let sql =
            format!("SELECT HEX(DEFAULT({})) FROM {} LIMIT 1", quote_ident(column.name()), quote_table(name));
        let rows = self.session.query(sql).await?;
        let Some(row) = rows.first() else {
            let reason = "this server tells the default of a binary column only while the table has rows; insert one, \
                          or drop the default";
            return Err(Error::refused(place, reason));
        };
        let hex = row.text(0)?;
        let bytes = crate::ddl::hex_bytes(hex)
            .ok_or_else(|| Error::decode("a DEFAULT", "it is no hexadecimal text"))?;
        let literal = crate::ddl::hex_literal(&bytes, column.column_type());
        Ok(Some(DefaultValue::Literal(literal.into())))
    }
}

/// OceanBase prints the members of ENUM and SET as they are, quotes included, so their types are replaced by what they
/// mean. A statement that is read wrongly nevertheless is refused, as it does not parse.
fn with_escaped_members(shown: &str, columns: &[TextRow], dialect: Dialect) -> Result<String> {
    let mut text = shown.to_owned();
    for row in columns {
        let (name, raw) = (row.text(1)?, row.text(2)?);
        if raw.starts_with("enum(") || raw.starts_with("set(") {
            let column_type = parse_column_type(raw, dialect)?;
            let name = quote_ident(name);
            text = text.replacen(&format!("{name} {raw}"), &format!("{name} {column_type}"), 1);
        }
    }
    Ok(text)
}

/// True if a literal of the form `0x…` holds the byte of a question mark.
fn has_question_mark(literal: &str) -> bool {
    let digits = literal.trim_start_matches("0x").as_bytes();
    digits.chunks(2).any(|pair| pair == b"3F")
}
