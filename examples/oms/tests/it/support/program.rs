//! The program as a child process.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(330);

/// The program for one project file.
#[derive(Clone)]
pub(crate) struct Program {
    project: PathBuf,
    environment: Vec<(String, String)>,
}

/// What a run of the program said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Output {
    /// Fails the test unless the program ended with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "out: {}\nerr: {}", self.out, self.err);
        self
    }
}

impl Program {
    pub(crate) fn new(project: PathBuf) -> Self {
        Self { project, environment: Vec::new() }
    }

    /// The same with a variable of the environment.
    pub(crate) fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts a subcommand of the words before the project file, with those behind it.
    pub(crate) fn start(&self, command: &str, options: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_oms"))
            .arg(command)
            .arg(&self.project)
            .args(options)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs a subcommand to its end.
    pub(crate) async fn run(&self, command: &str, options: &[&str]) -> Output {
        ended(self.start(command, options)).await
    }
}

/// Waits until a child has ended.
pub(crate) async fn ended(child: Child) -> Output {
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.expect("the program ends in time").unwrap();
    Output {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until a condition holds.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asks a child to end, as a terminal or a supervisor does.
pub(crate) async fn signal(child: &Child, signal: &str) {
    let id = child.id().expect("it runs").to_string();
    let status = Command::new("kill").args(["-s", signal, &id]).status().await.unwrap();
    assert!(status.success());
}
