//! Equal tables are called equal, whatever the servers print.

use std::time::Instant;

use super::Pair;

/// All classes of types in values at their ends, as the test catalogue has them.
const ALL_TYPES: &str = r#"
CREATE TABLE n (id BIGINT UNSIGNED PRIMARY KEY, a TINYINT, b TINYINT UNSIGNED, c SMALLINT, e INT, g BIGINT, h BIGINT UNSIGNED,
  z INT(8) UNSIGNED ZEROFILL, m MEDIUMINT, o BOOLEAN);
INSERT INTO n VALUES (1,-128,255,-32768,-2147483648,-9223372036854775808,18446744073709551615,42,-8388608,1),
  (18446744073709551615,0,0,0,0,0,0,0,NULL,NULL);
CREATE TABLE d (id INT PRIMARY KEY, a DECIMAL(65,30), b DECIMAL(65,0), c DECIMAL(5,2), z DECIMAL(10,4) UNSIGNED ZEROFILL,
  f FLOAT, g DOUBLE, p FLOAT(7,3), q DOUBLE(20,6));
INSERT INTO d VALUES (1,-99999999999999999999999999999999999.999999999999999999999999999999,
  99999999999999999999999999999999999999999999999999999999999999999,-0.00,1.5,3.4e38,1.7976931348623157e308,1.5,0.333333),
  (2,0.000000000000000000000000000001,-1,1.10,0,1.17549e-38,2.2250738585072014e-308,-2.125,-2.5),
  (3,NULL,NULL,NULL,NULL,16777217,9007199254740993,0.1,0.1);
CREATE TABLE t (id INT PRIMARY KEY, d DATE, t0 DATETIME, t1 DATETIME(1), t6 DATETIME(6), s6 TIMESTAMP(6) NULL, y YEAR,
  a TIME, b TIME(6), z DATE);
