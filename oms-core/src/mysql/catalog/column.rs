//! Rows of `information_schema.COLUMNS` to columns.

use std::sync::Arc;

use crate::ddl::{Dialect, Product, canonical_default, hex_literal, now};
use crate::error::{Error, Result};
use crate::mysql::TextRow;
use crate::mysql::type_map::parse_declared;
use crate::schema::{Collation, Column, ColumnType, DefaultValue, Generated};

/// A column, and whether its DEFAULT must be looked up elsewhere.
pub(super) struct ReadColumn {
    pub(super) column: Column,
    /// `information_schema` does not tell the default for certain.
    pub(super) is_default_unsure: bool,
}

/// Reads a row of [`super::query::columns`].
pub(super) fn read(row: &TextRow, dialect: Dialect) -> Result<ReadColumn> {
    let declared = parse_declared(row.text(2)?, dialect)?;
    let mut column_type = declared.base;
    if let ColumnType::Geometry { srid, .. } = &mut column_type {
        *srid = row.number_or_null(9)?;
    }
    let extra = Extra::read(row.text(6)?)?;
    let generated = match extra.generated {
        Some(stored) => {
            let text = row.text_or_null(8)?.unwrap_or_default();
            Some(Generated { expression: expression(text, dialect).into(), stored })
        }
        None => None,
    };
    let default = match generated {
        Some(_) => Default::None,
        None => read_default(row.bytes(5)?, &column_type, extra.is_default_expression, dialect)?,
    };
    let comment = row.text_or_null(7)?.filter(|comment| !comment.is_empty());
    let is_default_unsure = matches!(default, Default::Unsure);
    // MySQL reports the collation `binary` of labels as none.
    let labels = matches!(column_type, ColumnType::Enum(_) | ColumnType::Set(_)).then_some("binary");
    let collation = row.text_or_null(4)?.or(labels).map(Collation::new);
    let column = Column::new(row.text(1)?, column_type)
        .with_nullable(row.text(3)? == "YES")
        .with_collation(collation)
        .with_default(match default {
            Default::Known(default) => Some(default),
            Default::None | Default::Unsure => None,
        })
        .with_on_update_now(extra.on_update_now)
        .with_auto_increment(extra.auto_increment)
        .with_invisible(extra.invisible)
        .with_boolean(declared.boolean)
        .with_generated(generated)
        .with_comment(comment.map(Arc::from));
    Ok(ReadColumn { column, is_default_unsure })
}

/// What the column EXTRA says.
#[derive(Default)]
struct Extra {
    auto_increment: bool,
    on_update_now: bool,
    invisible: bool,
    is_default_expression: bool,
    /// Stored rather than virtual.
    generated: Option<bool>,
}

impl Extra {
    fn read(text: &str) -> Result<Self> {
        let mut extra = Self::default();
        // OceanBase ends the text with a zero byte.
        let lower = text.to_ascii_lowercase().replace([',', '\0'], " ");
        let mut words = lower.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "auto_increment" => extra.auto_increment = true,
                "invisible" => extra.invisible = true,
                "default_generated" => extra.is_default_expression = true,
                "virtual" => extra.generated = Some(false),
                "stored" | "persistent" => extra.generated = Some(true),
                "generated" => {}
                // NOT SECONDARY says nothing about values.
                "not" if words.next() == Some("secondary") => {}
                "on" if words.next() == Some("update") => {
                    words.next();
                    extra.on_update_now = true;
                }
                _ => {
                    return Err(Error::unsupported(
                        "the schema model",
                        format!("the column property {text}"),
                    ));
                }
            }
        }
        Ok(extra)
    }
}

enum Default {
    None,
    Known(DefaultValue),
    Unsure,
}

