//! Two processes of one name: one of them writes, ever.

use std::process::Command;
use std::time::Duration;

use oms_core::Error;
use oms_test_servers::{ServerBuilder, Servers};

use crate::crash::child;
use crate::support::{Bank, Dice, Migration, until, within};

fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status().expect("the kill command");
    assert!(status.success(), "kill {name} {pid}");
}

async fn only_one_writes(test: &str, target: ServerBuilder) {
    let mut dice = Dice::cast(test);
    let bank = Bank::new(500, 500);
    let target = target.private();
    let Some(migration) = Box::pin(Migration::start(test, Servers::mysql(), target, Bank::SCRIPT)).await
    else {
        return;
    };
    bank.fill(&migration.shop).await;
    let traffic = bank.open(&migration.shop, 2, &mut dice);
    let mut first = child::spawn(&migration, 3);
    let pid = first.id().expect("a process of our own");
    until("the first process has written", || async {
        let rows = migration.copy.query("SELECT COUNT(*) FROM order_lines").await.expect("a count");
        (rows[0][0].as_deref() != Some("0")).then_some(())
    })
    .await;
    // A second one is refused as long as the first lives, be it that it stands still.
    let refused = within("the second run", migration.run().end()).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    signal("-STOP", pid);
    let refused = within("the second run", migration.run().end()).await;
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    // The server gives its sessions up, as after a long silence, so it counts as dead.
    let sessions = migration.target.query("SHOW PROCESSLIST").await.unwrap();
    let mine = migration.target.query("SELECT CONNECTION_ID()").await.unwrap()[0][0].clone();
    for session in sessions.into_iter().map(|row| row[0].clone()).filter(|id| *id != mine) {
        // Some end by themselves meanwhile.
        let _ = migration.target.query(&format!("KILL {}", session.expect("a number"))).await;
    }
    let run = migration.run();
    migration.caught_up(&run).await;
    // It wakes up, and must not write a single row any more.
    let input = first.stdin.take();
    signal("-CONT", pid);
    within("the first process has ended", first.wait()).await.expect("its end");
    drop(input);
    traffic.stop().await;
    migration.caught_up(&run).await;
    run.stop().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    migration.assert_equal().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_mysql() {
    only_one_writes("faults::twice::mysql", Servers::mysql80()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_oceanbase() {
    only_one_writes("faults::twice::oceanbase", Servers::seekdb()).await;
}
