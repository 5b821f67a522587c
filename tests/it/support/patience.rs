//! Waiting for a condition, and for a call, but not for ever.

use std::time::{Duration, Instant};

/// What a loaded machine may need.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until the answer is something.
///
/// # Panics
/// When that takes too long.
#[track_caller]
pub(crate) fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            assert!(Instant::now() < deadline, "{place}: waited too long until {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Waits for a call.
///
/// # Panics
/// When it takes too long.
#[track_caller]
pub(crate) fn within<T>(what: &str, call: impl Future<Output = T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    let call = Box::pin(tokio::time::timeout(PATIENCE, call));
    async move {
        match call.await {
            Ok(answer) => answer,
            Err(_) => panic!("{place}: waited too long until {what}"),
        }
    }
}
