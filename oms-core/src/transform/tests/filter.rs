use super::*;
use crate::event::ChangeKind;

/// Accounts with at least 50 in them.
fn rich() -> Filter {
    Filter::new().table(accounts().name().clone(), |row| {
        Ok(row.cell(1).decode()?.as_i64().is_some_and(|balance| balance >= 50))
    })
}

#[test]
fn rows_are_kept_by_either_image() {
    let source = || rows(&accounts(), [account(1, 10), account(2, 60), account(3, 20), account(4, 50)]);
    for (change, kind) in [
        (Change::read(source()), ChangeKind::Read),
        (Change::insert(source()), ChangeKind::Insert),
        (Change::delete(source()), ChangeKind::Delete),
    ] {
        let filtered = apply(&mut rich(), change);
        let change = changes(&filtered).remove(0);
        assert_eq!(change.kind(), kind);
        assert_eq!(values(change.rows()), [account(2, 60), account(4, 50)]);
        assert_eq!((filtered.tally().read, filtered.tally().filtered), (4, 2));
    }
}

#[test]
fn all_none_and_other_tables() {
    let all = rows(&accounts(), [account(1, 50)]);
    let filtered = apply(&mut rich(), Change::insert(all.clone()));
    assert_eq!(
        changes(&filtered)[0].rows().row(0).cell(0).raw().unwrap().as_ptr(),
        all.row(0).cell(0).raw().unwrap().as_ptr()
    );
    let none = apply(&mut rich(), Change::insert(rows(&accounts(), [account(1, 5), account(2, 6)])));
    assert!(none.events().is_empty());
    assert_eq!(none.tally().filtered, 2);
    let other =
        apply(&mut rich(), Change::insert(rows(&lines(), [["a".into(), 1_i64.into(), 1_i64.into()]])));
    assert_eq!(other.row_count(), 1);
}

#[test]
fn an_update_across_the_border_becomes_an_insert_or_a_delete_in_its_place() {
    // As UPDATE t SET id = id + 1 ORDER BY id DESC: each row takes the key that the one before has given up.
    let before = [account(4, 60), account(3, 60), account(2, 10), account(1, 10), account(0, 60)];
    let after = [account(5, 60), account(4, 10), account(3, 60), account(2, 10), account(1, 60)];
    let update = Change::update(rows(&accounts(), before.clone()), rows(&accounts(), after.clone()));
    let filtered = apply(&mut rich(), update);
    let changes = changes(&filtered);
    let kinds: Vec<_> = changes.iter().map(Change::kind).collect();
    assert_eq!(kinds, [ChangeKind::Update, ChangeKind::Delete, ChangeKind::Insert, ChangeKind::Update]);
    assert_eq!(values(changes[0].before().unwrap()), before[..1]);
    assert_eq!(values(changes[0].after().unwrap()), after[..1]);
    assert_eq!(values(changes[1].rows()), before[1..2]);
    assert_eq!(values(changes[2].rows()), after[2..3]);
    assert_eq!(values(changes[3].after().unwrap()), after[4..]);
    assert_eq!((filtered.row_count(), filtered.tally().filtered), (4, 1));
    let bytes: usize = changes.iter().map(Change::byte_size).sum();
    let whole = rows(&accounts(), before).byte_size() + rows(&accounts(), after).byte_size();
    assert!(bytes <= whole, "the parts do not each hold the bytes of all: {bytes} of {whole}");
}

#[test]
fn a_few_rows_of_many_do_not_hold_on_to_all() {
    let many = rows(&accounts(), (0..1000).map(|id| account(id, if id == 500 { 50 } else { 0 })));
    let filtered = apply(&mut rich(), Change::read(many.clone()));
    assert_eq!(filtered.row_count(), 1);
    assert!(filtered.byte_size() < 500, "{}", filtered.byte_size());
}

#[test]
fn several_closures_all_have_to_accept() {
    let mut both =
        rich().table(accounts().name().clone(), |row| Ok(row.cell(0).decode()?.as_i64() == Some(2)));
    let filtered =
        apply(&mut both, Change::read(rows(&accounts(), [account(1, 60), account(2, 60), account(2, 0)])));
    assert_eq!(values(changes(&filtered)[0].rows()), [account(2, 60)]);
}

#[test]
fn errors_of_a_closure_stop() {
    let mut failing = Filter::new()
        .table(accounts().name().clone(), |_| Err(crate::Error::unsupported("the filter", "this row")));
    let change = Event::Change(Change::read(rows(&accounts(), [account(1, 2)])));
    assert!(failing.apply(batch([change])).is_err());
}

#[test]
fn a_filtered_table_does_not_slip_away_under_another_name() {
    let to = TableName::new("oms_sample", "old");
    let after = TableSchema::clone(&accounts()).with_name(to.clone());
    let rename =
        || schema_change(SchemaChangeKind::Rename { to: to.clone() }, &accounts(), Some(after.clone()));
    let error = apply_schema(&mut rich(), rename()).unwrap_err();
    assert!(error.to_string().contains("no filter"), "{error}");
    let mut both = rich().table(to.clone(), |_| Ok(true));
    assert!(apply_schema(&mut both, rename()).unwrap().is_some());
}
