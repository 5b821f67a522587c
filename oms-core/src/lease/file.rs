//! [`FileLeaseStore`]: leases as locked files, for processes of one host.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Lease, LeaseHolder, LeaseStore};
use crate::error::{At, Error, ErrorClass, Result};

/// Keeps each lease as a file `NAME.lease` in one folder, locked for as long as its holder lives.
///
/// The lock is the operating system's: it ends with the process, however that ends, so a lease never has to run out. It
/// holds between processes of one host, and between hosts only where the file system locks across them.
#[derive(Debug)]
pub struct FileLeaseStore {
    folder: PathBuf,
    held: Mutex<HashMap<String, (u64, File)>>,
}

/// What the file says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    owner: String,
    token: u64,
    /// Seconds since 1970.
    since: u64,
}

impl FileLeaseStore {
    /// A store in this folder, which is made when the first lease is acquired.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), held: Mutex::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.lease", crate::checkpoint::file_name(name)))
    }

    fn failed(&self, name: &str, error: io::Error) -> Error {
        Error::Connector {
            connector: "file lease store",
            action: format!("locking {}", self.path(name).display()).into(),
            class: ErrorClass::Fatal,
            at: Box::new(At::unknown()),
            source: Box::new(error),
        }
    }

    /// The file if this call has locked it, and what it says.
    fn lock(&self, name: &str) -> io::Result<(Option<File>, Content)> {
        fs::create_dir_all(&self.folder)?;
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(false).read(true).write(true).open(self.path(name))?;
        let locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        // An empty one is new; one that a crash has cut says nothing about a holder that is gone.
        let content = serde_json::from_str(&text).unwrap_or_default();
        Ok((locked.then_some(file), content))
    }

    fn write(file: &mut File, content: &Content) -> io::Result<()> {
        let text = serde_json::to_string(content)?;
        file.rewind()?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

fn holder(content: &Content) -> LeaseHolder {
    LeaseHolder::new(content.owner.as_str(), content.token, utc(content.since), None)
}

/// Seconds since 1970 as a date and a time.
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 0000-03-01, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[async_trait]
impl LeaseStore for FileLeaseStore {
    async fn acquire(&self, name: &str, owner: &str, duration: Duration) -> Result<Lease> {
        let (file, found) = self.lock(name).map_err(|error| self.failed(name, error))?;
        let Some(mut file) = file else {
            return Err(Error::Fenced { pipeline: name.into(), holder: holder(&found).to_string().into() });
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let content = Content { owner: owner.to_owned(), token: found.token + 1, since: now.as_secs() };
        Self::write(&mut file, &content).map_err(|error| self.failed(name, error))?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(name.to_owned(), (content.token, file));
        Ok(Lease::new(name, owner, content.token, duration))
    }

    async fn renew(&self, lease: &Lease) -> Result<()> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(&*lease.name) {
            Some((token, _)) if *token == lease.token => Ok(()),
            _ => Err(Error::Fenced {
                pipeline: (&*lease.name).into(),
                holder: "nobody: it was released".into(),
            }),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&*lease.name).is_some_and(|(token, _)| *token == lease.token) {
            held.remove(&*lease.name);
        }
        Ok(())
    }

    async fn holder(&self, name: &str) -> Result<Option<LeaseHolder>> {
        if !self.path(name).exists() {
            return Ok(None);
        }
        let (file, content) = self.lock(name).map_err(|error| self.failed(name, error))?;
        Ok(file.is_none().then(|| holder(&content)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_grow_and_the_holder_is_named() {
        let folder = std::env::temp_dir().join(format!("oms-lease-{}", std::process::id()));
        let store = FileLeaseStore::new(&folder);
        assert_eq!(store.holder("a/b").await.unwrap(), None);
        let lease = store.acquire("a/b", "one", Duration::from_secs(1)).await.unwrap();
        store.renew(&lease).await.unwrap();
        let other = FileLeaseStore::new(&folder);
        let error = other.acquire("a/b", "two", Duration::from_secs(1)).await.unwrap_err().to_string();
        assert!(error.starts_with("pipeline a/b is held by one, since 2"), "{error}");
        assert_eq!(other.holder("a/b").await.unwrap().unwrap().token, 1);
        store.release(&lease).await.unwrap();
        assert!(store.renew(&lease).await.is_err());
        assert_eq!(other.acquire("a/b", "two", Duration::from_secs(1)).await.unwrap().token, 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00");
        assert_eq!(utc(951_782_399), "2000-02-28 23:59:59");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(utc(1_795_385_509), "2026-11-22 22:11:49");
    }
}
