//! Differences in which rows, columns and tables there are.

use oms_test_servers::{Error, Servers, oracle};

use super::Pair;

#[tokio::test]
async fn missing_and_extra_rows_are_told_with_their_values() {
    let pair = Pair::of("mysql", "mysql").await;
    let create = "CREATE TABLE t (a INT, b VARCHAR(9), v INT, PRIMARY KEY (a, b));";
    let at_source = format!("{create} INSERT INTO t VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3)");
    let at_target = format!("{create} INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 4), (3, 'z', NULL)");
    pair.set_up(&at_source, &at_target).await;
    let report = pair.compare(&["t"]).await;
    let table = &report.tables()[0];
    assert_eq!((table.source_rows(), table.target_rows()), (3, 3));
    assert_eq!((table.only_in_source(), table.only_in_target()), (2, 2));
    let mut lines = table.examples().to_vec();
    lines.sort();
    assert_eq!(
        lines,
        [
            "a=2, b=\"x\": v is 3 at the source, 4 at the target",
            "only in source: a=1, b=\"y\", v=2",
            "only in target: a=3, b=\"z\", v=NULL",
        ]
    );
    let panic = std::panic::catch_unwind(|| report.assert_equal()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("DIFFERENT, 3 -> 3 rows, 2 only in source, 2 only in target"), "{text}");
}

#[tokio::test]
async fn a_table_without_a_key_is_a_bag() {
    for target in ["mysql", "seekdb"] {
        let pair = Pair::of("mysql", target).await;
        let create = "CREATE TABLE same (a INT, b VARCHAR(9)); CREATE TABLE swapped LIKE same; \
                      CREATE TABLE exchanged LIKE same; CREATE TABLE fewer LIKE same;";
        let at_source = "INSERT INTO same VALUES (1, 'x'), (1, 'x'), (2, NULL); \
                         INSERT INTO swapped VALUES (1, 'x'), (1, 'x'), (2, 'y'); \
                         INSERT INTO exchanged VALUES (1, 'x'), (2, 'y'); \
                         INSERT INTO fewer VALUES (1, 'x'), (1, 'x')";
        let at_target = "INSERT INTO same VALUES (2, NULL), (1, 'x'), (1, 'x'); \
                         INSERT INTO swapped VALUES (1, 'x'), (2, 'y'), (2, 'y'); \
                         INSERT INTO exchanged VALUES (1, 'y'), (2, 'x'); \
                         INSERT INTO fewer VALUES (1, 'x')";
        pair.set_up(&format!("{create}{at_source}"), &format!("{create}{at_target}")).await;
        let report = pair.compare(&["same", "swapped", "exchanged", "fewer"]).await;
        let counts: Vec<(u64, u64)> =
            report.tables().iter().map(|table| (table.only_in_source(), table.only_in_target())).collect();
        assert_eq!(counts, [(0, 0), (1, 1), (2, 2), (1, 0)], "{report}");
        assert_eq!(report.tables()[3].examples(), ["only in source: a=1, b=\"x\""]);
    }
}

#[tokio::test]
async fn a_key_that_collations_call_equal_is_still_two_keys() {
    let pair = Pair::of("mysql", "mysql").await;
    let create = "CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY);";
    pair.set_up(
        &format!("{create} INSERT INTO t VALUES ('a')"),
        &format!("{create} INSERT INTO t VALUES ('A')"),
    )
    .await;
    let report = pair.compare(&["t"]).await;
    assert_eq!(report.tables()[0].examples(), ["only in source: k=\"a\"", "only in target: k=\"A\""]);
}

#[tokio::test]
async fn generated_and_invisible_columns_take_part() {
    let pair = Pair::of("mysql", "mysql").await;
    let create = |factor: u8| {
        format!(
            "CREATE TABLE g (id INT PRIMARY KEY, v INT AS (id * {factor}) VIRTUAL); INSERT INTO g (id) VALUES (1); \
             CREATE TABLE i (id INT PRIMARY KEY, v INT INVISIBLE); INSERT INTO i (id, v) VALUES (1, {factor})"
        )
    };
    pair.set_up(&create(2), &create(3)).await;
    for table in pair.compare(&["g", "i"]).await.tables() {
        assert_eq!(table.examples(), ["id=1: v is 2 at the source, 3 at the target"]);
    }
}

