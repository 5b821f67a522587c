//! Stopped, killed, taken over: the next run goes on, and nothing is lost or doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::process::Child;

use crate::support::{Migration, Program, ended, eventually, signal};

const TABLES: &str = "\
    CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL, filler CHAR(80) NOT NULL);\
    CREATE TABLE entry (account INT NOT NULL, amount BIGINT NOT NULL);";
/// Small chunks, so that a copy takes long enough to be disturbed.
const SLOW: &str = "[full]\nconnections = 1\nchunk_rows = 200\n";
const OPTIONS: [&str; 4] = ["--steps", "full,incremental", "--until", "caught-up"];

async fn migration(test: &str) -> Option<Migration> {
    let migration = Migration::new(test, false).await?;
    migration.both(TABLES).await;
    let fill = "SET SESSION cte_max_recursion_depth=1000000; \
        INSERT INTO account WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30000) \
            SELECT i, 1000, REPEAT('x', 80) FROM n; \
        INSERT INTO entry SELECT id, 1000 FROM account WHERE id <= 1000;";
    migration.from.query(fill).await.unwrap();
    Some(migration)
}

/// Waits until some, but not all, accounts are at the target.
async fn in_the_midst(migration: &Migration, running: &mut Child) {
    eventually("some rows at the target", || async {
        migration.to.query("SELECT id FROM account LIMIT 1").await.unwrap().len() == 1
    })
    .await;
    assert!(running.try_wait().unwrap().is_none(), "it still copies");
}

/// Moves money about until told to end: the sum of all balances stays, and every move has its entries.
fn bank(migration: &Migration) -> (Arc<AtomicBool>, tokio::task::JoinHandle<u64>) {
    let ended = Arc::new(AtomicBool::new(false));
    let (told, url) = (Arc::clone(&ended), migration.from.url().to_owned());
    let task = tokio::spawn(async move {
        use oms_test_servers::mysql_async::prelude::Queryable as _;
        let mut conn = oms_test_servers::connect(&url).await.unwrap();
        let mut moves = 0_u64;
        while !told.load(Ordering::Acquire) {
            let (one, other) = (moves * 7919 % 30_000 + 1, (moves * 104_729 + 1) % 30_000 + 1);
            let script = format!(
                "BEGIN; UPDATE account SET balance=balance-3 WHERE id={one}; \
                 UPDATE account SET balance=balance+3 WHERE id={other}; \
                 INSERT INTO entry VALUES ({one},-3),({other},3); COMMIT"
            );
            conn.query_drop(script).await.unwrap();
            moves += 1;
        }
        moves
    });
    (ended, task)
}

async fn to_the_end(migration: &Migration, program: &Program) {
    program.run("run", &OPTIONS).await.expect(0);
    migration.assert_equal().await;
}

#[tokio::test]
async fn an_interrupted_copy_drains_and_goes_on() {
    let Some(migration) = migration("an_interrupted_copy_drains_and_goes_on").await else { return };
    let program = migration.program(SLOW);
    let (end, bank) = bank(&migration);
    let mut running = program.start("run", &OPTIONS);
    in_the_midst(&migration, &mut running).await;
    signal(&running, "INT").await;
    let output = ended(running).await.expect(1);
    assert!(output.out.contains("stopped in step full"), "{}", output.out);
    end.store(true, Ordering::Release);
    assert!(bank.await.unwrap() > 0);
    let output = program.run("status", &[]).await.expect(0);
    assert!(output.out.contains("copy          not complete"), "{}", output.out);
    to_the_end(&migration, &program).await;
}

#[tokio::test]
async fn a_killed_copy_goes_on_when_its_lease_has_ended() {
    let Some(migration) = migration("a_killed_copy_goes_on_when_its_lease_has_ended").await else { return };
    let program = migration.program(SLOW);
    let (end, bank) = bank(&migration);
    for _ in 0..2 {
        let mut running = program.start("run", &OPTIONS);
        in_the_midst(&migration, &mut running).await;
        running.kill().await.unwrap();
    }
    end.store(true, Ordering::Release);
    assert!(bank.await.unwrap() > 0);
    to_the_end(&migration, &program).await;
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_who_runs_it() {
    let Some(migration) = migration("a_second_process_is_refused_and_told_who_runs_it").await else { return };
    let program = migration.program("");
    let running = program.start("run", &OPTIONS[..2]);
    program.run("wait", &["--caught-up"]).await.expect(0);
    let output = program.run("run", &OPTIONS).await.expect(1);
    let id = running.id().unwrap();
    assert!(output.err.contains(&format!("is held by process {id} on host")), "{}", output.err);
    assert!(output.err.contains("since 2") && output.err.contains("until 2"), "{}", output.err);
    signal(&running, "TERM").await;
    ended(running).await.expect(0);
    to_the_end(&migration, &program).await;
}

#[tokio::test]
async fn a_process_that_stood_still_is_taken_over_and_writes_nothing_more() {
    let Some(migration) = migration("a_process_that_stood_still_is_taken_over").await else { return };
    let program = migration.program("");
    let first = program.start("run", &OPTIONS[..2]);
    program.run("wait", &["--caught-up"]).await.expect(0);
    signal(&first, "STOP").await;
    let second = program.start("run", &OPTIONS[..2]);
    let delete = "DELETE FROM entry WHERE account <= 500; UPDATE account SET balance=7 WHERE id <= 500";
    migration.from.query(delete).await.unwrap();
    program.run("wait", &["--caught-up"]).await.expect(0);
    signal(&first, "CONT").await;
    let output = ended(first).await.expect(1);
    let id = second.id().unwrap();
    assert!(output.err.contains("is held by") && output.err.contains(&id.to_string()), "{}", output.err);
    migration.from.query("INSERT INTO entry VALUES (1, 1)").await.unwrap();
    program.run("wait", &["--caught-up"]).await.expect(0);
    migration.assert_equal().await;
    signal(&second, "TERM").await;
    ended(second).await.expect(0);
}
