//! [`LeaseStore`] and [`LeaseKeeper`]: one process at a time runs a pipeline, and one that was thought dead stays out.
//!
//! ```text
//!   process A   acquire ─ token 7 ─ renew ─ renew ─ ✗ (stalls) ············· writes with token 7: refused
//!   process B                                          lease ends ─ acquire ─ token 8 ─ renew ─ …
//! ```
//!
//! A lease alone cannot keep two writers apart: a process may stall for longer than its lease and then go on. So each
//! acquisition has a *token*, greater than all before, and whatever is written is written only if its token is still the
//! newest, in one transaction with the rows.

mod file;
mod keeper;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use file::FileLeaseStore;
pub use keeper::LeaseKeeper;

use crate::error::Result;

/// A lease that was acquired.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// What it is for: the name of a pipeline.
    pub name: Arc<str>,
    /// Who holds it, for whoever finds it taken.
    pub owner: Arc<str>,
    /// Greater than that of every earlier holder.
    pub token: u64,
    /// How long it lasts from each renewal on.
    pub duration: Duration,
}

impl Lease {
    /// A lease as its store gives it out.
    pub fn new(
        name: impl Into<Arc<str>>,
        owner: impl Into<Arc<str>>,
        token: u64,
        duration: Duration,
    ) -> Self {
        Self { name: name.into(), owner: owner.into(), token, duration }
    }
}

/// Who holds a lease, as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseHolder {
    /// What the holder calls itself.
    pub owner: Arc<str>,
    /// Its token.
    pub token: u64,
    /// Since when, in words: UTC by the store's clock.
    pub since: Arc<str>,
    /// Until when unless it is renewed, in words; `None` if the lease ends with its process.
    pub until: Option<Arc<str>>,
}

impl LeaseHolder {
    /// A holder as its store knows it.
    pub fn new(
        owner: impl Into<Arc<str>>,
        token: u64,
        since: impl Into<Arc<str>>,
        until: Option<Arc<str>>,
    ) -> Self {
        Self { owner: owner.into(), token, since: since.into(), until }
    }
}

impl std::fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, since {} UTC", self.owner, self.since)?;
        match &self.until {
            Some(until) => write!(f, ", until {until} UTC unless it is renewed"),
            None => write!(f, ", until it ends"),
        }
    }
}

/// Where leases are kept.
///
/// # Contract
///
/// * `acquire` MUST give a lease to nobody while another holder's has not ended by the store's own clock, and fail with
///   [`Error::Fenced`](crate::Error::Fenced) then, naming the holder. Its token MUST be greater than all that the name
///   ever had.
/// * `renew` MUST fail with [`Error::Fenced`](crate::Error::Fenced) once somebody else has acquired the lease. It MAY
///   succeed after the lease has ended if nobody has.
/// * `release` ends a lease that is still held and MUST leave another's alone.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> oms_core::Result<()> {
/// use std::time::Duration;
/// use oms_core::lease::{FileLeaseStore, LeaseStore};
/// let folder = std::env::temp_dir().join(format!("oms-lease-doc-{}", std::process::id()));
/// let store = FileLeaseStore::new(&folder);
/// let lease = store.acquire("shop", "process 1", Duration::from_secs(10)).await?;
/// assert!(FileLeaseStore::new(&folder).acquire("shop", "process 2", lease.duration).await.is_err());
/// store.release(&lease).await?;
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes a lease that nobody holds, for `duration` from now.
    async fn acquire(&self, name: &str, owner: &str, duration: Duration) -> Result<Lease>;

    /// Prolongs a lease by its duration from now.
    async fn renew(&self, lease: &Lease) -> Result<()>;

    /// Gives a lease back.
    async fn release(&self, lease: &Lease) -> Result<()>;

    /// Who holds a lease, `None` if nobody does.
    async fn holder(&self, name: &str) -> Result<Option<LeaseHolder>>;
}

const _: fn(Box<dyn LeaseStore>) = |_| {};
