//! One instance of a server: its folder, its lease, its process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::blocking::blocking;
use super::guardian::Guarded;
use super::state::State;
use super::sweep::{sweep, sweep_logs};
use crate::error::{Error, Result};
use crate::fetch::{self, Tool};
use crate::kind::{Kind, Place};
use crate::process::Process;
use crate::{folder, port};

/// How long a server may take until it answers a query.
const TIME_TO_START: Duration = Duration::from_secs(120);

/// How long a server may take to end in good order.
const TIME_TO_STOP: Duration = Duration::from_secs(60);

/// How often another port is tried.
const ATTEMPTS: u32 = 5;

/// A server that this process started.
#[derive(Debug)]
pub(super) struct Instance {
    kind: &'static dyn Kind,
    root: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    options: Vec<String>,
    grace: Duration,
    running: Mutex<Guarded>,
    version: Mutex<String>,
    // Held as long as the instance lives; the guardian waits for its end.
    _lease: File,
}

impl Instance {
    /// Starts a new server and waits until it answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its files cannot be had, [`Error::Start`] when it does not come up.
    pub(super) async fn start(
        kind: &'static dyn Kind,
        options: Vec<String>,
        grace: Duration,
    ) -> Result<Self> {
        let mut attempt = 1;
        loop {
            let options = options.clone();
            let instance = blocking(move || Self::launch(kind, options, grace)).await?;
            match instance.answered(true).await {
                Ok(()) => return Ok(instance),
                // Somebody took the port between our look and the server's: another one, then.
                Err(Error::Start { log, .. }) if attempt < ATTEMPTS && says_port_taken(&log) => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn launch(kind: &'static dyn Kind, options: Vec<String>, grace: Duration) -> Result<Self> {
        let root = kind.root()?;
        let template = template(kind, &root, &options)?;
        let logs = folder::logs()?;
        sweep(&folder::run()?);
        sweep_logs(&logs);
        let (folder, lease) = new_folder(kind)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = logs.join(format!("{name}.log"));
        let started = (|| {
            // An old log of the same name would be taken for this server's.
            File::create(&log).map_err(Error::io("create", &log))?;
            let data = folder.join("data");
            fill(kind, &root, template.as_deref(), &data, &options)?;
            let port = port::free()?;
            let words = kind.server(&Place { root: &root, data: &data, port, options: &options })?;
            Ok((port, Guarded::start(&folder, &log, grace, words)?))
        })();
        match started {
            Ok((port, running)) => Ok(Self {
                kind,
                root,
                folder,
                log,
                port,
                options,
                grace,
                running: Mutex::new(running),
                version: Mutex::default(),
                _lease: lease,
            }),
            Err(error) => {
                folder::remove(&folder)?;
                Err(error)
            }
        }
    }

    /// Waits until the server answers a query on its own port, then writes down its state.
    async fn answered(&self, first: bool) -> Result<()> {
        let begun = Instant::now();
        let mut seen = "no connection was tried".to_owned();
        let failed = |reason: String| {
            let text = fs::read(&self.log).unwrap_or_default();
            let log = fetch::tail(&String::from_utf8_lossy(&text), 15);
            Error::Start { kind: self.kind.name().to_owned(), reason, log }
        };
        while begun.elapsed() < TIME_TO_START {
            if !self.process().is_alive() {
                return Err(failed("it ended by itself".to_owned()));
            }
            if self.process().listens_on(self.port) {
                match self.kind.ask(self.port, first).await {
                    Ok(version) => {
                        *lock(&self.version) = version;
                        return self.state().save(&self.folder);
                    }
                    Err(error) => seen = error.chain(),
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(failed(format!("no answer within {} s ({seen})", TIME_TO_START.as_secs())))
    }

    /// Returns what other processes may know.
    pub(super) fn state(&self) -> State {
        let running = lock(&self.running);
        State {
            port: self.port,
            server: running.server(),
            guardian: running.guardian(),
            version: self.version(),
        }
    }

    /// Ends the server in good order; its data stays.
    pub(super) async fn stop(&self) -> Result<()> {
        let process = self.process();
        process.signal(crate::process::Signal::Terminate)?;
        // A paused one would not see it.
        process.signal(crate::process::Signal::Continue)?;
        if !process.gone_within(TIME_TO_STOP).await {
            process.signal(crate::process::Signal::Kill)?;
        }
        self.ended().await
    }

    /// Ends the server as a crash would; its data stays.
    pub(super) async fn kill(&self) -> Result<()> {
        self.process().signal(crate::process::Signal::Kill)?;
        self.ended().await
    }

    /// Waits until server and guardian are gone.
    async fn ended(&self) -> Result<()> {
        let begun = Instant::now();
        while !lock(&self.running).has_ended() {
            if begun.elapsed() > TIME_TO_STOP {
                let busy = std::io::ErrorKind::TimedOut.into();
                return Err(Error::io("wait for the end of the server in", &self.folder)(busy));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Ends the server if it runs, and starts it again on its data and its port.
    pub(super) async fn restart(&self) -> Result<()> {
        self.stop().await?;
        let data = self.folder.join("data");
        let place = Place { root: &self.root, data: &data, port: self.port, options: &self.options };
        let words = self.kind.server(&place)?;
        let guarded = Guarded::start(&self.folder, &self.log, self.grace, words)?;
        *lock(&self.running) = guarded;
        self.answered(false).await
    }

    /// Sends the server a signal.
    pub(super) fn signal(&self, signal: crate::process::Signal) -> Result<()> {
        self.process().signal(signal)
    }

    pub(super) fn process(&self) -> Process {
        lock(&self.running).server()
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn version(&self) -> String {
        lock(&self.version).clone()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Instance {
    /// The guardian ends the server when the lease goes; where there is none any more, only the folder is
    /// left.
    fn drop(&mut self) {
        if lock(&self.running).has_ended() {
            // What cannot be deleted now is swept by a later run.
            let _ = folder::remove(&self.folder);
        }
    }
}

/// A panic of another test that held the lock leaves the value as good as it was.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes an instance folder that no other process has, with its lease held.
fn new_folder(kind: &dyn Kind) -> Result<(PathBuf, File)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let run = folder::run()?;
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = run.join(format!("{}-{}-{number}", kind.name(), std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => {
                let lease = folder::lock_file(&folder.join("lease"))?;
                lease.lock_shared().map_err(Error::io("lock", &folder))?;
                return Ok((folder, lease));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", &folder)(error)),
        }
    }
}

/// Returns the data folder that instances copy; none where a kind has none or an option does not fit it.
fn template(kind: &'static dyn Kind, root: &Path, options: &[String]) -> Result<Option<PathBuf>> {
    if !kind.has_template() || options.iter().any(|option| kind.is_early(option)) {
        return Ok(None);
    }
    let name = format!("{}-{}.data", kind.name(), kind.release());
    fetch::once(&name, |part| kind.initialise(root, part, &[])).map(Some)
}

/// Fills the data folder of a new instance.
fn fill(
    kind: &dyn Kind,
    root: &Path,
    template: Option<&Path>,
    data: &Path,
    options: &[String],
) -> Result<()> {
    let Some(template) = template else {
        fs::create_dir(data).map_err(Error::io("create", data))?;
        let early: Vec<String> = options.iter().filter(|option| kind.is_early(option)).cloned().collect();
        return kind.initialise(root, data, &early);
    };
    Tool::new(kind.name(), "copying its data folder", "cp")
        .args(["-a", "--reflink=auto"])
        .arg(template)
        .arg(data)
        .run()?;
    match fs::remove_file(data.join("auto.cnf")) {
        // Every server its own UUID.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("delete", data)(error)),
        _ => Ok(()),
    }
}

fn says_port_taken(log: &str) -> bool {
    log.contains("ddress already in use") || log.contains("Do you already have another")
}

#[cfg(test)]
mod tests {
    #[test]
    fn early_options_get_a_data_folder_of_their_own() {
        let kind = crate::kind::by_name("mysql").unwrap();
        assert!(kind.is_early("--lower_case_table_names=1"));
        assert!(kind.is_early("--lower-case-table-names=1"));
        assert!(!kind.is_early("--lower-case"));
    }
}
