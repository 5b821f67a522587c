//! What tests of several areas share.

use oms_core::mysql::{ConnectOptions, Session, SessionOptions};

/// A session of ours to a server of the test servers.
pub(crate) async fn session(url: &str) -> Session {
    // Their URLs may carry options of the driver that set-ups use.
    let url = url.split('?').next().unwrap_or(url);
    let options = ConnectOptions::from_url(url).expect("a URL of the test servers");
    Session::connect(&options, &SessionOptions::default()).await.expect("a session")
}
