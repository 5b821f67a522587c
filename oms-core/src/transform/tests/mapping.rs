use super::*;
use crate::NameCase;
use crate::schema::{Check, Column, ForeignKey, Generated, Key, KeyKind, KeyPart, ReferentialAction};
use crate::testing::sample::bigint;

#[test]
fn rows_keep_their_bytes_and_one_layout_is_made_for_many_changes() {
    let accounts = accounts();
    let mut mapping = Mapping::new().table(accounts.name().clone(), TableName::new("crm", "people")).column(
        accounts.name(),
        "BALANCE",
        "amount",
    );
    let source = rows(&accounts, [account(1, 2), account(3, 4)]);
    let first = apply(&mut mapping, Change::update(source.clone(), source.slice(0..2)));
    let second = apply(&mut mapping, Change::delete(source.clone()));
    let (first, second) = (changes(&first).remove(0), changes(&second).remove(0));
    let (before, after) = (first.before().unwrap(), first.after().unwrap());
    assert!(Arc::ptr_eq(before.layout(), second.rows().layout()), "the work is done once");
    assert!(Arc::ptr_eq(after.schema(), second.schema()));
    assert_eq!(columns(after.schema()), ["id", "amount", "owner"]);
    assert_eq!(after.schema().name(), &TableName::new("crm", "people"));
    assert_eq!(after.schema().identity().key_columns(), Some(&[0][..]));
    assert_eq!(values(after), values(&source));
    let raw = |rows: &RowBatch| rows.row(1).cell(2).raw().unwrap().as_ptr();
    assert_eq!(raw(after), raw(&source), "not a byte is copied");
    assert_eq!(first.byte_size(), 2 * source.byte_size());
}

#[test]
fn what_no_rule_names_is_not_touched() {
    let journal = journal();
    let mut mapping = Mapping::new().table(accounts().name().clone(), TableName::new("a", "b"));
    let source = rows(&journal, [[1_i64.into(), Value::Null]]);
    let mapped = apply(&mut mapping, Change::read(source.clone()));
    assert!(Arc::ptr_eq(changes(&mapped)[0].rows().layout(), source.layout()));
}

#[test]
fn a_tables_rule_goes_before_its_databases_and_case_counts_as_at_the_source() {
    let mapping = Mapping::new()
        .with_case(NameCase::Lower)
        .database("Shop", "new")
        .table(TableName::new("shop", "Users"), TableName::new("crm", "People"))
        .column(&TableName::new("SHOP", "users"), "Name", "label");
    let map = |database: &str, table: &str| mapping.map_table(&TableName::new(database, table)).to_string();
    assert_eq!(map("shop", "orders"), "new.orders");
    assert_eq!(map("SHOP", "USERS"), "crm.People");
    assert_eq!(map("other", "users"), "other.users");
    assert_eq!(mapping.map_column(&TableName::new("shop", "users"), "NAME"), "label");
    assert_eq!(mapping.map_column(&TableName::new("shop", "orders"), "name"), "name");
    let sensitive = Mapping::new().database("shop", "new");
    assert_eq!(sensitive.map_table(&TableName::new("Shop", "t")).database(), "Shop");
}

#[test]
fn many_tables_may_become_one() {
    let (a, b) =
        (accounts(), Arc::new(TableSchema::clone(&accounts()).with_name(TableName::new("s", "accounts_2"))));
    let target = TableName::new("s", "accounts");
    let mut mapping =
        Mapping::new().table(a.name().clone(), target.clone()).table(b.name().clone(), target.clone());
    for table in [&a, &b] {
        let mapped = apply(&mut mapping, Change::read(rows(table, [account(1, 2)])));
        assert_eq!(changes(&mapped)[0].schema().name(), &target);
    }
    let done = batch([&a, &b].map(|table| Event::TableDone(table.name().clone())));
    let done = mapping.apply(done).unwrap();
    assert!(done.events().iter().all(|event| matches!(event, Event::TableDone(name) if *name == target)));
    let both: SchemaSet = [Arc::clone(&a), Arc::clone(&b)].into_iter().collect();
    assert_eq!(mapping.map_schemas(&both).unwrap().len(), 1);
    let other = Arc::new(TableSchema::clone(&journal()).with_name(b.name().clone()));
    let different: SchemaSet = [a, other].into_iter().collect();
    assert!(mapping.map_schemas(&different).unwrap_err().to_string().contains("different columns"));
}

