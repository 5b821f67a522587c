//! The limit of a scan: the bytes of a result set, read and thrown away.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Capabilities: long password, protocol 4.1, transactions, secure connection, authentication plug-ins.
const CAPABILITIES: u32 = 1 | 1 << 9 | 1 << 13 | 1 << 15 | 1 << 19;

/// Runs a statement as root without a password, and says how many bytes its result had.
pub fn drain(port: u16, statement: &str) -> Result<u64, Box<dyn Error>> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    let mut greeting = [0; 4096];
    read_packet(&mut socket, &mut greeting)?;
    let mut answer = CAPABILITIES.to_le_bytes().to_vec();
    answer.extend_from_slice(&(1_u32 << 30).to_le_bytes());
    answer.push(255);
    answer.extend_from_slice(&[0; 23]);
    answer.extend_from_slice(b"root\0\0caching_sha2_password\0");
    send(&mut socket, 1, &answer)?;
    let mut packet = [0; 4096];
    let length = read_packet(&mut socket, &mut packet)?;
    if packet[..length].first() != Some(&0) {
        return Err("the server does not take root without a password".into());
    }
    send(&mut socket, 0, &[b"\x03", statement.as_bytes()].concat())?;
    let mut buffer = vec![0; 1 << 20];
    let (mut total, mut tail) = (0, Vec::new());
    loop {
        let read = socket.read(&mut buffer)?;
        if read == 0 {
            return Err("the connection ended before the result".into());
        }
        total += read as u64;
        tail.extend_from_slice(&buffer[read.saturating_sub(9)..read]);
        tail.drain(..tail.len().saturating_sub(9));
        // The packet that ends the rows: five bytes, the first of them 254, behind the header.
        if let [5, 0, 0, _, 0xfe, ..] = tail[..]
            && total > 1 << 16
        {
            return Ok(total);
        }
    }
}

fn send(socket: &mut TcpStream, sequence: u8, body: &[u8]) -> io::Result<()> {
    let mut packet = (body.len() as u32).to_le_bytes();
    packet[3] = sequence;
    socket.write_all(&[&packet, body].concat())
}

fn read_packet(socket: &mut TcpStream, into: &mut [u8]) -> io::Result<usize> {
    let mut head = [0; 4];
    socket.read_exact(&mut head)?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
    socket.read_exact(&mut into[..length])?;
    Ok(length)
}