#[tokio::test]
async fn an_enum_is_label_and_index() {
    let pair = Pair::of("mysql", "mysql").await;
    let create = |labels: &str| {
        format!(
            "CREATE TABLE e (id INT PRIMARY KEY, v ENUM({labels})); INSERT INTO e VALUES (1, 'a'); \
             CREATE TABLE s (id INT PRIMARY KEY, v SET({labels})); INSERT INTO s VALUES (1, 'a')"
        )
    };
    pair.set_up(&create("'a','b'"), &create("'b','a'")).await;
    let report = pair.compare(&["e", "s"]).await;
    for table in report.tables() {
        assert_eq!(table.examples(), ["id=1: v is 1 \"a\" at the source, 2 \"a\" at the target"]);
    }
}

#[tokio::test]
async fn other_columns_and_other_types_are_differences() {
    let pair = Pair::of("mysql", "mysql").await;
    let at_source = "CREATE TABLE one_more (id INT, v INT); CREATE TABLE turned (a INT, b INT); \
                     CREATE TABLE retyped (id INT, v INT); CREATE TABLE gone (id INT); \
                     CREATE TABLE mapped (id INT, v VARCHAR(9) CHARACTER SET latin1); \
                     INSERT INTO mapped VALUES (1, 'é')";
    let at_target = "CREATE TABLE one_more (id INT); CREATE TABLE turned (b INT, a INT); \
                     CREATE TABLE retyped (id INT, v VARCHAR(9)); CREATE TABLE mapped (id BIGINT, v VARBINARY(9)); \
                     INSERT INTO mapped VALUES (1, 'é')";
    pair.set_up(at_source, at_target).await;
    let report = pair.compare(&["one_more", "turned", "retyped", "gone", "mapped"]).await;
    let problems: Vec<&[String]> = report.tables().iter().map(|table| table.problems()).collect();
    assert_eq!(problems[0], ["columns of the source: id, v", "columns of the target: id"]);
    assert_eq!(problems[1], ["columns of the source: a, b", "columns of the target: b, a"]);
    assert_eq!(problems[2], ["column v is Number at the source and Text at the target"]);
    assert_eq!(problems[3], ["the target has no such table"]);
    assert!(report.tables()[4].is_equal(), "{report}");
    assert!(report.tables()[..4].iter().all(|table| !table.is_equal()));
}

#[tokio::test]
async fn lists_of_tables_are_compared() {
    let pair = Pair::of("mysql", "seekdb").await;
    pair.both("CREATE TABLE Orders (id INT PRIMARY KEY); INSERT INTO Orders VALUES (1)").await;
    pair.compare_all(&[]).await.assert_equal();
    pair.source.query("CREATE TABLE only_here (id INT); CREATE VIEW v AS SELECT 1").await.unwrap();
    pair.target.query("CREATE TABLE checkpoint (id INT)").await.unwrap();
    let report = pair.compare_all(&["checkpoint"]).await;
    let (source, target) = (pair.source.name(), pair.target.name());
    assert_eq!(report.problems(), [format!("{source}.only_here has no table in {target}")]);
    assert_eq!(report.tables().len(), 1);
    assert!(!report.is_equal());
    let report = pair.compare_all(&["only_here"]).await;
    assert_eq!(report.problems(), [format!("{target}.checkpoint has no table in {source}")]);
}

#[tokio::test]
async fn nothing_is_not_equal_to_nothing() {
    let pair = Pair::of("mysql", "mysql").await;
    assert!(!pair.compare_all(&[]).await.is_equal(), "two databases without tables prove nothing");
}

#[tokio::test]
async fn names_that_need_quotes_are_read() {
    let server = Servers::mysql().start().await.unwrap();
    let database = server.create_database("names").await.unwrap();
    database.query("CREATE TABLE `select.from``x` (`a``b` INT PRIMARY KEY, `列` INT); INSERT INTO `select.from``x` VALUES (1, 2)").await.unwrap();
    let name = format!("{}.`select.from``x`", database.name());
    let report = oracle::compare(server.url(), server.url(), &[(&name, &name)]).await.unwrap();
    report.assert_equal();
    assert_eq!(report.tables()[0].source_rows(), 1);
    let wrong = oracle::compare(server.url(), server.url(), &[("no_dot", "a.b")]).await.unwrap_err();
    assert!(matches!(wrong, Error::Input { .. }));
}
