//! One column.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::collation::{self, Mapped};
use super::expression;
use super::note::{Effect, Object, Rule};
use super::table::Findings;
use crate::ddl::{Product, canonical_default};
use crate::mysql::quote_text;
use crate::schema::{Charset, Collation, Column, ColumnType, DefaultValue, Generated, LobSize};

/// The most bytes of a VARCHAR or VARBINARY of MySQL.
const MAX_VAR_BYTES: u64 = 65_535;
/// The most characters of a CHAR, and bytes of a BINARY, of MySQL.
const MAX_CHAR_LENGTH: u32 = 255;
/// The longest name of a column of OceanBase.
const MAX_NAME_BYTES: usize = 128;

/// Brings a column over; `keyed` are the columns by which rows are told apart, in lower case.
pub(super) fn convert(source: &Column, keyed: &BTreeSet<String>, findings: &mut Findings<'_>) -> Column {
    let object = Object::Column(Arc::clone(source.name()));
    let to = findings.conversion.to;
    if to.is_oceanbase() && source.name().len() > MAX_NAME_BYTES {
        let reason = "its name has more than 128 bytes; rename it by a mapping";
        findings.refuse(object.clone(), Rule::ColumnName, reason);
    }
    let is_key = keyed.contains(&source.name().to_lowercase());
    let collation = collation(source, is_key, &object, findings);
    let column_type = column_type(source, collation.as_ref(), &object, findings);
    let mut column = source
        .clone()
        .with_collation(collation.filter(|_| column_type.is_text()))
        .with_column_type(column_type);
    if source.is_invisible() && !to.has_invisible_columns() {
        findings.note(object.clone(), Rule::InvisibleColumn, "INVISIBLE", "VISIBLE", Effect::NONE);
        column = column.with_invisible(false);
    }
    let generated = source.generated().map(|generated| Generated {
        expression: findings.expression(&object, &generated.expression),
        stored: generated.stored,
    });
    let default = default(source, &object, findings);
    column.with_generated(generated).with_default(default)
}

fn collation(
    source: &Column,
    is_key: bool,
    object: &Object,
    findings: &mut Findings<'_>,
) -> Option<Collation> {
    let own = source.collation()?;
    let to = findings.conversion.to;
    let Mapped { mut collation, mut rule } = collation::map(own, is_key, to);
    if let ColumnType::Enum(labels) | ColumnType::Set(labels) = source.column_type()
        && rule.is_some()
        && !collation.is_binary()
        && collation::may_collide(labels)
    {
        let charset = collation.charset().unwrap_or(Charset::Utf8mb4);
        collation = Collation::new(format!("{charset}_bin"));
        rule = Some((Rule::Labels, Effect::COMPARES));
    }
    if let Some((rule, effect)) = rule {
        findings.note(object.clone(), rule, own.name(), collation.name(), effect);
    }
    Some(collation)
}

fn column_type(
    source: &Column,
    collation: Option<&Collation>,
    object: &Object,
    findings: &mut Findings<'_>,
) -> ColumnType {
    let to = findings.conversion.to;
    let own = source.column_type();
    let new = match own {
        ColumnType::Geometry { kind, srid: Some(srid) } if !to.has_srid() => {
            srid_left_out(*srid, object, findings);
            ColumnType::Geometry { kind: *kind, srid: None }
        }
        ColumnType::Vector { .. } if !to.has_vectors() => {
            let reason = "the target has no VECTOR columns; leave the column out by a mapping";
            findings.refuse(object.clone(), Rule::Vector, reason);
            own.clone()
        }
        ColumnType::Text(size) => {
            let charset = |collation: Option<&Collation>| collation.and_then(Collation::charset);
            let from = charset(source.collation()).unwrap_or(Charset::Utf8mb4);
            let grown = collation::grown(*size, from, charset(collation).unwrap_or(from));
            if grown != *size {
                let (from, to) = (own.to_string(), ColumnType::Text(grown).to_string());
                findings.note(object.clone(), Rule::TextSize, &from, &to, Effect::NONE);
            }
            ColumnType::Text(grown)
        }
        other if to.product() != Product::OceanBase => {
            let new = within_mysql(other, collation);
            if new != *other {
                findings.note(
                    object.clone(),
                    Rule::Length,
                    &other.to_string(),
                    &new.to_string(),
                    Effect::NONE,
                );
            }
            new
        }
        other => other.clone(),
    };
    if to.is_oceanbase() && matches!(new, ColumnType::Text(LobSize::Long) | ColumnType::Blob(LobSize::Long)) {
        let (from, to) = ("up to 4294967295 bytes", "up to 536870910 bytes");
        findings.note(object.clone(), Rule::LobLimit, from, to, Effect::NONE);
    }
    new
}

