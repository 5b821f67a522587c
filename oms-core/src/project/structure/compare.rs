//! What is otherwise at the target than the conversion makes it.

use std::sync::Arc;

use super::report::{DifferenceKind, TableDifference, TableState};
use crate::ddl::Object;
use crate::schema::{
    Change, Collation, Column, ColumnDiff, DefaultValue, Difference, ForeignKey, Key, KeyKind, KeyPart,
    SchemaDiff, TableSchema, misfit,
};

/// What of a table is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Before the copy: indexes and foreign keys that come after it may be missing.
    BeforeCopy,
    /// Everything.
    Whole,
}

/// The differences of a table at the target from what it should be.
pub(super) fn differences(found: &TableSchema, wanted: &TableSchema, scope: Scope) -> Vec<TableDifference> {
    let diff = SchemaDiff::between(found, wanted, &[]);
    let mut list = Vec::new();
    for column in &diff.columns {
        list.push(column_difference(column));
    }
    let is_held_back = |key: &Key| scope == Scope::BeforeCopy && !key.is_unique();
    for key in &diff.keys {
        let object = |key: &Key| Object::Key(Arc::clone(&key.name));
        match key {
            Difference::Added(key) if is_held_back(key) => {}
            Difference::Added(key) => {
                let blocks = key.kind == KeyKind::Primary;
                list.push(missing(object(key), &format!("is missing: {}", describe_key(key)), blocks));
            }
            Difference::Dropped(key) => {
                let detail = format!("is not wanted: {}", describe_key(key));
                list.push(extra(object(key), &detail, key.kind == KeyKind::Primary));
            }
            Difference::Changed { before, after } => {
                let detail = format!("is {}, wanted {}", describe_key(before), describe_key(after));
                let blocks = before.parts != after.parts && after.kind == KeyKind::Primary;
                list.push(changed(object(after), &detail, blocks));
            }
        }
    }
    let constraint = |name: &Arc<str>| Object::Constraint(Arc::clone(name));
    for key in &diff.foreign_keys {
        match key {
            Difference::Added(_) if scope == Scope::BeforeCopy => {}
            Difference::Added(key) => {
                let detail = format!("is missing: {}", describe_foreign_key(key));
                list.push(missing(constraint(&key.name), &detail, false));
            }
            Difference::Dropped(key) => {
                let detail = format!("is not wanted: {}", describe_foreign_key(key));
                list.push(extra(constraint(&key.name), &detail, false));
            }
            Difference::Changed { before, after } => {
                let (is, wanted) = (describe_foreign_key(before), describe_foreign_key(after));
                let detail = format!("is {is}, wanted {wanted}");
                list.push(changed(constraint(&after.name), &detail, false));
            }
        }
    }
    for check in &diff.checks {
        list.push(match check {
            Difference::Added(check) => missing(constraint(&check.name), "is missing: a CHECK", false),
            Difference::Dropped(check) => extra(constraint(&check.name), "is not wanted: a CHECK", false),
            Difference::Changed { after, .. } => {
                changed(constraint(&after.name), "is another CHECK than wanted", false)
            }
        });
    }
    list.extend(table_differences(&diff));
    list
}

/// What the table is at the target, given what is otherwise.
pub(super) fn state_of(differences: &[TableDifference]) -> TableState {
    match differences {
        [] => TableState::Same,
        list if list.iter().any(|difference| difference.blocks) => TableState::Differs,
        _ => TableState::Compatible,
    }
}

/// What is otherwise about the table as a whole.
fn table_differences(diff: &SchemaDiff) -> Vec<TableDifference> {
    let mut list = Vec::new();
    let text = |text: &Option<Arc<str>>| text.as_deref().unwrap_or("none").to_owned();
    if let Some(Change { before, after }) = &diff.collation {
        let name = |collation: &Option<Collation>| {
            collation.as_ref().map_or("none", |collation| collation.name()).to_owned()
        };
        let detail = format!("has the default collation {}, wanted {}", name(before), name(after));
        list.push(changed(Object::Table, &detail, false));
    }
    if diff.comment.is_some() {
        list.push(changed(Object::Table, "has another comment than wanted", false));
    }
    for (name, Change { before, after }) in &diff.options {
        let detail = format!("has {name}={}, wanted {}", text(before), text(after));
        list.push(changed(Object::Table, &detail, false));
    }
    if let Some(Change { before, after }) = &diff.partitioning {
        let detail = match (before, after) {
            (None, _) => "is not partitioned as wanted",
            (_, None) => "is partitioned, which is not wanted",
            _ => "is partitioned otherwise than wanted",
        };
        // A row that belongs to no partition is refused, never lost.
        list.push(changed(Object::Table, detail, false));
    }
    list
}

