//! Each fault of the proxy, seen from both ends of a connection.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use oms_test_servers::mysql_async::prelude::Queryable;
use oms_test_servers::{Direction, Fault, Proxy, Servers, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Long enough to see that nothing comes.
const NOTHING: Duration = Duration::from_millis(300);

/// Long enough for anything that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy before a plain listener.
struct Line {
    proxy: Proxy,
    listener: TcpListener,
}

impl Line {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::to(&listener.local_addr().unwrap().to_string()).await.unwrap();
        Self { proxy, listener }
    }

    /// Opens a connection and returns its two ends: the client's and the server's.
    async fn open(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.proxy.address()).await.unwrap();
        let (server, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        (client, server)
    }
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// Reads exactly as many bytes as `text` has and compares.
async fn expect(stream: &mut TcpStream, text: &str) {
    let mut bytes = vec![0; text.len()];
    timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("bytes come").unwrap();
    assert_eq!(String::from_utf8_lossy(&bytes), text);
}

async fn expect_nothing(stream: &mut TcpStream) {
    let mut byte = [0];
    let read = timeout(NOTHING, stream.read(&mut byte)).await;
    assert!(read.is_err(), "something came: {read:?} {byte:?}");
}

/// Reads to the end and returns what came before it, with how it ended.
async fn rest(stream: &mut TcpStream) -> (usize, Result<(), ErrorKind>) {
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    (bytes.len(), end.map(drop).map_err(|error| error.kind()))
}

#[tokio::test]
async fn forwards_both_ways_and_counts() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    send(&mut client, "question").await;
    expect(&mut server, "question").await;
    send(&mut server, "an answer").await;
    expect(&mut client, "an answer").await;
    assert_eq!((line.proxy.bytes(Direction::ToServer), line.proxy.bytes(Direction::ToClient)), (8, 9));
    let (second, _server) = line.open().await;
    assert_eq!((line.proxy.connections(), line.proxy.open_connections()), (2, 2));
    // A closed half lets the other half speak on.
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut server).await, (0, Ok(())));
    send(&mut server, "late").await;
    expect(&mut client, "late").await;
    drop((server, client, second));
}

#[tokio::test]
async fn much_goes_through_unchanged() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    let sent: Vec<u8> = (0..8_000_000_u32).map(|n| (n % 251) as u8).collect();
    let expected = sent.clone();
    let writer = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let mut received = Vec::new();
    timeout(PATIENCE, server.read_to_end(&mut received)).await.unwrap().unwrap();
    assert!(received == expected, "the bytes differ");
    drop(writer.await.unwrap());
}

#[tokio::test]
async fn close_ends_connections_in_good_order() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    send(&mut client, "x").await;
    expect(&mut server, "x").await;
    line.proxy.inject(Fault::Close).await;
    assert_eq!(line.proxy.open_connections(), 0);
    assert_eq!(rest(&mut client).await, (0, Ok(())));
    assert_eq!(rest(&mut server).await, (0, Ok(())));
    // New ones are welcome.
    let (mut client, mut server) = line.open().await;
    send(&mut client, "again").await;
    expect(&mut server, "again").await;
}

