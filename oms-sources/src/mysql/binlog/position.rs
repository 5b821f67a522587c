//! [`BinlogPosition`]: a point in a binary log.

use std::fmt;
use std::str::FromStr;

use oms_core::mysql::Session;
use oms_core::{Error, Position, Result};

use super::{GtidSet, LogState};

/// A point between two transactions of a binary log: file and offset, and the GTIDs executed before it, where the
/// server has them.
///
/// With GTIDs the file and offset only help a reader of the text: another server of the same topology, or the same
/// one after RESET, finds its place by the set.
///
/// # Examples
///
/// ```
/// use oms_sources::mysql::binlog::BinlogPosition;
/// let position: BinlogPosition = "binlog.000004:157".parse().unwrap();
/// assert_eq!((position.file.as_str(), position.offset), ("binlog.000004", 157));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinlogPosition {
    /// Name of the log file.
    pub file: String,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Everything executed before this point; `None` where the server has no GTIDs.
    pub gtids: Option<GtidSet>,
    /// Where a restart begins to read, if that is earlier: at the oldest XA transaction that was prepared before this
    /// point and not decided. Only without GTIDs.
    pub held: Option<(String, u64)>,
}

impl BinlogPosition {
    /// The scheme of its [`Position`] form.
    pub const SCHEME: &'static str = "mysql-binlog";

    /// A point by file and offset.
    pub fn new(file: impl Into<String>, offset: u64) -> Self {
        Self { file: file.into(), offset, gtids: None, held: None }
    }

    /// The same point, with the GTIDs executed before it.
    #[must_use]
    pub fn with_gtids(mut self, gtids: GtidSet) -> Self {
        self.gtids = Some(gtids);
        self
    }

    /// The end of a server's log: behind everything that it has committed so far.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if it writes no log, [`Error::Connector`] if it cannot be asked.
    pub async fn end_of(session: &mut Session) -> Result<Self> {
        LogState::end(session).await
    }

    /// True if everything before `other` is also before this point.
    ///
    /// By GTIDs where both have them, else by file and offset, which only means something on one server.
    pub fn covers(&self, other: &BinlogPosition) -> bool {
        match (&self.gtids, &other.gtids) {
            (Some(ours), Some(theirs)) => ours.includes(theirs),
            _ => (file_number(&self.file), self.offset) >= (file_number(&other.file), other.offset),
        }
    }
}

/// The number behind the last point of a log file's name, which grows past six digits.
fn file_number(file: &str) -> u64 {
    file.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

impl fmt::Display for BinlogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.offset)?;
        if let Some((file, offset)) = &self.held {
            write!(f, " held={file}:{offset}")?;
        }
        match &self.gtids {
            Some(gtids) => write!(f, " gtids={gtids}"),
            None => Ok(()),
        }
    }
}

impl FromStr for BinlogPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (place, gtids) = match text.split_once(" gtids=") {
            Some((place, gtids)) => (place, Some(gtids.parse()?)),
            None => (text, None),
        };
        let (place, held) = match place.split_once(" held=") {
            Some((place, held)) => (place, Some(parse_place(held)?)),
            None => (place, None),
        };
        let (file, offset) = parse_place(place)?;
        Ok(Self { file, offset, gtids, held })
    }
}

fn parse_place(text: &str) -> Result<(String, u64)> {
    let (file, offset) = text.rsplit_once(':').filter(|(file, _)| !file.is_empty()).ok_or_else(malformed)?;
    Ok((file.to_owned(), offset.parse().map_err(|_| malformed())?))
}

fn malformed() -> Error {
    Error::decode("a binlog position", "it has the form FILE:OFFSET or FILE:OFFSET gtids=SET")
}

impl From<&BinlogPosition> for Position {
    fn from(position: &BinlogPosition) -> Self {
        Position::new(BinlogPosition::SCHEME, position.to_string())
    }
}

impl TryFrom<&Position> for BinlogPosition {
    type Error = Error;

    fn try_from(position: &Position) -> Result<Self> {
        position.token_of(Self::SCHEME)?.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_both_ways() {
        for text in [
            "binlog.000004:157",
            "a:b.000001:4 gtids=3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
            "b.1:4 gtids=",
        ] {
            let position: BinlogPosition = text.parse().unwrap();
            assert_eq!(position.to_string(), text);
            assert_eq!(BinlogPosition::try_from(&Position::from(&position)).unwrap(), position);
        }
        assert!("binlog.000004".parse::<BinlogPosition>().is_err());
        assert!(":4".parse::<BinlogPosition>().is_err());
    }

    #[test]
    fn covers_by_gtids_first() {
        let at = |text: &str| text.parse::<BinlogPosition>().unwrap();
        assert!(at("b.000010:4").covers(&at("b.000009:900")));
        assert!(at("b.1000000:4").covers(&at("b.999999:4")));
        assert!(!at("b.000009:4").covers(&at("b.000009:5")));
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        assert!(at(&format!("b.1:4 gtids={uuid}:1-5")).covers(&at(&format!("b.9:4 gtids={uuid}:2"))));
    }
}
