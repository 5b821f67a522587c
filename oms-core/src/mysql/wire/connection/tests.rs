//! Conversations written down as bytes: what is cut, lies or comes unasked ends in an error, never in a panic or in
//! rows that the server did not send.

use std::sync::Arc;

use super::super::handshake::tests::greeting;
use super::super::script::{Script, packets_of};
use super::*;
use crate::error::{Error, ErrorClass};
use crate::mysql::server_error::ServerError;
use crate::name::TableName;
use crate::row::{CellFormat, RowLayout};
use crate::schema::{Column, ColumnType, TableSchema};

pub(in crate::mysql::wire) const OK_PACKET: &[u8] = b"\0\0\0\x02\0\0\0";
const END_OK: &[u8] = b"\xfe\0\0\x02\0\0\0";
const END_EOF: &[u8] = b"\xfe\0\0\x02\0";
pub(in crate::mysql::wire) const ERROR: &[u8] = b"\xff\x25\x05#70100Query execution was interrupted";

fn layout(width: usize) -> Arc<RowLayout> {
    let columns = (0..width).map(|n| Column::new(format!("c{n}"), ColumnType::Json)).collect();
    let schema = TableSchema::new(TableName::new("s", "t"), columns);
    Arc::new(RowLayout::whole(Arc::new(schema), CellFormat::MysqlText))
}

fn column(name: &str) -> Vec<u8> {
    let mut packet = b"\x03def\x01s\x01t\x01t".to_vec();
    packet.push(name.len() as u8);
    packet.extend_from_slice(name.as_bytes());
    packet.extend_from_slice(b"\0\x0c\x2d\0\x28\0\0\0\xfd\x01\x10\0\0\0");
    packet
}

/// A greeting, with or without the newer end of rows.
fn greeting_with(ends_with_ok: bool) -> Vec<u8> {
    let mut greeting = greeting();
    if !ends_with_ok {
        let flags = b"\x0a9.7.4-2\0".len() + 4 + 8 + 1 + 2 + 3 + 1;
        greeting[flags] &= !1;
    }
    greeting
}

/// A connection that has signed in, and will read these answers.
pub(in crate::mysql::wire) async fn signed_in(
    ends_with_ok: bool,
    answers: &[&[u8]],
    piece: usize,
) -> Connection {
    let mut turns = vec![packets_of(0, [&greeting_with(ends_with_ok)[..]]), packets_of(2, [OK_PACKET])];
    turns.extend(answers.iter().map(|answer| answer.to_vec()));
    let script = Box::new(Script::turns(turns, piece));
    let options = ConnectOptions::new("h", 1).with_password("secret");
    Connection::open_over(script, &options).await.unwrap()
}

/// A short answer.
fn short(packet: &[u8]) -> Vec<u8> {
    packets_of(1, [packet])
}

/// The answer to a query of two columns.
fn answer(ends_with_ok: bool, rows: &[&[u8]]) -> Vec<u8> {
    let (first, second) = (column("a"), column("b"));
    let mut packets: Vec<&[u8]> = vec![b"\x02", &first, &second];
    if !ends_with_ok {
        packets.push(END_EOF);
    }
    packets.extend(rows);
    packets_of(1, packets)
}

fn end(ends_with_ok: bool) -> &'static [u8] {
    if ends_with_ok { END_OK } else { END_EOF }
}

/// All cells that a query gives, or the error that ends it.
async fn read(connection: &mut Connection) -> Result<Vec<Option<Vec<u8>>>> {
    connection.query("SELECT a, b FROM t").await?;
    let mut cells = Vec::new();
    while let Some(batch) = connection.next_rows(&layout(2), 1 << 20).await? {
        for row in batch.rows() {
            cells.extend(row.cells().map(|cell| cell.raw().map(<[u8]>::to_vec)));
        }
    }
    Ok(cells)
}

const ROWS: [&[u8]; 3] = [b"\x01x\x02yz", b"\xfb\0", b"\xfc\x03\0abc\xfb"];

fn cells() -> Vec<Option<Vec<u8>>> {
    [Some("x"), Some("yz"), None, Some(""), Some("abc"), None]
        .map(|cell| cell.map(|cell| cell.as_bytes().to_vec()))
        .to_vec()
}

#[tokio::test]
async fn rows_are_read_with_either_end_and_the_connection_goes_on() {
    for ends_with_ok in [true, false] {
        for piece in [1, 7, 1 << 20] {
            let bytes = answer(ends_with_ok, &[&ROWS[..], &[end(ends_with_ok)]].concat());
            let mut connection = signed_in(ends_with_ok, &[&bytes, &short(OK_PACKET)], piece).await;
            assert_eq!(read(&mut connection).await.unwrap(), cells());
            assert_eq!(&*connection.columns()[1].name, "b");
            assert_eq!((connection.columns()[0].collation, connection.columns()[0].field_type), (45, 0xfd));
            connection.ping().await.unwrap();
            assert!(connection.is_open());
        }
    }
}

