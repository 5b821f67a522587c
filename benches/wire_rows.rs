//! Rows from a socket to a batch of spans, twelve cells a row. The server is a process of its own that has all rows
//! ready.
//!
//! `cargo bench --features mysql --bench wire_rows -- [ROWS]` prints rows a second. The instructions of a row are the
//! difference of two runs under `valgrind --tool=callgrind`, divided by the difference of their rows; its allocations
//! likewise under `--tool=memcheck`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use oms_core::TableName;
use oms_core::mysql::wire::Connection;
use oms_core::mysql::{ConnectOptions, SessionOptions};
use oms_core::row::{CellFormat, RowLayout};
use oms_core::schema::{Column, ColumnType, TableSchema};

const CELLS: [&[u8]; 12] = [
    b"100123",
    b"700861",
    b"100123300369",
    b"name 100123",
    b"qqqqqqqq",
    b"2024-01-01 00:00:00",
    b"123.25",
    b"12.5",
    b"abc",
    b"a note of some length",
    b"77",
    b"xyz",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(2_000_000);
    if arguments.iter().any(|argument| argument == "serve") {
        return Ok(serve(count)?);
    }
    let mut server = Command::new(std::env::current_exe()?)
        .args(["serve", &count.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    BufReader::new(server.stdout.take().ok_or("no port")?).read_line(&mut port)?;
    let options = ConnectOptions::new("127.0.0.1", port.trim().parse()?);
    let mut connection = Connection::connect(&options, &SessionOptions::default()).await?;
    let columns = (0..CELLS.len()).map(|n| Column::new(format!("c{n}"), ColumnType::Json)).collect();
    let schema = Arc::new(TableSchema::new(TableName::new("bench", "rows"), columns));
    let layout = Arc::new(RowLayout::whole(schema, CellFormat::MysqlText));

    let begun = Instant::now();
    connection.query("SELECT rows").await?;
    let (mut rows, mut batches) = (0, 0);
    while let Some(batch) = connection.next_rows(&layout, 1 << 20).await? {
        rows += batch.len();
        batches += 1;
    }
    let rate = rows as f64 / begun.elapsed().as_secs_f64() / 1e6;
    println!(
        "{rows} rows in {batches} batches, {rate:.2} M rows/s, {} cores",
        std::thread::available_parallelism()?
    );
    drop(connection);
    server.wait()?;
    Ok(())
}

/// Says what a MySQL server would to the client's questions.
fn serve(count: usize) -> std::io::Result<()> {
    let rows = bytes_of(1, &result(CELLS.len(), std::iter::repeat_n(row_of(&CELLS), count)));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let (mut socket, _) = listener.accept()?;
    let mut greeting = b"\x0a8.0.15\0\x01\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15".to_vec();
    greeting.extend_from_slice(&[0; 10]);
    greeting.extend_from_slice(b"ijklmnopqrst\0mysql_native_password\0");
    send(&mut socket, 0, &[greeting])?;
    receive(&mut socket)?;
    send(&mut socket, 2, &[OK.to_vec()])?;
    loop {
        let question = receive(&mut socket)?;
        let has = |words: &[u8]| question.windows(words.len()).any(|part| part == words);
        if question.is_empty() {
            return Ok(());
        } else if has(b"SHOW VARIABLES") {
            let variables = [
                ["version", "8.0.15"],
                ["version_comment", ""],
                ["lower_case_table_names", "0"],
                ["max_allowed_packet", "67108864"],
            ];
            send(&mut socket, 1, &result(2, variables.map(|row| row_of(&row.map(str::as_bytes)))))?;
        } else if has(b"SELECT @@session") {
            let modes = SessionOptions::default().sql_mode;
            let values = ["+00:00", "utf8mb4", "1", "18446744073709551615", &modes];
            send(&mut socket, 1, &result(5, [row_of(&values.map(str::as_bytes))]))?;
        } else if has(b"SELECT rows") {
            socket.write_all(&rows)?;
        } else {
            send(&mut socket, 1, &[OK.to_vec()])?;
        }
    }
}

const OK: &[u8] = b"\0\0\0\x02\0\0\0";

fn row_of(cells: &[&[u8]]) -> Vec<u8> {
    let mut row = Vec::new();
    for cell in cells {
        row.push(cell.len() as u8);
        row.extend_from_slice(cell);
    }
    row
}

fn result(width: usize, rows: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut packets = vec![vec![width as u8]];
    let column = b"\x03def\0\0\0\x01c\0\x0c\x2d\0\0\x01\0\0\xfd\0\0\0\0\0";
    packets.extend(std::iter::repeat_n(column.to_vec(), width));
    packets.extend(rows);
    packets.push(b"\xfe\0\0\x02\0\0\0".to_vec());
    packets
}

fn send(socket: &mut TcpStream, sequence: u8, packets: &[Vec<u8>]) -> std::io::Result<()> {
    socket.write_all(&bytes_of(sequence, packets))
}

fn bytes_of(mut sequence: u8, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for packet in packets {
        bytes.extend_from_slice(&(packet.len() as u32).to_le_bytes()[..3]);
        bytes.push(sequence);
        bytes.extend_from_slice(packet);
        sequence = sequence.wrapping_add(1);
    }
    bytes
}

/// The client's next packet, empty at the end of the connection.
fn receive(socket: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    if socket.read(&mut head[..1])? == 0 {
        return Ok(Vec::new());
    }
    socket.read_exact(&mut head[1..])?;
    let mut packet = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    socket.read_exact(&mut packet)?;
    Ok(packet)
}
