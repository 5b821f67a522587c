//! Sinks of oms: MySQL and OceanBase; and the message formats of queues.
//!
//! # Which one for which job
//!
//! | Target | Sink |
//! |---|---|
//! | MySQL | `mysql::MySqlSink` |
//! | OceanBase in MySQL mode, seekdb | `oceanbase::OceanBaseSink` |
//!
//! ```no_run
//! # #[cfg(feature = "oceanbase")]
//! # async fn example(source: Box<dyn oms_core::source::Source>) -> oms_core::Result<()> {
//! use oms_core::mysql::ConnectOptions;
//! use oms_core::pipeline::Pipeline;
//! use oms_sinks::oceanbase::OceanBaseSink;
//!
//! let target = ConnectOptions::from_url("oceanbase://root@127.0.0.1:2881")?.with_password("secret");
//! let summary = Pipeline::new("shop", source, OceanBaseSink::new(target)).run().await?;
//! println!("{}", summary.tally);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees and their limits
//!
//! * **Exactly once in effect**: the checkpoint is a row in the target, in the same transaction as the data.
//! * **Order per key**: transactions that share a value of any unique key of the target keep their order, all others run
//!   side by side. So a reader of the target may see a later transaction before an earlier one of other keys.
//! * **Nothing is overwritten by chance**: never REPLACE, never IGNORE. An update that finds no row, or a row that is in
//!   the way by another unique key, is an error that names the table.
//! * **A transaction stays one transaction**, also one that is larger than memory.
//! * Tables must be there: DDL of the stream is carried out, the first tables are made beforehand.
//! * How progress is kept is told in `oms_core::guide`, in `durability` and `watermark`.
//!
//! # Message formats
//!
//! [`envelope`] makes messages of changes: OMS's formats, Canal, Debezium, Maxwell, CloudEvents and Avro, and any of your
//! own. It needs no feature and knows no queue.
//!
//! # Features
//!
//! | Feature | Adds |
//! |---|---|
//! | `mysql` | the module `mysql` |
//! | `oceanbase` | the module `oceanbase`, and `mysql` |
#![forbid(unsafe_code)]

pub mod envelope;
#[cfg(feature = "mysql")]
mod sql;

#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "oceanbase")]
pub mod oceanbase;