INSERT INTO t VALUES (1,'0001-01-01','0033-03-03 14:14:14','1969-12-31 23:59:59.9','9999-12-31 23:59:59.999999',
  '2038-01-19 03:14:07.999999',1901,'838:59:59','-00:00:00.000001','2024-00-00'),
  (2,'0000-00-00','0000-00-00 00:00:00','2000-02-29 12:00:00.5','0444-04-04 13:13:13.000001','1970-01-02 00:00:01.000001',
  2155,'-507:48:27','25:00:00.5','2024-02-30'),(3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE b (id INT PRIMARY KEY, b1 BIT(1), b9 BIT(9), b64 BIT(64), e ENUM('programmée','b''c','d,e','日本'),
  s SET('x','y z','é'), bl BLOB, vb VARBINARY(300), bi BINARY(4), tb TINYBLOB);
INSERT INTO b VALUES (1,1,b'100000001',0xffffffffffffffff,'programmée','x,é',0x00FF80270A0D5C1A,0x610000,x'61',''),
  (2,0,b'10',1,'b''c','','',x'',x'61626364',NULL),(3,NULL,NULL,0x8000000000000000,NULL,NULL,NULL,NULL,NULL,0x00);
CREATE TABLE x (id INT PRIMARY KEY, c CHAR(10), v VARCHAR(10), t TEXT, l LONGTEXT);
INSERT INTO x VALUES (1,'ab  ','ab  ','line\nquote''back\\tab\t','😀'),(2,'','   ','',NULL),
  (3,NULL,NULL,_utf8mb4 0xEFBBBF41,_utf8mb4 0x65CC81);
CREATE TABLE j (id INT PRIMARY KEY, j JSON);
INSERT INTO j VALUES (1,'{"a":null,"":1,"k\\"q":"\\u0000x\\u00e9\\ud83d\\ude00","n":[1,[2,[3]]]}'),(2,'null'),(3,NULL),(4,'"scalar"'),
  (5,'[]'),(6,'{}'),(7,'{"u":18446744073709551615,"i":-9223372036854775808,"e":1e300,"f":0.1,"s":1e-7}');
CREATE TABLE g (id INT PRIMARY KEY, g GEOMETRY, p POINT);
INSERT INTO g VALUES (1,ST_GeomFromText('POINT(0 0)'),ST_GeomFromText('POINT(1.5 -2.25)')),
  (2,ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0))'),NULL),
  (3,ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'),NULL),(4,NULL,NULL);
CREATE TABLE c (id INT PRIMARY KEY, a INT, v INT AS (a*2) VIRTUAL, s INT AS (a+1) STORED, UNIQUE (s));
INSERT INTO c (id, a) VALUES (1,5),(2,NULL);
CREATE TABLE k (a INT, b VARCHAR(10));
INSERT INTO k VALUES (1,'x'),(1,'x'),(1,'x'),(2,NULL),(NULL,NULL);
CREATE TABLE nothing (id INT PRIMARY KEY);
"#;

const TABLES: [&str; 10] = ["n", "d", "t", "b", "x", "j", "g", "c", "k", "nothing"];

/// Old MySQL reads such numbers inexactly and prints 1.0 as 1.
const HARD_DOUBLES: &str = "CREATE TABLE h (id INT PRIMARY KEY, j JSON); INSERT INTO h VALUES \
    (1, '[0.30000000000000004, 5e-324, 1.7976931348623157e308, 123456789.12345679, -0.0, 1.0]')";

async fn all_types_are_equal(source: &str, target: &str) {
    let pair = Pair::of(source, target).await;
    pair.both(ALL_TYPES).await;
    let report = pair.compare(&TABLES).await;
    report.assert_equal();
    let rows: Vec<u64> = report.tables().iter().map(|table| table.source_rows()).collect();
    assert_eq!(rows, [2, 3, 3, 3, 3, 7, 4, 2, 5, 0]);
    if ![source, target].contains(&"mysql57") && ![source, target].contains(&"mysql80") {
        pair.both(HARD_DOUBLES).await;
        pair.compare(&["h"]).await.assert_equal();
    }
    pair.compare_all(&[]).await.assert_equal();
}

#[tokio::test]
async fn all_types_are_equal_between_mysql_and_mysql() {
    all_types_are_equal("mysql", "mysql").await;
}

#[tokio::test]
async fn all_types_are_equal_between_mysql_and_seekdb() {
    all_types_are_equal("mysql", "seekdb").await;
}

#[tokio::test]
async fn all_types_are_equal_between_old_and_new_mysql() {
    for old in ["mysql57", "mysql80"] {
        let there = oms_test_servers::Servers::by_name(old).unwrap();
        let test = format!("all_types_are_equal_between_old_and_new_mysql ({old})");
        if there.start_or_skip(&test).await.is_some() {
            all_types_are_equal(old, "mysql").await;
        }
    }
}

#[tokio::test]
async fn all_types_are_equal_between_mariadb_and_mysql() {
    let pair = Pair::of("mariadb", "mysql").await;
    pair.both(ALL_TYPES).await;
    pair.compare(&TABLES).await.assert_equal();
}

#[tokio::test]
async fn character_sets_do_not_matter_for_text() {
    let pair = Pair::of("mysql", "seekdb").await;
    let rows = "INSERT INTO t VALUES (1,'é€ß','中文测试','中','圖形碼','河')";
    let source = "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1, b VARCHAR(20) CHARACTER SET gbk, \
                  c VARCHAR(20) CHARACTER SET utf8mb3, f VARCHAR(20) CHARACTER SET big5, g TEXT CHARACTER SET ujis);";
    let target = "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20), c VARCHAR(20), f VARCHAR(20), g TEXT);";
    pair.set_up(&format!("{source}{rows}"), &format!("{target}{rows}")).await;
    pair.compare(&["t"]).await.assert_equal();
}

/// Doubles, printed with all the digits they need.
const MANY_DOUBLES: &str = "CREATE TABLE t (id INT PRIMARY KEY, j JSON, d DOUBLE); \
    SET SESSION cte_max_recursion_depth=100000; \
    INSERT INTO t WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 20000) \
    SELECT n, JSON_ARRAY(n, SQRT(n), JSON_OBJECT('x', 1 / n * 1e0, 'y', EXP(n / 1000e0))), SQRT(n) FROM r";

#[tokio::test]
async fn doubles_in_json_that_oceanbase_reads_inexactly_are_equal() {
    let pair = Pair::of("mysql", "seekdb").await;
    pair.source.query(MANY_DOUBLES).await.unwrap();
    pair.target.query("CREATE TABLE t (id INT PRIMARY KEY, j JSON, d DOUBLE)").await.unwrap();
    // As a copy does it: as the source prints it.
    let rows = pair
        .source
        .query("SELECT CONCAT('(', id, ',''', j, ''',', CAST(CAST(d AS JSON) AS CHAR), ')') FROM t");
    let rows: Vec<String> = rows.await.unwrap().into_iter().flatten().flatten().collect();
    for rows in rows.chunks(1000) {
        pair.target.query(&format!("INSERT INTO t VALUES {}", rows.join(","))).await.unwrap();
    }
    let report = pair.compare(&["t"]).await;
    report.assert_equal();
    assert_eq!(report.tables()[0].target_rows(), 20_000);
    // The tolerance is what made them equal, and it is one for doubles in JSON alone.
    pair.target.query("UPDATE t SET j = JSON_SET(j, '$[2].x', 0.5001) WHERE id = 2; UPDATE t SET d = d * 1.0000000000000003 WHERE id = 3").await.unwrap();
    let report = pair.compare(&["t"]).await;
    assert_eq!(
        (report.tables()[0].only_in_source(), report.tables()[0].only_in_target()),
        (2, 2),
        "{report}"
    );
}

#[tokio::test]
async fn a_million_rows_are_compared() {
    let pair = Pair::of("mysql", "mysql").await;
    let fill = "CREATE TABLE t (id INT PRIMARY KEY, a BIGINT, s VARCHAR(30), d DATETIME(3), m DECIMAL(12,2)); \
        SET SESSION cte_max_recursion_depth=2000000; \
        INSERT INTO t WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 1000000) \
        SELECT n, n * 7919, CONCAT('row ', n), '2024-01-01' + INTERVAL n SECOND, n / 7 FROM r";
    let (one, other) = tokio::join!(pair.source.query(fill), pair.target.query(fill));
    one.and(other).unwrap();
    let begun = Instant::now();
    pair.compare(&["t"]).await.assert_equal();
    println!("compared a million rows in {:.1} s", begun.elapsed().as_secs_f64());
    pair.target
        .query("UPDATE t SET s = 'row 77777 ' WHERE id = 77777; DELETE FROM t WHERE id = 999999")
        .await
        .unwrap();
    let report = pair.compare(&["t"]).await;
    assert_eq!(
        (report.tables()[0].only_in_source(), report.tables()[0].only_in_target()),
        (2, 1),
        "{report}"
    );
}
