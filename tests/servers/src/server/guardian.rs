//! Starts a server under the guardian that ends it when its users are gone.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::process::Process;

const SCRIPT: &str = include_str!("guardian.sh");

/// A running server and the shell that watches over it.
#[derive(Debug)]
pub(super) struct Guarded {
    guardian: Child,
    server: Process,
}

impl Guarded {
    /// Starts `words` in `folder`, whose lease the caller holds; `grace` is how long the server outlives its
    /// last user.
    pub(super) fn start(folder: &Path, log: &Path, grace: Duration, words: Vec<OsString>) -> Result<Self> {
        let pid_file = folder.join("pid");
        // Left by an earlier run of the same instance.
        let _ = fs::remove_file(&pid_file);
        let output = File::options().append(true).create(true).open(log).map_err(Error::io("open", log))?;
        let errors = output.try_clone().map_err(Error::io("open", log))?;
        // A session of its own, not only a group: the system would send SIGHUP to a group with a paused
        // server in it as soon as the test process ended.
        let program = Path::new("setsid");
        let mut guardian = Command::new(program)
            .args(["sh", "-c", SCRIPT, "guardian.sh"])
            .arg(folder)
            .arg(grace.as_secs_f64().to_string())
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(Error::io("run", program))?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            let pid = fs::read_to_string(&pid_file).ok().and_then(|text| text.trim().parse().ok());
            if let Some(pid) = pid {
                // One that is gone again already is told by whoever waits for it to be ready.
                let server = Process::of(pid).unwrap_or(Process::new(pid, 0));
                return Ok(Self { guardian, server });
            }
            if matches!(guardian.try_wait(), Ok(Some(_)) | Err(_)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // With the lease given up the guardian ends by itself.
        Err(Error::io("read", &pid_file)(std::io::ErrorKind::NotFound.into()))
    }

    /// Returns the server's process.
    pub(super) fn server(&self) -> Process {
        self.server
    }

    /// Returns the guardian's process, if it runs.
    pub(super) fn guardian(&self) -> Option<Process> {
        Process::of(self.guardian.id()).filter(|process| process.is_alive())
    }

    /// Says whether guardian and server have ended, so that the folder belongs to the caller alone.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.guardian.try_wait(), Ok(Some(_)) | Err(_)) && !self.server.is_alive()
    }
}