fn read_default(
    bytes: Option<&[u8]>,
    column_type: &ColumnType,
    is_expression: bool,
    dialect: Dialect,
) -> Result<Default> {
    let Some(bytes) = bytes else {
        // MySQL 8.0.15 does not tell the expression of a TEXT or BLOB column.
        return Ok(if is_expression { Default::Unsure } else { Default::None });
    };
    let is_binary = matches!(column_type, ColumnType::Binary { .. } | ColumnType::VarBinary { .. });
    if is_binary && !is_expression {
        // MySQL cuts the value at its first zero byte or puts question marks for what is not UTF-8.
        return Ok(match dialect.product() {
            Product::OceanBase if !bytes.contains(&b'(') => {
                Default::Known(DefaultValue::Literal(hex_literal(bytes, column_type).into()))
            }
            _ => Default::Unsure,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Error::decode("a DEFAULT", "it is not UTF-8"))?;
    let is_time = matches!(column_type, ColumnType::DateTime { .. } | ColumnType::Timestamp { .. });
    if is_time && text.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP") {
        return Ok(Default::Known(DefaultValue::Expression(now(column_type).into())));
    }
    let literal =
        |text: &str| Default::Known(DefaultValue::Literal(canonical_default(text, column_type).into()));
    let expression = |text| Default::Known(DefaultValue::Expression(self::expression(text, dialect).into()));
    Ok(match dialect.product() {
        Product::MariaDb => match text {
            "NULL" => Default::None,
            _ => mariadb_default(text, column_type).map_or_else(|| expression(text), |text| literal(&text)),
        },
        _ if is_expression => expression(text),
        // OceanBase prints expressions and texts alike.
        Product::OceanBase if text.contains('(') => Default::Unsure,
        _ if matches!(column_type, ColumnType::Bit { .. }) => {
            Default::Known(DefaultValue::Literal(bit_literal(text).into()))
        }
        _ => literal(text),
    })
}

/// `b'00101'` without leading zeros.
fn bit_literal(text: &str) -> String {
    let digits = text.trim_start_matches("b'").trim_end_matches('\'').trim_start_matches('0');
    format!("b'{}'", if digits.is_empty() { "0" } else { digits })
}

/// MariaDB prints texts in quotes, numbers bare, and everything else as an expression.
fn mariadb_default(text: &str, column_type: &ColumnType) -> Option<String> {
    if matches!(column_type, ColumnType::Bit { .. }) {
        return Some(bit_literal(text));
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    if number.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    crate::ddl::string_literal(text)
}

/// An expression as the catalogue prints it, without the escapes that MySQL 8 adds and without outer parentheses.
pub(super) fn expression(text: &str, dialect: Dialect) -> String {
    let is_escaped = dialect.product() == Product::MySql && dialect >= Dialect::mysql(8, 0, 0);
    let text = match is_escaped {
        true => unescape(text),
        false => text.to_owned(),
    };
    crate::ddl::without_parentheses(&text).to_owned()
}

/// MySQL 8 escapes expressions once more when it stores them.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(match rest.next() {
                Some('0') => '\0',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('Z') => '\u{1a}',
                Some(other) => other,
                None => '\\',
            }),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_lose_the_escapes_of_the_catalogue() {
        let dialect = Dialect::mysql(9, 7, 4);
        let stored = r"concat(`b`,_utf8mb4\'it\\\'s\',_utf8mb4\'q\\\\n\')";
        assert_eq!(expression(stored, dialect), r"concat(`b`,_utf8mb4'it\'s',_utf8mb4'q\\n')");
        assert_eq!(expression("(`a` * 2)", dialect), "`a` * 2");
        assert_eq!(expression("(`a`) * (2)", dialect), "(`a`) * (2)");
        assert_eq!(expression(r"'it\'s'", Dialect::mysql(5, 7, 22)), r"'it\'s'");
    }

    #[test]
    fn extra_is_read_whole_or_refused() {
        let extra = Extra::read("DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6) INVISIBLE").unwrap();
        assert!(extra.is_default_expression && extra.on_update_now && extra.invisible);
        assert_eq!(Extra::read("STORED GENERATED").unwrap().generated, Some(true));
        assert!(Extra::read("auto_increment, INVISIBLE").unwrap().auto_increment);
        assert!(Extra::read("STORED GENERATED ALWAYS AS ROW START").is_err());
        assert!(Extra::read("not known").is_err());
    }

    #[test]
    fn defaults_of_mariadb_are_texts_numbers_or_expressions() {
        let column_type = ColumnType::VarChar { length: 20 };
        assert_eq!(mariadb_default(r"'it\'s'", &column_type).unwrap(), "it's");
        assert_eq!(mariadb_default("-1.5", &column_type).unwrap(), "-1.5");
        assert_eq!(mariadb_default("uuid()", &column_type), None);
        assert_eq!(mariadb_default("concat('a','b')", &column_type), None);
    }
}
