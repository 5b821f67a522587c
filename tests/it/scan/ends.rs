//! Keys with a gap that no arithmetic bridges, and keys at the ends of their types.

use oms_sources::mysql::handover::HandoverOptions;
use oms_test_servers::{Database, Server, Servers};

use crate::support::{Migration, Run};

/// Rows of each table.
const ROWS: u64 = 20_000;
const CHUNK: u64 = 500;

fn options() -> HandoverOptions {
    let options = Migration::small_chunks();
    let scan = options.scan.clone().with_chunk_rows(CHUNK).with_range_rows(Some(5000));
    options.with_scan(scan)
}

/// Rows with the keys of `key`, an expression of `n`.
async fn fill(database: &Database, table: &str, key: &str, rows: u64) {
    let sql = format!(
        "SET SESSION cte_max_recursion_depth=1000000; \
         INSERT IGNORE INTO {table} WITH RECURSIVE r(n) AS (SELECT CAST(1 AS UNSIGNED) UNION ALL SELECT n+1 FROM r WHERE n<{rows}) \
         SELECT {key}, n FROM r"
    );
    database.query(&sql).await.expect("rows");
}

/// How many statements have read this table, and the most rows that one of them gave.
async fn reads(server: &Server, database: &Database, table: &str) -> (u64, u64) {
    let sql = format!(
        "SELECT COUNT(*), COALESCE(MAX(ROWS_SENT),0) FROM performance_schema.events_statements_history_long \
         WHERE SQL_TEXT LIKE 'SELECT%`{}`.`{table}`%'",
        database.name()
    );
    let row = server.query(&sql).await.expect("the history of statements").remove(0);
    let number = |place: usize| row[place].as_deref().expect("a number").parse().expect("a number");
    (number(0), number(1))
}

/// One key far from all others (T33): ranges are walked, not computed, so it costs one query more, if that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_skewed_key_is_read_in_as_many_queries_as_an_even_one() {
    let source =
        Servers::mysql().with_option("--performance-schema-consumer-events-statements-history-long=ON");
    let tables = "CREATE TABLE even (id BIGINT PRIMARY KEY, v INT); CREATE TABLE skewed (id BIGINT PRIMARY KEY, v INT)";
    let started = Migration::start("scan::ends::skewed", source, Servers::mysql80(), tables);
    let Some(migration) = Box::pin(started).await else { return };
    fill(&migration.shop, "even", "n", ROWS).await;
    fill(&migration.shop, "skewed", &format!("IF(n={ROWS}, 9000000000000000000, n)"), ROWS).await;
    migration.shop.query("ANALYZE TABLE even; ANALYZE TABLE skewed").await.expect("statistics");
    migration
        .source
        .query("TRUNCATE TABLE performance_schema.events_statements_history_long")
        .await
        .expect("a clean history");
    let source = migration.all_of_it(options().with_follow(false));
    let run = Run::of(migration.pipeline_of(source, migration.sink(|options| options)));
    run.end().await.expect("the copy ends");
    let (even, _) = reads(&migration.source, &migration.shop, "even").await;
    let (skewed, most) = reads(&migration.source, &migration.shop, "skewed").await;
    // The history holds what was read, so that no count below means nothing.
    assert!(even >= ROWS / CHUNK && skewed >= ROWS / CHUNK, "{even} and {skewed} queries");
    assert!(skewed <= even + 2, "{skewed} queries, and {even} for an even key");
    assert!(most <= CHUNK, "a chunk of {most} rows");
    // Each range of 5000 rows costs one query that finds its end, and one that finds the next chunk empty.
    let bound = ROWS / CHUNK + 3 * (ROWS / 5000 + 1) + 2;
    assert!(skewed <= bound, "{skewed} queries, where {bound} were enough");
    migration.assert_equal().await;
}

/// Keys on both sides of 2^63, and the last ones there are (T34); the least and the greatest of other types (T37).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_at_the_ends_of_their_types_are_carried_while_rows_come() {
    let tables = "\
        CREATE TABLE t34 (id BIGINT UNSIGNED PRIMARY KEY, v INT); \
        CREATE TABLE t37a (id BINARY(16) PRIMARY KEY, v INT); \
        CREATE TABLE t37b (id DATETIME(6) PRIMARY KEY, v INT); \
        CREATE TABLE t37c (id DECIMAL(20,5) PRIMARY KEY, v INT); \
        CREATE TABLE t37d (id BIGINT PRIMARY KEY, v INT)";
    for target in [Servers::mysql80(), Servers::seekdb()] {
        let test = "scan::ends::ends";
        let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, tables)).await else {
            return;
        };
        let ends = "\
            INSERT INTO t34 VALUES (1,1),(9223372036854775807,1),(9223372036854775808,1),(18446744073709551614,1),\
                (18446744073709551615,1); \
            INSERT INTO t37a VALUES (0x00000000000000000000000000000000,1),(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF,1); \
            INSERT INTO t37b VALUES ('1000-01-01 00:00:00.000000',1),('9999-12-31 23:59:59.999999',1); \
            INSERT INTO t37c VALUES (-999999999999999.99999,1),(0,1),(999999999999999.99999,1); \
            INSERT INTO t37d VALUES (-9223372036854775808,1),(-1,1),(0,1),(9223372036854775807,1)";
        migration.shop.query(ends).await.expect("the ends");
        fill(&migration.shop, "t34", "9223372036854775808 + n * 3 - 6000", 4000).await;
        for (table, key) in [
            ("t37a", "UNHEX(LEFT(SHA2(n,256),32))"),
            ("t37b", "'1970-01-01' + INTERVAL n MICROSECOND"),
            ("t37c", "(CAST(n AS SIGNED)-1000)*0.00001"),
            ("t37d", "CAST(n AS SIGNED)-1000"),
        ] {
            fill(&migration.shop, table, key, 2000).await;
        }
        let run =
            Run::of(migration.pipeline_of(migration.all_of_it(options()), migration.sink(|options| options)));
        let later = "INSERT INTO t34 VALUES (5,2),(18446744073709551000,2); UPDATE t34 SET v=-1 WHERE id=18446744073709551615; \
            INSERT INTO t37d VALUES (-9223372036854775807,2); DELETE FROM t37d WHERE id=9223372036854775807; \
            UPDATE t37b SET v=-1 WHERE id='9999-12-31 23:59:59.999999'; DELETE FROM t37c WHERE id=-999999999999999.99999; \
            UPDATE t37a SET v=-1 WHERE id=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
        migration.shop.query(later).await.expect("changes");
        migration.caught_up(&run).await;
        assert_eq!(run.stop().await.retries, 0);
        migration.assert_equal().await;
    }
}
