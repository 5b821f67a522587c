//! What is at the target already, and what cannot be brought there.

use oms_core::ddl::Rule;
use oms_core::project::{DifferenceKind, TableState};
use oms_core::select::Selection;
use oms_core::transform::Mapping;
use oms_core::{Error, NameCase, TableName};
use oms_test_servers::Servers;

use super::Pair;

async fn pair(test: &str) -> Option<Pair> {
    let server = Servers::mysql().start_or_skip(test).await?;
    Some(Pair::new(&server, &server, test).await)
}

#[tokio::test]
async fn a_table_that_is_there_is_compared_and_left_as_it_is() {
    let Some(pair) = pair("structure_there").await else { return };
    let tables = "CREATE TABLE same (id INT PRIMARY KEY, v VARCHAR(10));
                  CREATE TABLE wider (id INT PRIMARY KEY, v VARCHAR(10));
                  CREATE TABLE fresh (id INT PRIMARY KEY)";
    pair.source.query(tables).await.expect("tables");
    let there = "CREATE TABLE same (id INT PRIMARY KEY, v VARCHAR(10));
                 CREATE TABLE wider (id BIGINT PRIMARY KEY, v VARCHAR(99), extra INT NULL, KEY own (extra))";
    pair.target.query(there).await.expect("tables");
    let before = super::lines(pair.target.url(), pair.target.name()).await;
    let report = pair.structure().prepare().await.expect("a table");
    let states: Vec<TableState> = report.tables.iter().map(|table| table.state).collect();
    assert_eq!(states, [TableState::Created, TableState::Same, TableState::Compatible]);
    let differences: Vec<String> = report.tables[2].differences.iter().map(ToString::to_string).collect();
    let wanted = [
        "column extra is not wanted, and fills itself",
        "column id is bigint, wanted int",
        "column v is varchar(99), wanted varchar(10)",
        "index own is not wanted: plain (extra)",
    ];
    assert_eq!(differences, wanted);
    let after = super::lines(pair.target.url(), pair.target.name()).await;
    assert!(before.is_subset(&after), "what was there stays");
}

