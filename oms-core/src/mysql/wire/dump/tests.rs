use super::super::connection::tests::{ERROR, OK_PACKET, signed_in};
use super::super::script::packets_of;
use super::*;
use crate::mysql::server_error::ServerError;

const END: &[u8] = b"\xfe\0\0\x02\0";

/// All events of a log, or the error that ends it.
async fn read(packets: &[&[u8]], piece: usize) -> (Vec<Vec<u8>>, Result<()>) {
    let mut connection = signed_in(true, &[&packets_of(1, packets.iter().copied())], piece).await;
    let from = DumpFrom::File { name: "binlog.000001", position: 4 };
    connection.start_dump(7, from, true).await.unwrap();
    let (mut read, mut events) = (Vec::new(), Vec::new());
    loop {
        match connection.next_events(&mut events).await {
            Ok(Some(bytes)) => read.extend(events.iter().map(|range| bytes[range.clone()].to_vec())),
            Ok(None) => return (read, Ok(())),
            Err(error) => return (read, Err(error)),
        }
    }
}

#[tokio::test]
async fn events_come_without_their_status_until_the_log_ends() {
    for piece in [1, 10, 1 << 20] {
        let (events, end) = read(&[b"\0first", b"\0second", END], piece).await;
        assert_eq!(events, [&b"first"[..], b"second"]);
        end.unwrap();
    }
}

#[tokio::test]
async fn an_error_comes_after_the_events_before_it() {
    for piece in [1, 1 << 20] {
        let (events, end) = read(&[b"\0first", ERROR], piece).await;
        assert_eq!(events, [b"first"]);
        assert_eq!(ServerError::of(&end.unwrap_err()).unwrap().code, 1317);
    }
    let (events, end) = read(&[ERROR], 1 << 20).await;
    assert!(events.is_empty() && end.is_err());
}

#[tokio::test]
async fn what_is_no_event_ends_the_log_with_an_error() {
    for packets in [
        &[&b"\0first"[..], b""][..],
        &[b"\0first", b"\x01x"],
        &[b"\0first", b"\xfe\0\0\0\0\0\0\0\0\0"],
        &[b"\0first", b"\xff"],
        &[b"\0first", END, b"\0behind"],
        &[b"\0first"],
    ] {
        let (events, end) = read(packets, 1 << 20).await;
        assert!(events.len() <= 1 && end.is_err(), "{packets:?}");
    }
}

#[tokio::test]
async fn a_connection_that_reads_a_log_does_nothing_else() {
    let mut connection = signed_in(true, &[&packets_of(1, [&b"\0first"[..]]), OK_PACKET], 1 << 20).await;
    connection.start_dump(7, DumpFrom::Gtids { set: &[0; 8] }, false).await.unwrap();
    assert!(connection.execute("DO 1").await.is_err());
    assert!(connection.is_open());
    let mut events = Vec::new();
    assert_eq!(&connection.next_events(&mut events).await.unwrap().unwrap()[events[0].clone()], b"first");
}

#[tokio::test]
async fn events_without_a_dump_are_refused() {
    let mut connection = signed_in(true, &[&packets_of(1, [OK_PACKET])], 1 << 20).await;
    assert!(connection.next_events(&mut Vec::new()).await.is_err());
    connection.ping().await.unwrap();
}

#[tokio::test]
async fn a_registration_is_answered() {
    let (done, refused) = (packets_of(1, [OK_PACKET]), packets_of(1, [ERROR]));
    let mut connection = signed_in(true, &[&done, &done, &done, &refused], 9).await;
    connection.register_replica(7, &"é".repeat(100), 3306).await.unwrap();
    assert!(connection.register_replica(7, "", 0).await.is_err());
    assert!(connection.is_open());
}
