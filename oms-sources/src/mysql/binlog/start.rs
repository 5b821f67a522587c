//! Where reading starts: the options' choice as a position.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use oms_core::mysql::wire::{Connection, DumpFrom};
use oms_core::mysql::{ConnectOptions, Session, SessionOptions};
use oms_core::{Error, Position, Result};

use super::event::kind;
use super::header::{Checksum, EventHeader};
use super::log_state::LogState;
use super::{BinlogOptions, BinlogPosition, GtidSet, StartPosition};

/// A place to start.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) position: BinlogPosition,
    /// Transactions behind the position, but before this time, are not wanted.
    pub(crate) skip_before: Option<SystemTime>,
}

/// Finds the place that the options name.
///
/// # Errors
///
/// [`Error::PositionLost`] if the log does not reach back that far.
pub(super) async fn resolve(
    connect: &ConnectOptions,
    session: &mut Session,
    options: &BinlogOptions,
) -> Result<Start> {
    let log = LogState::read(session).await?;
    let position = match &options.start {
        StartPosition::Now => log.end,
        StartPosition::At(position) => {
            log.require(position)?;
            position.clone()
        }
        StartPosition::Gtids(gtids) => {
            let position =
                BinlogPosition::new(log.end.file.clone(), log.end.offset).with_gtids(gtids.clone());
            log.require(&position)?;
            position
        }
        StartPosition::Time(time) => {
            let position = file_before(connect, &log, *time).await?;
            return Ok(Start { position, skip_before: Some(*time) });
        }
    };
    Ok(Start { position, skip_before: None })
}

/// The start of the newest file that was begun before `time`.
async fn file_before(connect: &ConnectOptions, log: &LogState, time: SystemTime) -> Result<BinlogPosition> {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    for file in log.files.iter().rev() {
        let head = FileHead::read(connect, file).await?;
        if u64::from(head.begun) <= seconds {
            let mut position = BinlogPosition::new(file.clone(), head.end);
            position.gtids = log.end.gtids.as_ref().map(|_| head.gtids);
            return Ok(position);
        }
    }
    let oldest = log.files.first().map_or("no file", String::as_str);
    Err(Error::PositionLost {
        position: Position::from(&BinlogPosition::new(oldest, 4)),
        missing: format!("the oldest file, {oldest}, was begun after the start time; copy the tables anew")
            .into(),
    })
}

/// What stands at the beginning of a log file.
struct FileHead {
    /// Seconds since 1970.
    begun: u32,
    /// Everything executed before the file.
    gtids: GtidSet,
    /// Offset of the first transaction.
    end: u64,
}

impl FileHead {
    async fn read(connect: &ConnectOptions, file: &str) -> Result<Self> {
        let mut connection = Connection::connect(connect, &SessionOptions::default()).await?;
        connection.set_io_timeout(connect.io_timeout.min(Duration::from_secs(60)));
        connection.execute("SET @master_binlog_checksum='NONE', @source_binlog_checksum='NONE'").await?;
        connection.start_dump(0, DumpFrom::File { name: file, position: 4 }, false).await?;
        let mut head = Self { begun: 0, gtids: GtidSet::new(), end: 4 };
        let mut ranges: Vec<Range<usize>> = Vec::new();
        while let Some(data) = connection.next_events(&mut ranges).await? {
            for range in &ranges {
                let event = data.get(range.clone()).unwrap_or_default();
                let header = EventHeader::parse(event)?;
                match header.kind {
                    kind::ROTATE if header.is_artificial() || header.next_offset == 0 => {}
                    kind::FORMAT_DESCRIPTION => {
                        head.begun = header.timestamp;
                        head.end = head.end.max(header.next_offset.into());
                    }
                    kind::PREVIOUS_GTIDS => {
                        head.gtids = GtidSet::decode(Checksum::None.verify(&header, event)?)?;
                        head.end = header.next_offset.into();
                    }
                    _ => return Ok(head),
                }
            }
        }
        Ok(head)
    }
}
