use super::*;
use crate::name::TableName;
use crate::schema::{ColumnType, KeyKind};

fn table(columns: &[&str]) -> TableSchema {
    let columns = columns.iter().map(|name| Column::new(*name, ColumnType::Date));
    TableSchema::new(TableName::new("s", "t"), columns.collect())
}

#[test]
fn equal_tables_have_no_difference() {
    let diff = SchemaDiff::between(&table(&["a", "b"]), &table(&["a", "b"]), &[]);
    assert!(diff.is_empty());
    assert_eq!(diff.to_string(), "");
}

#[test]
fn columns_are_followed_through_renames_and_moves() {
    let before = table(&["a", "b", "c", "d"]);
    let after = table(&["d", "x", "b", "new"]);
    let diff = SchemaDiff::between(&before, &after, &[("a".into(), "x".into())]);
    assert_eq!(
        diff.to_string(),
        "column c dropped; column d moved; column a changed (name to x); column new added"
    );
    let places: Vec<_> = diff
        .columns
        .iter()
        .filter_map(|column| match column {
            ColumnDiff::Added { place, .. } | ColumnDiff::Changed { moved: Some(place), .. } => {
                Some(place.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(places, [Place::First, Place::After("b".into())]);
}

#[test]
fn two_columns_may_change_names() {
    let renamed = [("a".into(), "b".into()), ("b".into(), "a".into())];
    let diff = SchemaDiff::between(&table(&["a", "b"]), &table(&["b", "a"]), &renamed);
    assert_eq!(diff.columns.len(), 2);
    assert!(diff.columns.iter().all(|column| matches!(column, ColumnDiff::Changed { moved: None, .. })));
}

#[test]
fn a_renamed_name_may_be_used_anew() {
    let renamed = [("a".into(), "b".into())];
    let diff = SchemaDiff::between(&table(&["a"]), &table(&["a", "b"]), &renamed);
    assert_eq!(diff.to_string(), "column a added; column a changed (name to b)");
}

#[test]
fn expressions_compare_by_what_they_say() {
    let check = |text: &str| Check { name: "c".into(), expression: text.into(), enforced: true };
    let with = |text: &str| table(&["a"]).with_checks(vec![check(text)]);
    assert!(SchemaDiff::between(&with("a > 0"), &with("(`a` > 0)"), &[]).is_empty());
    assert!(!SchemaDiff::between(&with("a > 0"), &with("(`a` > 1)"), &[]).is_empty());
}

#[test]
fn keys_compare_by_name() {
    let with = |keys: Vec<Key>| table(&["a", "b"]).with_keys(keys);
    let before =
        with(vec![Key::unique("x", KeyKind::Plain, ["a"]), Key::unique("y", KeyKind::Unique, ["a"])]);
    let after =
        with(vec![Key::unique("x", KeyKind::Plain, ["a", "b"]), Key::unique("z", KeyKind::Unique, ["a"])]);
    let diff = SchemaDiff::between(&before, &after, &[]);
    assert_eq!(diff.to_string(), "index x changed; index y dropped; index z added");
}
