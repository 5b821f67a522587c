//! Test processes of their own: this program again, told to do one job.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use oms_test_servers::Servers;

/// Says which job to do; set for child processes alone.
const JOB: &str = "OMS_TEST_SERVERS_JOB";

/// A running child.
pub(crate) struct TestProcess {
    child: Child,
    hold: Option<ChildStdin>,
    // Its end would be an error for the child, which prints its result at last.
    output: BufReader<ChildStdout>,
}

impl TestProcess {
    /// Starts it with a job and some environment.
    pub(crate) fn start(job: &str, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "child::does_a_job"])
            .env(JOB, job)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it says about a skipped test would be taken for ours.
            .stderr(if job == "skip" { Stdio::null() } else { Stdio::inherit() })
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let hold = child.stdin.take();
        Self { child, hold, output }
    }

    /// Returns what it says next about something.
    pub(crate) fn says(&mut self, what: &str) -> String {
        let mark = format!("{what}: ");
        let mut lines = self.output.by_ref().lines().map_while(Result::ok);
        let found = lines.find_map(|line| Some(line.split_once(&mark)?.1.to_owned()));
        found.unwrap_or_else(|| panic!("the child says nothing about {what}"))
    }

    /// Returns the process id of its server.
    pub(crate) fn server(&mut self) -> u32 {
        self.says("server pid").parse().unwrap()
    }

    /// Returns its own process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it go on to its end.
    pub(crate) fn end(mut self) -> ExitStatus {
        drop(self.hold.take());
        std::io::copy(&mut self.output, &mut std::io::sink()).unwrap();
        self.child.wait().unwrap()
    }
}

fn say(what: &str, text: &str) {
    println!("\n{what}: {text}");
    std::io::stdout().flush().unwrap();
}

/// Until the parent lets go, or kills this process.
fn hold() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
#[ignore = "other tests run it as a process of its own"]
async fn does_a_job() {
    let job = std::env::var(JOB).unwrap();
    match job.as_str() {
        "private" | "paused" => {
            let server = Servers::mariadb().private().start().await.unwrap();
            if job == "paused" {
                server.pause().unwrap();
            }
            say("server pid", &server.pid().unwrap().to_string());
            hold();
        }
        "shared" => {
            let server = Servers::mariadb().start().await.unwrap();
            say("server pid", &server.pid().unwrap().to_string());
            hold();
        }
        "named" => {
            let server = Servers::mariadb().start().await.unwrap();
            say("named", &format!("{} {:?} {}", server.url(), server.pid(), server.address()));
            say("stop", &server.stop().await.unwrap_err().to_string());
            let private = Servers::mariadb().private().start().await.unwrap();
            say("private", private.url());
        }
        "skip" => {
            let server = Servers::mysql57().start_or_skip("some_test").await;
            say("there is a server", &server.is_some().to_string());
        }
        other => panic!("unknown job {other}"),
    }
}

/// A folder of its own in place of `target/servers`, gone with this value.
pub(crate) struct OwnFolder(PathBuf);

impl OwnFolder {
    /// Makes an empty one.
    pub(crate) fn empty(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Makes one that has the downloads, but no server.
    pub(crate) async fn with_downloads(name: &str) -> Self {
        Servers::mariadb().start().await.unwrap();
        let folder = Self::empty(name);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("servers/cache");
        std::os::unix::fs::symlink(cache, folder.0.join("cache")).unwrap();
        folder
    }

    /// Returns the variable that makes a child use it.
    pub(crate) fn variable(&self) -> (&'static str, &str) {
        ("OMS_TEST_SERVERS_DIR", self.0.to_str().unwrap())
    }

    /// Returns the folders of its server instances.
    pub(crate) fn instances(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.join("run")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for OwnFolder {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.join("cache"));
        let _ = fs::remove_dir_all(&self.0);
    }
}
