//! Who shares a server, and that none outlives those who use it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use oms_test_servers::{Error, Server, Servers};

use crate::lifecycle::{becomes_true, runs};

/// Says which of [`a_test_process`]'s jobs to do; set for child processes alone.
const JOB: &str = "OMS_TEST_SERVERS_JOB";

/// A test process of its own: this program again, told to do one job.
struct TestProcess {
    child: Child,
    hold: Option<ChildStdin>,
    // Its end would be an error for the child, which prints its result at last.
    output: BufReader<ChildStdout>,
    server: u32,
}

impl TestProcess {
    /// Starts it and waits until its server answers.
    fn start(job: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "sharing::a_test_process"])
            .env(JOB, job)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let found = output.by_ref().lines().map_while(Result::ok).find_map(|line| {
            let (_, pid) = line.split_once("server pid ")?;
            Some(pid.to_owned())
        });
        let server = found
            .expect("the child prints the process id of its server")
            .parse()
            .unwrap();
        let hold = child.stdin.take();
        Self {
            child,
            hold,
            output,
            server,
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(mut self) {
        drop(self.hold.take());
        std::io::copy(&mut self.output, &mut std::io::sink()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

#[tokio::test]
#[ignore = "the other tests of this file run it as a process of its own"]
async fn a_test_process() {
    let job = std::env::var(JOB).unwrap();
    let server: Server = match job.as_str() {
        "private" | "paused" => Servers::mariadb().private().start().await.unwrap(),
        "shared" => Servers::mysql80().start().await.unwrap(),
        other => panic!("unknown job {other}"),
    };
    if job == "paused" {
        server.pause().unwrap();
    }
    println!("\nserver pid {}", server.pid().unwrap());
    std::io::stdout().flush().unwrap();
    // Until the parent lets go, or kills this process.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
async fn a_killed_test_process_leaves_no_server() {
    let process = TestProcess::start("private");
    let server = process.server;
    assert!(runs(server));
    process.kill();
    assert!(
        becomes_true(|| !runs(server)).await,
        "server {server} outlived the test process"
    );
}

#[tokio::test]
async fn a_killed_test_process_leaves_no_paused_server() {
    let process = TestProcess::start("paused");
    let server = process.server;
    assert!(runs(server));
    process.kill();
    assert!(
        becomes_true(|| !runs(server)).await,
        "server {server} outlived the test process"
    );
}

#[tokio::test]
async fn a_killed_group_of_processes_leaves_no_server() {
    // As a terminal's Ctrl-C, or a runner that ends everything it started: the program and its group at once.
    use std::os::unix::process::CommandExt;
    let mut child = Command::new(env!("CARGO_BIN_EXE_test-servers"))
        .args(["start", "mariadb"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let server: u32 = line.split(' ').nth(2).unwrap().parse().unwrap();
    assert!(runs(server));
    let group = format!("-{}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", "kill -s KILL -- \"$1\"", "sh", &group])
            .status()
            .unwrap()
            .success()
    );
    child.wait().unwrap();
    assert!(
        becomes_true(|| !runs(server)).await,
        "server {server} outlived the program that started it"
    );
}

#[tokio::test]
async fn test_processes_share_a_server_until_the_last_has_gone() {
    if Servers::mysql80()
        .start_or_skip("test_processes_share_a_server_until_the_last_has_gone")
        .await
        .is_none()
    {
        return;
    }
    // This process has it first; then three at once join, then one joins that is killed.
    let own = Servers::mysql80().start().await.unwrap();
    let processes: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(|| TestProcess::start("shared")))
        .collect();
    for process in processes {
        let process = process.join().unwrap();
        assert_eq!(Some(process.server), own.pid());
        process.end();
    }
    let process = TestProcess::start("shared");
    process.kill();
    // Longer than a shared server outlives its last user: this process still uses it.
    let grace = Duration::from_secs(7);
    let begun = std::time::Instant::now();
    while begun.elapsed() < grace {
        assert_eq!(own.query("SELECT 1").await.unwrap()[0][0].as_deref(), Some("1"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn many_tests_of_one_process_share_a_server() {
    let starts: Vec<_> = (0..8).map(|_| tokio::spawn(Servers::mariadb().start())).collect();
    let mut pids = Vec::new();
    for start in starts {
        pids.push(start.await.unwrap().unwrap().pid().unwrap());
    }
    pids.dedup();
    assert_eq!(pids.len(), 1);
    let private = Servers::mariadb().private().start().await.unwrap();
    assert_ne!(private.pid(), Some(pids[0]));
}

#[tokio::test]
async fn a_shared_server_cannot_be_taken_from_the_others() {
    let server = Servers::mariadb().start().await.unwrap();
    for refused in [
        server.stop().await,
        server.kill().await,
        server.restart().await,
        server.pause(),
        server.resume(),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }));
        assert!(
            error
                .to_string()
                .ends_with("other tests use it; ask for one with private()"),
            "{error}"
        );
    }
    assert!(server.query("SELECT 1").await.is_ok());
}