#[tokio::test]
async fn an_answer_cut_anywhere_is_an_error_and_never_an_end() {
    for ends_with_ok in [true, false] {
        let bytes = answer(ends_with_ok, &[&ROWS[..], &[end(ends_with_ok)]].concat());
        for cut in 0..bytes.len() {
            let mut connection = signed_in(ends_with_ok, &[&bytes[..cut]], 1 << 20).await;
            let error = read(&mut connection).await.unwrap_err();
            assert_eq!(error.class(), ErrorClass::Transient, "{cut}");
            assert!(!connection.is_open());
        }
    }
}

#[tokio::test]
async fn a_row_that_lies_is_refused() {
    let lies: [&[u8]; 13] = [
        b"",
        b"\x01x",
        b"\x01x\x03yz",
        b"\x01x\x02yz\x01w",
        b"\x01x\xfb\xfb",
        b"\x01x\xfc\xff\xffyz",
        b"\x01x\xfc\x01",
        b"\x01x\xfd\x01\0",
        b"\x01x\xfe\xff\xff\xff\xff\xff\xff\xff\xffy",
        b"\x01x\xfe\xff\xff\xff\xff\0\0\0\0y",
        b"\x01x\xff",
        b"\xfa",
        // The length of 16 MiB in a short packet is the end of the rows, and this is none.
        b"\xfe\0\0",
    ];
    for lie in lies {
        let bytes = answer(true, &[ROWS[0], lie, END_OK]);
        let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
        assert!(read(&mut connection).await.is_err(), "{lie:?}");
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_head_that_lies_is_refused() {
    let column = column("a");
    let heads: [&[&[u8]]; 9] = [
        &[b""],
        &[b"\xfb/etc/passwd"],
        &[b"\xfe"],
        &[b"\xfc\x01"],
        &[b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff"],
        &[b"\x02", &column, END_OK],
        &[b"\x01", &column[..9]],
        &[b"\x01\x01", &column],
        &[b"\0"],
    ];
    for head in heads {
        let mut connection = signed_in(true, &[&packets_of(1, head.iter().copied())], 1 << 20).await;
        assert!(read(&mut connection).await.is_err(), "{head:?}");
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn an_error_among_rows_is_the_servers_and_the_connection_goes_on() {
    let bytes = answer(true, &[ROWS[0], ERROR]);
    let mut connection = signed_in(true, &[&bytes, &short(OK_PACKET)], 1 << 20).await;
    let error = read(&mut connection).await.unwrap_err();
    assert_eq!((ServerError::of(&error).unwrap().code, error.class()), (1317, ErrorClass::Transient));
    connection.ping().await.unwrap();
}

#[tokio::test]
async fn bytes_behind_the_last_row_end_the_connection() {
    for behind in [ROWS[0], END_OK, OK_PACKET] {
        let bytes = answer(true, &[ROWS[0], END_OK, behind]);
        let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
        let read = read(&mut connection).await;
        assert!(read.is_err() || connection.ping().await.is_err());
        assert!(!connection.is_open());
    }
}

#[tokio::test]
async fn a_first_cell_of_sixteen_mebibytes_is_a_row_and_no_end() {
    for size in [
        MAX_PIECE_BYTES - 20,
        MAX_PIECE_BYTES - 10,
        MAX_PIECE_BYTES,
        MAX_PIECE_BYTES + 1,
        MAX_PIECE_BYTES + 20,
    ] {
        let mut row = vec![0xfe];
        row.extend_from_slice(&(size as u64).to_le_bytes());
        row.resize(9 + size, b'x');
        row.extend_from_slice(b"\x01y");
        // Servers use the long form of a length only from 16 MiB on; a shorter packet is read as the end of the rows.
        let is_row = row.len() >= MAX_PIECE_BYTES;
        let bytes = answer(true, &[ROWS[0], &row, END_OK]);
        let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
        match read(&mut connection).await {
            Ok(cells) => assert!(is_row && cells[2].as_ref().is_some_and(|cell| cell.len() == size)),
            Err(_) => assert!(!is_row),
        }
    }
}

const MAX_PIECE_BYTES: usize = super::super::packet::MAX_PIECE;

#[tokio::test]
async fn a_layout_of_another_width_is_refused_and_takes_nothing() {
    let bytes = answer(true, &[ROWS[0], END_OK]);
    let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
    connection.query("SELECT").await.unwrap();
    for width in [0, 1, 3] {
        let error = connection.next_rows(&layout(width), 1).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }));
    }
    assert_eq!(connection.next_rows(&layout(2), 1).await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn a_batch_is_bounded_and_rows_left_behind_come_later() {
    let rows = vec![ROWS[0]; 100];
    let bytes = answer(true, &[&rows[..], &[END_OK]].concat());
    let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
    connection.query("SELECT").await.unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = connection.next_rows(&layout(2), 90).await.unwrap() {
        sizes.push(batch.len());
    }
    // Nine bytes a row with its header.
    assert_eq!(sizes, [10; 10]);
    assert!(connection.next_rows(&layout(2), 90).await.unwrap().is_none());
}

#[tokio::test]
async fn a_result_is_given_up_by_reading_or_by_dropping_the_connection() {
    let rows = vec![ROWS[0]; 100];
    let bytes = answer(true, &[&rows[..], &[END_OK]].concat());
    let mut connection = signed_in(true, &[&bytes, &short(OK_PACKET)], 1 << 20).await;
    connection.query("SELECT").await.unwrap();
    connection.next_rows(&layout(2), 90).await.unwrap();
    let busy = connection.execute("DO 1").await.unwrap_err();
    assert!(crate::error::Chain(&busy).to_string().contains("still giving an answer"));
    assert!(connection.abandon(1000).await.unwrap());
    connection.ping().await.unwrap();

    let mut connection = signed_in(true, &[&bytes], 1 << 20).await;
    connection.query("SELECT").await.unwrap();
    assert!(!connection.abandon(300).await.unwrap());
    assert!(!connection.is_open());
    assert!(connection.ping().await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn short_results_are_collected_and_statements_counted() {
    let rows = answer(true, &[&ROWS[..], &[END_OK]].concat());
    let counts = short(b"\0\x02\0\x02\0\0\0\x26Records: 2  Duplicates: 0  Warnings: 0");
    let mut connection = signed_in(true, &[&rows, &counts, &rows], 1 << 20).await;
    let rows = connection.query_text("SELECT").await.unwrap();
    assert_eq!((rows[0].text(1).unwrap(), rows[1].bytes(0).unwrap(), rows.len()), ("yz", None, 3));
    let outcome = connection.execute("INSERT").await.unwrap();
    assert_eq!((outcome.affected_rows, outcome.records), (2, Some(2)));
    assert_eq!(connection.execute("SELECT").await.unwrap().returned_rows, 3);
}

#[tokio::test]
async fn a_dropped_call_poisons_and_a_dropped_wait_for_rows_does_not() {
    use futures::FutureExt;
    let bytes = answer(true, &[&ROWS[..], &[END_OK]].concat());
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let options = ConnectOptions::new("h", 1);
    use tokio::io::AsyncWriteExt;
    server.write_all(&packets_of(0, [&greeting()[..]])).await.unwrap();
    server.write_all(&packets_of(2, [OK_PACKET])).await.unwrap();
    let mut connection = Connection::open_over(Box::new(client), &options).await.unwrap();
    let head = bytes.len() - 30;
    server.write_all(&bytes[..head]).await.unwrap();
    connection.query("SELECT").await.unwrap();
    let mut read = 0;
    for byte in &bytes[head..] {
        while let Some(batch) = connection.next_rows(&layout(2), 1).now_or_never() {
            read += batch.unwrap().map_or(0, |batch| batch.len());
        }
        server.write_all(&[*byte]).await.unwrap();
    }
    while let Some(batch) = connection.next_rows(&layout(2), 1).await.unwrap() {
        read += batch.len();
    }
    assert_eq!(read, 3);

    assert!(connection.ping().now_or_never().is_none());
    assert!(!connection.is_open());
    server.write_all(&packets_of(1, [OK_PACKET])).await.unwrap();
    assert!(connection.ping().await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn noise_never_panics() {
    let good = [
        packets_of(0, [&greeting()[..]]),
        packets_of(2, [OK_PACKET]),
        answer(true, &[&ROWS[..], &[END_OK]].concat()),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut opened, mut finished) = (0, 0);
    for _ in 0..20_000 {
        let mut turns = good.clone();
        for _ in 0..=random(3) {
            let turn = &mut turns[random(3)];
            let at = random(turn.len());
            turn[at] = random(256) as u8;
        }
        let options = ConnectOptions::new("h", 1).with_password("secret");
        let script = Box::new(Script::turns(turns, 1 + random(200)));
        if let Ok(mut connection) = Connection::open_over(script, &options).await {
            opened += 1;
            // A changed length may ask for a lot; the ceiling says how much is given.
            connection.set_max_packet_bytes(1 << 16);
            finished += usize::from(read(&mut connection).await.is_ok());
        }
    }
    // Enough noise gets through each stage for the next one to have been tried.
    assert!(opened > 1000 && finished > 100, "{opened} {finished}");
}
