//! Running the machine's package clients: with a time limit, retries, and without host names in what is told.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::report;

/// A program of the machine with its arguments, run under a time limit.
#[derive(Debug)]
pub(crate) struct Tool {
    kind: String,
    action: String,
    command: Command,
}

impl Tool {
    /// Prepares `program` for an `action` on behalf of a kind of server.
    pub(crate) fn new(kind: &str, action: &str, program: &str) -> Self {
        // Nothing bounds how long some of the clients wait on a dead network, and a lock is held meanwhile.
        // When this process is killed, which gives up the lock, they must not go on: first `timeout` goes
        // with us, then they with it. The signal comes at the end of a thread, and the one that starts the
        // tool waits for it.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "timeout", "-k", "10", "900"]);
        command.args(["setpriv", "--pdeathsig", "KILL", program]).stdin(Stdio::null());
        Self { kind: kind.to_owned(), action: action.to_owned(), command }
    }

    /// Adds one argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds several arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Feeds a file to its standard input.
    pub(crate) fn input(mut self, file: File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Sets the working folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it once.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the last lines of its output.
    pub(crate) fn run(mut self) -> Result<()> {
        self.attempt().map_err(|failed| failed.error)
    }

    /// Runs it up to three times: registries have bad moments.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the last lines of the last attempt's output.
    pub(crate) fn download(mut self) -> Result<()> {
        report::line(&format!("{}: {}", self.kind, self.action));
        let mut pause = Duration::from_secs(1);
        loop {
            let last = pause > Duration::from_secs(4);
            match self.attempt() {
                Err(Failed { again: true, .. }) if !last => {
                    report::line(&format!("{}: {} failed, trying again", self.kind, self.action));
                }
                Err(failed) => return Err(failed.error),
                Ok(()) => return Ok(()),
            }
            thread::sleep(pause);
            pause *= 4;
        }
    }

    fn attempt(&mut self) -> Result<(), Failed> {
        const NOT_FOUND: i32 = 127;
        let unavailable = |output: String| Error::Unavailable {
            kind: self.kind.clone(),
            action: self.action.clone(),
            output,
        };
        match self.command.output() {
            Err(error) => Err(Failed { error: unavailable(error.to_string()), again: false }),
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.push_str(&String::from_utf8_lossy(&output.stderr));
                let error = unavailable(format!("{}: {}", output.status, redact(&tail(&text, 12))));
                Err(Failed { error, again: output.status.code() != Some(NOT_FOUND) })
            }
        }
    }
}

/// Why an attempt failed, and whether another one can do better.
struct Failed {
    error: Error,
    again: bool,
}

/// Runs a program that needs no network, such as `tar`, once.
pub(crate) fn run<S: AsRef<OsStr>>(
    kind: &str,
    program: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<()> {
    Tool::new(kind, program, program).args(arguments).run()
}

/// Unpacks a zip archive (jars and wheels are some). Python does it: the seekdb wheel needs Python anyway,
/// `unzip` may be missing.
pub(crate) fn unpack_zip(kind: &str, archive: &Path, into: &Path) -> Result<()> {
    Tool::new(kind, "unpacking", "python3").args(["-m", "zipfile", "-e"]).arg(archive).arg(into).run()
}

/// Returns the last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Takes host names out of a tool's output: they say where a machine gets its packages.
fn redact(text: &str) -> String {
    const BEFORE_A_HOST: [&str; 7] =
        ["://", "host='", "resolve '", "connect to ", "Connect to ", "Connecting to ", "Unknown host "];
    let part_of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '@' | '[' | ']');
    let mut hosts: Vec<String> = Vec::new();
    for mark in BEFORE_A_HOST {
        for (at, _) in text.match_indices(mark) {
            let rest = &text[at + mark.len()..];
            let host: String = rest.chars().take_while(|c| part_of_host(*c)).collect();
            // A port or a login beside it may be missing at the next place: the bare name goes as well.
            let bare = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
            hosts.extend([host.trim_end_matches(':').to_owned(), bare.to_owned()]);
        }
    }
    hosts.retain(|host| host.len() > 1);
    hosts.sort_by_key(|host| std::cmp::Reverse(host.len()));
    hosts.iter().fold(text.to_owned(), |text, host| text.replace(host.as_str(), "REGISTRY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_do_not_pass() {
        let text = "from central (http://me:pw@repo.test.example:8080/maven2): repo.test.example: unknown\n\
                    Could not resolve 'deb.example.org'\nHTTPSConnectionPool(host='py.example', port=443)";
        let redacted = redact(text);
        for secret in ["example", "me:pw", "8080"] {
            assert!(!redacted.contains(secret), "{redacted}");
        }
        assert!(redacted.contains("REGISTRY/maven2"), "{redacted}");
    }

    #[test]
    fn a_failing_tool_tells_its_last_lines() {
        let script = "echo first; echo second >&2; exit 3";
        let error = Tool::new("thing", "trying", "sh").args(["-c", script]).run().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("cannot get thing: trying failed: exit status: 3: first\nsecond"), "{text}");
    }

    #[test]
    fn a_missing_tool_is_told() {
        let error = Tool::new("thing", "trying", "no-such-program-here").run().unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }));
        assert!(error.to_string().contains("no-such-program-here"), "{error}");
    }
}
