//! Sources of oms: MySQL table scan and binary log.
//!
//! # Which one for which job
//!
//! | Job | Source |
//! |---|---|
//! | move a live database, and go on following it | `mysql::MySqlSource` |
//! | copy tables that nobody writes to, and end | `mysql::scan::ScanSource` |
//! | follow changes into a target that is filled already | `mysql::binlog::BinlogSource` |
//!
//! ```no_run
//! # #[cfg(feature = "mysql")]
//! # async fn example() -> oms_core::Result<()> {
//! use oms_core::mysql::ConnectOptions;
//! use oms_core::pipeline::Pipeline;
//! use oms_core::sink::NullSink;
//! use oms_sources::mysql::MySqlSource;
//!
//! let shop = ConnectOptions::from_url("mysql://replica@127.0.0.1:3306")?.with_password("secret");
//! let source = MySqlSource::new(shop, |table| table.database() == "shop");
//! Pipeline::new("shop", source, NullSink::new()).run().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What a server must have
//!
//! Following needs `log_bin`, `binlog_format=ROW`, `binlog_row_image=FULL`, and an account with REPLICATION SLAVE,
//! REPLICATION CLIENT and SELECT. What is missing is said when the source is opened.
//!
//! # Guarantees and their limits
//!
//! * A scan leaves out no row and reads none twice, be it that rows come and go. Each range is read as it is at that
//!   moment: only `MySqlSource` makes the whole consistent, by the log.
//! * A transaction of the log is handed on whole and in order; large ones in parts, of which only the last has a position.
//! * An event that is not understood stops, and so does a log that was purged: it is never continued elsewhere.
//! * How this works is told in `oms_core::guide::handover`.
//!
//! # Features
//!
//! | Feature | Adds |
//! |---|---|
//! | `mysql` | the module `mysql` |
#![forbid(unsafe_code)]

#[cfg(feature = "mysql")]
pub mod mysql;
