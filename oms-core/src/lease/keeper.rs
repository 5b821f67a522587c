//! [`LeaseKeeper`]: renews a lease for as long as it lives.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{Lease, LeaseStore};
use crate::error::{Chain, Error, Result};
use crate::observe::field;
use crate::task::OwnedTask;

/// How often a holder's sign of life is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// Renews a lease in a task of its own, three times in its duration.
///
/// A store that cannot be reached is asked again and again: writes are checked by the token, so that nothing is lost by
/// going on. Only if somebody else has acquired the lease, it is lost. Dropping the keeper lets the lease run out.
#[derive(Debug)]
pub struct LeaseKeeper {
    store: Arc<dyn LeaseStore>,
    lease: Lease,
    lost: watch::Receiver<Option<Arc<str>>>,
    _task: OwnedTask<()>,
}

impl LeaseKeeper {
    /// Acquires a lease and keeps it. A holder that gives no sign of life until its lease ends, as after a crash, is
    /// waited for.
    ///
    /// # Errors
    ///
    /// [`Error::Fenced`] as soon as the holder has renewed its lease meanwhile, which says that it lives, or if its lease
    /// does not end by time.
    pub async fn acquire(
        store: Arc<dyn LeaseStore>,
        name: &str,
        owner: &str,
        duration: Duration,
    ) -> Result<Self> {
        let mut found = None;
        let started = Instant::now();
        let lease = loop {
            let refused = match store.acquire(name, owner, duration).await {
                Ok(lease) => break lease,
                Err(refused @ Error::Fenced { .. }) => refused,
                Err(error) => return Err(error),
            };
            // Gone in the meantime: the next attempt tells.
            let Some(holder) = store.holder(name).await? else { continue };
            let lives = found.as_ref().is_some_and(|earlier| *earlier != holder);
            // Its duration may have been longer than ours.
            if lives || holder.until.is_none() || started.elapsed() > duration * 4 {
                return Err(refused);
            }
            if found.is_none() {
                tracing::info!(
                    { field::PIPELINE } = name,
                    "its lease is held; waiting whether the holder lives"
                );
            }
            found = Some(holder);
            sleep(LOOK.min(duration / 4)).await;
        };
        Ok(Self::keep(store, lease))
    }

    /// Keeps a lease that was acquired.
    fn keep(store: Arc<dyn LeaseStore>, lease: Lease) -> Self {
        let (says_lost, lost) = watch::channel(None);
        let task = tokio::spawn({
            let (store, lease) = (Arc::clone(&store), lease.clone());
            async move {
                loop {
                    sleep(lease.duration / 3).await;
                    match store.renew(&lease).await {
                        Ok(()) => {}
                        Err(Error::Fenced { holder, .. }) => {
                            says_lost.send_replace(Some(Arc::from(holder)));
                            return;
                        }
                        Err(error) => tracing::warn!(
                            { field::PIPELINE } = &*lease.name,
                            { field::ERROR } = %Chain(&error),
                            "the lease could not be renewed, and will be tried again"
                        ),
                    }
                }
            }
        });
        Self { store, lease, lost, _task: OwnedTask(task) }
    }

    /// The lease.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Comes about when the lease is lost, with [`Error::Fenced`]; never if it is not.
    pub fn lost(&self) -> impl Future<Output = Error> + Send + use<> {
        let (mut lost, name) = (self.lost.clone(), Arc::clone(&self.lease.name));
        async move {
            loop {
                if let Some(holder) = &*lost.borrow_and_update() {
                    return Error::Fenced { pipeline: (&*name).into(), holder: (&**holder).into() };
                }
                if lost.changed().await.is_err() {
                    // Nobody keeps it any more, so nobody loses it.
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Gives the lease back.
    ///
    /// # Errors
    ///
    /// If the store cannot be reached; the lease then ends by itself.
    pub async fn release(self) -> Result<()> {
        let Self { store, lease, _task: task, .. } = self;
        drop(task);
        store.release(&lease).await
    }
}

impl std::fmt::Debug for dyn LeaseStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LeaseStore")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::lease::LeaseHolder;

    /// Leases by tokio's clock, which the test moves.
    #[derive(Default)]
    struct Clocked {
        held: Mutex<Option<(Lease, Instant)>>,
        tokens: Mutex<u64>,
    }

    impl Clocked {
        fn live(&self) -> Option<(Lease, Instant)> {
            self.held.lock().unwrap().clone().filter(|(_, until)| *until > Instant::now())
        }
    }

    fn fenced(lease: &Lease) -> Error {
        Error::Fenced { pipeline: (&*lease.name).into(), holder: (&*lease.owner).into() }
    }

    #[async_trait]
    impl LeaseStore for Clocked {
        async fn acquire(&self, name: &str, owner: &str, duration: Duration) -> Result<Lease> {
            if let Some((lease, _)) = self.live() {
                return Err(fenced(&lease));
            }
            let mut token = self.tokens.lock().unwrap();
            *token += 1;
            let lease = Lease::new(name, owner, *token, duration);
            *self.held.lock().unwrap() = Some((lease.clone(), Instant::now() + duration));
            Ok(lease)
        }
        async fn renew(&self, lease: &Lease) -> Result<()> {
            match &mut *self.held.lock().unwrap() {
                Some((held, until)) if held.token == lease.token => *until = Instant::now() + lease.duration,
                Some((held, _)) => return Err(fenced(held)),
                None => return Err(fenced(lease)),
            }
            Ok(())
        }
        async fn release(&self, lease: &Lease) -> Result<()> {
            self.held.lock().unwrap().take_if(|(held, _)| held.token == lease.token);
            Ok(())
        }
        async fn holder(&self, _name: &str) -> Result<Option<LeaseHolder>> {
            Ok(self.live().map(|(lease, until)| {
                LeaseHolder::new(lease.owner, lease.token, "", Some(format!("{until:?}").into()))
            }))
        }
    }

    const DURATION: Duration = Duration::from_secs(9);

    async fn acquire(store: &Arc<Clocked>, owner: &str) -> Result<LeaseKeeper> {
        let store: Arc<dyn LeaseStore> = Arc::<Clocked>::clone(store);
        LeaseKeeper::acquire(store, "shop", owner, DURATION).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_living_holder_keeps_others_out_and_a_dead_one_is_waited_for() {
        let store = Arc::new(Clocked::default());
        let first = acquire(&store, "a").await.unwrap();
        let began = Instant::now();
        assert!(matches!(acquire(&store, "b").await, Err(Error::Fenced { .. })));
        assert!(began.elapsed() < DURATION, "a renewal says that it lives");
        drop(first);
        let began = Instant::now();
        let second = acquire(&store, "b").await.unwrap();
        assert!(began.elapsed() > DURATION / 3 && began.elapsed() <= DURATION + LOOK);
        assert_eq!(second.lease().token, 2);
        second.release().await.unwrap();
        assert_eq!(acquire(&store, "c").await.unwrap().lease().token, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_taken_over_hears_of_it() {
        let store = Arc::new(Clocked::default());
        let first = acquire(&store, "a").await.unwrap();
        *store.held.lock().unwrap() = None;
        let _second = acquire(&store, "b").await.unwrap();
        let lost = first.lost().await.to_string();
        assert_eq!(lost, "pipeline shop is held by b");
        first.release().await.unwrap();
        assert!(store.live().is_some(), "another's lease is left alone");
    }
}
