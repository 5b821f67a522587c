//! A server that goes away for longer than anything waits for an answer, in the midst of the copy and while the log is
//! followed; killed, and standing still.

use std::time::{Duration, Instant};

use oms_test_servers::{Server, ServerBuilder, Servers};
use tokio::process::Child;

use super::{DATA, is_mended, sections};
use crate::support::{Migration, Program, ended, eventually, signal};

/// All of these pass, and the lease of ten seconds, while the server is away.
const TIMEOUTS: &str = "connect_timeout = \"1s\"\nio_timeout = \"3s\"\n";
const AWAY: Duration = Duration::from_secs(13);
/// A loaded machine takes its time.
const PATIENT: [&str; 3] = ["--caught-up", "--timeout", "5m"];
/// Small chunks, so that a copy is under way for a while.
const SLOW: &str = "[full]\nconnections = 1\nchunk_rows = 100\n";
const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, v CHAR(80))";
const ROWS: u32 = 30_000;

/// How a server goes away.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Nobody answers any more, and its connections are broken.
    Killed,
    /// Connections stay open, new ones are taken by the system, and nothing is said.
    StandsStill,
}

struct Setup {
    migration: Migration,
    program: Program,
    text: String,
    at_source: bool,
}

impl Setup {
    async fn new(test: &str, source: ServerBuilder, target: ServerBuilder, at_source: bool) -> Option<Self> {
        let source = Box::pin(source.start_or_skip(test)).await?;
        let target = Box::pin(target.start_or_skip(test)).await?;
        let migration = Migration::between(source, target).await;
        migration.both(TABLE).await;
        let fill = format!(
            "SET SESSION cte_max_recursion_depth=1000000; \
             INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<{ROWS}) \
             SELECT i, REPEAT('x', 80) FROM n"
        );
        migration.from.query(&fill).await.unwrap();
        let text = migration.project(&format!("{}{SLOW}", sections(&migration)));
        let text = text.replace("\n[sink]", &format!("\n{TIMEOUTS}[sink]"));
        let text = text.replace("\n[objects]", &format!("\n{TIMEOUTS}[objects]"));
        let program = migration.program_of(&text);
        Some(Self { migration, program, text, at_source })
    }

    fn server(&self) -> &Server {
        if self.at_source { &self.migration.source } else { &self.migration.target }
    }

    async fn leave(&self, way: Way) -> Instant {
        match way {
            Way::Killed => self.server().kill().await.unwrap(),
            Way::StandsStill => self.server().pause().unwrap(),
        }
        Instant::now()
    }

    async fn come_back(&self, way: Way) {
        match way {
            Way::Killed => self.server().restart().await.unwrap(),
            Way::StandsStill => self.server().resume().unwrap(),
        }
    }

    /// Waits until some rows are at the target.
    async fn in_the_midst(&self, running: &mut Child) {
        eventually("some rows at the target", || async {
            self.migration.to.query("SELECT id FROM t LIMIT 1").await.unwrap().len() == 1
        })
        .await;
        assert!(running.try_wait().unwrap().is_none(), "it still copies");
    }

    /// Away for longer than any timeout; the process goes on all the while.
    async fn outlasted(&self, way: Way, running: &mut Child) {
        let since = self.leave(way).await;
        eventually("longer than anything waits", || async { since.elapsed() > AWAY }).await;
        assert!(running.try_wait().unwrap().is_none(), "it has given up");
        self.come_back(way).await;
    }
}

/// Away in this way in the midst of the copy, then standing still while the log is followed.
async fn is_waited_for(
    test: &str,
    source: ServerBuilder,
    target: ServerBuilder,
    at_source: bool,
    first: Way,
) {
    let Some(setup) = Setup::new(test, source, target, at_source).await else { return };
    let (migration, program) = (&setup.migration, &setup.program);
    let mut running = program.start("run", &DATA[..2]);
    setup.in_the_midst(&mut running).await;
    setup.outlasted(first, &mut running).await;
    migration
        .from
        .query("UPDATE t SET v='changed' WHERE id % 1000 = 0; DELETE FROM t WHERE id % 999 = 0")
        .await
        .unwrap();
    program.run("wait", &PATIENT).await.expect(0);
    migration.assert_equal().await;
    if !at_source {
        migration.from.query("UPDATE t SET v='just before' WHERE id % 100 = 7").await.unwrap();
    }
    setup.outlasted(Way::StandsStill, &mut running).await;
    migration.from.query("DELETE FROM t WHERE id % 100 = 1").await.unwrap();
    program.run("wait", &PATIENT).await.expect(0);
    migration.assert_equal().await;
    signal(&running, "TERM").await;
    let output = ended(running).await.expect(0);
    let silent = "no answer within";
    let reached = format!("cannot reach {}", setup.server().address());
    let cause = if matches!(first, Way::Killed) { &*reached } else { silent };
    assert!(output.err.contains(cause), "it does not say {cause}: {}", output.err);
    // Attempts that follow one another quickly are not all told.
    let told = output.err.matches("trying again (attempt ").count();
    assert!(told >= 4, "told {told} times: {}", output.err);
}

#[tokio::test]
async fn the_source_is_waited_for() {
    let source = Servers::mysql().private();
    is_waited_for("mistakes::away::source", source, Servers::mysql(), true, Way::Killed).await;
}

#[tokio::test]
async fn mysql_as_the_target_is_waited_for() {
    let target = Servers::mysql().private();
    is_waited_for("mistakes::away::mysql", Servers::mysql(), target, false, Way::Killed).await;
}

#[tokio::test]
async fn oceanbase_as_the_target_is_waited_for() {
    // One that is killed holds the locks of the transactions that it was broken in for longer than this test waits.
    let target = Servers::seekdb().private();
    is_waited_for("mistakes::away::oceanbase", Servers::mysql(), target, false, Way::StandsStill).await;
}

/// Past `retry.give_up_after` the run ends, and says how to go on.
async fn is_given_up(test: &str, source: ServerBuilder, target: ServerBuilder, at_source: bool) {
    let Some(setup) = Setup::new(test, source, target, at_source).await else { return };
    let hasty = format!("{}[retry]\ngive_up_after = \"3s\"\n", setup.text);
    let program = setup.migration.program_of(&hasty);
    let mut running = program.start("run", &DATA);
    setup.in_the_midst(&mut running).await;
    setup.leave(Way::Killed).await;
    let address = setup.server().address();
    let reached = format!("cannot reach {address}");
    let output = ended(running).await.expect(1);
    for word in [&*reached, "is the server running", "run the same command again"] {
        assert!(output.err.contains(word), "it does not say {word}: {}", output.err);
    }
    // A run that is begun meanwhile, and a check, say at once that it is not there.
    let output = program.run("run", &DATA).await.expect(1);
    assert!(output.err.contains(&reached) && output.err.contains("is the server running"), "{}", output.err);
    let output = program.run("check", &[]).await.expect(1);
    assert!(output.out.contains(&reached) && output.out.contains("that the server runs"), "{}", output.out);
    setup.come_back(Way::Killed).await;
    is_mended(&setup.migration, &program).await;
}

#[tokio::test]
async fn a_source_that_stays_away_ends_the_run_and_the_next_one_goes_on() {
    is_given_up("mistakes::away::gone_source", Servers::mysql().private(), Servers::mysql(), true).await;
}

#[tokio::test]
async fn a_target_that_stays_away_ends_the_run_and_the_next_one_goes_on() {
    is_given_up("mistakes::away::gone_target", Servers::mysql(), Servers::mysql().private(), false).await;
}
