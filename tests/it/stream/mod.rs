//! Following the log: every shape of transaction, every place to start, every way to lose the connection.

mod chains;
mod emptied;
mod losses;
mod purged;
mod rotation;
mod shapes;
mod starts;