#[test]
fn a_column_is_renamed_wherever_it_stands() {
    let table = TableName::new("s", "child");
    let generated = Column::new("twice", bigint())
        .with_generated(Some(Generated { expression: "(`parent_id` * 2)".into(), stored: true }));
    let schema = TableSchema::new(
        table.clone(),
        vec![Column::new("parent_id", bigint()).with_nullable(false), generated],
    )
    .with_keys(vec![
        Key::unique("PRIMARY", KeyKind::Primary, ["parent_id"]),
        Key {
            kind: KeyKind::Plain,
            parts: vec![KeyPart::Expression { expression: "abs(`parent_id`)".into(), descending: true }],
            ..Key::unique("functional", KeyKind::Plain, [])
        },
    ])
    .with_foreign_keys(vec![ForeignKey {
        name: "fk".into(),
        columns: vec!["parent_id".into()],
        referenced_table: TableName::new("s", "parent"),
        referenced_columns: vec!["id".into()],
        on_delete: ReferentialAction::Cascade,
        on_update: ReferentialAction::NoAction,
    }])
    .with_checks(vec![Check { name: "c".into(), expression: "(`parent_id` > 0)".into(), enforced: true }])
    .with_partitioning(Some("PARTITION BY HASH (`parent_id`)".into()));
    let mut mapping = Mapping::new()
        .table(TableName::new("s", "parent"), TableName::new("t", "elder"))
        .column(&TableName::new("s", "parent"), "id", "number")
        .column(&table, "parent_id", "elder");
    let mapped = mapping.map_schema(&Arc::new(schema)).unwrap();
    assert_eq!(columns(&mapped), ["elder", "twice"]);
    assert_eq!(mapped.identity().key_columns(), Some(&[0][..]));
    assert_eq!(&*mapped.columns()[1].generated().unwrap().expression, "(`elder` * 2)");
    assert!(matches!(&mapped.keys()[1].parts[0],
        KeyPart::Expression { expression, descending: true } if &**expression == "abs(`elder`)"));
    let foreign = &mapped.foreign_keys()[0];
    assert_eq!(foreign.referenced_table, TableName::new("t", "elder"));
    assert_eq!((&*foreign.columns[0], &*foreign.referenced_columns[0]), ("elder", "number"));
    assert_eq!(&*mapped.checks()[0].expression, "(`elder` > 0)");
    assert_eq!(&**mapped.partitioning().unwrap(), "PARTITION BY HASH (`elder`)");
}

#[test]
fn schema_changes_go_the_same_way_as_rows() {
    let accounts = accounts();
    let mut mapping =
        Mapping::new().database("oms_sample", "new").column(accounts.name(), "balance", "amount");
    let mut altered = accounts.columns().to_vec();
    altered[2] = altered[2].clone().with_name("holder");
    altered.push(Column::new("rank", bigint()));
    let altered = TableSchema::clone(&accounts).with_columns(altered);
    let change = schema_change(alter(&[("owner", "holder")]), &accounts, Some(altered));
    let mapped = apply_schema(&mut mapping, change).unwrap().unwrap();
    assert_eq!(mapped.table, TableName::new("new", "accounts"));
    assert_eq!(columns(mapped.before.as_ref().unwrap()), ["id", "amount", "owner"]);
    assert_eq!(columns(mapped.after.as_ref().unwrap()), ["id", "amount", "holder", "rank"]);
    assert_eq!(mapped.kind, alter(&[("owner", "holder")]));

    // The source takes the name that the target has had all along.
    let mut renamed = accounts.columns().to_vec();
    renamed[1] = renamed[1].clone().with_name("amount");
    let renamed = TableSchema::clone(&accounts).with_columns(renamed);
    let change = schema_change(alter(&[("balance", "amount")]), &accounts, Some(renamed));
    let mapped = apply_schema(&mut mapping, change).unwrap().unwrap();
    assert_eq!(mapped.kind, alter(&[]));
    assert_eq!(mapped.before, mapped.after);
}

#[test]
fn a_rename_is_carried_over_unless_both_names_are_one_or_the_rules_differ() {
    let journal = journal();
    let to = TableName::new("oms_sample", "journal_old");
    let renamed = || {
        let after = TableSchema::clone(&journal).with_name(to.clone());
        schema_change(SchemaChangeKind::Rename { to: to.clone() }, &journal, Some(after))
    };
    let mut mapping = Mapping::new().database("oms_sample", "new");
    let change = apply_schema(&mut mapping, renamed()).unwrap().unwrap();
    let new = TableName::new("new", "journal_old");
    assert_eq!(change.kind, SchemaChangeKind::Rename { to: new.clone() });
    assert_eq!(change.after.as_ref().unwrap().name(), &new);
    let mut merging = Mapping::new().table(to.clone(), journal.name().clone());
    assert!(apply_schema(&mut merging, renamed()).unwrap().is_none());
    let mut columns = Mapping::new().column(journal.name(), "remark", "note");
    let error = apply_schema(&mut columns, renamed()).unwrap_err();
    assert!(error.to_string().contains("other rules"), "{error}");
    let mut same = Mapping::new().column(journal.name(), "remark", "note").column(&to, "remark", "note");
    apply_schema(&mut same, renamed()).unwrap();
}

#[test]
fn mistyped_columns_and_doubled_names_are_refused() {
    let change = || batch([Event::Change(Change::read(rows(&accounts(), [account(1, 2)])))]);
    let mut typo = Mapping::new().column(accounts().name(), "balanse", "x");
    for _ in 0..2 {
        let error = typo.apply(change()).unwrap_err();
        assert!(error.to_string().contains("no column balanse"), "{error}");
    }
    Mapping::new()
        .column(accounts().name(), "balanse", "x")
        .with_missing_columns(true)
        .apply(change())
        .unwrap();
    let error = Mapping::new().column(accounts().name(), "balance", "ID").apply(change()).unwrap_err();
    assert!(error.to_string().contains("two columns"), "{error}");
}
