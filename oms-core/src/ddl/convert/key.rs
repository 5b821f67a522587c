//! Indexes and CHECK constraints.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::note::{Effect, Object, Rule};
use super::table::Findings;
use crate::ddl::lexer::Lexer;
use crate::ddl::{Product, SqlMode};
use crate::schema::{Check, Column, Key, KeyKind, KeyPart};

/// Brings the indexes of a table over, given its columns at the target.
pub(super) fn convert_keys(keys: &[Key], columns: &[Column], findings: &mut Findings<'_>) -> Vec<Key> {
    keys.iter().filter_map(|key| convert_key(key, columns, findings)).collect()
}

fn convert_key(source: &Key, columns: &[Column], findings: &mut Findings<'_>) -> Option<Key> {
    let object = Object::Key(Arc::clone(&source.name));
    let to = findings.conversion.to;
    let is_multi_valued = source.parts.iter().any(|part| is_multi_valued(part, findings.conversion.from));
    let has_expression = source.parts.iter().any(|part| matches!(part, KeyPart::Expression { .. }));
    let left_out = if is_multi_valued && !to.has_multi_valued_keys() {
        Some((Rule::MultiValuedKey, "index over array elements"))
    } else if has_expression && !to.has_functional_keys() {
        Some((Rule::FunctionalKey, "index over an expression"))
    } else if source.kind == KeyKind::Fulltext && to.is_oceanbase() && collations(source, columns).len() > 1 {
        Some((Rule::FulltextCollations, "FULLTEXT index"))
    } else {
        None
    };
    if let Some((rule, what)) = left_out {
        let from = if source.is_unique() { format!("unique {what}") } else { what.to_owned() };
        findings.note(object, rule, &from, "", Effect::LOSES);
        return None;
    }
    let mut key = source.clone();
    if source.kind == KeyKind::Primary && to.is_oceanbase() {
        let has_prefix =
            source.parts.iter().any(|part| matches!(part, KeyPart::Column { prefix: Some(_), .. }));
        if has_prefix {
            let reason = "it holds only the beginning of a column, and the target takes whole columns only; make the key of \
                          whole columns at the source";
            findings.refuse(object.clone(), Rule::PrimaryKeyPrefix, reason);
        }
    }
    if source.kind == KeyKind::Primary && to.is_oceanbase() && key.comment.take().is_some() {
        findings.note(object.clone(), Rule::KeyComment, "its comment", "", Effect::NONE);
    }
    if !to.has_descending_keys() {
        ascending(&mut key, &object, findings);
    }
    if !key.visible && !to.has_invisible_keys() {
        findings.note(object.clone(), Rule::InvisibleKey, "INVISIBLE", "VISIBLE", Effect::NONE);
        key.visible = true;
    }
    if let Some(parser) = source.parser.as_deref().filter(|parser| !has_parser(parser, findings)) {
        findings.note(
            object.clone(),
            Rule::FulltextParser,
            &format!("parser {parser}"),
            "",
            Effect::COMPARES,
        );
        key.parser = None;
    }
    for part in &mut key.parts {
        if let KeyPart::Expression { expression, .. } = part {
            *expression = findings.expression(&object, expression);
        }
    }
    Some(key)
}

fn ascending(key: &mut Key, object: &Object, findings: &mut Findings<'_>) {
    let mut changed = false;
    for part in &mut key.parts {
        let (KeyPart::Column { descending, .. } | KeyPart::Expression { descending, .. }) = part;
        changed |= std::mem::take(descending);
    }
    if changed {
        findings.note(object.clone(), Rule::DescendingKey, "DESC", "ASC", Effect::NONE);
    }
}

/// True for `CAST(… AS … ARRAY)`.
fn is_multi_valued(part: &KeyPart, from: crate::ddl::Dialect) -> bool {
    let KeyPart::Expression { expression, .. } = part else {
        return false;
    };
    let tokens: Vec<_> = Lexer::new(expression, from, SqlMode::default()).flatten().collect();
    tokens.windows(2).any(|pair| pair[0].is_word("ARRAY") && pair[1].is_symbol(")"))
}

/// The collations of the columns of an index.
fn collations<'a>(key: &Key, columns: &'a [Column]) -> BTreeSet<&'a str> {
    let column =
        |name: &str| columns.iter().find(|column| column.name().to_lowercase() == name.to_lowercase());
    let parts = key.parts.iter().filter_map(|part| match part {
        KeyPart::Column { column: name, .. } => column(name)?.collation(),
        KeyPart::Expression { .. } => None,
    });
    parts.map(|collation| collation.name()).collect()
}

/// True if the target has a parser of this name.
fn has_parser(parser: &str, findings: &Findings<'_>) -> bool {
    match findings.conversion.to.product() {
        Product::OceanBase => matches!(parser, "ngram" | "ik"),
        Product::MySql => matches!(parser, "ngram" | "mecab"),
        Product::MariaDb => false,
    }
}

/// Brings the CHECK constraints of a table over.
pub(super) fn convert_checks(checks: &[Check], findings: &mut Findings<'_>) -> Vec<Check> {
    checks.iter().filter_map(|check| convert_check(check, findings)).collect()
}

fn convert_check(source: &Check, findings: &mut Findings<'_>) -> Option<Check> {
    let object = Object::Constraint(Arc::clone(&source.name));
    let to = findings.conversion.to;
    let has_form = to.has_checks() && (source.enforced || to.has_unenforced_checks());
    if !has_form {
        let from = format!("CHECK ({})", source.expression);
        findings.note(object, Rule::Check, &from, "", Effect::LOSES);
        return None;
    }
    Some(Check { expression: findings.expression(&object, &source.expression), ..source.clone() })
}
