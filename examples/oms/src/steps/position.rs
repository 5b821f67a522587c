//! What a durable position says: whether the copy is complete, and whether the log has been applied up to a point.

use oms_core::{Position, Result};
use oms_sources::mysql::binlog::BinlogPosition;
use oms_sources::mysql::handover::HandoverPosition;

/// True once all tables have been copied, as far as the position tells.
pub(crate) fn is_copied(position: &Position) -> Result<bool> {
    match position.scheme() {
        HandoverPosition::SCHEME => Ok(HandoverPosition::try_from(position)?.is_scanned()),
        // Nothing is to be copied.
        _ => Ok(true),
    }
}

/// The place in the log behind which nothing is applied yet.
pub(crate) fn log_of(position: &Position) -> Result<BinlogPosition> {
    match position.scheme() {
        HandoverPosition::SCHEME => HandoverPosition::try_from(position)?.log(),
        _ => BinlogPosition::try_from(position),
    }
}

/// True if everything that the source had committed at `end` is durable at the target.
pub(crate) fn covers(position: &Position, end: &BinlogPosition) -> Result<bool> {
    Ok(is_copied(position)? && log_of(position)?.covers(end))
}
