//! [`HandoverPosition`]: how far scan and log are, together.

use oms_core::{Error, Position, Result};
use serde::{Deserialize, Serialize};

use crate::mysql::binlog::BinlogPosition;
use crate::mysql::scan::progress::ScanProgress;

/// How far a [`MySqlSource`](super::MySqlSource) is: behind this position of the log, and with these tables scanned.
///
/// # Examples
///
/// ```
/// use oms_sources::mysql::handover::HandoverPosition;
/// let position = oms_core::Position::new("mysql", r#"{"log":"binlog.000004:157"}"#);
/// let position = HandoverPosition::try_from(&position).unwrap();
/// assert_eq!(position.log().unwrap().file, "binlog.000004");
/// assert!(position.is_scanned());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandoverPosition {
    log: String,
    /// `None` once everything has been scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scan: Option<ScanProgress>,
    /// The scan stands alone: rows may have been copied newer than the log is here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    alone: bool,
    /// Up to here the log may be older than what a scan that stood alone has copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overlap_until: Option<String>,
}

impl HandoverPosition {
    /// The scheme of its [`Position`] form.
    pub const SCHEME: &'static str = "mysql";

    /// Behind this position of the log.
    pub(super) fn new(log: &BinlogPosition) -> Self {
        Self { log: log.to_string(), scan: None, alone: false, overlap_until: None }
    }

    /// The same with tables still to be scanned.
    pub(super) fn with_scan(mut self, scan: Option<ScanProgress>) -> Self {
        self.scan = scan;
        self
    }

    /// The same, of a scan that stands alone.
    pub(super) fn with_alone(mut self, alone: bool) -> Self {
        self.alone = alone;
        self
    }

    /// The same, where a scan that stood alone ended at `until`.
    pub(super) fn with_overlap(mut self, until: Option<&BinlogPosition>) -> Self {
        self.overlap_until = until.map(ToString::to_string);
        self
    }

    /// The position in the log.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] if it is not one.
    pub fn log(&self) -> Result<BinlogPosition> {
        self.log.parse()
    }

    /// True once all tables have been scanned.
    pub fn is_scanned(&self) -> bool {
        self.scan.is_none()
    }

    /// True if the scan stood alone up to here.
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    /// Where the scan that stood alone ended.
    pub(super) fn overlap_until(&self) -> Result<Option<BinlogPosition>> {
        self.overlap_until.as_deref().map(str::parse).transpose()
    }

    /// Its text form.
    pub(super) fn to_position(&self) -> Result<Position> {
        match serde_json::to_string(self) {
            Ok(token) => Ok(Position::new(Self::SCHEME, token)),
            Err(error) => Err(Error::decode("a position", error.to_string())),
        }
    }
}

impl TryFrom<&Position> for HandoverPosition {
    type Error = Error;

    fn try_from(position: &Position) -> Result<Self> {
        let token = position.token_of(Self::SCHEME)?;
        serde_json::from_str(token).map_err(|error| Error::decode("a position", error.to_string()))
    }
}
