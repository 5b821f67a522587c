//! [`Stop`]: Ctrl-C and SIGTERM, which ask to drain and end; a second one ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Hears that the program is to end; clones hear it, too.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Takes the signals over.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if stop.send_replace(true) {
                    eprintln!("oms: ends at once; the next run goes on at the last checkpoint");
                    std::process::exit(130);
                }
                eprintln!("oms: asked to stop; draining (once more to end at once)");
            }
        });
        Ok(Self(stopped))
    }

    /// Waits until the program is to end.
    pub(crate) async fn asked(&self) {
        let mut stopped = self.0.clone();
        if stopped.wait_for(|stop| *stop).await.is_err() {
            // Without the task that listens nobody asks any more.
            std::future::pending::<()>().await;
        }
    }
}
