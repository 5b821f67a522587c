//! A host, a source and a target in three time zones (T27): instants stay instants, wall clocks stay wall clocks.

use oms_test_servers::{ServerBuilder, Servers};

use crate::support::{Migration, ended, signal};

const TABLE: &str = "CREATE TABLE t27 (id INT PRIMARY KEY, ts TIMESTAMP(3) NULL, dt DATETIME(3)); \
                     CREATE TABLE keyless (ts TIMESTAMP(3) NULL, dt DATETIME(3))";
const OPTIONS: [&str; 2] = ["--steps", "full,incremental"];

/// Seconds since 1970, and what the clock on the wall says, whatever the session's zone.
const READ: &str =
    "SELECT id, UNIX_TIMESTAMP(ts), DATE_FORMAT(dt, '%Y-%m-%d %H:%i:%s.%f') FROM t27 ORDER BY id";
const READ_KEYLESS: &str =
    "SELECT UNIX_TIMESTAMP(ts), DATE_FORMAT(dt, '%Y-%m-%d %H:%i:%s.%f') FROM keyless ORDER BY dt";

async fn keep_their_times(test: &str, target: ServerBuilder) {
    let source = Servers::mysql().with_option("--default-time-zone=-04:00");
    let Some(source) = Box::pin(source.start_or_skip(test)).await else { return };
    let Some(target) = Box::pin(target.private().start_or_skip(test)).await else { return };
    target.query("SET GLOBAL time_zone='+08:00'").await.unwrap();
    let migration = Migration::between(source, target).await;
    migration.both(TABLE).await;
    let rows = |from: u32| {
        format!(
            "INSERT INTO t27 VALUES ({from},'2026-01-30 12:34:56.789','2026-01-30 12:34:56.789'),\
             ({},'2026-03-08 02:30:00','2026-03-08 02:30:00.001'); \
             INSERT INTO keyless SELECT ts, dt + INTERVAL {from} DAY FROM t27 WHERE id={from}",
            from + 1
        )
    };
    migration.from.query(&rows(1)).await.unwrap();
    migration.from.query(&rows(11)).await.unwrap();
    // A zone without an hour to be repeated, and one with.
    for (turn, zone) in ["Asia/Tokyo", "America/New_York"].into_iter().enumerate() {
        let program = migration.program("[steps]\nverify = false\n").with_environment("TZ", zone);
        let running = program.start("run", &OPTIONS);
        program.run("wait", &["--caught-up"]).await.expect(0);
        let from = 100 * (turn as u32 + 1);
        migration.from.query(&rows(from)).await.unwrap();
        let change = "UPDATE t27 SET ts=ts + INTERVAL 1 HOUR, dt=dt + INTERVAL 1 HOUR WHERE id % 10 = 1; \
                      UPDATE keyless SET dt=dt + INTERVAL 1 SECOND; DELETE FROM keyless LIMIT 1; \
                      CREATE TEMPORARY TABLE kept AS SELECT * FROM t27 WHERE id=2; DELETE FROM t27 WHERE id=2; \
                      INSERT INTO t27 SELECT * FROM kept";
        migration.from.query(change).await.unwrap();
        program.run("wait", &["--caught-up"]).await.expect(0);
        signal(&running, "TERM").await;
        ended(running).await.expect(0);
        for sql in [READ, READ_KEYLESS] {
            let wanted = migration.from.query(sql).await.unwrap();
            assert!(wanted.len() >= 2);
            assert_eq!(migration.to.query(sql).await.unwrap(), wanted, "{test} in {zone}: {sql}");
        }
        // The verification is by both servers, in sessions of the program's own.
        let output = program.run("verify", &[]).await.expect(0);
        assert!(output.out.contains("equal"), "{}", output.out);
    }
    migration.assert_equal().await;
}

#[tokio::test]
async fn into_mysql() {
    keep_their_times("zones::mysql", Servers::mysql()).await;
}

#[tokio::test]
async fn into_oceanbase() {
    keep_their_times("zones::oceanbase", Servers::seekdb()).await;
}
