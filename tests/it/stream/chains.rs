//! Keys that move along: each row takes the place that another one has just left (T60), by one worker and by sixteen; and
//! many rows in one statement, loaded from a file (T46).

use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, Run};

const TABLES: &str = "CREATE TABLE t60 (id INT PRIMARY KEY, v INT, u INT, UNIQUE KEY by_u (u)); \
                      CREATE TABLE t46 (id INT PRIMARY KEY, u INT UNIQUE, v INT)";

async fn move_along(test: &str, target: fn() -> ServerBuilder) {
    for workers in [1, 16] {
        let test = format!("{test} [{workers}]");
        let source = Servers::mysql().with_option("--secure-file-priv=");
        let Some(migration) = Box::pin(Migration::start(&test, source, target(), TABLES)).await else {
            return;
        };
        let fill = "INSERT INTO t60 SELECT n,n,n FROM (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r \
                    WHERE n<500) SELECT n FROM r) x";
        migration.shop.query(fill).await.unwrap();
        let sink = migration.sink(|options| options.with_workers(workers));
        let run = Run::of(migration.pipeline_of(migration.all_of_it(Migration::small_chunks()), sink));
        migration.caught_up(&run).await;
        let moves = "UPDATE t60 SET id=id+1000; UPDATE t60 SET id=id-999 ORDER BY id; UPDATE t60 SET id=id+1 ORDER BY id DESC; \
                     UPDATE t60 SET u=-u; UPDATE t60 SET u=-u+1 ORDER BY u";
        migration.shop.query(moves).await.unwrap();
        // The same in transactions of their own, which workers would like to write side by side.
        let mut small = String::new();
        for id in (3..=502).rev() {
            small.push_str(&format!("UPDATE t60 SET id=id+1, u=u+1, v=v+1 WHERE id={id};"));
        }
        migration.shop.query(&small).await.unwrap();
        let loaded = "\
            SET SESSION cte_max_recursion_depth=20000; \
            SELECT n, -n, n%7 INTO OUTFILE 'rows.txt' FROM (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r \
            WHERE n<10000) SELECT n FROM r) x; \
            LOAD DATA INFILE 'rows.txt' INTO TABLE t46; \
            LOAD DATA INFILE 'rows.txt' REPLACE INTO TABLE t46 (id, u, @w) SET v=@w+1";
        migration.shop.query(loaded).await.unwrap();
        migration.caught_up(&run).await;
        assert_eq!(run.stop().await.retries, 0, "{test}");
        migration.assert_equal().await;
        let moved = migration.copy.query("SELECT MIN(id), MAX(id), COUNT(*) FROM t60").await.unwrap();
        let source = migration.shop.query("SELECT MIN(id), MAX(id), COUNT(*) FROM t60").await.unwrap();
        assert_eq!(moved, source);
        let loaded = migration.copy.query("SELECT COUNT(*) FROM t46").await.unwrap();
        assert_eq!(loaded[0][0].as_deref(), Some("10000"), "{test}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_mysql() {
    move_along("stream::chains::mysql", Servers::mysql80).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_oceanbase() {
    move_along("stream::chains::oceanbase", Servers::seekdb).await;
}