fn column_difference(diff: &ColumnDiff) -> TableDifference {
    let object = |column: &Column| Object::Column(Arc::clone(column.name()));
    match diff {
        ColumnDiff::Added { column, .. } => {
            missing(object(column), &format!("is missing: {}", column.column_type()), true)
        }
        ColumnDiff::Dropped(column) => {
            let fills_itself = column.is_nullable()
                || column.default().is_some()
                || column.is_generated()
                || column.is_auto_increment();
            match fills_itself {
                true => extra(object(column), "is not wanted, and fills itself", false),
                false => extra(object(column), "is not wanted, and NOT NULL without a default", true),
            }
        }
        ColumnDiff::Changed { before, after, moved } => {
            let (detail, blocks) = column_change(before, after, moved.is_some());
            changed(object(after), &detail, blocks)
        }
    }
}

/// What is otherwise about a column that is on both sides, and whether it stands against the copy.
fn column_change(found: &Column, wanted: &Column, is_moved: bool) -> (String, bool) {
    let mut details = Vec::new();
    let mut blocks = false;
    if found.column_type() != wanted.column_type() {
        let (is, should) = (found.column_type(), wanted.column_type());
        match misfit(should, is) {
            Some(reason) => {
                blocks = true;
                details.push(format!("is {is}, which does not hold every {should}: {reason}"));
            }
            None => details.push(format!("is {is}, wanted {should}")),
        }
    }
    if found.is_nullable() != wanted.is_nullable() {
        // A NULL would be refused.
        blocks |= wanted.is_nullable();
        let text = |nullable| if nullable { "NULL" } else { "NOT NULL" };
        details.push(format!("is {}, wanted {}", text(found.is_nullable()), text(wanted.is_nullable())));
    }
    if found.collation() != wanted.collation() {
        let name = |column: &Column| column.collation().map_or("none", Collation::name).to_owned();
        details.push(format!("has collation {}, wanted {}", name(found), name(wanted)));
    }
    match (found.generated(), wanted.generated()) {
        (None, None) => {}
        (Some(_), None) => {
            blocks = true;
            details.push("is generated at the target, so its values cannot be written".to_owned());
        }
        (None, Some(_)) => details.push("is not generated at the target".to_owned()),
        (Some(is), Some(should)) if is != should => {
            details.push("is generated otherwise than wanted".to_owned());
        }
        (Some(_), Some(_)) => {}
    }
    if found.default() != wanted.default() {
        let text = |default: Option<&DefaultValue>| match default {
            None => "no default",
            Some(DefaultValue::Literal(_)) => "a constant default",
            Some(DefaultValue::Expression(_)) => "an expression as default",
        };
        let (is, should) = (text(found.default()), text(wanted.default()));
        details.push(match is == should {
            true => "has another default than wanted".to_owned(),
            false => format!("has {is}, wanted {should}"),
        });
    }
    let flags = [
        ("AUTO_INCREMENT", found.is_auto_increment(), wanted.is_auto_increment()),
        ("ON UPDATE", found.is_on_update_now(), wanted.is_on_update_now()),
        ("INVISIBLE", found.is_invisible(), wanted.is_invisible()),
    ];
    for (name, is, should) in flags.into_iter().filter(|(_, is, should)| is != should) {
        let text = |has| if has { name.to_owned() } else { format!("not {name}") };
        details.push(format!("is {}, wanted {}", text(is), text(should)));
    }
    if found.comment() != wanted.comment() {
        details.push("has another comment than wanted".to_owned());
    }
    if is_moved {
        details.push("stands at another place".to_owned());
    }
    if details.is_empty() {
        details.push("is not as wanted".to_owned());
    }
    (details.join(", "), blocks)
}

