//! What the kinds that speak MySQL's protocol have in common.

use std::ffi::OsString;

use super::Place;
use super::words::word;
use crate::client;
use crate::error::Result;

/// Options that MySQL 5.7 and later and MariaDB share.
///
/// What is made relaxed here does not weaken a SIGKILL of the server (its writes are with the system
/// already), only a crash of the machine.
pub(super) fn options(place: &Place<'_>) -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "--bind-address=127.0.0.1",
        // Loopback only; a socket's path would have to be shorter than 108 bytes.
        "--socket=",
        "--secure-file-priv=",
        "--log-bin=binlog",
        "--binlog-format=ROW",
        "--local-infile=1",
        "--max-connections=400",
        "--innodb-buffer-pool-size=64M",
        "--innodb-flush-log-at-trx-commit=2",
        "--sync-binlog=0",
        "--table-open-cache=1000",
        "--table-definition-cache=600",
    ]
    .map(OsString::from)
    .to_vec();
    words.push(format!("--port={}", place.port).into());
    // Ids have to differ between servers that replicate from each other; ports do.
    words.push(format!("--server-id={}", place.port).into());
    words.push(word("--datadir=", place.data));
    words.push(word("--pid-file=", place.data.join("server.pid")));
    words
}

/// Runs the statements and returns the version.
pub(super) async fn ask(kind: &'static str, port: u16, statements: &[&str]) -> Result<String> {
    let url = format!("mysql://root@127.0.0.1:{port}");
    let mut script = statements.join(";");
    if !script.is_empty() {
        script.push(';');
    }
    script.push_str("SELECT VERSION()");
    let rows = client::query(kind, &url, &script).await?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}
