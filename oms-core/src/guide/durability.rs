//! What is durable, and where a restart begins.
//!
//! A sink answers each batch with how far it is, and the answer is cumulative: what is durable through batch *n* is
//! durable through all batches before.
//!
//! ```text
//!   source     b1 ── b2 ── b3 ── b4 ── b5 ──►            positions: only b2 and b4 end at a commit
//!              ·     P2    ·     P4    ·
//!   sink       accepted ………………………………… b5
//!              durable  ………………… b3
//!
//!   checkpoint = P2: the newest position that is not beyond what is durable
//! ```
//!
//! # The rules
//!
//! 1. A position is on a batch only if the source can go on from there: behind a commit, or between chunks of a scan.
//! 2. A checkpoint is made only of a position through which everything is durable. It holds the schemas that were
//!    valid there, so that the rows behind it are read with the columns that they were written with.
//! 3. It also holds a tally, and `read = applied + filtered + quarantined` must hold in it. A row that went nowhere
//!    stops the pipeline.
//! 4. A restart is "open again at the last checkpoint". After an error that may pass, the pipeline does so itself; after
//!    a crash the next run does. There is no other way of retrying, so this one is used all the time.
//!
//! # Why nothing is applied twice
//!
//! Between the checkpoint and the crash, batches may have reached the target. A sink that
//! [stores checkpoints](crate::sink::SinkCapabilities) writes them in the same transaction as the rows: what is there and
//! what the checkpoint says is one fact, and reading again applies nothing twice. For all other sinks the pipeline keeps
//! the checkpoint in a [`CheckpointStore`](crate::checkpoint::CheckpointStore), always behind the data, and a row may
//! come again: that is at least once, and such a sink says by `replay_safe` whether it minds.
//!
//! # Empty batches travel, too
//!
//! A batch of which a filter left nothing still carries its position. Without that, a pipeline whose tables are quiet
//! would start ever farther back, until the source no longer has that part of its log.
