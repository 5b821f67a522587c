use super::*;
use crate::schema::{Check, Column, Generated, Key, KeyKind};
use crate::testing::sample::bigint;

#[test]
fn only_the_kept_cells_are_left_and_no_byte_is_copied() {
    for mut project in [
        Project::new().drop(accounts().name().clone(), ["BALANCE"]),
        Project::new().keep(accounts().name().clone(), ["id", "Owner"]),
    ] {
        let source = rows(&accounts(), [account(1, 2), account(3, 4)]);
        let projected = apply(&mut project, Change::update(source.clone(), source.clone()));
        let change = changes(&projected).remove(0);
        assert_eq!(columns(change.schema()), ["id", "owner"]);
        assert_eq!(
            values(change.after().unwrap()),
            [account(1, 2), account(3, 4)].map(|row| { vec![row[0].clone(), row[2].clone()] })
        );
        assert_eq!(change.row_count(), 2);
        let raw = |rows: &RowBatch, cell| rows.row(1).cell(cell).raw().unwrap().as_ptr();
        assert_eq!(raw(change.rows(), 1), raw(&source, 2));
        let again = apply(&mut project, Change::delete(source.slice(1..2)));
        assert!(Arc::ptr_eq(changes(&again)[0].rows().layout(), change.rows().layout()));
        assert_eq!(changes(&again)[0].row_count(), 1);
    }
}

#[test]
fn other_tables_pass() {
    let mut project = Project::new().drop(lines().name().clone(), ["quantity"]);
    let source = rows(&accounts(), [account(1, 2)]);
    let projected = apply(&mut project, Change::read(source.clone()));
    assert!(Arc::ptr_eq(changes(&projected)[0].rows().layout(), source.layout()));
}

#[test]
fn an_update_of_dropped_columns_only_is_counted_as_filtered() {
    let accounts = accounts();
    let cell = |column| crate::row::LayoutColumn { column, format: crate::row::CellFormat::Canonical };
    let image = |column, value: i64| {
        let layout = Arc::new(crate::row::RowLayout::new(Arc::clone(&accounts), [cell(column)]));
        let mut builder = crate::row::RowBatchBuilder::new(layout);
        builder.push([Value::from(value)]).unwrap();
        builder.finish()
    };
    let mut project = Project::new().drop(accounts.name().clone(), ["balance"]);
    let projected = apply(&mut project, Change::update(image(0, 1), image(1, 5)));
    assert_eq!((projected.row_count(), projected.tally().filtered), (0, 1));
}

#[test]
fn what_needs_a_dropped_column_goes_with_it() {
    let table = TableName::new("s", "t");
    let schema = Arc::new(
        TableSchema::new(
            table.clone(),
            ["id", "a", "b"].map(|name| Column::new(name, bigint()).with_nullable(false)).to_vec(),
        )
        .with_keys(vec![
            Key::unique("PRIMARY", KeyKind::Primary, ["id"]),
            Key::unique("ab", KeyKind::Unique, ["a", "b"]),
            Key::unique("b", KeyKind::Plain, ["b"]),
        ])
        .with_checks(vec![
            Check { name: "a".into(), expression: "(`a` > 0)".into(), enforced: true },
            Check { name: "b".into(), expression: "(`b` > 0)".into(), enforced: true },
        ]),
    );
    let projected = Project::new().drop(table, ["a"]).project_schema(&schema).unwrap();
    let keys: Vec<&str> = projected.keys().iter().map(|key| &*key.name).collect();
    assert_eq!(keys, ["PRIMARY", "b"]);
    assert_eq!(projected.checks().len(), 1);
    assert_eq!(projected.identity(), schema.identity());
}