fn srid_left_out(srid: u32, object: &Object, findings: &mut Findings<'_>) {
    if findings.conversion.to.is_oceanbase() && srid != 0 {
        let reason = format!(
            "its values have SRID {srid}, and the target knows no spatial reference systems; store them without one at \
             the source, or leave the column out by a mapping"
        );
        findings.refuse(object.clone(), Rule::Srid, reason);
        return;
    }
    findings.note(object.clone(), Rule::Srid, &format!("SRID {srid}"), "", Effect::LOSES);
}

/// The type that holds the same values within the limits of MySQL.
fn within_mysql(own: &ColumnType, collation: Option<&Collation>) -> ColumnType {
    let char_bytes = collation.and_then(Collation::charset).map_or(4, Charset::max_char_bytes);
    let text = |length: u32| u64::from(length) * u64::from(char_bytes);
    let lob = |bytes: u64| match bytes {
        bytes if bytes <= LobSize::Normal.max_bytes() => LobSize::Normal,
        bytes if bytes <= LobSize::Medium.max_bytes() => LobSize::Medium,
        _ => LobSize::Long,
    };
    match own {
        ColumnType::VarChar { length } | ColumnType::Char { length } if text(*length) > MAX_VAR_BYTES => {
            ColumnType::Text(lob(text(*length)))
        }
        ColumnType::VarBinary { length } | ColumnType::Binary { length }
            if u64::from(*length) > MAX_VAR_BYTES =>
        {
            ColumnType::Blob(lob(u64::from(*length)))
        }
        ColumnType::Char { length } if *length > MAX_CHAR_LENGTH => ColumnType::VarChar { length: *length },
        ColumnType::Binary { length } if *length > MAX_CHAR_LENGTH => {
            ColumnType::VarBinary { length: *length }
        }
        other => other.clone(),
    }
}

fn default(source: &Column, object: &Object, findings: &mut Findings<'_>) -> Option<DefaultValue> {
    let default = source.default()?;
    let to = findings.conversion.to;
    let is_lob = source.column_type().is_lob();
    let is_now = matches!(source.column_type(), ColumnType::DateTime { .. } | ColumnType::Timestamp { .. })
        && *default == DefaultValue::Expression(crate::ddl::now(source.column_type()).into());
    let left_out = |findings: &mut Findings<'_>| {
        let from = match default {
            DefaultValue::Literal(_) => "a constant DEFAULT".to_owned(),
            DefaultValue::Expression(expression) => format!("DEFAULT ({expression})"),
        };
        findings.note(object.clone(), Rule::Default, &from, "", Effect::LOSES);
        None
    };
    match default {
        DefaultValue::Expression(_) if is_now => Some(default.clone()),
        DefaultValue::Expression(expression) => {
            if expression.eq_ignore_ascii_case("NULL") && source.is_nullable() && to.is_oceanbase() {
                return None;
            }
            // OceanBase keeps a constant in parentheses as a constant.
            if let Some(text) = expression::constant(expression).filter(|_| to.is_oceanbase() && !is_lob) {
                return Some(DefaultValue::Literal(canonical_default(&text, source.column_type()).into()));
            }
            if !to.has_expression_defaults() || (to.is_oceanbase() && is_lob) {
                return left_out(findings);
            }
            Some(DefaultValue::Expression(findings.expression(object, expression)))
        }
        // Only MariaDB has constants for these; where MySQL takes expressions, a constant is one.
        DefaultValue::Literal(text) if is_lob && to.product() != Product::MariaDb => {
            match to.product() == Product::MySql && to.has_expression_defaults() {
                true => Some(DefaultValue::Expression(quote_text(text).into())),
                false => left_out(findings),
            }
        }
        DefaultValue::Literal(_) => Some(default.clone()),
    }
}