#[tokio::test]
async fn everything_that_stands_against_it_is_told_at_once_and_nothing_is_made() {
    let Some(pair) = pair("structure_against").await else { return };
    let tables = "CREATE TABLE a_new (id INT PRIMARY KEY);
                  CREATE TABLE shorter (id INT PRIMARY KEY, v VARCHAR(10), w INT);
                  CREATE TABLE stricter (id INT PRIMARY KEY, v INT NULL)";
    pair.source.query(tables).await.expect("tables");
    let there = "CREATE TABLE shorter (id INT PRIMARY KEY, v VARCHAR(5));
                 CREATE TABLE stricter (id INT PRIMARY KEY, v INT NOT NULL)";
    pair.target.query(there).await.expect("tables");
    let mut structure = pair.structure();
    let plan = structure.plan().await.expect("a plan");
    assert_eq!(plan.problems().len(), 3, "{:?}", plan.problems());
    assert_eq!(plan.tables[1].differences[0].kind, DifferenceKind::Changed);
    let error = structure.prepare().await.expect_err("three problems");
    assert!(matches!(error, Error::Refused { .. }));
    let text = error.to_string();
    for words in [
        "varchar(5), which does not hold every varchar(10)",
        "column w is missing: int",
        "is NOT NULL, wanted NULL",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let rows = pair.target.query("SHOW TABLES LIKE 'a_new'").await.expect("tables");
    assert!(rows.is_empty(), "nothing is made while anything stands against it");
    let error = structure.finish().await.expect_err("a table is not there");
    assert!(error.to_string().contains("make the tables before the copy"), "{error}");
}

#[tokio::test]
async fn foreign_keys_to_tables_outside_are_left_out_with_a_note() {
    let Some(pair) = pair("structure_outside").await else { return };
    let tables = "CREATE TABLE outside (id INT PRIMARY KEY);
                  CREATE TABLE inside (id INT PRIMARY KEY, o INT, CONSTRAINT out_of_it FOREIGN KEY (o) REFERENCES outside (id))";
    pair.source.query(tables).await.expect("tables");
    let selection = pair.selection().exclude(&format!("{}.outside", pair.source.name())).expect("a pattern");
    let mut structure = oms_core::project::Structure::new(
        super::options(pair.source.url()),
        super::options(pair.target.url()),
        &selection,
    );
    let report = structure.prepare().await.expect("a table");
    let notes: Vec<_> = report.notes().collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!((notes[0].rule, notes[0].effect.loses), (Rule::ReferencedTable, true));
    assert!(notes[0].to_string().contains("constraint out_of_it: foreign key to"), "{}", notes[0]);
    let finished = structure.finish().await.expect("an index");
    assert_eq!(finished.tables[0].state, TableState::Same, "{finished:#?}");
}

#[tokio::test]
async fn tables_and_columns_get_their_mapped_names() {
    let Some(pair) = pair("structure_mapped").await else { return };
    let tables = "CREATE TABLE a_1 (id INT PRIMARY KEY, v INT, KEY v (v));
                  CREATE TABLE a_2 (id INT PRIMARY KEY, v INT, KEY v (v));
                  CREATE TABLE b (id INT PRIMARY KEY, a INT, CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a_1 (id))";
    pair.source.query(tables).await.expect("tables");
    let from = |table: &str| TableName::new(pair.source.name(), table);
    let all = TableName::new(pair.target.name(), "a_all");
    let mapping = Mapping::new()
        .database(pair.source.name(), pair.target.name())
        .table(from("a_1"), all.clone())
        .table(from("a_2"), all.clone())
        .column(&from("a_1"), "v", "value")
        .column(&from("a_2"), "v", "value");
    let mut structure = pair.structure().with_mapping(mapping);
    let report = structure.prepare().await.expect("tables");
    assert_eq!(report.statements.len(), 2, "two tables become one");
    structure.finish().await.expect("an index and a foreign key");
    let lines = super::lines(pair.target.url(), pair.target.name()).await;
    for line in ["a_all column value: int null", "a_all key v: (value)"] {
        assert!(lines.contains(line), "{line} in {lines:#?}");
    }
    assert!(
        lines.iter().any(|line| line.starts_with("b foreign key to_a: (a) references a_all (id)")),
        "{lines:#?}"
    );
    pair.source.query("ALTER TABLE a_2 ADD w INT").await.expect("a column");
    let plan = structure.plan().await.expect("a plan");
    assert!(
        plan.problems()[0].contains("become one table, but have different columns"),
        "{:?}",
        plan.problems()
    );
}

#[tokio::test]
async fn names_that_the_target_takes_for_one_are_refused() {
    let test = "structure_case";
    let (Some(source), Some(target)) =
        (Servers::mysql().start_or_skip(test).await, Servers::seekdb().start_or_skip(test).await)
    else {
        return;
    };
    let pair = Pair::new(&source, &target, test).await;
    pair.source
        .query("CREATE TABLE T (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY)")
        .await
        .expect("tables");
    let plan = pair.structure().plan().await.expect("a plan");
    assert_eq!(plan.problems().len(), 1, "{:?}", plan.problems());
    assert!(plan.problems()[0].contains("does not tell case"), "{:?}", plan.problems());
}

#[tokio::test]
async fn an_empty_selection_is_an_error() {
    let Some(pair) = pair("structure_empty").await else { return };
    let selection = Selection::new(NameCase::Sensitive).include("no_such_database.*").expect("a pattern");
    let (source, target) = (super::options(pair.source.url()), super::options(pair.target.url()));
    let error =
        oms_core::project::Structure::new(source, target, &selection).plan().await.expect_err("no table");
    assert!(matches!(error, Error::Config { .. }), "{error}");
}