#[test]
fn what_would_break_rows_is_refused() {
    let error = |project: &mut Project, schema: &Arc<TableSchema>| {
        project.project_schema(schema).unwrap_err().to_string()
    };
    let lines = lines();
    let name = || lines.name().clone();
    assert!(error(&mut Project::new().drop(name(), ["line"]), &lines).contains("identifies the rows"));
    assert!(error(&mut Project::new().keep(name(), ["quantity"]), &lines).contains("identifies the rows"));
    let journal = journal();
    assert!(error(&mut Project::new().keep(journal.name().clone(), []), &journal).contains("no column"));
    assert_eq!(
        Project::new()
            .drop(journal.name().clone(), ["entry"])
            .project_schema(&journal)
            .unwrap()
            .columns()
            .len(),
        1,
        "a keyless table is a bag of what is left"
    );
    let mut typo = Project::new().drop(name(), ["quantitty"]);
    assert!(error(&mut typo, &lines).contains("no column quantitty"));
    let mut missing = Project::new().drop(name(), ["quantitty"]).with_missing_columns(true);
    assert_eq!(missing.project_schema(&lines).unwrap(), lines);

    let generated = Column::new("twice", bigint())
        .with_generated(Some(Generated { expression: "(`quantity` * 2)".into(), stored: false }));
    let columns = lines.columns().iter().cloned().chain([generated]).collect();
    let schema = Arc::new(TableSchema::clone(&lines).with_columns(columns));
    assert!(error(&mut Project::new().drop(name(), ["quantity"]), &schema).contains("generated from"));
    Project::new().drop(name(), ["quantity", "twice"]).project_schema(&schema).unwrap();
}

fn added(schema: &TableSchema, name: &str) -> TableSchema {
    let columns = schema.columns().iter().cloned().chain([Column::new(name, bigint())]).collect();
    schema.clone().with_columns(columns)
}

#[test]
fn schema_changes_are_projected_and_left_out_where_they_are_about_nothing_else() {
    let accounts = accounts();
    let name = accounts.name();
    let add = || schema_change(alter(&[]), &accounts, Some(added(&accounts, "rank")));
    let mut dropping = Project::new().drop(name.clone(), ["balance"]);
    let change = apply_schema(&mut dropping, add()).unwrap().unwrap();
    assert_eq!(columns(change.before.as_ref().unwrap()), ["id", "owner"]);
    assert_eq!(columns(change.after.as_ref().unwrap()), ["id", "owner", "rank"]);
    let mut keeping = Project::new().keep(name.clone(), ["id", "owner"]);
    assert!(apply_schema(&mut keeping, add()).unwrap().is_none());
    // An ALTER that the model shows nothing of stays: it may be about something that the model does not hold.
    let same = schema_change(alter(&[]), &accounts, Some(TableSchema::clone(&accounts)));
    assert!(apply_schema(&mut keeping, same).unwrap().is_some());
    let truncate = schema_change(SchemaChangeKind::Truncate, &accounts, Some(TableSchema::clone(&accounts)));
    assert!(apply_schema(&mut keeping, truncate).unwrap().is_some());
}

#[test]
fn renames_do_not_let_a_dropped_column_through() {
    let accounts = accounts();
    let name = accounts.name();
    let renamed = |from: usize, to: &str| {
        let mut columns = accounts.columns().to_vec();
        let old = columns[from].name().to_string();
        columns[from] = columns[from].clone().with_name(to);
        let after = TableSchema::clone(&accounts).with_columns(columns);
        schema_change(alter(&[(&old, to)]), &accounts, Some(after))
    };
    let mut dropping = Project::new().drop(name.clone(), ["balance"]);
    let error = apply_schema(&mut dropping, renamed(1, "amount")).unwrap_err();
    assert!(error.to_string().contains("the same rule"), "{error}");
    let mut both = Project::new().drop(name.clone(), ["balance", "amount"]).with_missing_columns(true);
    assert!(apply_schema(&mut both, renamed(1, "amount")).unwrap().is_none());
    let change = apply_schema(&mut dropping, renamed(2, "holder")).unwrap().unwrap();
    assert_eq!(change.kind, alter(&[("owner", "holder")]));

    let to = TableName::new("oms_sample", "old");
    let after = TableSchema::clone(&accounts).with_name(to.clone());
    let rename =
        || schema_change(SchemaChangeKind::Rename { to: to.clone() }, &accounts, Some(after.clone()));
    assert!(apply_schema(&mut dropping, rename()).unwrap_err().to_string().contains("has no rule"));
    let mut both = Project::new().drop(name.clone(), ["balance"]).drop(to.clone(), ["balance"]);
    assert!(apply_schema(&mut both, rename()).unwrap().is_some());
}
