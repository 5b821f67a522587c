//! Every type at its ends: equal where it is, different where one value is changed by the least that there is.

use oms_check::{Method, NormalizeRule, Verdict, VerifyOptions};
use oms_test_servers::Servers;

use crate::sides::{Sides, told};

/// A type, its values (the first stands in the rows that are planted in), and a neighbour of the first.
type Kind = (&'static str, &'static [&'static str], &'static str);

const KINDS: &[Kind] = &[
    ("TINYINT", &["127", "-128", "0"], "126"),
    ("BIGINT", &["9223372036854775807", "-9223372036854775808"], "9223372036854775806"),
    ("BIGINT UNSIGNED", &["18446744073709551615", "0", "9223372036854775808"], "18446744073709551614"),
    ("INT(8) UNSIGNED ZEROFILL", &["7", "4294967295", "0"], "70"),
    (
        "DECIMAL(65,30)",
        &[
            "99999999999999999999999999999999999.999999999999999999999999999999",
            "-0.000000000000000000000000000001",
            "0",
        ],
        "99999999999999999999999999999999999.999999999999999999999999999998",
    ),
    ("FLOAT", &["1.1", "3.402823466e38", "-1.17549435e-38", "16777217", "0", "1e-45"], "1.1000002"),
    ("FLOAT", &["0e0", "1"], "-0e0"),
    (
        "DOUBLE",
        &["0.1", "1.7976931348623157e308", "-2.2250738585072014e-308", "1e15", "1e-7"],
        "0.10000000000000002",
    ),
    ("BIT(1)", &["b'1'", "b'0'"], "b'0'"),
    ("BIT(64)", &["x'ffffffffffffffff'", "x'8000000000000001'", "0"], "x'fffffffffffffffe'"),
    ("DATE", &["'9999-12-31'", "'0000-00-00'", "'2020-00-00'", "'2020-02-30'"], "'9999-12-30'"),
    ("DATETIME(6)", &["'9999-12-31 23:59:59.999999'", "'0000-00-00'"], "'9999-12-31 23:59:59.999998'"),
    (
        "TIMESTAMP(6) NULL",
        &["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"],
        "'1970-01-01 00:00:01.000001'",
    ),
    ("TIME(6)", &["'-838:59:59'", "'838:59:59'", "'-00:00:00.000001'", "0"], "'838:59:59'"),
    ("YEAR", &["0", "1901", "2155"], "2000"),
    ("CHAR(10)", &["'a'", "''", "'\u{1F600}'"], "'A'"),
    ("VARCHAR(10)", &["'a'", "''", "' b'"], "'a '"),
    ("VARCHAR(20)", &["'1,2:x'", "'N'", "'2:N'"], "'1:2,x'"),
    ("VARCHAR(10) COLLATE utf8mb4_bin", &["''", "'x'"], "NULL"),
    ("BINARY(4)", &["x'01'", "x'00ff'", "''"], "x'0120'"),
    ("VARBINARY(10)", &["''", "x'00ff27'"], "x'00'"),
    ("LONGTEXT", &["REPEAT('ab',5000)", "''"], "CONCAT(REPEAT('ab',4999),'aB')"),
    ("LONGBLOB", &["REPEAT(x'00ff',5000)", "''"], "CONCAT(REPEAT(x'00ff',4999),x'00fe')"),
    ("ENUM('a','b','','\u{e9}')", &["1", "2", "3", "4"], "'\u{e9}'"),
    ("ENUM('a','b')", &["0", "1"], "NULL"),
    ("SET('x','y','z')", &["'x,z'", "''", "7"], "'x'"),
    (
        "GEOMETRY",
        &["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"],
        "ST_GeomFromText('POINT(2 1)')",
    ),
    (
        "JSON",
        &["'{\"a\":1,\"bb\":[1.5,null,true,\"\u{e9}\\\\n\"]}'", "'[]'", "'null'"],
        "'{\"a\":1,\"bb\":[1.5,null,true,\"e\\\\n\"]}'",
    ),
    ("JSON", &["'1'", "'{}'"], "'\"1\"'"),
    ("JSON", &["'null'", "'[18446744073709551615,-0.5]'"], "NULL"),
];

/// The table, with one row to plant a difference in for each type, and rows with all values behind.
fn table() -> String {
    let columns = KINDS.iter().enumerate().map(|(at, (kind, ..))| match *kind {
        kind if kind.contains("NULL") => format!("c{at} {kind}"),
        kind => format!("c{at} {kind} NULL"),
    });
    let planted = (0..KINDS.len()).map(|id| {
        let values: Vec<&str> = KINDS.iter().map(|(_, values, _)| values[0]).collect();
        format!("({id},{})", values.join(","))
    });
    let ends = (0..6).map(|row| {
        let values: Vec<&str> = KINDS.iter().map(|(_, values, _)| values[row % values.len()]).collect();
        format!("({},{})", 1000 + row, values.join(","))
    });
    let nulls = format!("(2000,{})", vec!["NULL"; KINDS.len()].join(","));
    let rows: Vec<String> = planted.chain(ends).chain([nulls]).collect();
    format!(
        "CREATE TABLE kinds (id INT PRIMARY KEY, {}, g INT GENERATED ALWAYS AS (id + 1) VIRTUAL) DEFAULT CHARSET utf8mb4; \
         INSERT INTO kinds (id,{}) VALUES {}",
        columns.collect::<Vec<_>>().join(", "),
        (0..KINDS.len()).map(|at| format!("c{at}")).collect::<Vec<_>>().join(","),
        rows.join(",")
    )
}

#[tokio::test]
async fn every_type_is_equal_at_its_ends_and_each_planted_value_is_found() {
    for sides in Box::pin(Sides::all("every_type_is_equal_at_its_ends_and_each_planted_value_is_found")).await
    {
        sides.both(&table()).await;
        let report = sides.verify("kinds", VerifyOptions::default()).await;
        assert_eq!((report.verdict(), report.method), (Verdict::Equal, Some(Method::Ranges)), "{report:?}");
        assert_eq!(report.source_rows, KINDS.len() as u64 + 7);
        assert_eq!(report.columns.len(), KINDS.len() + 2);

        for (at, (.., neighbour)) in KINDS.iter().enumerate() {
            sides.at_target(&format!("UPDATE kinds SET c{at} = {neighbour} WHERE id = {at}")).await;
        }
        let report = sides.verify("kinds", VerifyOptions::default()).await;
        let mut wanted: Vec<String> = (0..KINDS.len()).map(|at| format!("different: {at} [c{at}]")).collect();
        wanted.sort();
        assert_eq!(told(&report), wanted);
        assert_eq!((report.verdict(), report.different), (Verdict::Different, KINDS.len() as u64));
    }
}

#[tokio::test]
async fn the_same_rows_on_two_generations_of_servers_are_equal() {
    let test = "the_same_rows_on_two_generations_of_servers_are_equal";
    for target in [Servers::mysql(), Servers::seekdb()] {
        let Some(sides) = Box::pin(Sides::start(test, Servers::mysql57(), target)).await else { continue };
        sides.both(&table()).await;
        let report = sides.verify("kinds", VerifyOptions::default()).await;
        assert_eq!(report.verdict(), Verdict::Equal, "{:?} {:?}", told(&report), report.failure);
    }
}

#[tokio::test]
async fn doubles_in_documents_that_oceanbase_reads_inexactly_are_equal_by_a_rule() {
    let test = "doubles_in_documents_that_oceanbase_reads_inexactly_are_equal_by_a_rule";
    let Some(sides) = Box::pin(Sides::start(test, Servers::mysql(), Servers::seekdb())).await else { return };
    sides.both("CREATE TABLE docs (id INT PRIMARY KEY, d JSON)").await;
    let rows: Vec<String> = (1..400)
        .map(|id| {
            let number = f64::from(id) * 1.234_567_890_123_456_7e3 / 7.0;
            format!("({id}, '{{\"n\": {number:?}, \"t\": \"x\"}}')")
        })
        .collect();
    sides.both(&format!("INSERT INTO docs VALUES {}", rows.join(","))).await;
    let report = sides.verify("docs", VerifyOptions::default()).await;
    assert_eq!(report.verdict(), Verdict::Equal, "{:?}", told(&report));
    let by_rule = report.by_rule.get(&NormalizeRule::JsonDouble).copied().unwrap_or(0);
    assert!(by_rule > 0, "no double was read inexactly: {:?}", report.by_rule);

    let strict = sides.verify("docs", VerifyOptions::default().with_rules([])).await;
    assert_eq!((strict.verdict(), strict.different), (Verdict::Different, by_rule));

    sides.at_target("UPDATE docs SET d = JSON_SET(d, '$.t', 'y') WHERE id = 77").await;
    let report = sides.verify("docs", VerifyOptions::default()).await;
    assert_eq!(told(&report), ["different: 77 [d]"]);
}

#[tokio::test]
async fn widened_types_and_other_character_sets_are_compared_by_value() {
    for sides in Box::pin(Sides::all("widened_types_and_other_character_sets_are_compared_by_value")).await {
        sides
            .at_source(
                "CREATE TABLE wide (id INT PRIMARY KEY, a INT, b DECIMAL(5,1), c DATETIME(3), d DATE, e VARCHAR(9) \
                 CHARACTER SET latin1, f VARCHAR(9) CHARACTER SET gbk, h ENUM('p','q')); \
                 INSERT INTO wide VALUES (1, -7, 1.5, '2020-01-02 03:04:05.678', '2020-00-00', _utf8mb4 '\u{e9}\u{20ac}', \
                 _utf8mb4 '\u{4e2d}?', 'q'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            )
            .await;
        sides
            .at_target(
                "CREATE TABLE wide (id BIGINT UNSIGNED PRIMARY KEY, a DECIMAL(12,0), b DECIMAL(20,6), c DATETIME(6), \
                 d DATETIME, e TEXT, f VARCHAR(20), h VARCHAR(9)) DEFAULT CHARSET utf8mb4; \
                 INSERT INTO wide VALUES (1, -7, 1.5, '2020-01-02 03:04:05.678', '2020-00-00', '\u{e9}\u{20ac}', \
                 '\u{4e2d}?', 'q'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            )
            .await;
        let report = sides.verify("wide", VerifyOptions::default()).await;
        assert_eq!(report.verdict(), Verdict::Equal, "{:?} {:?}", told(&report), report.failure);
        sides
            .at_target("UPDATE wide SET b = 1.500001, e = 'e\u{20ac}', f = '\u{4e2d}\u{4e2d}' WHERE id = 1")
            .await;
        let report = sides.verify("wide", VerifyOptions::default()).await;
        assert_eq!(told(&report), ["different: 1 [b,e,f]"]);
    }
}
