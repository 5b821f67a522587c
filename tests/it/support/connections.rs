//! Servers of every kind, and our own connections to them.

use oms_core::error::Chain;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_test_servers::{Server, Servers};

/// A server of each kind that can be had; the others are recorded as skipped for `test`.
pub(crate) async fn each_server(test: &str) -> Vec<Server> {
    let mut servers = Vec::new();
    for name in Servers::names() {
        let builder = Servers::by_name(name).expect("a name from the list of names");
        servers.extend(Box::pin(builder.start_or_skip(&format!("{test} [{name}]"))).await);
    }
    servers
}

/// How to reach a server.
pub(crate) fn options(server: &Server) -> ConnectOptions {
    ConnectOptions::from_url(server.url()).expect("the URL of a server")
}

/// A session with the usual options.
pub(crate) async fn open(server: &Server) -> Session {
    match Box::pin(Session::connect(&options(server), &SessionOptions::default())).await {
        Ok(session) => session,
        Err(error) => panic!("{}: {}", server.kind(), Chain(&error)),
    }
}

/// A session of ours to a server of the test servers.
pub(crate) async fn session(url: &str) -> Session {
    // Their URLs may carry options of the driver that set-ups use.
    let url = url.split('?').next().unwrap_or(url);
    let options = ConnectOptions::from_url(url).expect("a URL of the test servers");
    Session::connect(&options, &SessionOptions::default()).await.expect("a session")
}

/// The only value of a query.
pub(crate) async fn text(session: &mut Session, sql: &str) -> String {
    texts(session, sql).await.pop().and_then(|mut row| row.pop()).flatten().expect("a value")
}

/// All values of a query.
pub(crate) async fn texts(session: &mut Session, sql: &str) -> Vec<Vec<Option<String>>> {
    let rows = match session.query(sql).await {
        Ok(rows) => rows,
        Err(error) => panic!("{sql}: {}", Chain(&error)),
    };
    let cell = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    rows.iter()
        .map(|row| (0..row.len()).map(|column| row.bytes(column).expect("a column").map(cell)).collect())
        .collect()
}
