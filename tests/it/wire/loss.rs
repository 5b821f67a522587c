//! Servers that stop in the middle of an answer.

use std::time::{Duration, Instant};

use oms_core::ErrorClass;
use oms_core::error::Chain;
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, SessionOptions};
use oms_test_servers::{Direction, Fault, Proxy, Servers};

use super::layout;
use crate::support::{each_server, options};

/// A query of five hundred rows of five thousand bytes.
fn many_rows() -> String {
    let numbers = "SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4";
    format!(
        "SELECT REPEAT('x', 5000) FROM ({numbers}) a, ({numbers}) b, ({numbers}) c, (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) d"
    )
}

/// All rows of a query, or the error that ends it.
async fn count(connection: &mut Connection, sql: &str) -> oms_core::Result<usize> {
    connection.query(sql).await?;
    let mut rows = 0;
    while let Some(batch) = connection.next_rows(&layout(1), 1 << 20).await? {
        rows += batch.len();
    }
    Ok(rows)
}

#[tokio::test]
async fn an_answer_cut_short_is_never_an_end() {
    for server in each_server("wire::loss::an_answer_cut_short").await {
        for fault in [Fault::Close, Fault::Reset, Fault::Stall] {
            let proxy = Proxy::to(&server.address()).await.unwrap();
            let reach =
                ConnectOptions::new("127.0.0.1", proxy.port()).with_io_timeout(Duration::from_secs(2));
            let mut connection = Connection::connect(&reach, &SessionOptions::default()).await.unwrap();
            let sql = many_rows();
            let whole = proxy.bytes(Direction::ToClient);
            assert_eq!(count(&mut connection, &sql).await.unwrap(), 500);
            let whole = proxy.bytes(Direction::ToClient) - whole;
            // In the middle, and with only the end of the rows missing.
            for missing in [whole / 2, 3] {
                let mut connection = Connection::connect(&reach, &SessionOptions::default()).await.unwrap();
                proxy.inject_after(Direction::ToClient, whole - missing, fault);
                let error = count(&mut connection, &sql).await.unwrap_err();
                assert_eq!(
                    error.class(),
                    ErrorClass::Transient,
                    "{} {fault:?} {}",
                    server.kind(),
                    Chain(&error)
                );
                assert!(!connection.is_open());
                assert!(connection.ping().await.unwrap_err().is_retryable());
                proxy.heal().await;
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_stands_still_ends_the_wait() {
    let test = "wire::loss::a_server_that_stands_still";
    let Some(server) = Box::pin(Servers::mysql57().private().start_or_skip(test)).await else { return };
    let reach = options(&server)
        .with_io_timeout(Duration::from_millis(500))
        .with_connect_timeout(Duration::from_millis(700));
    let mut connection = Connection::connect(&reach, &SessionOptions::default()).await.unwrap();
    connection.query(many_rows()).await.unwrap();
    server.pause().unwrap();
    let begun = Instant::now();
    let error = loop {
        match connection.next_rows(&layout(1), 1 << 20).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                // All rows were on their way before it stopped; then the next answer is missing.
                break connection.ping().await.unwrap_err();
            }
            Err(error) => break error,
        }
    };
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(Chain(&error).to_string().contains("no answer within 0.5 s"), "{}", Chain(&error));
    assert!(!connection.is_open());
    let error = Connection::connect(&reach, &SessionOptions::default()).await.unwrap_err();
    assert!(matches!(error, oms_core::Error::Connect { .. }), "{}", Chain(&error));
    assert!(begun.elapsed() < Duration::from_secs(10));
    server.resume().unwrap();
    let mut connection = Connection::connect(&options(&server), &SessionOptions::default()).await.unwrap();
    assert_eq!(count(&mut connection, &many_rows()).await.unwrap(), 500);
}

#[tokio::test]
async fn a_reader_slower_than_the_server_loses_nothing() {
    let test = "wire::loss::a_reader_slower";
    // The server ends connections that do not take their rows within a second, unless the connection says otherwise.
    let server = Servers::mysql57().private().with_option("--net-write-timeout=1");
    let Some(server) = Box::pin(server.start_or_skip(test)).await else { return };
    let mut connection = super::dial(&server).await;
    let numbers = "SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4";
    // More than the buffers of both ends of a socket hold.
    let sql =
        format!("SELECT REPEAT('x', 200000) FROM ({numbers}) a, ({numbers}) b, ({numbers}) c, ({numbers}) d");
    connection.query(&sql).await.unwrap();
    let mut rows = connection.next_rows(&layout(1), 1).await.unwrap().unwrap().len();
    tokio::time::sleep(Duration::from_secs(4)).await;
    while let Some(batch) = connection.next_rows(&layout(1), 1 << 20).await.unwrap() {
        rows += batch.len();
    }
    assert_eq!(rows, 625);
}
