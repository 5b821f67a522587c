//! One connection through a proxy: two pumps that look at what is in force before each step.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::fault::{Condition, Direction, Switchboard};

/// How much may be under way in one direction.
const UNDER_WAY: usize = 4 << 20;

/// How much is read at a time.
const CHUNK: usize = 64 << 10;

/// Why a pump ended before both sides had said all.
enum End {
    Cut { by_reset: bool },
    Broken,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// Forwards between a client and a server until both have closed, one breaks, or the proxy cuts them.
pub(super) async fn forward(mut client: TcpStream, mut server: TcpStream, number: u64, board: &Switchboard) {
    // A proxy that waits for more bytes would hide how a client behaves.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let pump = |direction, reader, writer| Pump::new(direction, number, board, reader, writer).run();
        Box::pin(async move {
            tokio::try_join!(
                pump(Direction::ToServer, from_client, to_server),
                pump(Direction::ToClient, from_server, to_client)
            )
        })
        .await
    };
    match end {
        Ok(_) => {}
        Err(End::Cut { by_reset: false }) => {
            let _ = (client.shutdown().await, server.shutdown().await);
            board.ended(number);
            // A socket that is closed with bytes unread sends a reset after all.
            let (mut one, mut other) = (tokio::io::sink(), tokio::io::sink());
            let (from_client, from_server) = (&mut client, &mut server);
            let _ = tokio::join!(
                tokio::io::copy(from_client, &mut one),
                tokio::io::copy(from_server, &mut other)
            );
            return;
        }
        // Without a proxy a reset of one side would reach the other as one.
        Err(End::Cut { by_reset: true } | End::Broken) => {
            let _ = (client.set_zero_linger(), server.set_zero_linger());
        }
    }
    drop((client, server));
    board.ended(number);
}

/// One direction of one connection.
struct Pump<'a> {
    direction: Direction,
    number: u64,
    board: &'a Switchboard,
    condition: watch::Receiver<Condition>,
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    queue: VecDeque<Parcel>,
    queued: usize,
    /// When the last byte that was queued will have gone, at the rate in force.
    busy_until: Instant,
    at_end: bool,
}

/// Bytes on their way, and when they arrive.
struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
    sent: usize,
}

impl<'a> Pump<'a> {
    fn new(
        direction: Direction,
        number: u64,
        board: &'a Switchboard,
        reader: ReadHalf<'a>,
        writer: WriteHalf<'a>,
    ) -> Self {
        let condition = board.condition.subscribe();
        let busy_until = Instant::now();
        let (queue, queued, at_end) = (VecDeque::new(), 0, false);
        Self { direction, number, board, condition, reader, writer, queue, queued, busy_until, at_end }
    }

    async fn run(mut self) -> Result<(), End> {
        loop {
            let now = self.condition.borrow_and_update().clone();
            if self.number <= now.cut {
                return Err(End::Cut { by_reset: now.by_reset });
            }
            if now.stall {
                self.changed().await?;
                continue;
            }
            let at_once = now.delay.is_zero() && now.rate.is_none();
            let due = self.queue.front().map(|parcel| parcel.due);
            if due.is_some_and(|due| at_once || due <= Instant::now()) {
                self.hand_on(now.vanish[self.direction as usize]).await?;
            } else if due.is_none() && self.at_end {
                if !now.vanish[self.direction as usize] {
                    self.writer.shutdown().await?;
                    return Ok(());
                }
                self.changed().await?;
            } else {
                self.take_in(&now, due).await?;
            }
        }
    }

    /// Waits until something else is in force.
    async fn changed(&mut self) -> Result<(), End> {
        self.condition.changed().await.map_err(|_| End::Broken)
    }

    /// Sends on what is due, as far as the counts allow and the receiver takes it.
    async fn hand_on(&mut self, vanish: bool) -> Result<(), End> {
        let Some(parcel) = self.queue.front_mut() else {
            return Ok(());
        };
        let left = parcel.bytes.len() - parcel.sent;
        let sent = if vanish {
            left
        } else {
            let allowed =
                usize::try_from(self.board.allowance(self.direction)).unwrap_or(usize::MAX).min(left);
            if allowed == 0 {
                return Ok(());
            }
            let bytes = &mut parcel.bytes[parcel.sent..];
            if self.board.takes_corruption(self.direction) {
                bytes[0] = !bytes[0];
            }
            let sent = tokio::select! {
                // A receiver that does not read must not keep a cut from happening.
                changed = self.condition.changed() => {
                    return changed.map_err(|_| End::Broken);
                }
                sent = self.writer.write(&bytes[..allowed]) => sent?,
            };
            self.board.passed(self.direction, sent);
            sent
        };
        parcel.sent += sent;
        self.queued -= sent;
        if sent == left {
            self.queue.pop_front();
        }
        Ok(())
    }

    /// Reads a piece, unless enough is under way, or waits until something is due or changes.
    async fn take_in(&mut self, now: &Condition, due: Option<Instant>) -> Result<(), End> {
        // Small pieces make a small rate even.
        let piece = now.rate.map_or(CHUNK, |rate| (rate as usize / 20).clamp(1, CHUNK));
        let mut bytes = vec![0; piece];
        let read = tokio::select! {
            changed = self.condition.changed() => {
                return changed.map_err(|_| End::Broken);
            }
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => return Ok(()),
            read = self.reader.read(&mut bytes), if !self.at_end && self.queued < UNDER_WAY => read,
        };
        let read = match read {
            // Neither does the news of a broken connection get through.
            Err(_) if now.vanish[self.direction as usize] => 0,
            read => read?,
        };
        if read == 0 {
            self.at_end = true;
            return Ok(());
        }
        bytes.truncate(read);
        let mut sent_at = Instant::now();
        if let Some(rate) = now.rate {
            sent_at = sent_at.max(self.busy_until) + Duration::from_secs_f64(read as f64 / rate as f64);
            self.busy_until = sent_at;
        }
        self.queue.push_back(Parcel { due: sent_at + now.delay, bytes, sent: 0 });
        self.queued += read;
        Ok(())
    }
}
