//! The one server of a kind that all tests of a run share, also across test processes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::blocking::blocking;
use super::instance::Instance;
use super::state::State;
use crate::error::{Error, Result};
use crate::folder;
use crate::kind::Kind;

/// How long a shared server outlives its last user: cargo runs one test binary after the other.
const GRACE: Duration = Duration::from_secs(5);

/// A lease on a shared server. It is kept until the process ends, so that the server does not go between two
/// tests.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: State,
    // What keeps the server: the instance where this process started it, the bare lease where another one
    // did.
    _hold: Hold,
}

#[derive(Debug)]
enum Hold {
    Instance { _instance: Box<Instance> },
    Lease { _file: File },
}

/// The leases of this process, by kind.
static HELD: Mutex<BTreeMap<&'static str, Arc<Shared>>> = Mutex::new(BTreeMap::new());

/// Returns the shared server of a kind, started if it does not run.
pub(super) async fn join(kind: &'static dyn Kind) -> Result<Arc<Shared>> {
    if let Some(shared) = held(kind) {
        return Ok(shared);
    }
    // Downloads come before the lock: whoever waits for it waits for the start of a server only.
    blocking(move || kind.root()).await?;
    let run = folder::run()?;
    let lock = run.join(format!("{}.lock", kind.name()));
    let _lock = blocking(move || folder::lock(&lock)).await?;
    if let Some(shared) = held(kind) {
        return Ok(shared);
    }
    let pointer = run.join(format!("{}.shared", kind.name()));
    let named = fs::read_to_string(&pointer).ok().filter(|name| !name.trim().is_empty());
    let joined = named.and_then(|name| State::join(&run.join(name.trim())));
    let shared = match joined {
        Some((state, lease)) => Shared { state, _hold: Hold::Lease { _file: lease } },
        None => {
            let instance = Box::pin(Instance::start(kind, Vec::new(), GRACE)).await?;
            let name = instance.folder().file_name().unwrap_or_default().to_string_lossy().into_owned();
            fs::write(&pointer, name).map_err(Error::io("write", &pointer))?;
            let state = instance.state();
            Shared { state, _hold: Hold::Instance { _instance: Box::new(instance) } }
        }
    };
    let shared = Arc::new(shared);
    let mut all = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(kind.name(), Arc::clone(&shared));
    Ok(shared)
}

/// Returns the lease that this process has, if its server runs.
fn held(kind: &'static dyn Kind) -> Option<Arc<Shared>> {
    let all = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(kind.name()).filter(|shared| shared.state.server.is_alive()).map(Arc::clone)
}
