use oms_core::TableName;
use oms_core::mysql::Flavour;
use oms_core::row::{RowBatch, RowBatchBuilder};
use oms_core::schema::{Column, ColumnType, IntWidth, Key, KeyKind, TableSchema};
use oms_core::value::Value;

use super::*;

fn schema(keyed: bool) -> Arc<TableSchema> {
    let int = ColumnType::Int { width: IntWidth::I32, unsigned: false, zerofill: None };
    let columns = vec![
        Column::new("a", int.clone()).with_nullable(!keyed),
        Column::new("b", ColumnType::VarChar { length: 10 }).with_nullable(!keyed),
        Column::new("v", int),
    ];
    let keys = if keyed { vec![Key::unique("PRIMARY", KeyKind::Primary, ["a", "b"])] } else { Vec::new() };
    Arc::new(TableSchema::new(TableName::new("d", "t"), columns).with_keys(keys))
}

fn rows(schema: &Arc<TableSchema>, rows: &[(i64, &str, i64)]) -> RowBatch {
    let mut builder = RowBatchBuilder::canonical(Arc::clone(schema));
    for (a, b, v) in rows {
        builder.push([Value::Int(*a), Value::from(*b), Value::Int(*v)]).unwrap();
    }
    builder.finish()
}

const LIMITS: ScriptLimits = ScriptLimits { rows: 3, bytes: 1000, max_bytes: 1000 };

fn script(keyed: bool, upsert_first: bool, limits: ScriptLimits, changes: &[Change]) -> Result<Vec<String>> {
    let schema = schema(keyed);
    let plan = Arc::new(WritePlan::new(changes[0].rows().layout(), &schema, Flavour::MySql)?);
    plan.upsert_first.store(upsert_first, Ordering::Relaxed);
    let mut script = Script::new(limits);
    for change in changes {
        script.add(&plan, change)?;
    }
    Ok(script.finish().into_iter().map(|statement| String::from_utf8(statement.sql).unwrap()).collect())
}

#[test]
fn runs_of_one_kind_share_a_statement_and_keep_their_order() {
    let t = schema(true);
    let sql = script(
        true,
        false,
        LIMITS,
        &[
            Change::insert(rows(&t, &[(1, "x", 1), (2, "y", 2)])),
            Change::insert(rows(&t, &[(3, "z", 3), (4, "z", 4)])),
            Change::delete(rows(&t, &[(1, "x", 1), (2, "y", 2)])),
            Change::update(rows(&t, &[(3, "z", 3)]), rows(&t, &[(3, "z", 30)])),
            Change::delete(rows(&t, &[(3, "z", 30)])),
        ],
    );
    assert_eq!(
        sql.unwrap(),
        [
            "INSERT INTO `d`.`t` (`a`,`b`,`v`) VALUES (1,'x',1),(2,'y',2),(3,'z',3)",
            "INSERT INTO `d`.`t` (`a`,`b`,`v`) VALUES (4,'z',4)",
            "DELETE FROM `d`.`t` WHERE (`a`,`b`) IN ((1,'x'),(2,'y'))",
            "UPDATE `d`.`t` SET `v`=30 WHERE `a`=3 AND `b`='z'",
            "DELETE FROM `d`.`t` WHERE (`a`,`b`) IN ((3,'z'))",
        ]
    );
}

#[test]
fn rows_under_scan_are_tried_as_new_or_upserted() {
    let t = schema(true);
    let changes = [
        Change::read(rows(&t, &[(1, "x", 1)])),
        Change::update(rows(&t, &[(1, "x", 1)]), rows(&t, &[(1, "x", 2)])).in_overlap(),
        Change::update(rows(&t, &[(1, "x", 2)]), rows(&t, &[(1, "X", 2)])).in_overlap(),
        Change::delete(rows(&t, &[(1, "X", 2)])).in_overlap(),
    ];
    let tail = " ON DUPLICATE KEY UPDATE `a`=IF(`a`<=>VALUES(`a`) AND `b`<=>VALUES(`b`),VALUES(`a`),NULL),\
                `b`=VALUES(`b`),`v`=VALUES(`v`)";
    let insert = "INSERT INTO `d`.`t` (`a`,`b`,`v`) VALUES ";
    assert_eq!(
        script(true, false, LIMITS, &changes).unwrap(),
        [
            format!("{insert}(1,'x',1)"),
            format!("{insert}(1,'x',2){tail}"),
            "DELETE FROM `d`.`t` WHERE (`a`,`b`) IN ((1,'x'))".to_owned(),
            format!("{insert}(1,'X',2){tail}"),
            "DELETE FROM `d`.`t` WHERE (`a`,`b`) IN ((1,'X'))".to_owned(),
        ]
    );
    assert_eq!(
        script(true, true, LIMITS, &changes[..2]).unwrap(),
        [format!("{insert}(1,'x',1),(1,'x',2){tail}")]
    );
}

#[test]
fn keyless_rows_are_found_by_all_of_them_one_at_a_time() {
    let t = schema(false);
    let mut before = RowBatchBuilder::canonical(Arc::clone(&t));
    before.push([Value::Int(1), Value::Null, Value::Int(2)]).unwrap();
    let sql = script(
        false,
        false,
        LIMITS,
        &[
            Change::update(before.finish(), rows(&t, &[(1, "x", 2)])),
            Change::delete(rows(&t, &[(1, "x", 2)])),
            Change::insert(rows(&t, &[(1, "x", 2)])),
        ],
    );
    let by_text = "`b`<=>'x' AND CAST(CONVERT(`b` USING utf8mb4) AS BINARY)<=>CAST('x' AS BINARY)";
    assert_eq!(
        sql.unwrap(),
        [
            "UPDATE `d`.`t` SET `b`='x' WHERE `a`<=>1 AND `b`<=>NULL AND `v`<=>2 LIMIT 1".to_owned(),
            format!("DELETE FROM `d`.`t` WHERE `a`<=>1 AND {by_text} AND `v`<=>2 LIMIT 1"),
            "INSERT INTO `d`.`t` (`a`,`b`,`v`) VALUES (1,'x',2)".to_owned(),
        ]
    );
}

#[test]
fn statements_stay_below_what_the_server_takes() {
    let t = schema(true);
    let limits = ScriptLimits { rows: 100, bytes: 1000, max_bytes: 70 };
    let five: Vec<(i64, &str, i64)> = (1..=5).map(|a| (a, "0123456789", 7)).collect();
    let sql = script(true, false, limits, &[Change::insert(rows(&t, &five))]).unwrap();
    assert_eq!(sql.len(), 5);
    let sql = script(true, false, limits, &[Change::delete(rows(&t, &five))]).unwrap();
    assert!(sql.iter().all(|sql| sql.len() <= 70 && sql.ends_with("'))")), "{sql:?}");
    assert_eq!(sql.iter().map(|sql| sql.matches("0123456789").count()).sum::<usize>(), 5);
    let tight = ScriptLimits { max_bytes: 50, ..limits };
    let error = script(true, false, tight, &[Change::insert(rows(&t, &five))]).unwrap_err().to_string();
    assert!(error.contains("table d.t") && error.contains("takes 50"), "{error}");
}
