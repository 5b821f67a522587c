//! What the tests of several modules share.

mod bank;
mod connections;
mod dice;
mod migration;
mod patience;

pub(crate) use bank::Bank;
pub(crate) use connections::{each_server, open, options, session, text, texts};
pub(crate) use dice::Dice;
pub(crate) use migration::{Migration, Run, connect, covers, log_end};
pub(crate) use patience::{until, within};
