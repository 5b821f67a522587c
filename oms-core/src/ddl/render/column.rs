//! Column, index and constraint definitions.

use super::charset_clause;
use crate::ddl::Dialect;
use crate::mysql::{quote_ident, quote_table, quote_text};
use crate::schema::{
    Check, Collation, Column, ColumnType, DefaultValue, ForeignKey, GeometryKind, Key, KeyKind, KeyPart,
    ReferentialAction,
};

/// A column with its name, as CREATE TABLE, ADD, MODIFY and CHANGE take it; a collation that it would `inherit` is left
/// out.
pub(super) fn column_definition(column: &Column, inherit: Option<&Collation>, dialect: Dialect) -> String {
    let mut out = format!("{} {}", quote_ident(column.name()), type_name(column));
    if column.column_type().is_text()
        && let Some(collation) = column.collation().filter(|collation| inherit != Some(collation))
    {
        out.push(' ');
        out.push_str(&charset_clause(collation, dialect));
    }
    if let Some(generated) = column.generated() {
        let kept = if generated.stored { "STORED" } else { "VIRTUAL" };
        out.push_str(&format!(" GENERATED ALWAYS AS ({}) {kept}", generated.expression));
    }
    if !column.is_nullable() {
        out.push_str(" NOT NULL");
    } else if matches!(column.column_type(), ColumnType::Timestamp { .. }) && !column.is_generated() {
        // Where the old rules of TIMESTAMP hold, silence means NOT NULL.
        out.push_str(" NULL");
    }
    if let ColumnType::Geometry { srid: Some(srid), .. } = column.column_type() {
        out.push_str(&format!(" SRID {srid}"));
    }
    if let Some(default) = column.default() {
        out.push_str(&format!(" DEFAULT {}", default_text(default, column.column_type())));
    }
    if column.is_on_update_now() {
        out.push_str(&format!(" ON UPDATE {}", crate::ddl::now(column.column_type())));
    }
    if column.is_auto_increment() {
        out.push_str(" AUTO_INCREMENT");
    }
    if column.is_invisible() {
        out.push_str(" INVISIBLE");
    }
    if let Some(comment) = column.comment() {
        out.push_str(&format!(" COMMENT {}", quote_text(comment)));
    }
    out
}

fn type_name(column: &Column) -> String {
    match column.column_type() {
        ColumnType::Int { .. } if column.is_boolean() => "tinyint(1)".to_owned(),
        // MySQL 5.7 does not know the short name.
        ColumnType::Geometry { kind: GeometryKind::GeometryCollection, .. } => {
            "geometrycollection".to_owned()
        }
        other => other.to_string(),
    }
}

/// What stands behind DEFAULT.
pub(super) fn default_text(default: &DefaultValue, column_type: &ColumnType) -> String {
    match default {
        DefaultValue::Expression(expression) => {
            let is_now = matches!(column_type, ColumnType::DateTime { .. } | ColumnType::Timestamp { .. })
                && **expression == *crate::ddl::now(column_type);
            match is_now {
                true => expression.to_string(),
                false => format!("({expression})"),
            }
        }
        DefaultValue::Literal(text) => match column_type {
            ColumnType::Bit { .. } => text.to_string(),
            ColumnType::Binary { .. } | ColumnType::VarBinary { .. } if **text == *"0x" => "''".to_owned(),
            ColumnType::Binary { .. } | ColumnType::VarBinary { .. } => text.to_string(),
            _ => quote_text(text),
        },
    }
}

/// An index with its kind, as CREATE TABLE and ADD take it.
pub(super) fn key_definition(key: &Key) -> String {
    let head = match key.kind {
        KeyKind::Primary => "PRIMARY KEY".to_owned(),
        KeyKind::Unique => format!("UNIQUE KEY {}", quote_ident(&key.name)),
        KeyKind::Plain => format!("KEY {}", quote_ident(&key.name)),
        KeyKind::Fulltext => format!("FULLTEXT KEY {}", quote_ident(&key.name)),
        KeyKind::Spatial => format!("SPATIAL KEY {}", quote_ident(&key.name)),
    };
    let parts: Vec<String> = key.parts.iter().map(key_part).collect();
    let mut out = format!("{head} ({})", parts.join(", "));
    if let Some(parser) = &key.parser {
        out.push_str(&format!(" WITH PARSER {}", quote_ident(parser)));
    }
    if !key.visible {
        out.push_str(" INVISIBLE");
    }
    if let Some(comment) = &key.comment {
        out.push_str(&format!(" COMMENT {}", quote_text(comment)));
    }
    out
}

fn key_part(part: &KeyPart) -> String {
    let (mut out, descending) = match part {
        KeyPart::Column { column, prefix: Some(prefix), descending } => {
            (format!("{}({prefix})", quote_ident(column)), *descending)
        }
        KeyPart::Column { column, prefix: None, descending } => (quote_ident(column), *descending),
        KeyPart::Expression { expression, descending } => (format!("({expression})"), *descending),
    };
    if descending {
        out.push_str(" DESC");
    }
    out
}

/// A CHECK constraint with its name.
pub(super) fn check_definition(check: &Check) -> String {
    let enforced = if check.enforced { "" } else { " NOT ENFORCED" };
    format!("CONSTRAINT {} CHECK ({}){enforced}", quote_ident(&check.name), check.expression)
}

/// A foreign key with its name.
pub(super) fn foreign_key_definition(foreign_key: &ForeignKey) -> String {
    let list = |columns: &[std::sync::Arc<str>]| {
        columns.iter().map(|column| quote_ident(column)).collect::<Vec<_>>().join(", ")
    };
    let action = |event: &str, action: ReferentialAction| match action {
        ReferentialAction::NoAction => String::new(),
        ReferentialAction::Restrict => format!(" ON {event} RESTRICT"),
        ReferentialAction::Cascade => format!(" ON {event} CASCADE"),
        ReferentialAction::SetNull => format!(" ON {event} SET NULL"),
        ReferentialAction::SetDefault => format!(" ON {event} SET DEFAULT"),
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){}{}",
        quote_ident(&foreign_key.name),
        list(&foreign_key.columns),
        quote_table(&foreign_key.referenced_table),
        list(&foreign_key.referenced_columns),
        action("DELETE", foreign_key.on_delete),
        action("UPDATE", foreign_key.on_update),
    )
}
