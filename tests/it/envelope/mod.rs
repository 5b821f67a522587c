//! Messages of rows that a real server scanned and logged.

mod scan_and_log;
mod tables;
