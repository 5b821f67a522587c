//! Verification: says whether two databases hold the same rows, and which they do not.
//!
//! A `Verifier` compares tables of two MySQL or OceanBase servers, also of one of each, while they are
//! in use. Both servers compute digests of the same ranges of keys; rows are read only where digests differ, and rows
//! that differ are looked at again until it is clear that they are not just on their way.
//!
//! ```no_run
//! # #[cfg(feature = "mysql")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use oms_check::{TablePair, Verdict, Verifier};
//! use oms_core::TableName;
//! use oms_core::mysql::ConnectOptions;
//!
//! let source = ConnectOptions::from_url("mysql://app@127.0.0.1:3306")?.with_password("secret");
//! let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?;
//! let tables = ["orders", "items"].map(|table| TablePair::same(TableName::new("shop", table)));
//! let report = Verifier::new(source, target).with_tables(tables).run().await?;
//! report.write_text(&mut std::io::stdout())?;
//! assert_eq!(report.verdict(), Verdict::Equal);
//! # Ok(())
//! # }
//! ```
//!
//! # What "equal" proves
//!
//! * Each row of the source is in the target, and no other: rows that only the target has are found too, also outside
//!   the range of the source's keys. Without a key, equal rows are as many on both sides.
//! * Every compared column of each row holds the same value, by a form in which equal values, and only they, have one
//!   text on every server (see [`ColumnRule`]): all digits of numbers, the very bits of FLOAT and DOUBLE, characters and
//!   not what a collation calls equal, trailing spaces, NULL apart from the empty text. Which columns were compared, and in
//!   which form, is in the report; a column that only one side has makes the tables different.
//! * Digests are a count and the sums of 128 bits of the SHA2-256 of each row. Unlike an exclusive or, sums do not lose
//!   rows that are there twice. That a wrong row hides behind an equal digest has a probability of about 2⁻¹²⁸.
//! * Before anything is compared both servers answer the same questions about the functions that digests are made of, and a
//!   planted difference has to show.
//!
//! # What it does not prove
//!
//! * Both sides are not read at one moment. While writes go on, "equal" says of each row that both sides held the
//!   same at about the time when it was read. To prove a state, stop the writes, wait until the target has caught up,
//!   and verify then.
//! * A change that takes longer to arrive than [`ReviewOptions`] waits for is taken for a difference.
//! * Doubles inside JSON documents are up to four units in the last place apart where a side is OceanBase, which reads
//!   them inexactly; see [`NormalizeRule`]. Rows that are equal only by such a rule are counted in the report. Turn rules off
//!   with [`VerifyOptions::with_rules`].
//! * Indexes, foreign keys, defaults and whatever else is no value are not compared.
//!
//! # Verdicts
//!
//! [`Verdict::Equal`] is the only success, with the exit status 0. [`Verdict::Different`] has confirmed differences,
//! [`Verdict::Unsettled`] has rows that neither became equal nor rested, or more of them than could be held, and
//! [`Verdict::Failed`] says that a table could not be compared and why; the other tables go on. Each difference is told
//! with the key of its row and the columns that differ, up to a limit beyond which they are only counted. Keep a report as you
//! keep the data: it holds keys. Errors, log lines and `Debug` forms hold none.
//!
//! # How, and at what cost
//!
//! | Keys | Method | Reads |
//! |---|---|---|
//! | same columns in the same order, sorted alike by both servers | [`Method::Ranges`] | each row once a side by the index; ranges that differ some times more |
//! | same columns, but sorted differently (other collations, another order of columns) | [`Method::Hashes`] | a whole table for each of a few statements |
//! | none, or not the same on both sides | [`Method::Bag`] | as `Hashes`, and again in each round of review |
//!
//! Nothing is locked. Memory is bounded by [`VerifyOptions::memory_bytes`] for rows that seem to differ, and by the size of
//! a leaf for each connection. The account needs SELECT on the tables.
//!
//! # Features
//!
//! | Feature | What it brings |
//! |---|---|
//! | `mysql` | `Verifier`, for MySQL and OceanBase |
//!
//! Without it there are the report and the rules only, for programs that read reports.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
// Without a system to verify only the report is there; what makes it is not.
#![cfg_attr(not(feature = "mysql"), allow(dead_code))]

mod digest;
mod error;
#[cfg(feature = "mysql")]
mod mysql;
mod normalize;
mod options;
mod plan;
mod progress;
#[cfg(feature = "mysql")]
mod render;
mod report;
mod rule;

pub use error::{Error, Result, Side};
#[cfg(feature = "mysql")]
pub use mysql::Verifier;
pub use normalize::NormalizeRule;
pub use options::{ReviewOptions, VerifyOptions};
pub use plan::{ComparedColumn, StructureDifference, TablePair};
pub use progress::{Phase, Progress};
pub use report::{Difference, DifferenceKind, KeyPart, Method, Report, TableReport, Verdict};
pub use rule::ColumnRule;
