//! Servers that stop answering, connections that break, calls that are dropped.

use std::time::{Duration, Instant};

use oms_core::error::Chain;
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::{Error, ErrorClass};
use oms_test_servers::{Direction, Fault, Proxy, Servers};

use crate::support::{each_server, open, options, text};

async fn assert_poisoned(session: &mut Session) {
    assert!(!session.is_open());
    for _ in 0..2 {
        let error = session.query("SELECT 1").await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient);
        assert!(Chain(&error).to_string().contains("open a new one"), "{}", Chain(&error));
    }
}

#[tokio::test]
async fn a_server_that_stands_still_ends_the_wait() {
    let test = "session::loss::a_server_that_stands_still";
    let Some(server) = Box::pin(Servers::mysql57().private().start_or_skip(test)).await else { return };
    let reach = options(&server)
        .with_io_timeout(Duration::from_millis(500))
        .with_connect_timeout(Duration::from_millis(700));
    let mut session = Session::connect(&reach, &SessionOptions::default()).await.unwrap();
    server.pause().unwrap();
    let begun = Instant::now();
    let error = session.query("SELECT 1").await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(Chain(&error).to_string().contains("no answer within 0.5 s"), "{}", Chain(&error));
    assert_poisoned(&mut session).await;
    let error = Session::connect(&reach, &SessionOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{}", Chain(&error));
    assert!(begun.elapsed() < Duration::from_secs(10));
    server.resume().unwrap();
    assert_eq!(text(&mut open(&server).await, "SELECT 'back'").await, "back");
}

#[tokio::test]
async fn a_dropped_call_poisons_the_session() {
    for server in each_server("session::loss::a_dropped_call").await {
        let mut session = open(&server).await;
        let call = tokio::time::timeout(Duration::from_millis(100), session.query("SELECT SLEEP(60)"));
        assert!(call.await.is_err());
        assert_poisoned(&mut session).await;
        session.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_session_says_so_once_and_is_poisoned() {
    for server in each_server("session::loss::a_killed_session").await {
        let (mut victim, mut killer) = (open(&server).await, open(&server).await);
        killer.execute(format!("KILL {}", victim.connection_id())).await.unwrap();
        // The server may answer one more statement before it looks.
        let mut error = None;
        for _ in 0..100 {
            match victim.query("SELECT 1").await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(found) => {
                    error = Some(found);
                    break;
                }
            }
        }
        assert_eq!(
            error.expect("the end of the session").class(),
            ErrorClass::Transient,
            "{}",
            server.kind()
        );
        let _ = victim.query("SELECT 1").await;
        assert_poisoned(&mut victim).await;
    }
}

#[tokio::test]
async fn a_result_cut_short_is_an_error_and_never_fewer_rows() {
    for server in each_server("session::loss::a_result_cut_short").await {
        for fault in [Fault::Close, Fault::Reset] {
            let proxy = Proxy::to(&server.address()).await.unwrap();
            let reach =
                ConnectOptions::new("127.0.0.1", proxy.port()).with_io_timeout(Duration::from_secs(20));
            let mut session = Session::connect(&reach, &SessionOptions::default()).await.unwrap();
            let numbers = "SELECT 0 n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4";
            let sql = format!("SELECT REPEAT('x', 5000) FROM ({numbers}) a, ({numbers}) b, ({numbers}) c");
            assert_eq!(session.query(&sql).await.unwrap().len(), 125);
            proxy.inject_after(Direction::ToClient, 300_000, fault);
            let error = session.query(&sql).await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Transient, "{} {}", server.kind(), Chain(&error));
            assert_poisoned(&mut session).await;
        }
    }
}