#[tokio::test]
async fn reset_breaks_connections() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    send(&mut client, "x").await;
    expect(&mut server, "x").await;
    line.proxy.inject(Fault::Reset).await;
    assert_eq!(rest(&mut client).await, (0, Err(ErrorKind::ConnectionReset)));
    assert_eq!(rest(&mut server).await, (0, Err(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_cut_after_a_count_lets_exactly_that_many_bytes_through() {
    for (fault, end) in [(Fault::Close, Ok(())), (Fault::Reset, Err(ErrorKind::ConnectionReset))] {
        let line = Line::new().await;
        let (mut client, mut server) = line.open().await;
        send(&mut client, "before").await;
        expect(&mut server, "before").await;
        line.proxy.inject_after(Direction::ToServer, 100_000, fault);
        let big = vec![7; 250_000];
        // The proxy may end it before all is written.
        let _ = client.write_all(&big).await;
        let mut received = vec![0; 100_000];
        timeout(PATIENCE, server.read_exact(&mut received)).await.unwrap().unwrap();
        assert_eq!(rest(&mut server).await, (0, end));
        assert_eq!(line.proxy.bytes(Direction::ToServer), 100_006);
    }
}

#[tokio::test]
async fn refuse_keeps_new_connections_out_until_healed() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject(Fault::Refuse).await;
    let refused = TcpStream::connect(line.proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    send(&mut client, "open ones go on").await;
    expect(&mut server, "open ones go on").await;
    line.proxy.heal().await;
    let (mut client, mut server) = line.open().await;
    send(&mut client, "back").await;
    expect(&mut server, "back").await;
}

#[tokio::test]
async fn delay_makes_everything_late_and_nothing_slow() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    let delay = Duration::from_millis(400);
    line.proxy.inject(Fault::Delay(delay)).await;
    let begun = Instant::now();
    for _ in 0..20 {
        send(&mut client, &"x".repeat(50_000)).await;
    }
    expect(&mut server, &"x".repeat(50_000)).await;
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
    let first = Instant::now();
    expect(&mut server, &"x".repeat(19 * 50_000)).await;
    // One after the other they would take twenty delays.
    assert!(first.elapsed() < delay * 10, "{:?}", first.elapsed());
    send(&mut server, "answer").await;
    line.proxy.heal().await;
    expect(&mut client, "answer").await;
}

#[tokio::test]
async fn throttle_holds_the_rate() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject(Fault::Throttle(100_000)).await;
    let begun = Instant::now();
    send(&mut client, &"x".repeat(50_000)).await;
    expect(&mut server, &"x".repeat(50_000)).await;
    assert!(begun.elapsed() >= Duration::from_millis(450), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn stall_holds_everything_and_loses_nothing() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject(Fault::Stall).await;
    send(&mut client, "held").await;
    send(&mut server, "back").await;
    expect_nothing(&mut server).await;
    expect_nothing(&mut client).await;
    line.proxy.heal().await;
    expect(&mut server, "held").await;
    expect(&mut client, "back").await;

    line.proxy.inject_after(Direction::ToClient, 3, Fault::Stall);
    send(&mut server, "abcdef").await;
    expect(&mut client, "abc").await;
    expect_nothing(&mut client).await;
    line.proxy.heal().await;
    expect(&mut client, "def").await;
}

#[tokio::test]
async fn a_stalled_connection_can_still_be_cut() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject(Fault::Stall).await;
    send(&mut client, "lost").await;
    line.proxy.inject(Fault::Reset).await;
    assert_eq!(rest(&mut server).await, (0, Err(ErrorKind::ConnectionReset)));
    assert_eq!(rest(&mut client).await, (0, Err(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn vanish_loses_one_direction_and_its_end() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject_after(Direction::ToServer, 2, Fault::Vanish(Direction::ToServer));
    send(&mut client, "12345").await;
    expect(&mut server, "12").await;
    send(&mut server, "the other way works").await;
    expect(&mut client, "the other way works").await;
    client.shutdown().await.unwrap();
    expect_nothing(&mut server).await;
    line.proxy.heal().await;
    assert_eq!(rest(&mut server).await, (0, Ok(())), "healed, the end arrives; what vanished does not");
}

#[tokio::test]
async fn corrupt_turns_exactly_one_byte_over() {
    let line = Line::new().await;
    let (mut client, mut server) = line.open().await;
    line.proxy.inject_after(Direction::ToClient, 5, Fault::Corrupt(Direction::ToClient));
    send(&mut client, "untouched").await;
    expect(&mut server, "untouched").await;
    server.write_all(&[1; 10]).await.unwrap();
    let mut received = [0; 10];
    timeout(PATIENCE, client.read_exact(&mut received)).await.unwrap().unwrap();
    assert_eq!(received, [1, 1, 1, 1, 1, 0xfe, 1, 1, 1, 1]);
    line.proxy.inject(Fault::Corrupt(Direction::ToServer)).await;
    client.write_all(&[1, 1]).await.unwrap();
    let mut received = [0; 2];
    timeout(PATIENCE, server.read_exact(&mut received)).await.unwrap().unwrap();
    assert_eq!(received, [0xfe, 1]);
}

#[tokio::test]
async fn a_reset_of_one_side_reaches_the_other() {
    let line = Line::new().await;
    let (client, mut server) = line.open().await;
    client.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(rest(&mut server).await, (0, Err(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn without_a_server_behind_it_a_connection_breaks_at_once() {
    let Line { proxy, listener } = Line::new().await;
    drop(listener);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(rest(&mut client).await, (0, Err(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_server_is_reached_through_it_and_missed_without_it() {
    let server = Servers::mysql().start().await.unwrap();
    let proxy = Proxy::to(&server.address()).await.unwrap();
    let url = proxy.url(&format!("{}/mysql?stmt_cache_size=0", server.url()));
    assert_eq!(url, format!("mysql://root@{}/mysql?stmt_cache_size=0", proxy.address()));
    let mut conn = connect(&url).await.unwrap();
    let long: Option<String> = conn.query_first("SELECT REPEAT('x', 300000)").await.unwrap();
    assert_eq!(long.unwrap().len(), 300_000);
    assert_eq!(proxy.connections(), 1);
    proxy.inject_after(Direction::ToClient, 1000, Fault::Close);
    let long: Result<Option<String>, _> = conn.query_first("SELECT REPEAT('x', 300000)").await;
    assert!(long.is_err());
    let mut conn = connect(&url).await.unwrap();
    let one: Option<i32> = conn.query_first("SELECT 1").await.unwrap();
    assert_eq!(one, Some(1));
    proxy.inject(Fault::Refuse).await;
    assert!(connect(&url).await.is_err());
}
