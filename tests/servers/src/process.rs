//! One process of the system, told by its id and its start time: an id that is used again never gets our
//! signal.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// A process that runs or once ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pid: u32,
    started: u64,
}

/// A signal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Terminate,
    Kill,
    Stop,
    Continue,
}

impl Process {
    /// Returns the process that has this id now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        stat(pid).map(|(_, started)| Self { pid, started })
    }

    /// Returns the process that had this id and start time.
    pub(crate) fn new(pid: u32, started: u64) -> Self {
        Self { pid, started }
    }

    /// Returns its id.
    pub(crate) fn pid(self) -> u32 {
        self.pid
    }

    /// Returns when it started, in clock ticks since the machine did.
    pub(crate) fn started(self) -> u64 {
        self.started
    }

    /// Says whether it runs; one that has ended and waits for its parent does not.
    pub(crate) fn is_alive(self) -> bool {
        stat(self.pid).is_some_and(|(state, started)| started == self.started && !matches!(state, 'Z' | 'X'))
    }

    /// Sends it a signal; one that has ended gets none.
    ///
    /// The standard library cannot send other signals than SIGKILL to a child; the shell can.
    pub(crate) fn signal(self, signal: Signal) -> Result<()> {
        let name = match signal {
            Signal::Terminate => "TERM",
            Signal::Kill => "KILL",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        if !self.is_alive() {
            return Ok(());
        }
        let shell = Path::new("sh");
        let mut command = Command::new(shell);
        command.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &self.pid.to_string()]);
        let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.map_err(Error::io("run", shell))?;
        if !status.success() && self.is_alive() {
            let denied = std::io::ErrorKind::PermissionDenied.into();
            return Err(Error::io("signal", &Path::new("/proc").join(self.pid.to_string()))(denied));
        }
        Ok(())
    }

    /// Waits until it has ended; false when `patience` ran out.
    pub(crate) async fn gone_within(self, patience: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > patience {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        true
    }

    /// Says whether it listens on a TCP port itself, so that no other server can be taken for it.
    pub(crate) fn listens_on(self, port: u16) -> bool {
        let sockets = listening_sockets(port);
        let Ok(files) = fs::read_dir(format!("/proc/{}/fd", self.pid)) else {
            return false;
        };
        files.flatten().any(|file| {
            fs::read_link(file.path())
                .is_ok_and(|target| sockets.iter().any(|socket| target.as_os_str() == &**socket))
        })
    }
}

/// Returns state and start time of a process, fields 3 and 22 of its `stat`.
fn stat(pid: u32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name in field 2 may hold anything, blanks and parentheses too.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

/// Returns the sockets that listen on a port, as links in `/proc/PID/fd` name them.
fn listening_sockets(port: u16) -> Vec<std::ffi::OsString> {
    const LISTEN: &str = "0A";
    let wanted = format!(":{port:04X}");
    let mut sockets = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..]
                && local.ends_with(&wanted)
                && state == LISTEN
            {
                sockets.push(format!("socket:[{inode}]").into());
            }
        }
    }
    sockets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_process_from_one_that_had_its_id() {
        let own = Process::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!Process::new(own.pid(), own.started() + 1).is_alive());
        assert_eq!(Process::of(0), None);
    }

    #[test]
    fn an_ended_child_that_nobody_waited_for_is_not_alive() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        process.signal(Signal::Stop).unwrap();
        assert!(process.is_alive());
        process.signal(Signal::Kill).unwrap();
        let begun = Instant::now();
        while process.is_alive() && begun.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(!process.is_alive());
        child.wait().unwrap();
    }

    #[test]
    fn sees_who_listens() {
        let own = Process::of(std::process::id()).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(own.listens_on(port));
        assert!(!Process::of(1).unwrap().listens_on(port));
    }
}