fn describe_key(key: &Key) -> String {
    let part = |part: &KeyPart| match part {
        KeyPart::Column { column, prefix, descending } => {
            let prefix = prefix.map(|length| format!("({length})")).unwrap_or_default();
            format!("{column}{prefix}{}", if *descending { " DESC" } else { "" })
        }
        KeyPart::Expression { .. } => "an expression".to_owned(),
    };
    let kind = match key.kind {
        KeyKind::Primary => "primary",
        KeyKind::Unique => "unique",
        KeyKind::Plain => "plain",
        KeyKind::Fulltext => "fulltext",
        KeyKind::Spatial => "spatial",
    };
    let parts: Vec<String> = key.parts.iter().map(part).collect();
    format!("{kind} ({}){}", parts.join(", "), if key.visible { "" } else { " invisible" })
}

fn describe_foreign_key(key: &ForeignKey) -> String {
    format!(
        "({}) to {} ({})",
        key.columns.join(", "),
        key.referenced_table,
        key.referenced_columns.join(", ")
    )
}

fn missing(object: Object, detail: &str, blocks: bool) -> TableDifference {
    TableDifference { object, kind: DifferenceKind::Missing, detail: detail.into(), blocks }
}

fn extra(object: Object, detail: &str, blocks: bool) -> TableDifference {
    TableDifference { object, kind: DifferenceKind::Extra, detail: detail.into(), blocks }
}

fn changed(object: Object, detail: &str, blocks: bool) -> TableDifference {
    TableDifference { object, kind: DifferenceKind::Changed, detail: detail.into(), blocks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::TableName;
    use crate::schema::ColumnType;

    fn table(columns: Vec<Column>) -> TableSchema {
        TableSchema::new(TableName::new("shop", "t"), columns)
    }

    fn text(length: u32) -> Column {
        Column::new("name", ColumnType::VarChar { length })
    }

    #[test]
    fn a_longer_column_is_compatible_and_a_shorter_one_stands_against_the_copy() {
        let wanted = table(vec![text(40)]);
        let longer = differences(&table(vec![text(60)]), &wanted, Scope::Whole);
        assert_eq!(state_of(&longer), TableState::Compatible);
        let shorter = differences(&table(vec![text(20)]), &wanted, Scope::Whole);
        assert_eq!(state_of(&shorter), TableState::Differs);
        assert!(shorter[0].to_string().starts_with("column name is varchar(20)"), "{}", shorter[0]);
        assert_eq!(state_of(&differences(&wanted, &wanted, Scope::Whole)), TableState::Same);
    }

    #[test]
    fn a_column_that_fills_itself_is_compatible() {
        let wanted = table(vec![text(40)]);
        let with = |column: Column| differences(&table(vec![text(40), column]), &wanted, Scope::Whole);
        assert_eq!(state_of(&with(Column::new("x", ColumnType::Date))), TableState::Compatible);
        let strict = Column::new("x", ColumnType::Date).with_nullable(false);
        assert_eq!(state_of(&with(strict)), TableState::Differs);
        let missing =
            differences(&wanted, &table(vec![text(40), Column::new("x", ColumnType::Date)]), Scope::Whole);
        assert_eq!((missing[0].kind, missing[0].blocks), (DifferenceKind::Missing, true));
    }

    #[test]
    fn indexes_that_come_after_the_copy_may_be_missing_before() {
        let bare = table(vec![text(40)]);
        let plain = bare.clone().with_keys(vec![Key::unique("k", KeyKind::Plain, ["name"])]);
        assert!(differences(&bare, &plain, Scope::BeforeCopy).is_empty());
        assert_eq!(differences(&bare, &plain, Scope::Whole)[0].kind, DifferenceKind::Missing);
        let unique = bare.clone().with_keys(vec![Key::unique("k", KeyKind::Unique, ["name"])]);
        assert_eq!(differences(&bare, &unique, Scope::BeforeCopy).len(), 1);
    }
}
