//! One planted difference of each kind of value must be found, and nothing beside it.

use super::Pair;

/// A column type and two values of it that are not equal.
type Case = (&'static str, &'static str, &'static str);

const EVERYWHERE: &[Case] = &[
    ("TINYINT", "1", "2"),
    ("TINYINT(1)", "1", "2"),
    ("INT", "NULL", "0"),
    ("INT UNSIGNED", "4294967295", "4294967294"),
    ("BIGINT", "-9223372036854775808", "-9223372036854775807"),
    ("BIGINT UNSIGNED", "18446744073709551615", "18446744073709551614"),
    ("INT(8) UNSIGNED ZEROFILL", "42", "43"),
    ("DECIMAL(10,2)", "1.10", "1.11"),
    ("DECIMAL(65,30)", "0.000000000000000000000000000001", "0.000000000000000000000000000002"),
    ("DECIMAL(10,4) UNSIGNED ZEROFILL", "1.5", "1.5001"),
    ("FLOAT", "0.1", "0.10000001"),
    ("DOUBLE", "0.1", "0.10000000000000002"),
    ("DOUBLE", "1e300", "1.0000000000000002e300"),
    ("DOUBLE", "0", "5e-324"),
    ("DOUBLE", "NULL", "0"),
    ("BIT(1)", "b'0'", "b'1'"),
    ("BIT(64)", "0xffffffffffffffff", "0xfffffffffffffffe"),
    ("CHAR(5)", "'a'", "'b'"),
    ("CHAR(5)", "'a'", "'A'"),
    ("VARCHAR(10)", "'a'", "'a '"),
    ("VARCHAR(10)", "'a'", "'á'"),
    ("VARCHAR(10)", "'\u{e9}'", "'e\u{301}'"),
    ("VARCHAR(10)", "'😀'", "'😁'"),
    ("VARCHAR(10)", "''", "NULL"),
    ("VARCHAR(10)", "'0'", "''"),
    ("VARCHAR(10)", "'NULL'", "NULL"),
    ("TEXT", "'line\\nbreak'", "'line\\r\\nbreak'"),
    ("LONGTEXT", "REPEAT('x', 100000)", "CONCAT(REPEAT('x', 99999), 'y')"),
    ("VARBINARY(10)", "x'00'", "x'0000'"),
    ("BINARY(3)", "x'61'", "x'6100ff'"),
    ("BLOB", "x'ff'", "x'fe'"),
    ("BLOB", "x''", "NULL"),
    ("DATE", "'0000-00-00'", "NULL"),
    ("DATE", "'2024-02-29'", "'2024-02-28'"),
    ("DATE", "'2024-02-30'", "'2024-03-01'"),
    ("DATETIME", "'0000-00-00 00:00:00'", "'1970-01-01 00:00:00'"),
    ("DATETIME(6)", "'9999-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999998'"),
    ("TIMESTAMP(6) NULL", "'2038-01-19 03:14:07.999999'", "'2038-01-19 03:14:07.999998'"),
    ("TIMESTAMP NULL", "'2024-01-01 00:00:00'", "'2024-01-01 01:00:00'"),
    ("TIME(6)", "'-00:00:00.000001'", "'00:00:00.000001'"),
    ("TIME", "'838:59:59'", "'-838:59:59'"),
    ("TIME", "'25:00:00'", "'01:00:00'"),
    ("YEAR", "0", "2000"),
    ("ENUM('a','b','')", "'a'", "'b'"),
    ("ENUM('a','b')", "'a'", "NULL"),
    ("SET('x','y','z')", "'x,z'", "'x,y'"),
    ("SET('x','y','z')", "''", "NULL"),
    ("JSON", "'null'", "NULL"),
    ("JSON", "'1'", "'1.0'"),
    ("JSON", "'1'", "'\"1\"'"),
    ("JSON", "'true'", "'1'"),
    ("JSON", "'[]'", "'{}'"),
    ("JSON", "'[1, 2]'", "'[2, 1]'"),
    ("JSON", "'{\"a\": null}'", "'{}'"),
    ("JSON", "'{\"a\": \"x\"}'", "'{\"a\": \"x \"}'"),
    ("JSON", "'{\"k\": 18446744073709551615}'", "'{\"k\": 18446744073709551614}'"),
    ("JSON", "'[0.5, [0.25]]'", "'[0.5, [0.2500001]]'"),
    ("JSON", "'{\"z\": 1, \"d\": 0.1}'", "'{\"z\": 2, \"d\": 0.1}'"),
    ("GEOMETRY", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(1 2.0000000000000004)')"),
    ("GEOMETRY", "NULL", "ST_GeomFromText('POINT(0 0)')"),
];

/// What only MySQL can hold, or only an exact comparison can tell apart.
const MYSQL_ALONE: &[Case] = &[
    ("DOUBLE", "0", "-0e0"),
    ("CHAR(3) CHARACTER SET latin1", "'é'", "'e'"),
    ("VARCHAR(3) CHARACTER SET gbk", "'中'", "'文'"),
    // One character, two codes.
    ("VARCHAR(3) CHARACTER SET sjis", "_sjis 0x5c", "_sjis 0x815f"),
    ("VARCHAR(3) CHARACTER SET cp932", "_cp932 0x8790", "_cp932 0x81e0"),
    ("JSON", "'0.1'", "'0.10000000000000002'"),
    ("JSON", "JSON_ARRAY(CAST(5 AS SIGNED))", "JSON_ARRAY(CAST(5 AS UNSIGNED))"),
    ("JSON", "JSON_ARRAY(CAST(1.5 AS DECIMAL(5,1)))", "JSON_ARRAY(1.5e0)"),
    ("JSON", "JSON_OBJECT('d', CAST('2024-01-01' AS DATE))", "JSON_OBJECT('d', '2024-01-01')"),
    ("POINT SRID 4326", "ST_GeomFromText('POINT(10 20)', 4326)", "ST_GeomFromText('POINT(20 10)', 4326)"),
    ("GEOMETRY", "ST_GeomFromText('POINT(10 20)', 4326)", "ST_GeomFromText('POINT(10 20)', 0)"),
    ("VECTOR(2)", "STRING_TO_VECTOR('[1,2]')", "STRING_TO_VECTOR('[1,2.0000002]')"),
];

async fn finds_each(source: &str, target: &str, cases: &[Case]) {
    let pair = Pair::of(source, target).await;
    let mut names = Vec::new();
    let (mut at_source, mut at_target) = (String::new(), String::new());
    for (number, (column_type, value, other)) in cases.iter().enumerate() {
        let table = format!("t{number}");
        let create = format!("CREATE TABLE {table} (id INT PRIMARY KEY, v {column_type});");
        // Rows 1 and 3 are equal, in all values; row 2 is not.
        let rows =
            |second: &str| format!("INSERT INTO {table} VALUES (1, {value}), (2, {second}), (3, {other});");
        at_source.push_str(&(create.clone() + &rows(value)));
        at_target.push_str(&(create + &rows(other)));
        names.push(table);
    }
    pair.set_up(&at_source, &at_target).await;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = pair.compare(&names).await;
    assert!(!report.is_equal());
    let mut wrong = Vec::new();
    for (table, case) in report.tables().iter().zip(cases) {
        let counts =
            (table.source_rows(), table.target_rows(), table.only_in_source(), table.only_in_target());
        let told = table
            .examples()
            .iter()
            .all(|line| line.starts_with("id=2: v is ") || line.starts_with("id=2: JSON_TYPE of v at $"));
        if counts != (3, 3, 1, 1) || table.examples().len() != 1 || !told || !table.problems().is_empty() {
            wrong.push(format!("{case:?}: {table}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn one_changed_cell_of_each_type_is_found_between_mysql_and_mysql() {
    finds_each("mysql", "mysql", EVERYWHERE).await;
    finds_each("mysql", "mysql", MYSQL_ALONE).await;
}

#[tokio::test]
async fn one_changed_cell_of_each_type_is_found_between_mysql_and_seekdb() {
    finds_each("mysql", "seekdb", EVERYWHERE).await;
}

#[tokio::test]
async fn doubles_in_json_may_differ_by_four_units_where_oceanbase_parsed_them() {
    let pair = Pair::of("mysql", "seekdb").await;
    let create = "CREATE TABLE near (id INT PRIMARY KEY, v JSON); CREATE TABLE far LIKE near;\
                  CREATE TABLE bag (v JSON);";
    // One unit in the last place of numbers from 1 to 2 is 2.2e-16.
    let at_source = "INSERT INTO near VALUES (1, '[1.5, {\"d\": 1.25}]'); INSERT INTO far VALUES (1, '1.5');\
                     INSERT INTO bag VALUES ('1.5'), ('1.5'), ('2.5')";
    let at_target = "INSERT INTO near VALUES (1, '[1.5000000000000004, {\"d\": 1.25}]');\
                     INSERT INTO far VALUES (1, '1.5000000000000029');\
                     INSERT INTO bag VALUES ('2.5'), ('1.5000000000000004'), ('1.5')";
    pair.set_up(&format!("{create}{at_source}"), &format!("{create}{at_target}")).await;
    let report = pair.compare(&["near", "far", "bag"]).await;
    let equal: Vec<bool> = report.tables().iter().map(|table| table.is_equal()).collect();
    assert_eq!(equal, [true, false, true], "{report}");
}

#[tokio::test]
async fn a_timestamp_is_an_instant_whatever_the_sessions_zone() {
    for target in ["mysql", "seekdb"] {
        let pair = Pair::of("mysql", target).await;
        let create = "CREATE TABLE same (id INT PRIMARY KEY, t TIMESTAMP(3) NULL, d DATETIME(3)); \
                      CREATE TABLE other LIKE same;";
        let row = |zone: &str, table: &str, instant: &str| {
            format!(
                "SET time_zone='{zone}'; INSERT INTO {table} VALUES (1, '{instant}', '2026-01-30 12:00:00.789');"
            )
        };
        let at_source = row("+09:00", "same", "2026-01-30 21:00:00.789")
            + &row("+09:00", "other", "2026-01-30 12:00:00.789");
        let at_target = row("-04:00", "same", "2026-01-30 08:00:00.789")
            + &row("-04:00", "other", "2026-01-30 12:00:00.789");
        pair.set_up(&format!("{create}{at_source}"), &format!("{create}{at_target}")).await;
        let report = pair.compare(&["same", "other"]).await;
        assert!(report.tables()[0].is_equal(), "{report}");
        assert!(!report.tables()[1].is_equal(), "{report}");
        assert!(report.tables()[1].examples()[0].contains("t is 2026-01-30 03:00:00.789000"), "{report}");
    }
}
