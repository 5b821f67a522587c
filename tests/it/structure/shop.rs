//! A whole database, made before the copy and finished after it.

use std::collections::BTreeSet;

use oms_core::project::{LeftOutKind, StructureStep, TableState};
use oms_test_servers::{ServerBuilder, Servers};

use super::Pair;

const SHOP: &str = include_str!("shop.sql");

#[tokio::test]
async fn a_database_is_made_at_mysql_and_nothing_is_different() {
    let differences = migrate(Servers::mysql(), "structure_mysql").await;
    let none = (BTreeSet::new(), BTreeSet::new());
    assert!(differences.is_none_or(|found| found == none), "no line may differ");
}

#[tokio::test]
async fn a_database_is_made_at_oceanbase_and_nothing_is_different() {
    let differences = migrate(Servers::seekdb(), "structure_seekdb").await;
    let none = (BTreeSet::new(), BTreeSet::new());
    if let Some(found) = differences {
        assert_eq!(found, none);
    }
}

/// Brings the shop over, and gives what the oracle finds different.
async fn migrate(target: ServerBuilder, name: &str) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let source = Servers::mysql().start_or_skip(name).await?;
    let target = target.start_or_skip(name).await?;
    let pair = Pair::new(&source, &target, name).await;
    pair.source.query(SHOP).await.expect("the shop");
    let pair = pair.without_target().await;
    let mut structure = pair.structure();

    let plan = structure.plan().await.expect("a plan");
    assert!(plan.is_ok(), "{:?}", plan.problems());
    assert!(plan.tables.iter().all(|table| table.state == TableState::Missing));
    let steps: Vec<StructureStep> = plan.statements.iter().map(|statement| statement.step).collect();
    assert!(steps.is_sorted(), "{steps:?}");
    assert_eq!(steps.iter().filter(|step| **step == StructureStep::Table).count(), 5);
    assert_eq!(steps.iter().filter(|step| **step == StructureStep::ForeignKey).count(), 2);
    assert!(target.query(&format!("USE {}", pair.target.name())).await.is_err(), "a plan makes nothing");

    let made = structure.prepare().await.expect("tables");
    assert!(made.tables.iter().all(|table| table.state == TableState::Created), "{made:#?}");
    let planned = plan.statements.iter().filter(|statement| statement.step.is_before_copy());
    assert!(planned.eq(made.statements.iter()));
    let (missing, extra) = pair.differences().await;
    let held_back = |line: &String| line.contains(" key ") && !line.contains(": unique");
    assert!(missing.iter().all(|line| held_back(line) || line.contains(" foreign key ")), "{missing:#?}");
    assert!(missing.iter().any(|line| line.contains("key state_placed")), "{missing:#?}");
    assert_eq!(extra, BTreeSet::new());

    let again = structure.prepare().await.expect("nothing");
    assert_eq!(again.statements, []);
    assert!(again.tables.iter().all(|table| table.state == TableState::Same));

    let finished = structure.finish().await.expect("indexes and foreign keys");
    let planned = plan.statements.iter().filter(|statement| !statement.step.is_before_copy());
    assert!(planned.eq(finished.statements.iter()));
    assert!(finished.tables.iter().all(|table| table.state == TableState::Same), "{finished:#?}");
    let again = structure.finish().await.expect("nothing");
    assert_eq!(again.statements, []);

    for (kind, count) in [
        (LeftOutKind::View, 1),
        (LeftOutKind::Trigger, 1),
        (LeftOutKind::Procedure, 1),
        (LeftOutKind::Function, 1),
        (LeftOutKind::Event, 1),
    ] {
        assert_eq!(finished.left_out_of(&kind), count, "{kind}");
    }
    let insert = "INSERT INTO customers (email) VALUES ('x')";
    pair.target.query(insert).await.expect("a row");
    let rows = pair.target.query("SELECT id >= 5000 FROM customers").await.expect("its key");
    assert_eq!(rows, [[Some("1".to_owned())]], "AUTO_INCREMENT goes on from the source's");
    Some(pair.differences().await)
}
