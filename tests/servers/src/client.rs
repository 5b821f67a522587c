//! Plain statements for set-ups and readiness, over the driver and in text.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Value};

use crate::error::{Error, Result};

/// Rows of text, with U+FFFD for bytes that are none (ask for `HEX(…)`); `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// A server that accepts a connection and then says nothing is not ready.
const TIME_TO_CONNECT: Duration = Duration::from_secs(20);

/// Returns the driver's options for a URL of ours; `oceanbase` is the same protocol.
pub(crate) fn options(url: &str) -> Result<Opts> {
    let wrong = |reason: String| Error::Input { what: "server URL", text: without_password(url), reason };
    let rest = url.strip_prefix("mysql://").or_else(|| url.strip_prefix("oceanbase://"));
    let rest = rest.ok_or_else(|| wrong("it must begin with mysql:// or oceanbase://".to_owned()))?;
    let options = Opts::from_url(&format!("mysql://{rest}")).map_err(|error| wrong(error.to_string()))?;
    // The driver would look for a socket file and leave the port; and given sizes save it a question on each
    // connection.
    let builder = OptsBuilder::from_opts(options)
        .prefer_socket(false)
        .max_allowed_packet(Some(1 << 30))
        .wait_timeout(Some(28_800));
    Ok(builder.into())
}

/// Opens a session at a URL that begins with `mysql://` or `oceanbase://`, such as one that leads through a
/// [`Proxy`](crate::Proxy).
///
/// # Errors
/// [`Error::Input`] when the URL is wrong, [`Error::Statement`] when nobody answers within 20 seconds or the
/// login fails.
pub async fn connect(url: &str) -> Result<Conn> {
    connect_to("server", url).await
}

/// Opens a session on a kind of server.
pub(crate) async fn connect_to(kind: &str, url: &str) -> Result<Conn> {
    let options = options(url)?;
    let connecting = Box::pin(tokio::time::timeout(TIME_TO_CONNECT, Conn::new(options)));
    let conn = connecting.await.unwrap_or_else(|_| {
        Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "no greeting within 20 seconds").into())
    });
    conn.map_err(Error::statement(kind, &format!("connecting to {}", without_password(url))))
}

/// Runs a text of one or more statements in one session and returns the rows of the last that gives any.
///
/// # Errors
/// The first statement that fails ends it.
pub(crate) async fn query(kind: &str, url: &str, statements: &str) -> Result<Rows> {
    let mut conn = connect_to(kind, url).await?;
    let rows = Box::pin(last_rows(&mut conn, statements)).await;
    let rows = rows.map_err(Error::statement(kind, "a statement"))?;
    // The answer is here already; a bad farewell changes nothing.
    let _ = conn.disconnect().await;
    Ok(rows)
}

async fn last_rows(conn: &mut Conn, statements: &str) -> mysql_async::Result<Rows> {
    let mut result = conn.query_iter(statements).await?;
    let mut rows = Rows::new();
    loop {
        let gives_rows = !result.columns_ref().is_empty();
        let set: Vec<mysql_async::Row> = result.collect().await?;
        if gives_rows {
            rows = set.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect();
        }
        if result.is_empty() {
            // The error of a last statement is kept back until somebody asks for what follows.
            result.drop_result().await?;
            return Ok(rows);
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true)),
    }
}

/// Returns a URL as it may be printed.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "a text without ://".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((login, rest)) => {
            format!("{scheme}://{}@{rest}", login.split(':').next().unwrap_or_default())
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_url_is_told_without_its_password() {
        let error = options("postgres://me:secret@host/db").unwrap_err().to_string();
        assert_eq!(
            error,
            "cannot read server URL \"postgres://me@host/db\": it must begin with mysql:// or oceanbase://"
        );
        assert!(options("oceanbase://root@127.0.0.1:2881/db").is_ok());
    }
}
