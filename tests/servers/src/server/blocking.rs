//! Files, locks and child processes beside an asynchronous caller.

use std::path::Path;

use crate::error::{Error, Result};

/// Runs work that blocks where it holds up nobody else.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => {
                let ended = std::io::ErrorKind::Interrupted.into();
                Err(Error::io("finish on", Path::new("a runtime that is shutting down"))(ended))
            }
        },
    }
}
