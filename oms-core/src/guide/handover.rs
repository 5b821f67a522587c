//! From a scan to the log, without a gap.
//!
//! A copy of a live table is a lie: while its rows are read, others change. What makes it true in the end is the log,
//! if it is followed from a point that is not later than the first row that was read, and if no row that the log has
//! changed is overwritten by an older one of the scan.
//!
//! ```text
//!   log    ──●────●────●────●────●────●────●────●────●────●────●──────►
//!            │         ▲ begun             ▲ read, and the log has passed all that it can show
//!            │         └────── chunk ──────┘
//!            │           rows that the log changed in here are left out of the chunk:
//!            │           their newer value is handed on, or was
//!            └ capture starts first
//! ```
//!
//! # The three steps
//!
//! 1. Capture starts before any row is read, so there is no gap.
//! 2. A chunk, which is one range of a key, is read without a lock. Before that, everything that has been handed on of
//!    the log is visible to the read.
//! 3. The chunk is handed on only once the log has passed everything that it can show, without those rows whose keys
//!    the log has named since the chunk was begun.
//!
//! So at each moment what has been handed on is a part of what the source held at one position of its log. No row is
//! given with an older value than was given before.
//!
//! # Changes of the overlap
//!
//! Changes of a table that is still being scanned carry a mark,
//! [`Change::is_overlap`](crate::event::Change::is_overlap), as the target may not have their rows yet: an update or insert
//! then makes it hold the new row, and a delete of a row that is not there is in order. Without the mark each of them is an
//! error, as it means that somebody else has written into the target.
//!
//! # Tables without a key
//!
//! Nothing tells two equal rows of such a table apart, so nothing can be left out of a chunk. These tables are copied
//! whole, inside one consistent view whose position in the log is known exactly, and the log is applied from that very
//! position on. If that copy breaks off, the table is emptied and copied anew, as half a bag cannot be resumed.
//!
//! # Limits
//!
//! The scan needs a key that is unique and not null; an update that moves a row's key counts for the old key and for
//! the new one. Foreign keys of the target are not checked while rows come in, as chunks know nothing of their order.
